"""`manage.py lint_curriculum`: for somebody who writes a curriculum and no programs."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.goals.coach.cases import curriculum_text


@pytest.fixture
def written(tmp_path):
    def write(text, name="juggling"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def run(*arguments):
    """(what it prints, its exit code)."""
    out, code = StringIO(), 0
    try:
        call_command("lint_curriculum", *arguments, stdout=out)
    except SystemExit as exit_:
        code = exit_.code
    return out.getvalue(), code


def test_a_good_file_shows_its_figures_and_its_plan(written):
    printed, code = run(written(curriculum_text()), "--days", "14", "--minutes", "45")
    assert code == 0
    assert "juggling.toml: nothing is wrong." in printed
    assert "16 steps, 48 tasks, 48 practice, 96 checks, 64 terms." in printed
    assert "the longest choice 25%" in printed
    lines = printed.splitlines()
    assert "  day  min  tasks" in lines
    assert "    1   45  Part 1 of juggling" in lines
    assert "        20    Read rule 1 (link)" in lines
    assert sum("Rest day" in line for line in lines) == 2


def test_a_bad_file_says_where_and_fails(written):
    bad = curriculum_text().replace("minutes = 20", "minutes = 3", 1)
    printed, code = run(written(bad), "--no-plan")
    assert code == 1
    assert "juggling.toml: 1 problem." in printed
    line = bad.splitlines().index("  minutes = 3")  # below the heading and the task
    assert f"line {line - 1}: step step-1: task 'Read rule 1' takes less than 5" in printed


def test_a_file_without_the_shape_of_a_curriculum_has_no_plan(written):
    printed, code = run(written('title = "Juggling"'))
    assert code == 1
    assert "the file: steps is missing" in printed
    assert "day  min" not in printed


def test_several_files_as_json(written):
    good, bad = written(curriculum_text()), written(curriculum_text(15), "short")
    printed, code = run(good, bad, "--days", "3", "--minutes", "10", "--format", "json")
    assert code == 1
    first, second = json.loads(printed)
    assert first["problems"] == []
    assert first["counts"]["steps"] == 16
    assert first["guessers"] == {"longest": 0.25, "shortest": 0.25, "most similar": 0.25}
    assert [day["day"] for day in first["plan"]["days"]] == [1, 2, 3]
    assert all(0 < day["minutes"] <= 10 for day in first["plan"]["days"])
    assert second["problems"] == [{"line": None, "problem": "15 steps, 16 to 24 are needed"}]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nowhere.toml",), "nowhere.toml: No such file"),
        (("x.toml", "--days", "366"), "--days is 1 to 365"),
        (("x.toml", "--minutes", "9"), "--minutes is 10 to 240"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, why):
    with pytest.raises(CommandError, match=why):
        run(*arguments)
