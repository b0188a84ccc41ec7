"""The shipped curricula keep the format, and the linter finds each kind of error."""

import pytest

from goals.coach.offline.curricula import FOLDER, general, library, load
from goals.coach.offline.lint import lint
from tests.goals.coach.cases import curriculum_text

SHIPPED = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_curricula_are_clean(path):
    assert lint(path) == []


def test_twenty_four_curricula_and_more_ship():
    assert len(library()) >= 24


def test_the_general_curriculum_names_the_goal_and_cuts_a_long_one():
    steps = general("Build  a\nbirdhouse").steps
    assert "“Build a birdhouse”" in steps[0].tasks[0].task
    assert len(general("x" * 500).steps[0].tasks[0].task) < 250
    assert "{goal}" not in str(general("a {context} {goal} b").steps[0].checks)


@pytest.fixture
def written(tmp_path):
    def write(text, name="juggling"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_a_good_file_is_clean_and_loads(written):
    path = written(curriculum_text())
    assert lint(path) == []
    curriculum = load(path)
    assert curriculum.slug == "juggling"
    assert curriculum.step("step-3").terms[0].meaning == "what is called 3 1"
    assert curriculum.topic(curriculum.steps[0]) == "juggling/step-1"


def replaced(old, new):
    """The good file with the first place of `old` replaced."""
    text = curriculum_text()
    assert old in text
    return text.replace(old, new, 1)


ERRORS = {
    "not readable as TOML": replaced('title = "Juggling"', "title = Juggling"),
    "the file: title is missing": replaced('title = "Juggling"\n', ""),
    "the file: author is not known here": 'author = "me"\n' + curriculum_text(),
    "the file: keywords has the wrong type": replaced('["juggling"]', '"juggling"'),
    "step step-1: tip is missing": replaced('tip = "Throw number 1 lower than you want to."\n', ""),
    "step step-1: tasks 1: minutes has the wrong type": replaced("minutes = 20", "minutes = '20'"),
    "step step-1: checks 1: why is missing": replaced('why = "Because of rule 1 1."', ""),
    "step step-1: terms 1: meaning has the wrong type or is empty": replaced(
        '"what is called 1 1"', '" "'
    ),
    "category circus is not one of the fixed ones": replaced('"art"', '"circus"'),
    "subcategory Juggling! is not a slug": replaced(
        'subcategory = "juggling"', 'subcategory = "Juggling!"'
    ),
    "no keywords": replaced('["juggling"]', "[]"),
    "promises a number of days": replaced("Three balls", "In ten weeks three balls"),
    "15 contexts, 16 are needed": replaced(', "room 15"', ""),
    "a context is given twice": replaced('"room 15"', '"Room  14"'),
    "15 steps, 16 to 24 are needed": curriculum_text(15),
    "about half of the steps": curriculum_text().replace("essential = false", "essential = true"),
    "slug is not a slug": replaced('slug = "step-1"', 'slug = "Step 1"'),
    "the tip is longer": replaced("lower than you want to.", "low " * 60),
    "2 tasks, 3 to 5 are needed": replaced(
        '[[steps.tasks]]\n  task = "Film pattern 1 once"\n  minutes = 15\n', ""
    ),
    "is longer than 200 characters": replaced("Read rule 1", "Read " * 50),
    "takes less than 5 or more than 60": replaced("minutes = 20", "minutes = 61"),
    "has a resource that is no https link": replaced("https://en.", "http://en."),
    "has more than 2 resources": replaced(
        '["https://en.wikipedia.org/wiki/Juggling"]',
        '["https://a.org/1", "https://a.org/2", "https://a.org/3"]',
    ),
    "is named like a review": replaced('"Read rule 1"', '"Review: rule 1"'),
    "does not say {context}": replaced("{context}", "the hall"),
    "takes less than 10 or more than 90": replaced(
        'room"'.replace("room", "{context}") + "\n  minutes = 20", '{context}"\n  minutes = 95'
    ),
    "2 practice tasks, 3 are needed": replaced(
        '[[steps.practice]]\n  task = "Show pattern 1 in {context}"\n  minutes = 20\n', ""
    ),
    "5 checks, 6 are needed": replaced(
        '[[steps.checks]]\n  question = "Question 1 on part 1?"\n  answer = "Right 1 1 d"\n'
        '  wrong = ["Wrong 1 1 a", "Wrong 1 1 b", "Wrong 1 1 c"]\n  why = "Because of rule 1 1."\n',
        "",
    ),
    "3 terms, 4 are needed": replaced(
        '[[steps.terms]]\n  term = "word 1 1"\n  meaning = "what is called 1 1"\n', ""
    ),
    "does not have three wrong choices": replaced(', "Wrong 1 1 c"', ""),
    "has a choice twice": replaced('"Wrong 1 1 c"', '"right  1 1 D"'),
    "has all, none or both": replaced('"Wrong 1 1 c"', '"All of these"'),
    "step 'step-1' is given more than once": replaced('slug = "step-2"', 'slug = "step-1"'),
    "task 'read  rule 1' is given more than once": replaced("Read rule 2", "read  rule 1"),
    "question 'Question 1 on part 1?' is given more than once": replaced(
        "Question 2 on part 1?", "Question 1 on part 1?"
    ),
    "meaning 'what is called 1 1' is given more than once": replaced(
        '"what is called 1 2"', '"what is called 1 1"'
    ),
    "{context} outside practice": replaced("Read rule 1", "Read {context}"),
    "{goal} outside general": replaced("Read rule 1", "Read {goal}"),
}


GUESSED = {
    "the longest choice is right in": ("Right {} {} d", "Right {} {} d e"),
    "the shortest choice is right in": ("Right {} {} d", "Right {} {}"),
    "the choice most like the question is right in": ("Right {} {} d", "Part {} {} dd"),
}


@pytest.mark.parametrize(("problem", "answers"), GUESSED.items(), ids=list(GUESSED))
def test_the_linter_finds_a_giveaway(written, problem, answers):
    """Of 96 checks 8 and more whose answer stands out are too many, beside a tie in the others."""
    fair, telling = answers
    text = curriculum_text()
    for number in range(1, 17):
        for m in range(1, 3):
            text = text.replace(
                f'answer = "{fair.format(number, m)}"', f'answer = "{telling.format(number, m)}"'
            )
    found = lint(written(text))
    assert [line for line in found if problem in line], found


def test_answers_that_never_stand_out_tell_too(written):
    text = curriculum_text()
    for number in range(1, 17):
        for m in range(1, 7):
            text = text.replace(f'"Wrong {number} {m} c"', f'"Wrong {number} {m} and c"')
    assert "the longest choice is right in 0.0%" in str(lint(written(text)))


@pytest.mark.parametrize(("problem", "text"), ERRORS.items(), ids=list(ERRORS))
def test_the_linter_finds(written, problem, text):
    found = lint(written(text))
    assert any(problem.casefold() in line.casefold() for line in found), found


LINES = {
    "not readable as TOML": 'title = "Juggling"',
    "step step-1: tasks 1: minutes has the wrong type": 'task = "Read rule 1"',
    "has more than 2 resources": 'task = "Read rule 1"',
    "has all, none or both": 'question = "Question 1 on part 1?"',
    "task 'read  rule 1' is given more than once": 'task = "read  rule 1"',
    "the tip is longer": 'slug = "step-1"',
}


@pytest.mark.parametrize(("problem", "at"), LINES.items(), ids=list(LINES))
def test_the_linter_names_the_line_of_the_part(written, problem, at):
    """The line of its heading, which stands above what is searched for here."""
    text = ERRORS[problem]
    lines = text.splitlines()
    [found] = [line for line in lint(written(text)) if problem in line]
    number = int(found.removeprefix("line ").partition(":")[0])
    if problem.startswith("not readable"):
        assert lines[number - 1] == "title = Juggling"
    else:
        assert lines[number - 1].strip().startswith("[[steps")
        assert lines[number].strip() == at


def test_a_problem_of_the_whole_file_has_no_line(written):
    assert lint(written(ERRORS["no keywords"])) == ["no keywords"]


def test_a_file_name_that_is_no_slug_is_found(written):
    assert lint(written(curriculum_text(), "My Juggling")) == ["the file name is not a slug"]


def test_loading_a_file_of_the_wrong_shape_says_why(written):
    path = written(ERRORS["the file: title is missing"])
    with pytest.raises(ValueError, match="title is missing"):
        load(path)
