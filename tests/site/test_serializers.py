"""What DocumentSerializers print of raw documents is what DRF prints of the models, to the byte."""

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Session
from accounts.serializers import SessionSerializer
from doit_site.api.json import JSONRenderer
from doit_site.mongo.fields import new_id
from goals.models import Goal
from goals.serializers import GoalSerializer, GoalSummarySerializer

MOMENT = datetime(2026, 2, 7, 12, 0, 0, 123000, tzinfo=UTC)
TEXT = "2026-02-07T12:00:00.123000Z"
ROADMAP = {
    "total_days": 30,
    "summary": "From nothing to a mile.",
    "days": [
        {
            "day": 1,
            "date": "2026-02-07",
            "title": "Into the water",
            "tasks": [
                {"task": "Swim", "duration_minutes": 30, "resources": ["https://example.org/a"]},
                {"task": "Rest", "duration_minutes": 45, "resources": []},
            ],
            "tips": "Breathe. \N{SWIMMER}",
        },
        {"day": 2, "date": "2026-02-08", "title": "Again", "tasks": [], "tips": ""},
    ],
}
STATS = {
    "total_tests": 2,
    "passed": 1,
    "failed": 1,
    "average_score": 0.8333333333333334,
    "perfect_scores": 1,
}


def message(number):
    return {"content": f"“{number}”", "is_user": number % 2 == 0, "timestamp": TEXT}


def verification(**fields):
    return {
        "date": "2026-02-07",
        "test_id": new_id(),
        "questions_count": 3,
        "score": 2 / 3,
        "passed": False,
        "completed_at": MOMENT,
        **fields,
    }


def minimal(**fields):
    """The required fields of seed 1-doit.md, as another program would leave them."""
    return {
        "id": new_id(),
        "user_id": new_id(),
        "title": "Swim",
        "description": "A mile.",
        "target_date": MOMENT + timedelta(days=30),
        "created_at": MOMENT,
        **fields,
    }


def full(**fields):
    fields = {
        "messages": [message(number) for number in range(50)],
        **fields,
    }
    return minimal(
        streak=5,
        progress=16.67,
        roadmap=ROADMAP,
        daily_verifications=[verification(), verification(score=1.0, passed=True)],
        verification_stats=STATS,
        category="fitness",
        subcategory="swimming",
        status="completed",
        completed_at=MOMENT + timedelta(microseconds=999000),
        version=7,
        roadmap_outdated=True,
        streak_until="2026-02-07",
        freezes=1,
        paused_until="2026-02-09",
        pauses=[{"from": "2026-02-08", "until": "2026-02-09"}],
        plan={"curriculum": None, "minutes_per_day": 60, "topics": [["a"], []]},
        days_passed=[1, 2],
        score_total=123456789012,
        **fields,
    )


GOALS = {
    "full": full(),
    "minimal": minimal(),
    "nulls": minimal(roadmap=None, verification_stats=None, subcategory=None, completed_at=None),
    "empty": minimal(messages=[], daily_verifications=[], streak=0, progress=0.0),
    "doubles where whole numbers are due": minimal(streak=5.0, progress=17, version=2.0),
    "unknown fields": minimal(mood="fine", notes={"a": [MOMENT]}),
    "texts where dates are due": minimal(
        target_date="2026-03-09T00:00:00.000000Z", created_at="2026-02-07T12:00:00+02:00"
    ),
    "days where dates are due": minimal(target_date="2026-03-09", created_at="2026-02-07"),
    "a text where completed_at is due": minimal(completed_at=TEXT),
    "texts within arrays": minimal(daily_verifications=[verification(completed_at=TEXT)]),
}


@pytest.mark.parametrize("serializer", [GoalSummarySerializer, GoalSerializer])
@pytest.mark.parametrize("name", GOALS)
def test_a_goal_reads_the_same_raw_and_through_its_model(database, serializer, name):
    document = copy.deepcopy(GOALS[name])
    database.goals.insert_one(document, bypass_document_validation=True)
    assert raw(serializer, document["id"]) == through_model(serializer, document["id"])


def raw(serializer, goal_id):
    found = Goal.objects.collection.find_one({"id": goal_id}, serializer.projection())
    for name in serializer.reads:  # to reckon the streak
        found.pop(name, None)
    return rendered(serializer.represent(found))


def through_model(serializer, goal_id):
    return rendered(serializer(Goal.objects.get(pk=goal_id)).data)


def rendered(data):
    return json.loads(JSONRenderer().render(data))


def test_of_a_long_chat_the_newest_fifty_are_read(database):
    document = full(messages=[message(number) for number in range(120)])
    database.goals.insert_one(document)
    shown = raw(GoalSerializer, document["id"])
    assert shown["messages"] == through_model(GoalSerializer, document["id"])["messages"][-50:]


def test_a_summary_reads_neither_roadmap_nor_messages_nor_verifications():
    heavy = {"roadmap", "messages", "daily_verifications", "verification_stats", "plan"}
    assert not heavy & set(GoalSummarySerializer.projection())
    assert GoalSummarySerializer.projection()["_id"] == 0


def test_a_projection_may_be_changed_by_who_asked_for_it():
    GoalSerializer.projection()["title"] = 0
    assert GoalSerializer.projection()["title"] == 1


LATER = MOMENT + timedelta(days=36_500)  # the TTL is not to take it away meanwhile
SESSIONS = {
    "full": {
        "created_at": MOMENT,
        "last_used_at": MOMENT,
        "expires_at": LATER,
        "device": "curl/8 \N{ROBOT FACE}",
    },
    "minimal": {"created_at": MOMENT, "last_used_at": MOMENT, "expires_at": LATER},
    "texts": {"created_at": TEXT, "last_used_at": "2026-02-07", "expires_at": TEXT},
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_reads_the_same_raw_and_through_its_model(database, name):
    document = {"id": new_id(), "user_id": new_id(), "token_hash": "x", **SESSIONS[name]}
    database.sessions.insert_one(document)
    found = database.sessions.find_one({"id": document["id"]}, SessionSerializer.projection())
    model = Session.objects.get(pk=document["id"])
    model.is_current = True
    shown = rendered(SessionSerializer.represent(found) | {"is_current": True})
    assert shown == rendered(SessionSerializer(model).data)
