"""Questions: exactly as many as asked for, fair, and not the same again."""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask, QuestionRequest
from goals.coach.offline import OfflineCoach
from goals.coach.offline.curricula import general, library, load
from goals.coach.offline.drafts import of_step
from goals.coach.offline.planner import plan
from tests.goals.coach.cases import BIRDHOUSE, PYTHON, curriculum_text, foreign_days, plan_request

coach = OfflineCoach()
ASKED_OF = [*sorted(library()), None]
SOME = ["exam", "python", "running", None]  # all: test_question_quality.py
LLM = GoalBrief("Learn Klingon", "")


@cache
def days_of(slug, days=30, minutes=45):
    curriculum = library()[slug] if slug else general(BIRDHOUSE.title)
    return plan(plan_request(BIRDHOUSE, days, minutes), curriculum, fits=bool(slug)).days


def request(days, index=0, count=5, seed="a", goal=BIRDHOUSE, asked=frozenset()):
    return QuestionRequest(
        goal, (days[index],), count, seed, tuple(days[:index]), tuple(days[index + 1 :]), asked
    )


def assert_sound(questions, count):
    assert len(questions) == count
    assert len({question.prompt for question in questions}) == count
    for question in questions:
        levelled = [" ".join(choice.casefold().split()) for choice in question.choices]
        assert len(set(levelled)) == 4
        assert all(levelled)
        assert 0 <= question.answer < 4
        assert question.explanation.strip()
        assert question.prompt.strip()


def three_tests(days, index, goal=BIRDHOUSE):
    asked, tests = frozenset(), []
    for attempt in range(3):
        tests.append(coach.questions(request(days, index, 5, f"seed {attempt}", goal, asked)))
        asked |= {question.prompt for question in tests[-1]}
    return tests


@pytest.mark.parametrize("slug", ASKED_OF)
@pytest.mark.parametrize("index", [0, 4, 12, 20])
def test_three_tests_of_a_day_share_no_question(slug, index):
    tests = three_tests(days_of(slug), index)
    for test in tests:
        assert_sound(test, 5)
    assert len({question.prompt for test in tests for question in test}) == 15


@pytest.mark.parametrize("slug", ASKED_OF)
def test_a_day_with_one_step_has_fifteen_questions_on_it(slug):
    days = days_of(slug)
    curriculum = library()[slug] if slug else general(BIRDHOUSE.title)
    assert len(days[0].topics) == 1
    step = curriculum.step(days[0].topics[0].partition("/")[2])
    known = {check.question for check in step.checks}
    known |= {term.term for term in step.terms} | {term.meaning for term in step.terms}
    known |= {task.task[:60] for task in step.tasks}
    alone = [replace(days[0], day=1)]
    asked = frozenset()
    for attempt in range(3):
        test = coach.questions(request(alone, 0, 5, f"s{attempt}", BIRDHOUSE, asked))
        asked |= {question.prompt for question in test}
        for question in test:
            assert any(text in question.prompt for text in known), question.prompt


def test_the_answer_to_an_authored_question_is_the_authored_one():
    checks = {c.question: c for step in library()["python"].steps for c in step.checks}
    found = 0
    for seed in range(30):
        for question in coach.questions(request(days_of("python"), 8, seed=str(seed))):
            check = checks.get(question.prompt)
            if check:
                found += 1
                assert question.choices[question.answer] == check.answer
                assert set(question.choices) == {check.answer, *check.wrong}
                assert question.explanation == check.why
    assert found > 30


def test_a_term_is_asked_with_its_own_meaning():
    terms = {t.term: t.meaning for step in library()["python"].steps for t in step.terms}
    meanings = {meaning: term for term, meaning in terms.items()}
    both = Counter()
    for seed in range(40):
        for question in coach.questions(request(days_of("python"), 8, seed=str(seed))):
            right = question.choices[question.answer]
            if question.prompt.startswith("What does “") and question.prompt.endswith("mean here?"):
                assert right == terms[question.prompt[11:-12]]
                both["forward"] += 1
            if question.prompt.startswith("Which term stands for this: "):
                assert right == meanings[question.prompt[28:-1]]
                both["back"] += 1
    assert min(both["forward"], both["back"]) > 10


def test_another_meaning_of_the_same_term_is_no_wrong_choice(tmp_path):
    path = tmp_path / "juggling.toml"
    path.write_text(curriculum_text().replace('"word 2 1"', '"word 1 1"'), "utf-8")
    curriculum = load(path)
    for seed in range(10):
        for draft in of_step(curriculum, curriculum.steps[0], Random(seed)):
            if "“word 1 1”" in draft.prompt:
                assert "what is called 2 1" not in draft.wrong
                assert "what is called 2 2" in draft.wrong


def test_two_questions_of_one_test_do_not_answer_each_other():
    for seed in range(40):
        test = coach.questions(request(days_of("python"), 0, seed=str(seed)))
        text = [
            q.prompt + " " + q.choices[q.answer]
            for q in test
            if "“" in q.prompt or "term" in q.prompt
        ]
        for term in library()["python"].steps[0].terms:
            assert sum(term.meaning in line for line in text) <= 1


