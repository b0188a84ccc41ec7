"""Finding the group for a goal: the newest message first, then the fuller, else a new one."""

from datetime import timedelta

import pytest

from doit_site import clock
from doit_site.mongo.fields import new_id
from groups import matching, membership, moderation
from groups.models import DEFAULT_MEMBERS
from tests.commands import recorded_commands
from tests.contract.test_queries import assert_by_index
from tests.problem_details import assert_problem
from tests.races import together

URL = "/api/v1/groups/match/"
KIND = {"category": "programming", "subcategory": "python"}


@pytest.fixture
def group(database):
    now = clock.now()

    def make(last=None, size=1, **fields):
        row = {
            "id": new_id(),
            **KIND,
            "name": "Python",
            "members": [new_id() for _ in range(size)],
            "max_members": 50,
            "messages": [],
            "created_at": clock.now(),
            "last_message_at": last and now - timedelta(minutes=last),
            "member_count": size,
            "is_full": size >= 50,
            **fields,
        }
        database.groups.insert_one(dict(row))
        return row["id"]

    return make


def test_the_first_opens_a_group_and_the_second_joins_it(alice, bob, alice_api, bob_api, database):
    opened = alice_api.post(URL, KIND)
    assert opened.status_code == 201
    group = opened.json()
    assert opened["Location"].endswith(f"/api/v1/groups/{group['id']}/")
    assert (group["name"], group["member_count"]) == ("Python companions", 1)
    joined = bob_api.post(URL, KIND)
    assert joined.status_code == 200
    assert joined.json()["id"] == group["id"]
    assert joined.json()["username"] != group["username"]
    assert database.groups.find_one()["members"] == [alice.pk, bob.pk]


def test_by_a_goal_and_asked_twice_the_same(alice_api, a_goal):
    goal = a_goal()
    first = alice_api.post(URL, {"goal_id": goal["id"]}).json()
    assert (first["category"], first["subcategory"]) == (goal["category"], goal["subcategory"])
    again = alice_api.post(URL, {"goal_id": goal["id"]})
    assert again.status_code == 200
    assert again.json() == first


def test_another_persons_goal_does_not_exist(bob_api, a_goal):
    assert_problem(bob_api.post(URL, {"goal_id": a_goal()["id"]}), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/category"),
        ({"subcategory": "python"}, "/category"),
        ({"goal_id": "x", "category": "music"}, "/goal_id"),
        ({"category": "nonsense"}, "/category"),
        ({"category": "music", "subcategory": "Not A Slug"}, "/subcategory"),
    ],
)
def test_what_cannot_be_matched_is_told(alice_api, body, pointer):
    problem = assert_problem(alice_api.post(URL, body), 400)
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_the_newest_message_comes_first_then_the_fuller(alice, group):
    group(size=30)
    quiet_fuller = group(last=60, size=30)
    group(last=60, size=3)
    newest = group(last=5, size=2)
    group(last=1, size=50)  # full
    group(last=1, category="music")
    assert matching.match(user=alice, **KIND) == (newest, False)
    membership.leave(user=alice, group_id=newest)
    assert matching.match(user=alice, **KIND) == (quiet_fuller, False)


def test_groups_left_or_removed_from_are_not_offered(alice, group):
    first, second, third = group(last=1), group(last=2), group(last=3)
    assert matching.match(user=alice, **KIND)[0] == first
    membership.leave(user=alice, group_id=first)
    assert matching.match(user=alice, **KIND)[0] == second
    moderation.expel(group_id=second, user_id=alice.pk)
    assert matching.match(user=alice, **KIND)[0] == third
    membership.leave(user=alice, group_id=third)
    opened, is_new = matching.match(user=alice, **KIND)
    assert is_new
    assert opened not in (first, second, third)


def test_groups_shared_with_someone_muted_are_not_offered(
    alice, bob, alice_api, bob_api, matched, group
):
    here = matched(bob_api)
    assert matched(alice_api)["id"] == here["id"]
    name = bob_api.get(f"/api/v1/groups/{here['id']}/").json()["username"]
    alice_api.post(f"/api/v1/groups/{here['id']}/mutes/", {"username": name})
    elsewhere = group(last=1)
    membership.join(user=bob, group_id=elsewhere)
    alice_api.post(f"/api/v1/groups/{here['id']}/leave/")
    offered, is_new = matching.match(user=alice, **KIND)
    assert is_new
    assert offered not in (here["id"], elsewhere)
    # nor the other way round
    bob_api.post(f"/api/v1/groups/{here['id']}/leave/")
    bob_api.post(f"/api/v1/groups/{elsewhere}/leave/")
    assert matching.match(user=bob, **KIND)[0] != offered


def test_a_group_of_another_program_is_offered_while_it_has_room(alice, bob, group, database):
    foreign = group(size=49)
    database.groups.update_one(
        {"id": foreign}, {"$unset": dict.fromkeys(("member_count", "is_full", "max_members"), "")}
    )
    assert matching.match(user=alice, **KIND) == (foreign, False)
    opened, is_new = matching.match(user=bob, **KIND)
    assert is_new
    assert opened != foreign


def test_figures_that_another_program_left_wrong_do_not_pass_the_cap(alice, group, database):
    full = group(last=1, size=50, is_full=False)
    opened, is_new = matching.match(user=alice, **KIND)
    assert is_new
    assert opened != full
    assert len(database.groups.find_one({"id": full})["members"]) == 50


def test_sixty_four_at_once_with_no_group_yet_share_one(crowd, database):
    people = crowd(64)
    found = together(64, lambda n: matching.match(user=people[n], **KIND))
    groups = list(database.groups.find())
    # The cap is 50: the first fifty are in the first group, the rest in a second.
    assert sorted(len(group["members"]) for group in groups) == [64 - DEFAULT_MEMBERS, 50]
    assert len({group_id for group_id, _ in found}) == 2
    assert sum(is_new for _, is_new in found) == 2


def test_fifty_at_once_share_one_group(crowd, database):
    people = crowd(50)
    found = together(50, lambda n: matching.match(user=people[n], **KIND))
    (group,) = database.groups.find()
    assert sorted(group["members"]) == sorted(person.pk for person in people)
    assert sum(is_new for _, is_new in found) == 1


def test_the_broken_twin_that_looks_before_it_opens_opens_more(crowd, database):
    def naive(n):
        if database.naive_groups.find_one({"category": "x"}) is None:
            database.naive_groups.insert_one({"category": "x"})

    for _ in range(20):
        database.naive_groups.delete_many({})
        together(64, naive)
        if database.naive_groups.count_documents({}) > 1:
            break
    assert database.naive_groups.count_documents({}) > 1


def test_a_match_reads_no_more_however_many_groups_there_are(alice, group, database):
    for n in range(40):
        group(last=n + 1)
    for _ in range(10):
        group(size=50)
    with recorded_commands() as commands:
        matching.match(user=alice, **KIND)
    assert_by_index(commands)
    assert len(commands) == 9
