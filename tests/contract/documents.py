"""Documents of a person at work: a goal whose roadmap began today, and its open test."""

from datetime import timedelta

from doit_site import clock
from doit_site.mongo.fields import new_id


def goal_document(user_id, **fields):
    now = clock.now()
    days = [
        {
            "day": number + 1,
            "date": (now + timedelta(days=number)).date().isoformat(),
            "title": f"Length {number + 1}",
            "tasks": [{"task": "Swim", "duration_minutes": 30, "resources": []}],
            "tips": "Breathe.",
        }
        for number in range(5)
    ]
    return {
        "id": new_id(),
        "user_id": user_id,
        "title": "Swim a mile",
        "description": "In open water, by the summer.",
        "target_date": now + timedelta(days=5),
        "created_at": now,
        "streak": 0,
        "progress": 0.0,
        "roadmap": {"total_days": 5, "summary": "A length more a day.", "days": days},
        "messages": [
            {"content": "Hello", "is_user": True, "timestamp": clock.text(now)},
            {"content": "Hello yourself", "is_user": False, "timestamp": clock.text(now)},
        ],
        "daily_verifications": [],
        "verification_stats": None,
        "streak_until": None,
        "freezes": 0,
        "category": "fitness",
        "subcategory": None,
        "status": "active",
        "version": 1,
        **fields,
    }


OTHER, MUTED = "QuietFox42", "RestlessOwl17"


def insert_group(database, user_id):
    """A group of the person with two others, one of whom they muted; its document."""
    now = clock.now()
    other, muted = new_id(), new_id()
    group = {
        "id": new_id(),
        "category": "fitness",
        "subcategory": "swimming",
        "name": "Swimming companions",
        "members": [user_id, other, muted],
        "max_members": 50,
        "messages": [
            {
                "id": new_id(),
                "user_id": sender,
                "username": username,
                "content": "Hello",
                "timestamp": clock.text(now),
            }
            for sender, username in ((other, OTHER), (user_id, "WarmReef33"))
        ],
        "created_at": now,
        "removed": [],
        "last_message_at": now,
        "member_count": 3,
        "is_full": False,
    }
    database.groups.insert_one(group)
    database.group_memberships.insert_many(
        {
            "id": new_id(),
            "group_id": group["id"],
            "user_id": member,
            "username": username,
            "username_key": username.lower(),
            "joined_at": now,
            "left_at": None,
            "erased": False,
        }
        for member, username in ((user_id, "WarmReef33"), (other, OTHER), (muted, MUTED))
    )
    database.group_mutes.insert_one(
        {
            "id": new_id(),
            "group_id": group["id"],
            "user_id": user_id,
            "muted_user_id": muted,
            "username": MUTED,
            "created_at": now,
        }
    )
    return group


def in_paths_of(group):
    """What the paths of a group's routes name."""
    return {"id": group["id"], "message_id": group["messages"][0]["id"], "username": MUTED}


def open_test_document(goal, **fields):
    now = clock.now()
    return {
        "id": new_id(),
        "goal_id": goal["id"],
        "user_id": goal["user_id"],
        "date": now.date().isoformat(),
        "attempt": 1,
        "days": [1],
        "questions": [
            {
                "id": f"q{number}",
                "prompt": f"What is {number}?",
                "choices": ["a", "b", "c", "d"],
                "answer": 0,
                "explanation": "Because.",
            }
            for number in range(1, 6)
        ],
        "result": None,
        "issued_at": now,
        "expires_at": now + timedelta(hours=24),
        **fields,
    }


open_test_document.__test__ = False


def job_document(goal, **fields):
    """A job that is done."""
    now = clock.now()
    times = dict.fromkeys(("created_at", "started_at", "finished_at"), now)
    return {
        "id": new_id(),
        "goal_id": goal["id"],
        "user_id": goal["user_id"],
        "kind": "roadmap",
        "options": None,
        "state": "done",
        "attempts": 1,
        "holder": new_id(),
        "error": None,
        **times,
        "expires_at": now + timedelta(days=30),
        **fields,
    }
