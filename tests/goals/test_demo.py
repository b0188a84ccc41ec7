"""The demo data: what `seed_demo` adds is what people would have done, by now."""

from datetime import UTC, date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.schemas import USERS
from doit_site import clock
from goals import demo
from goals.schemas import GOALS


def run(name, **options):
    out = StringIO()
    call_command(name, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def seeded(database):
    assert list(demo.seed()) == ["Ada", "Ben", "Chiara", "Deniz", "Demo admin"]
    return database


@pytest.fixture
def signed_in(seeded, client_of):
    """signed_in(name) -> the API client of a demo person."""
    return lambda name: client_of(User.objects.get(name=name))


def moments(value):
    """Every time inside a document, BSON or text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("created_at", "completed_at", "timestamp", "last_used_at", "since"):
                yield inner if isinstance(inner, str) else clock.text(inner.replace(tzinfo=UTC))
            else:
                yield from moments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from moments(inner)


def test_seed_demo_tells_how_to_sign_in_and_refuses_twice(database):
    printed = run("seed_demo")
    assert f"Admin: phone {demo.ADMIN_PHONE}, password {demo.admin_password()}" in printed
    assert f"A person: phone {demo.PERSON_PHONE}" in printed
    before = {name: list(database[name].find()) for name in ("users", "goals")}
    with pytest.raises(CommandError, match=r"^The demo people are already there\.$"):
        run("seed_demo")
    assert {name: list(database[name].find()) for name in before} == before


@pytest.mark.parametrize("phone", [demo.PERSON_PHONE, "15550100004", demo.ADMIN_PHONE])
def test_seed_demo_refuses_where_one_of_the_people_is(database, phone):
    User.objects.create_user(phone)
    with pytest.raises(CommandError):
        run("seed_demo")
    assert database.users.count_documents({}) == 1


def test_seed_demo_is_silent_when_told(database):
    assert run("seed_demo", verbosity=0) == ""
    assert database.users.count_documents({}) == 5


def test_documents_are_as_documented_and_nothing_is_wrong(seeded):
    assert seeded.users.count_documents({"$nor": [{"$jsonSchema": USERS}]}) == 0
    assert seeded.goals.count_documents({"$nor": [{"$jsonSchema": GOALS}]}) == 0
    assert seeded.goals.count_documents({}) == 5
    assert run("check_database").strip() == "Nothing is wrong."


def test_nothing_happened_in_the_future_and_all_in_order(seeded):
    now = clock.text(clock.now())
    rows = [*seeded.users.find(), *seeded.goals.find()]
    found = [moment for row in rows for moment in moments(row)]
    assert len(found) > 30
    assert max(found) <= now
    for goal in seeded.goals.find():
        times = [message["timestamp"] for message in goal["messages"]]
        assert times == sorted(times)
        proofs = [entry["completed_at"] for entry in goal["daily_verifications"]]
        assert all(goal["created_at"] <= moment for moment in proofs)
        owner = seeded.users.find_one({"id": goal["user_id"]})
        assert owner["created_at"] <= goal["created_at"]


def test_goals_are_at_different_stages(signed_in):
    stages = {}
    for name in ("Ada", "Ben", "Chiara"):
        for goal in signed_in(name).get("/api/v1/goals/").json()["results"]:
            stages[goal["title"]] = (goal["status"], goal["streak"], goal["progress"])
    assert stages == {
        "Learn Python in 30 days": ("active", 5, 26.67),
        "Sleep better and meditate": ("paused", 9, 15.0),
        "Run my first 5k": ("active", 2, 8.93),
        "Order food in Spanish": ("completed", 5, 100.0),
        "Build a birdhouse": ("active", 0, 7.14),
    }
    assert signed_in("Deniz").get("/api/v1/goals/").json()["results"] == []


def test_ada_can_go_on_today(signed_in):
    ada = signed_in("Ada")
    [goal] = [
        row for row in ada.get("/api/v1/goals/").json()["results"] if "Python" in row["title"]
    ]
    url = f"/api/v1/goals/{goal['id']}/"
    talk = ada.get(url + "messages/").json()["results"]
    assert [message["is_user"] for message in talk] == [False, True] * 3
    assert ada.get(url + "today/").json()["verification"]["state"] in ("none", "due", "open")
    assert ada.post(url + "verifications/").status_code == 201
    states = {day["state"] for day in ada.get(url + "stats/").json()["calendar"]}
    assert {"passed", "missed"} <= states


def test_every_roadmap_begins_on_the_day_its_goal_was_set(seeded):
    for goal in seeded.goals.find():
        days = [date.fromisoformat(day["date"]) for day in goal["roadmap"]["days"]]
        assert days[0] == goal["created_at"].date()
        assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
        assert len(days) == goal["roadmap"]["total_days"]


def test_demo_facts_open_the_door(seeded, api):
    facts = demo.demo_facts()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {facts.token}")
    me = api.get("/api/v1/me/").json()
    assert (me["name"], me["phone_number"]) == ("Ada", facts.person_phone)
    browser = Client()
    form = {"username": facts.admin_phone, "password": facts.admin_password}
    answer = browser.post("/admin/login/?next=/admin/", form, secure=True)
    assert answer.status_code == 302
    assert browser.get("/admin/goals/goal/", secure=True).status_code == 200


def test_there_are_no_facts_about_other_data(alice):
    assert demo.demo_facts() is None


def test_the_password_is_of_this_installation(settings, db):
    here = demo.admin_password()
    settings.SECRET_KEY = "another-" + "k" * 50
    assert demo.admin_password() != here
    assert len(here) >= 12


@pytest.mark.parametrize("hour", [0, 11, 15, 23])
def test_it_can_be_seeded_at_any_hour(database, client_of, time_machine, hour):
    tomorrow = clock.now() + timedelta(days=1)
    time_machine.move_to(tomorrow.replace(hour=hour, minute=30))
    list(demo.seed())
    now = clock.text(clock.now())
    found = [
        moment
        for row in [*database.users.find(), *database.goals.find()]
        for moment in moments(row)
    ]
    assert max(found) <= now
    spanish = database.goals.find_one({"title": "Order food in Spanish"})
    assert (spanish["status"], spanish["streak"]) == ("completed", 5)
    for name, streak in (("Ada", 9), ("Ben", 2)):
        goals = client_of(User.objects.get(name=name)).get("/api/v1/goals/").json()["results"]
        assert max(goal["streak"] for goal in goals) == streak
    assert run("check_database").strip() == "Nothing is wrong."