@pytest.mark.parametrize("slug", SOME)
def test_neither_place_nor_length_gives_the_answer_away(slug):
    """Guessing one place is right in about a quarter of the questions, one length in under half."""
    days = days_of(slug)
    asked = [
        question
        for index in range(len(days))
        for seed in range(3)
        for question in coach.questions(request(days, index, seed=f"{slug} {index} {seed}"))
    ]
    places = Counter(question.answer for question in asked)
    assert all(0.2 < places[place] / len(asked) < 0.3 for place in range(4))
    longest = sum(_guess(question, max) for question in asked) / len(asked)
    shortest = sum(_guess(question, min) for question in asked) / len(asked)
    assert longest < 0.45
    assert shortest < 0.45


@pytest.mark.parametrize("slug", SOME)
def test_the_length_of_a_meaning_gives_nothing_away(slug):
    days = days_of(slug)
    asked = [
        question
        for seed in range(12)
        for index in range(0, len(days), 2)
        for question in coach.questions(request(days, index, seed=f"{slug} {index} {seed}"))
        if question.prompt.endswith("mean here?")
    ]
    assert len(asked) > 100
    for pick in (max, min):
        assert 0.1 < sum(_guess(question, pick) for question in asked) / len(asked) < 0.4


def _guess(question, pick):
    """The chance of hitting the right choice by taking the longest or the shortest one."""
    lengths = [len(choice) for choice in question.choices]
    best = [index for index, length in enumerate(lengths) if length == pick(lengths)]
    return (question.answer in best) / len(best)


def test_no_place_is_right_more_than_twice_in_a_test_of_five():
    for seed in range(50):
        test = coach.questions(request(days_of("running"), 3, seed=str(seed)))
        assert max(Counter(question.answer for question in test).values()) <= 2


def test_a_seed_repeats_its_test_and_another_gives_another():
    days = days_of("guitar")
    assert coach.questions(request(days, 9)) == coach.questions(request(days, 9))
    assert coach.questions(request(days, 9)) != coach.questions(request(days, 9, seed="b"))


def test_when_the_day_is_used_up_earlier_days_are_asked_as_review():
    days = days_of("python")
    first = library()["python"].steps[0]
    prompts = {check.question for check in first.checks}
    asked = frozenset()
    later = next(
        n for n, d in enumerate(days) if len(d.topics) == 1 and first.slug not in d.topics[0]
    )
    for attempt in range(4):
        test = coach.questions(request(days, later, 5, str(attempt), PYTHON, asked))
        asked |= {question.prompt for question in test}
    assert asked & prompts


def test_asked_prompts_come_again_only_when_nothing_else_is_left():
    days = foreign_days(("Do it",))
    everything = frozenset()
    for seed in range(60):
        test = coach.questions(request(days, 0, 20, str(seed), LLM, everything))
        assert_sound(test, 20)
        fresh = {question.prompt for question in test} - everything
        if not fresh:
            break
        assert len(fresh) == 20 or len(everything) > 150
        everything |= fresh
    assert not fresh


def test_a_roadmap_of_another_program_is_asked_about_itself():
    days = foreign_days(*((f"Read chapter {n}", f"Do the exercises of {n}") for n in range(1, 8)))
    test = coach.questions(request(days, 2, 5, "s", LLM))
    assert_sound(test, 5)
    assert all("day 3" in question.prompt for question in test)
    for question in test:
        if question.prompt == "Which of these is part of day 3 of your plan?":
            assert question.choices[question.answer] in ("Read chapter 3", "Do the exercises of 3")


def test_days_without_topics_are_recognised_by_the_texts_of_their_tasks():
    step = library()["python"].steps[3]
    days = foreign_days(tuple(task.task for task in step.tasks))
    prompts = {question.prompt for question in coach.questions(request(days, 0, 6, "s", LLM))}
    assert len(prompts & {check.question for check in step.checks}) >= 2


def test_unknown_topics_are_no_obstacle():
    day = replace(foreign_days(("Read",))[0], topics=("llm/x", "python/nothing", "", "a/b/c"))
    assert_sound(coach.questions(request([day], 0, 5, "s", LLM)), 5)


TEXT = st.text(max_size=30)
TASKS = st.lists(st.builds(PlannedTask, TEXT, st.integers(0, 300)), max_size=5).map(tuple)
DAYS = st.lists(
    st.builds(
        PlannedDay,
        st.integers(0, 400),
        st.dates(),
        TEXT,
        TASKS,
        TEXT,
        st.lists(TEXT, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(days=DAYS, count=st.integers(1, 20), seed=TEXT, title=TEXT, data=st.data())
def test_odd_roadmaps_get_their_questions_all_the_same(days, count, seed, title, data):
    index = data.draw(st.integers(0, len(days) - 1))
    assert_sound(coach.questions(request(days, index, count, seed, GoalBrief(title, ""))), count)


def test_the_edges_of_the_calendar_and_repeated_texts():
    tasks = (PlannedTask("a", 5), PlannedTask("a", 5), PlannedTask("A ", 7))
    days = [PlannedDay(1, date.max, "a", tasks, ""), PlannedDay(1, date.min, "a", tasks, "")]
    for index in (0, 1):
        assert_sound(coach.questions(request(days, index, 20)), 20)


def test_no_day_at_all_still_gives_a_test():
    assert_sound(coach.questions(QuestionRequest(LLM, (), 5, "s")), 5)


def test_a_make_up_test_of_several_days_asks_about_each():
    days = days_of("python")
    several = QuestionRequest(PYTHON, (days[0], days[8]), 10, "s")
    steps = [library()["python"].step(d.topics[0].partition("/")[2]) for d in (days[0], days[8])]
    prompts = {question.prompt for question in coach.questions(several)}
    for step in steps:
        assert prompts & {check.question for check in step.checks}
