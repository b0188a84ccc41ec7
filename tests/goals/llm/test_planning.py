"""Roadmaps of the llm coach: in parts, with our days, dates and minutes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from goals import coach
from goals.coach.interface import Allowance, CoachFailed
from tests.goals.llm.endpoint import Status, well
from tests.goals.llm.requests import DAYS, FIRST, request


@pytest.mark.parametrize("days", [1, 7, 8, 30])
def test_a_plan_has_our_days_and_dates(llm_by_openai, endpoint, allowance, days):
    plan = llm_by_openai.plan(request(days), allowance)
    assert [day.day for day in plan.days] == list(range(1, days + 1))
    assert [day.date for day in plan.days] == [FIRST + timedelta(days=n) for n in range(days)]
    assert len(endpoint.of("outline")) == (days > 7)


def test_a_plan_by_anthropic(configured, allowance):
    configured("anthropic")
    assert len(coach.llm_coach().plan(request(9), allowance).days) == 9


def test_a_year_is_planned_in_parts_that_fit_any_context(llm_by_openai, endpoint):
    plan = llm_by_openai.plan(request(365), Allowance(seconds=30, tokens=1_000_000))
    assert len(plan.days) == 365
    assert len(endpoint.of("part")) == 53
    assert max(len(str(call.body)) for call in endpoint.calls) < 12_000
    texts = [text for day in plan.days for text in (day.title, *(task.task for task in day.tasks))]
    assert len(set(texts)) == len(texts)


def test_what_is_kept_goes_on(llm_by_openai, endpoint, allowance):
    later = replace(request(3), first_day=28, first_date=DAYS[27].date, kept=DAYS[:27])
    plan = llm_by_openai.plan(later, allowance)
    assert [day.day for day in plan.days] == [28, 29, 30]
    assert plan.days[-1].date == DAYS[29].date
    assert endpoint.calls[0].data["done"][-1] == "Day 27"


def test_texts_that_come_twice_go_back(llm_by_openai, endpoint, allowance):
    """Across parts too: the same title in two weeks."""

    def answer(call):
        made = well(call)
        repaired = len(call.body["messages"]) > 2
        if call.act == "part" and not repaired:
            made["days"][0]["title"] = "The same!"
        return made

    endpoint.default = answer
    plan = llm_by_openai.plan(request(14), allowance)
    assert sum(day.title == "The same!" for day in plan.days) == 1
    assert len(endpoint.of("part")) == 3


def test_what_repeats_itself_for_ever_is_given_up(llm_by_openai, endpoint, allowance):
    """The broken twin of the one before: without the check the plan would be there."""
    endpoint.default = lambda call: (
        {"days": [well(call)["days"][0]] * 7} if call.act == "part" else well(call)
    )
    with pytest.raises(CoachFailed, match="invalid"):
        llm_by_openai.plan(request(14), allowance)


def test_a_part_with_too_few_days_goes_back(llm_by_openai, endpoint, allowance):
    endpoint.script = [
        {"summary": "s", "days": [{"title": "One", "tasks": [{"task": "t", "minutes": 5}]}]}
    ]
    assert len(llm_by_openai.plan(request(5), allowance).days) == 5


@pytest.mark.parametrize("minutes", [10, 45, 240])
def test_minutes_stay_within_the_cap_whatever_the_model_says(
    llm_by_openai, endpoint, allowance, minutes
):
    endpoint.default = lambda call: {
        "summary": "s",
        "days": [
            {
                "title": f"Day {n}",
                "tasks": [{"task": f"Task {n} {t}", "minutes": 10**t} for t in range(1, 9)],
            }
            for n in range(call.data["days"])
        ],
    }
    for day in llm_by_openai.plan(request(3, minutes), allowance).days:
        assert 1 <= sum(task.duration_minutes for task in day.tasks) <= minutes
        assert all(task.duration_minutes >= 2 for task in day.tasks)


def test_one_part_that_fails_fails_the_plan(llm_by_openai, endpoint, allowance):
    def answer(call):
        bad = call.act == "part" and call.data["part"]["theme"] == "Theme 3"
        return Status(400) if bad else well(call)

    endpoint.default = answer
    with pytest.raises(CoachFailed, match="refused"):
        llm_by_openai.plan(request(60), allowance)
