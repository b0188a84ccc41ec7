"""The page of a goal: timeline, calendar, scores; and the charts, which need no database."""

from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string

from doit_site.templatetags import charts
from goals import admin_page, demo
from goals.models import Goal
from tests.foreign import COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL, insert

GOALS = "/admin/goals/goal/"


def test_the_page_shows_timeline_calendar_and_scores(boss):
    list(demo.seed())
    goal = Goal.objects.get(title="Learn Python in 30 days")
    page = boss.page(f"{GOALS}{goal.pk}/change/")
    assert page.count('<li data-state="') == 30
    assert page.count('class="doit-day ') == 30
    assert page.count("<circle") == 9
    assert "8 of 9 passed" in page
    assert "Am I behind?" not in page


def test_what_is_shown_of_the_demo_goal(db):
    list(demo.seed())
    shown = admin_page.standing_of(Goal.objects.get(title="Learn Python in 30 days"))
    states = [day["state"] for day in shown["days"]]
    assert states[:11] == ["passed"] * 2 + ["missed", "passed", "failed"] + ["passed"] * 5 + [
        "today"
    ]
    assert set(states[11:]) == {"ahead"}
    assert (shown["streak"], shown["messages"]) == (5, 6)
    assert [round(point["value"], 1) for point in shown["scores"]].count(0) == 1


@pytest.mark.parametrize("document", [COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL])
@pytest.mark.parametrize("owner", ["alice", "nobody"])
def test_documents_of_every_kind_have_a_page(boss, alice, database, document, owner):
    user_id = alice.pk if owner == "alice" else "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    row = insert(database.goals, document, user_id=user_id)
    assert row["title"] in boss.page(f"{GOALS}{row['id']}/change/")


def test_a_long_calendar_has_a_column_a_week():
    days = [
        {"date": date(2026, 1, 1) + timedelta(days=n), "state": "ahead", "text": "<b>"}
        for n in range(365)
    ]
    shown = charts.heat_map(days, "Days")
    assert max(cell["week"] for cell in shown["cells"]) == 52
    assert shown["cells"][0]["week"] == 0
    assert [month["text"] for month in shown["months"]][:3] == ["Dec", "Feb", "Mar"]
    page = render_to_string("charts/heat_map.html", shown)
    assert page.count("<rect") == 365
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize("values", [[], [0, 0], [5], list(range(30))])
def test_bars_stay_inside(values):
    shown = charts.bars([str(value) for value in values], values, "Bars")
    for bar in shown["bars"]:
        assert bar["y"] >= 0
        assert bar["x"] + bar["width"] <= charts.WIDTH
        assert bar["y"] + bar["height"] == pytest.approx(charts.HEIGHT - charts.BOTTOM)
    assert "<svg" in render_to_string("charts/bars.html", shown)


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_a_line_stays_inside(count):
    points = [{"label": "x", "value": n % 3 / 2, "good": True, "text": "t"} for n in range(count)]
    shown = charts.line(points, "Line", 0.7)
    assert all(0 <= point["x"] <= charts.WIDTH for point in shown["points"])
    assert all(0 <= point["y"] <= charts.HEIGHT for point in shown["points"])
    assert render_to_string("charts/line.html", shown).count("<circle") == count


def test_rows_are_shares_of_the_largest():
    items = [{"label": "a", "count": 4}, {"label": "b", "count": 1}, {"label": "c", "count": 0}]
    assert [row["share"] for row in charts.rows(items, "Rows")["items"]] == [100.0, 25.0, 0.0]
    assert charts.rows([], "None")["items"] == []


def paused_goal(database):
    goal = database.goals.find_one({"title": "Sleep better and meditate"})
    return Goal.objects.get(pk=goal["id"])


def test_a_pause_and_freezes_are_shown(boss, database):
    list(demo.seed())
    goal = paused_goal(database)
    shown = admin_page.standing_of(goal)
    states = [day["state"] for day in shown["days"]]
    assert states[7:17] == ["frozen"] + ["passed"] * 2 + ["today"] + ["paused"] * 5 + ["ahead"]
    assert (shown["streak"], shown["freezes"]) == (9, 0)
    page = boss.page(f"{GOALS}{goal.pk}/change/")
    assert f"<dd>{goal.paused_until}</dd>" in page
    assert 'value="paused"' in page


def test_staff_end_a_pause_and_begin_none(boss, database, time_machine):
    list(demo.seed())
    goal = paused_goal(database)
    url = f"{GOALS}{goal.pk}/change/"
    assert boss.edit(url, "goal_form", status="active").status_code == 302
    kept = database.goals.find_one({"id": goal.pk})
    assert (kept["status"], kept["paused_until"], kept["pauses"]) == ("active", None, [])
    assert 'value="paused"' not in boss.page(url)
    refused = boss.edit(url, "goal_form", status="paused")
    assert refused.context["adminform"].form.errors.keys() == {"status"}


def test_a_pause_that_is_over_is_not_shown(boss, database):
    list(demo.seed())
    goal = paused_goal(database)
    today = goal.user.today().isoformat()
    database.goals.update_one({"id": goal.pk}, {"$set": {"paused_until": today}})
    page = boss.page(f"{GOALS}{goal.pk}/change/")
    assert "paused until" not in page
    assert boss.edit(f"{GOALS}{goal.pk}/change/", "goal_form", title="Rest").status_code == 302
    assert database.goals.find_one({"id": goal.pk})["title"] == "Rest"
