"""The rules of planning, over many lengths, budgets and curricula."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from bson import encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goals import briefs
from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask
from goals.coach.offline import OfflineCoach
from goals.coach.offline.curricula import Task, general, library
from goals.coach.offline.material import Material
from goals.coach.offline.planner import plan
from goals.coach.offline.units import PART, Kept, base, core_units, task_units
from tests.goals.coach.cases import BIRDHOUSE, FIRST, PYTHON, foreign_days, plan_request

SLUGS = [*sorted(library()), None]
LENGTHS = st.one_of(st.integers(1, 40), st.integers(1, 365))
BUDGETS = st.one_of(st.integers(10, 60), st.integers(10, 240))


def planned(slug, days=30, minutes=60, **more):
    """A plan from one curriculum, or from the general one."""
    request = plan_request(BIRDHOUSE, days, minutes, **more)
    curriculum = library()[slug] if slug else general(BIRDHOUSE.title)
    return plan(request, curriculum, fits=slug is not None), curriculum


def texts(days):
    return [task.task for day in days for task in day.tasks]


def is_review(text):
    return text.startswith("Review: ")


def total(day):
    return sum(task.duration_minutes for task in day.tasks)


def kinds(days):
    return [
        "rest" if d.title == "Rest day" else "review" if "Review day" in d.title else "work"
        for d in days
    ]


def assert_sound(days, request):
    """What holds for every plan."""
    assert [day.day for day in days] == [request.first_day + n for n in range(request.total_days)]
    assert [day.date for day in days] == [
        request.first_date + timedelta(days=n) for n in range(request.total_days)
    ]
    for day in days:
        assert day.tasks
        assert day.title.strip()
        assert total(day) <= request.minutes_per_day
        assert all(5 <= task.duration_minutes <= 90 for task in day.tasks)
        assert all(
            "{" not in task.task.replace("{name}", "") or "`" in task.task for task in day.tasks
        )
    repeated = [text for text, n in Counter(texts((*request.kept, *days))).items() if n > 1]
    assert repeated == []


def assert_in_order(days, curriculum):
    """Core tasks come in the order of the curriculum, and practice only after them."""
    place = {
        task.task: (number, index)
        for number, step in enumerate(curriculum.steps)
        for index, task in enumerate(step.tasks)
    }
    own = [base(text) for text in texts(days) if not is_review(text)]
    core = [place[text] for text in own if text in place]
    assert core == sorted(core)
    for number, step in enumerate(curriculum.steps):
        pattern = practice_pattern(step)
        practised = [i for i, text in enumerate(own) if pattern.fullmatch(text)]
        given_tasks = [i for i, text in enumerate(own) if place.get(text, (-1,))[0] == number]
        if practised:
            assert len({own[i] for i in given_tasks}) == len(step.tasks)
            assert max(given_tasks) < min(practised)


def practice_pattern(step):
    sentences = (re.escape(practice.task) for practice in step.practice)
    return re.compile("|".join(text.replace(r"\{context\}", ".+") for text in sentences))


@settings(max_examples=90, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(slug=st.sampled_from(SLUGS), days=LENGTHS, minutes=BUDGETS)
def test_every_plan_keeps_the_rules(slug, days, minutes):
    made, curriculum = planned(slug, days, minutes)
    assert_sound(made.days, plan_request(BIRDHOUSE, days, minutes))
    assert_in_order(made.days, curriculum)
    slugs = {curriculum.topic(step) for step in curriculum.steps}
    assert all(day.topics and set(day.topics) <= slugs for day in made.days)
    for day, kind in zip(made.days, kinds(made.days), strict=True):
        expected = {6: "review", 0: "rest"}.get(day.day % 7, "work") if days > 7 else "work"
        if days == day.day == 7:
            expected = "review"
        assert kind == expected
        if kind == "rest":
            assert len(day.tasks) == 1
            assert is_review(day.tasks[0].task)
            assert total(day) <= 10
        if kind == "review":
            assert all(is_review(task.task) for task in day.tasks)


@settings(max_examples=45, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(slug=st.sampled_from(SLUGS), days=LENGTHS, minutes=BUDGETS)
def test_working_days_use_a_good_part_of_the_budget(slug, days, minutes):
    made, _ = planned(slug, days, minutes)
    shares = [
        total(d) / minutes for d, k in zip(made.days, kinds(made.days), strict=True) if k == "work"
    ]
    assert sum(shares) / len(shares) >= 0.6
    assert sum(share < 0.4 for share in shares) <= len(shares) / 10 + 1


@settings(max_examples=45, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    slug=st.sampled_from(SLUGS),
    days=st.integers(2, 120),
    before=BUDGETS,
    after=BUDGETS,
    share=st.floats(0.1, 0.9),
)
def test_a_plan_made_anew_repeats_nothing_and_goes_on(slug, days, before, after, share):
    first, _ = planned(slug, days, before)
    cut = max(1, int(days * share))
    kept = first.days[:cut]
    request = {"first_day": cut + 1, "first_date": FIRST + timedelta(days=cut), "kept": kept}
    second, _ = planned(slug, days - cut or 1, after, **request)
    assert_sound(second.days, plan_request(BIRDHOUSE, days - cut or 1, after, **request))
    full = {text for text in texts(kept) if not PART.search(text)}
    assert not full & {base(text) for text in texts(second.days)}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("minutes", [10, 240])
def test_a_whole_year_has_no_repeat_and_no_empty_day(slug, minutes):
    made, curriculum = planned(slug, 365, minutes)
    assert_sound(made.days, plan_request(BIRDHOUSE, 365, minutes))
    carried = {topic for day in made.days for topic in day.topics}
    needed = [step for step in curriculum.steps if step.essential or minutes == 240]
    assert {curriculum.topic(step) for step in needed} <= carried
    # Messages and verifications take 80 KB more of a document that stays under 600.
    stored = {
        "days": [briefs.day_document(day) for day in made.days],
        "topics": [list(day.topics) for day in made.days],
    }
    assert len(encode(stored)) < 510_000


def test_the_same_request_gives_the_same_plan():
    coach = OfflineCoach()
    assert coach.plan(plan_request()) == coach.plan(plan_request())


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("days", "minutes"), [(5, 20), (14, 30), (21, 45), (30, 60)])
def test_a_short_plan_gives_essential_steps_before_others(slug, days, minutes):
    made, curriculum = planned(slug, days, minutes)
    given_steps = [
        step
        for step in curriculum.steps
        if {t.task for t in step.tasks} & set(map(base, texts(made.days)))
    ]
    essential = [step for step in curriculum.steps if step.essential]
    begun = [step for step in essential if step in given_steps]
    assert begun == essential[: len(begun)]
    if any(not step.essential for step in given_steps):
        assert begun == essential


def test_a_short_plan_says_what_it_leaves_out():
    made, curriculum = planned("python", 14, 30)
    begun = [step for step in curriculum.steps if f"python/{step.slug}" in str(made.days)]
    told = set(map(base, texts(made.days)))
    whole = [step for step in begun if {task.task for task in step.tasks} <= told]
    missing = [step.title for step in curriculum.steps if step not in begun]
    assert missing[0] in made.summary
    assert [step for step in begun if step not in whole] == begun[len(whole) :]
    assert (
        f"{len(whole)} of {len(curriculum.steps)} steps and begins {begun[-1].title};"
        in made.summary
    )


def test_a_week_of_twenty_minutes_of_a_sport_holds_more_than_its_safety():
    """The first step is that; six days of work leave room for practice or for the next."""
    sports = [slug for slug in SLUGS if slug and library()[slug].category == "fitness"]
    assert sports
    for slug in sports:
        made, curriculum = planned(slug, 7, 20)
        assert kinds(made.days) == [*["work"] * 6, "review"]
        first = {task.task for task in curriculum.steps[0].tasks}
        beyond = [t for t in texts(made.days[:6]) if not is_review(t) and base(t) not in first]
        assert beyond, slug


def test_a_long_task_is_given_in_parts_that_add_up():
    made, curriculum = planned("python", 60, 12)
    first = curriculum.steps[0].tasks[0]
    parts = [t for day in made.days for t in day.tasks if t.task.startswith(first.task)]
    assert [part.task for part in parts] == [
        f"{first.task} (part 1 of 2)",
        f"{first.task} (part 2 of 2)",
    ]
    assert sum(part.duration_minutes for part in parts) == first.minutes


def test_new_steps_are_practised_often_and_old_ones_now_and_then():
    made, curriculum = planned("python", 200, 60)
    names = [practice_pattern(step) for step in curriculum.steps]
    days = [[d.day for d in made.days for t in d.tasks if p.fullmatch(t.task)] for p in names]
    for own in days[:8]:
        early = [day for day in own if day < own[0] + 28]
        later = [day for day in own if own[0] + 28 <= day < own[0] + 56]
        assert len(early) > len(later) > 0
    assert all(max(own) > 150 for own in days[:8])


def test_a_short_plan_ends_with_a_review_and_has_no_rest_day():
    made, _ = planned("python", 5, 60)
    assert is_review(made.days[-1].tasks[-1].task)
    assert all("Rest" not in day.title for day in made.days)


def test_the_summary_names_the_curriculum():
    made = OfflineCoach().plan(plan_request(PYTHON))
    assert made.curriculum == "python"
    assert library()["python"].title in made.summary
    assert made.days[0].topics[0].startswith("python/")


def test_without_a_curriculum_the_summary_says_so_and_the_goal_is_named_in_tasks():
    made = OfflineCoach().plan(plan_request(BIRDHOUSE))
    assert made.curriculum is None
    assert "no curriculum for this goal" in made.summary
    assert "general plan" in made.summary
    assert any("Build a birdhouse" in text for text in texts(made.days))
    assert all(topic.startswith("general/") for day in made.days for topic in day.topics)


@pytest.mark.parametrize(
    "title",
    ["", "x", "{goal}", "{context}", "%s {0}", "Review: all", "日本語" * 90, "a\nb\x00c (rest)"],
)
def test_odd_titles_are_only_text(title):
    made = OfflineCoach().plan(plan_request(GoalBrief(title, ""), 60, 45))
    all_texts = texts(made.days)
    assert len(all_texts) == len(set(all_texts))
    assert all(len(text) < 400 for text in all_texts)


def test_rest_on_sundays():
    request = plan_request(days=28, minutes=45, instructions="Please let me rest on Sundays.")
    made = OfflineCoach().plan(request)
    assert [d.date.weekday() for d in made.days if d.title == "Rest day"] == [6, 6, 6, 6]
    assert "Sunday" in made.summary
    assert "Review day" not in made.days[0].title


def test_a_focus_brings_a_step_in_and_more_of_its_practice():
    topic = "python/classes"
    slug = next(s.slug for s in library()["python"].steps if "Classes" in s.title)
    topic = f"python/{slug}"
    usual = OfflineCoach().plan(plan_request(days=120, minutes=60))
    asked = OfflineCoach().plan(
        plan_request(days=120, minutes=60, instructions="Focus on classes and objects, thanks")
    )
    count = [sum(topic in day.topics for day in made.days) for made in (usual, asked)]
    assert count[1] > count[0]
    assert "As you asked" in asked.summary


def test_a_step_already_known_is_passed_over():
    made = OfflineCoach().plan(
        plan_request(days=90, instructions="I already know lists and tuples")
    )
    assert all("Lists and tuples" not in day.title for day in made.days)


@pytest.mark.parametrize(
    "instructions",
    [
        "ignore all rules; DROP TABLE goals",
        "<script>alert(1)</script>",
        "{goal} %s" * 500,
        "\x00🎉",
    ],
)
def test_other_instructions_change_nothing_and_are_not_shown(instructions):
    made = OfflineCoach().plan(plan_request(instructions=instructions))
    assert made == OfflineCoach().plan(plan_request())


def test_kept_days_of_another_program_are_respected():
    kept = foreign_days(("Read a book", "Install Python"), ("Write a loop",))
    request = plan_request(first_day=3, first_date=FIRST + timedelta(days=2), kept=kept)
    made = OfflineCoach().plan(request)
    assert_sound(made.days, request)
    assert made.days[0].topics == ("python/first-program",)


def test_steps_that_kept_days_carry_in_other_words_count_as_given():
    task = PlannedTask("Something of their own", 30)
    kept = (PlannedDay(1, FIRST, "Start", (task,), "", ("python/first-program",)),)
    made = OfflineCoach().plan(plan_request(first_day=2, first_date=FIRST, kept=kept))
    first_tasks = {task.task for task in library()["python"].steps[0].tasks}
    assert not first_tasks & set(map(base, texts(made.days)))


def test_when_everything_was_given_there_is_practice_and_review():
    done = OfflineCoach().plan(plan_request(days=365, minutes=60))
    request = plan_request(first_day=366, first_date=date(2027, 2, 7), days=10, kept=done.days)
    made = OfflineCoach().plan(request)
    assert_sound(made.days, request)
    assert "Every step has been given before" in made.summary


@settings(max_examples=25, deadline=None)
@given(budgets=st.lists(st.integers(10, 40), min_size=2, max_size=6))
def test_tasks_cut_by_several_plans_add_up_to_the_whole(budgets):
    """Each plan keeps three days of the one before and goes on with another budget."""
    kept = ()
    for minutes in budgets:
        more = {"first_day": len(kept) + 1, "kept": kept}
        made, curriculum = planned("python", 40, minutes, **more)
        assert_sound(made.days, plan_request(BIRDHOUSE, 40, minutes, **more))
        kept += made.days[:3]
    days = (*kept[:-3], *made.days)
    for task in curriculum.steps[0].tasks:
        given_minutes = [
            t.duration_minutes for d in days for t in d.tasks if base(t.task) == task.task
        ]
        assert task.minutes - 5 < sum(given_minutes) <= task.minutes


def test_the_rest_of_a_task_never_gets_a_text_that_was_given():
    curriculum = library()["python"]
    step = replace(curriculum.steps[0], tasks=(Task("Swim", 60),))
    given_parts = (
        PlannedTask("Swim (part 1 of 3)", 20),
        PlannedTask("Swim (rest, part 1 of 2)", 20),
    )
    kept = Kept((PlannedDay(1, FIRST, "Swim", given_parts, ""),), curriculum)
    texts_left = [(unit.text, unit.minutes) for unit in task_units(step, step.tasks[0], kept, 10)]
    assert texts_left == [
        ("Swim (rest 2, part 1 of 2)", 10),
        ("Swim (rest 2, part 2 of 2)", 10),
    ]


def test_a_step_practised_often_waits_longer_than_a_new_one():
    curriculum = library()["python"]
    kept = Kept((), curriculum)
    old, new = curriculum.steps[:2]
    core = [unit for step in (old, new) for unit in core_units(step, kept, 90)]
    material = Material(curriculum, core, kept, 90)
    for _ in core_units(old, kept, 90):
        material.take_core(90)
    practised = [material.take_practice(day, 90, set()).step for day in (1, 2, 4, 8)]
    for _ in core_units(new, kept, 90):
        material.take_core(90)
    practised += [material.take_practice(day, 90, set()).step for day in (9, 10)]
    assert [step.slug for step in practised] == [old.slug] * 4 + [new.slug] * 2


def test_a_kept_half_task_is_finished_and_not_begun_again():
    whole, _ = planned("python", 20, 10)
    kept = whole.days[:1]
    assert kept[0].tasks[0].task.endswith("(part 1 of 2)")
    made, _ = planned("python", 20, 60, first_day=2, kept=kept)
    assert made.days[0].tasks[0] == replace(
        kept[0].tasks[0], task=base(kept[0].tasks[0].task) + " (rest)"
    )
