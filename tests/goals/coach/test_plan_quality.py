"""The measures of plan quality see what they are for, and the plans hold them."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from goals.coach.interface import PlannedTask
from goals.coach.offline.curricula import library
from goals.coach.offline.mending import DUE
from goals.coach.offline.planner import plan
from goals.coach.quality import page, plans, questions
from goals.coach.quality.goals import BUDGETS, GOALS, LENGTHS
from tests.goals.coach.cases import BIRDHOUSE, plan_request

PYTHON = library()["python"]
PAGE = Path(__file__).parents[3] / "docs" / "plan-quality.md"


@pytest.fixture(scope="module")
def days():
    return plan(plan_request(BIRDHOUSE, 30, 45), PYTHON, fits=True).days


def changed(days, number, *tasks):
    """The plan with the tasks of one day replaced."""
    return (*days[: number - 1], replace(days[number - 1], tasks=tasks), *days[number:])


@pytest.mark.parametrize(("days", "minutes"), [(7, 10), (30, 45), (7, 240)])
def test_every_goal_is_planned_by_its_curriculum_and_without_a_fault(days, minutes):
    for title, expected in GOALS:
        row = plans.measure(title, expected, days, minutes)
        assert row.fits, row
        assert (row.over, row.disorder, row.empty, row.repeated) == (0, 0, 0, 0), row
        assert row.returned == 1, row
        assert row.filled >= 0.75, row


def test_a_year_of_four_hours_is_filled_as_far_as_the_material_goes():
    for title, expected in GOALS[::7]:
        row = plans.measure(title, expected, 365, 240)
        assert (row.over, row.disorder, row.empty, row.repeated) == (0, 0, 0, 0), row
        assert row.filled > 0.62, row


def test_a_sound_plan_has_no_fault(days):
    assert plans.over(days, 45) == plans.disorder(days, PYTHON) == plans.repeated(days) == 0
    assert 0.8 < plans.filled(days, 45) <= 1
    assert plans.linked(days) > 0.4


def test_too_many_minutes_are_seen(days):
    assert plans.over(changed(days, 3, PlannedTask("Read", 46)), 45) == 1


def test_a_repeated_text_is_seen(days):
    again = PlannedTask(f" {days[0].tasks[0].task.upper()}", 10)
    assert plans.repeated(changed(days, 9, again)) == 1


def test_a_task_before_what_it_follows_is_seen(days):
    first, *others = days[0].tasks
    late = changed(changed(days, 1, *others), 2, *days[1].tasks, first)
    assert plans.disorder(late, PYTHON) >= 1


def test_practice_before_its_step_is_seen(days):
    task = PYTHON.steps[5].practice[0].task.replace("{context}", PYTHON.contexts[0])
    assert plans.disorder(changed(days, 1, *days[0].tasks, PlannedTask(task, 20)), PYTHON) == 1
    assert plans.disorder((), PYTHON) == 0


def test_without_review_of_what_failed_the_windows_are_missed(days):
    """The twin: the same remainder of the plan, made by a planner that is not told what failed."""
    step = PYTHON.steps[2]
    kept = days[:10]
    request = plan_request(BIRDHOUSE, 30, 45, first_day=11, kept=kept)
    told = replace(request, failed=frozenset({PYTHON.topic(step)}))
    shares = [plans.returned(plan(one, PYTHON, fits=True).days, [step]) for one in (request, told)]
    assert shares[1] == 1
    assert shares[0] < 1
    assert plans.returned(days[:1], [step]) is None


@pytest.mark.parametrize("minutes", BUDGETS)
def test_a_failed_step_comes_back_at_growing_distances(minutes, days):
    step = PYTHON.steps[0]
    kept = days[:3]
    request = plan_request(
        BIRDHOUSE, 120, minutes, first_day=4, kept=kept, failed=frozenset({PYTHON.topic(step)})
    )
    made = plan(request, PYTHON, fits=True).days
    on = [d.day - 4 for d in made if any(plans._is_review_of(task, step) for task in d.tasks)]
    assert all(any(due <= day <= due + 2 for day in on) for due in DUE)
    assert plans.over(made, minutes) == plans.repeated((*kept, *made)) == 0


def test_many_failed_steps_leave_room_for_what_is_new(days):
    failed = frozenset(topic for day in days[:20] for topic in day.topics)
    request = plan_request(BIRDHOUSE, 10, 10, first_day=21, kept=days[:20], failed=failed)
    made = plan(request, PYTHON, fits=True).days
    work = [day for day in made if not day.title.startswith(("Rest", "Review"))]
    reviews = [day for day in work if all(t.task.startswith("Review: ") for t in day.tasks)]
    assert 0 < len(reviews) <= len(work) / 2 + 1


def run(*arguments):
    out = StringIO()
    call_command("plan_quality", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_json_and_writes_a_page(tmp_path):
    found = json.loads(run("--goals", "1", "--tests", "30", "--format", "json"))
    assert len(found["plans"]) == len(LENGTHS) * len(BUDGETS)
    assert found["plans"][0]["goal"] == GOALS[0][0]
    assert found["questions"][-1]["subject"] == "all"
    assert isinstance(found["weak"], list)
    path = tmp_path / "page.md"
    path.write_text(f"# Mine\n{page.BEGIN}\nold\n{page.END}\nafter\n", "utf-8")
    run("--goals", "1", "--tests", "30", "--write", str(path))
    written = path.read_text("utf-8")
    assert written.startswith(f"# Mine\n{page.BEGIN}\n\n## Plans by length")
    assert written.endswith(f"{page.END}\nafter\n")
    assert "old" not in written


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--tests", "0"), "are 1 or more"),
        (("--goals", "1", "--tests", "1", "--write", "/nowhere/x.md"), "No such file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, why):
    with pytest.raises(CommandError, match=why):
        run(*arguments)


def test_a_page_without_markers_is_left_alone():
    with pytest.raises(ValueError, match="lacks the markers"):
        page.placed("# Mine", "tables")


def test_weak_rows_are_named_in_words(days):
    good = plans.measure(*GOALS[0], 30, 45)
    bad = replace(good, goal="Row", over=2, filled=0.5, linked=0.0, steps=1, returned=0.5)
    told = questions.Row("clay", 40, {"longest": 0.6, "most similar": 0.25}, 1, 2)
    lines = page.weak([good, bad], [told])
    assert "“Row” goes over the minutes of a day in 1 of 1 plans." in lines
    assert "“Row” does not bring back in time what failed in 1 of 1 plans." in lines
    assert any(
        line.startswith("30 days of 45 minutes: 1 goal uses less than 70%") for line in lines
    )
    assert "“Row”: 0% of its tasks have a link." in lines
    assert "30 days of 45 minutes: 1 goal stays within one step." in lines
    assert "Questions, clay: always the longest choice is right in 60%." in lines
    assert "Questions, clay: 1 asked again." in lines
    assert not any(GOALS[0][0] in line for line in lines)


def test_the_page_in_the_docs_has_every_plan_and_every_subject():
    text = PAGE.read_text("utf-8")
    assert len(GOALS) == 30
    for title, _ in GOALS:
        assert text.count(f"| {title} |") == 1 + len(LENGTHS) * len(BUDGETS), title
    for slug in library():
        assert f"\n| {slug} | " in text, slug
