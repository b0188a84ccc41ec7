"""The figures of the dashboard: people joining, goals, tests, streaks, messages."""

import itertools
from datetime import timedelta

from bson import ObjectId
from pymongo import ReadPreference

from accounts.models import User
from doit_site import clock, figures
from doit_site.models import Bucket
from goals.histories import MESSAGES
from goals.models import Goal

NAME = "goals"
DAYS = 30
STREAKS = (1, 3, 7, 14, 30)  # where each bucket begins
SECONDS_AT_MOST = 300


def register():
    figures.register(NAME, reckon)


def reckon(database) -> dict:
    """{"days": [dates], "joined", "started", "messages": [a number a day], "people",
    "categories": [{name, active, started, finished}], "tests", "passed", "streaks": [{label, count}]}.

    "started" and "finished" of a category are of the last 30 days. It reads goals whole, which is
    why doit_site.figures has it run beside requests and, where it takes long, seldom.
    """
    database = database.with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
    now = clock.now()
    since = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(since + timedelta(days=number)).date().isoformat() for number in range(DAYS)]
    groups = _aggregate(database, Goal, _by_category(since, now))

    def by_day(model, pipeline):
        counts = {row["_id"]: row["count"] for row in _aggregate(database, model, pipeline)}
        return [counts.get(day, 0) for day in days]

    return {
        "days": days,
        "people": database[User._meta.db_table].estimated_document_count(),
        "joined": by_day(User, _created_by_day(since)),
        "started": by_day(Goal, _created_by_day(since)),
        "messages": [
            held + moved
            for held, moved in zip(
                by_day(Goal, _messages_by_day("messages", since)),
                by_day(Bucket, [_moved(since), *_messages_by_day("entries", since)]),
                strict=True,
            )
        ],
        "categories": [
            {"name": row["_id"] or "other", **{name: row[name] for name in COUNTED}}
            for row in sorted(groups, key=lambda row: -row["active"])
        ],
        "tests": sum(row["tests"] for row in groups),
        "passed": sum(row["passed"] for row in groups),
        "streaks": _streaks(groups),
    }


ONGOING = [Goal.ACTIVE, Goal.PAUSED]  # a pause may be over, and not yet stored to be
COUNTED = ("active", "started", "finished")


def _aggregate(database, model, pipeline):
    return list(
        database[model._meta.db_table].aggregate(
            pipeline, allowDiskUse=True, maxTimeMS=SECONDS_AT_MOST * 1000
        )
    )


def _created_by_day(since):
    """By created_at_index alone."""
    return [
        {"$match": {"created_at": {"$gte": since}}},
        {"$project": {"_id": 0, "created_at": 1}},
        {"$group": {"_id": _day("$created_at"), "count": {"$sum": 1}}},
    ]


def _day(moment):
    return {"$dateToString": {"date": moment, "format": "%Y-%m-%d"}}


def _moved(since):
    """The buckets of the archive that may hold messages so new: `_id` says when they were moved."""
    return {"$match": {"_id": {"$gte": ObjectId.from_datetime(since)}, "array": MESSAGES.name}}


def _messages_by_day(array, since):
    """What people wrote; the coach's replies are as many."""
    said = f"${array}.timestamp"
    day = {"$cond": [{"$eq": [{"$type": said}, "date"]}, _day(said), {"$substrCP": [said, 0, 10]}]}
    return [
        {"$project": {"_id": 0, f"{array}.timestamp": 1, f"{array}.is_user": 1}},
        {"$unwind": f"${array}"},
        {"$match": {f"{array}.is_user": True, f"{array}.timestamp": {"$type": ["string", "date"]}}},
        {"$group": {"_id": day, "count": {"$sum": 1}}},
        {"$match": {"_id": {"$gte": since.date().isoformat()}}},
    ]


def _by_category(since, now):
    # A streak stands while it reaches yesterday, wherever on Earth, or what is missed is covered.
    today = now.date()
    days = [(today - timedelta(days=2 + freezes)).isoformat() for freezes in range(3)]
    held = {"$min": [2, {"$max": [0, {"$ifNull": ["$freezes", 0]}]}]}
    reaches = {"$gte": ["$streak_until", {"$arrayElemAt": [days, {"$toInt": held}]}]}
    pausing = {
        "$and": [
            {"$eq": ["$status", Goal.PAUSED]},
            {"$gt": ["$paused_until", today.isoformat()]},
        ]
    }
    stands = {"$or": [reaches, pausing]}
    streak = {"$cond": [stands, {"$ifNull": ["$streak", 0]}, 0]}
    status = {"$ifNull": ["$status", Goal.ACTIVE]}
    return [
        {
            "$group": {
                "_id": {"$ifNull": ["$category", "other"]},
                "active": _count({"$and": [{"$in": [status, ONGOING]}, {"$not": pausing}]}),
                "started": _count({"$gte": ["$created_at", since]}),
                "finished": _count(
                    {
                        "$and": [
                            {"$eq": [status, Goal.COMPLETED]},
                            {"$gte": ["$completed_at", since]},
                        ]
                    }
                ),
                "tests": {"$sum": "$verification_stats.total_tests"},
                "passed": {"$sum": "$verification_stats.passed"},
                **{f"streak_{start}": _count({"$gte": [streak, start]}) for start in STREAKS},
            }
        }
    ]


def _count(condition):
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _streaks(groups):
    """[{label, count}] of the goals on a streak, by its length."""
    reached = [sum(row[f"streak_{start}"] for row in groups) for start in STREAKS] + [0]
    labels = [f"{start} to {end - 1} days" for start, end in itertools.pairwise(STREAKS)]
    labels.append(f"{STREAKS[-1]} days or more")
    return [
        {"label": label, "count": reached[number] - reached[number + 1]}
        for number, label in enumerate(labels)
    ]
