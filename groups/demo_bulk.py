"""Groups for demo people in bulk (goals.demo_bulk): everybody is in one, full groups mostly."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from doit_site import clock
from goals.demo_documents import Member, uuid4
from groups import matching
from groups.models import DEFAULT_MEMBERS, Group, Membership
from groups.pseudonyms import ADJECTIVES, NOUNS

MESSAGES = 20
LEAVERS = 2  # of one group in four, which so has room
OLDEST = 180  # days
SAID = (
    "Day ten. It finally makes sense to me.",
    "I skipped two days last week and got back on track with the review day.",
    "The review days are worth more than I thought.",
    "Slow is fine, the week after was easier for me.",
    "Does anybody here do it in the morning?",
)


def add(members: Sequence[Member], draw: Random, now: datetime) -> int:
    """Put the people into new groups of their kind; how many documents that took."""
    groups, memberships = [], []
    for kind, people in _by_kind(members):
        opening = matching.next_opening(kind)
        for start in range(0, len(people), DEFAULT_MEMBERS):
            group, rows = _group(draw, kind, opening, people[start : start + DEFAULT_MEMBERS], now)
            opening = _following(opening)
            groups.append(group)
            memberships += rows
    if groups:
        Group.objects.collection.insert_many(groups, ordered=False)
        Membership.objects.collection.insert_many(memberships, ordered=False)
    return len(groups) + len(memberships)


def _by_kind(members) -> Iterator[tuple[dict, list[str]]]:
    kinds = defaultdict(list)
    for member in members:
        kinds[member.category, member.subcategory].append(member.user_id)
    for (category, subcategory), people in kinds.items():
        yield {"category": category, "subcategory": subcategory}, people


def _following(opening):
    """programming/python/000013 after programming/python/000012."""
    prefix, _, number = opening.rpartition("/")
    return f"{prefix}/{int(number) + 1:06}"


def _group(draw, kind, opening, people, now):
    """(a group with these people, their memberships); of one group in four some have left."""
    created_at = now - timedelta(days=draw.randrange(2, OLDEST))
    group = matching.document(uuid4(draw), people[0], kind, opening)
    newest = now - timedelta(minutes=draw.randrange(1, 24 * 60))
    names = _names(draw, people)
    staying = people[: -LEAVERS if draw.random() < 0.25 and len(people) > LEAVERS else None]
    messages = list(_messages(draw, staying, names, created_at, newest))
    group |= {
        "members": staying,
        "messages": messages,
        "created_at": created_at,
        "last_message_at": newest,
        "member_count": len(staying),
        "is_full": len(staying) >= DEFAULT_MEMBERS,
    }
    rows = [
        _membership(draw, group, user_id, names[user_id], None if user_id in staying else now)
        for user_id in people
    ]
    return group, rows


def _messages(draw, people, names, created_at, newest):
    step = (newest - created_at) / MESSAGES
    for number in range(1, MESSAGES + 1):
        user_id = draw.choice(people)
        yield {
            "id": uuid4(draw),
            "user_id": user_id,
            "username": names[user_id],
            "content": draw.choice(SAID),
            "timestamp": clock.text(created_at + step * number),
        }


def _membership(draw, group, user_id, username, left_at):
    return {
        "id": uuid4(draw),
        "group_id": group["id"],
        "user_id": user_id,
        "username": username,
        "username_key": username.lower(),
        "joined_at": group["created_at"],
        "left_at": left_at,
        "erased": False,
    }


def _names(draw, people) -> dict[str, str]:
    """A pseudonym for each, no two the same."""
    names: dict[str, str] = {}
    for user_id in people:
        name = None
        while name is None or name in names.values():
            name = f"{draw.choice(ADJECTIVES)}{draw.choice(NOUNS)}{draw.randrange(10, 100)}"
        names[user_id] = name
    return names
