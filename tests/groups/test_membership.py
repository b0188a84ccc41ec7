"""Joining and leaving: never one more than fits, and a pseudonym for good."""

import random
from datetime import datetime

import pytest

from doit_site.api.problems import Problem
from doit_site.mongo.fields import new_id
from groups import membership, moderation
from tests.problem_details import assert_problem
from tests.races import together


@pytest.fixture
def group(database):
    """group(max_members=...) -> a stored group with nobody in it."""

    def make(**fields):
        row = {
            "id": new_id(),
            "category": "fitness",
            "subcategory": "running",
            "name": "Running",
            "members": [],
            "max_members": 50,
            "messages": [],
            "created_at": membership.clock.now(),
            **fields,
        }
        database.groups.insert_one(dict(row))
        return row

    return make


def members(database, group):
    return database.groups.find_one({"id": group["id"]})["members"]


def url(group, verb):
    return f"/api/v1/groups/{group['id']}/{verb}/"


def test_joining_and_leaving(alice, alice_api, bob_api, group, database):
    group = group()
    joined = alice_api.post(url(group, "join"))
    assert joined.status_code == 200
    body = joined.json()
    assert set(body) == {
        *("id", "category", "subcategory", "name", "member_count", "max_members"),
        *("is_member", "username", "created_at"),
    }
    assert (body["member_count"], body["is_member"]) == (1, True)
    assert members(database, group) == [alice.pk]
    assert bob_api.get(f"/api/v1/groups/{group['id']}/").json() | {
        "username": body["username"]
    } == (body | {"is_member": False})
    assert alice_api.post(url(group, "join")).json() == body

    for _ in range(2):
        assert alice_api.post(url(group, "leave")).status_code == 204
    assert members(database, group) == []
    row = database.groups.find_one({"id": group["id"]})
    assert (row["member_count"], row["is_full"]) == (0, False)


def test_the_pseudonym_is_given_back_on_rejoining(alice_api, group):
    group = group()
    first = alice_api.post(url(group, "join")).json()["username"]
    alice_api.post(url(group, "leave"))
    assert alice_api.get(f"/api/v1/groups/{group['id']}/").json()["username"] is None
    assert alice_api.post(url(group, "join")).json()["username"] == first


def test_a_full_group_refuses_but_not_its_own(alice_api, bob_api, group):
    group = group(max_members=1)
    assert alice_api.post(url(group, "join")).status_code == 200
    assert_problem(bob_api.post(url(group, "join")), 409, "group_full")
    assert alice_api.post(url(group, "join")).status_code == 200
    assert bob_api.get(f"/api/v1/groups/{group['id']}/").json()["member_count"] == 1


def test_a_group_of_another_program_without_a_cap_takes_fifty(alice_api, crowd, group, database):
    group = group(members=[new_id() for _ in range(49)])
    database.groups.update_one({"id": group["id"]}, {"$unset": {"max_members": ""}})
    assert alice_api.post(url(group, "join")).status_code == 200
    (other,) = crowd(1)
    with pytest.raises(Problem, match="no room"):
        membership.join(user=other, group_id=group["id"])


def test_the_removed_may_not_come_back(alice, alice_api, group, database):
    group = group()
    alice_api.post(url(group, "join"))
    moderation.expel(group_id=group["id"], user_id=alice.pk)
    assert members(database, group) == []
    assert_problem(alice_api.post(url(group, "join")), 403, "removed")


@pytest.mark.parametrize("verb", ["join", "leave"])
def test_a_group_that_does_not_exist(verb, alice_api):
    assert_problem(alice_api.post(url({"id": new_id()}, verb)), 404, "not_found")


def test_of_sixty_four_joins_for_one_place_one_gets_it(crowd, group, database):
    group = group(max_members=10, members=[new_id() for _ in range(9)])
    people = crowd(64)
    inside = together(64, lambda n: membership.enter(people[n].pk, group["id"]))
    assert sum(inside) == 1
    assert len(members(database, group)) == 10
    assert database.groups.find_one({"id": group["id"]})["is_full"]


def test_the_broken_twin_that_counts_before_it_pushes_passes_the_cap(crowd, group, database):
    group = group(max_members=10, members=[new_id() for _ in range(9)])
    people = crowd(64)

    def naive(n):
        if len(members(database, group)) < 10:
            database.groups.update_one(
                {"id": group["id"]},
                {"$push": {"members": people[n].pk}},
                bypass_document_validation=True,
            )

    for _ in range(20):
        together(64, naive)
        if len(members(database, group)) > 10:
            break
        database.groups.update_one({"id": group["id"]}, {"$set": {"members": group["members"]}})
    assert len(members(database, group)) > 10


def test_churn_never_passes_the_cap_nor_loses_count(crowd, group, database):
    group = group(max_members=5)
    people = crowd(24)
    largest = []

    def one(n):
        draw = random.Random(n)
        for _ in range(12):
            if draw.random() < 0.6:
                membership.enter(people[n].pk, group["id"])
            else:
                membership.take_out(people[n].pk, group["id"])
            largest.append(len(members(database, group)))

    together(24, one)
    row = database.groups.find_one({"id": group["id"]})
    assert max(largest) == 5
    assert row["member_count"] == len(row["members"]) == len(set(row["members"]))
    assert row["is_full"] == (len(row["members"]) == 5)


def test_pseudonyms_are_unique_in_a_group_whatever_the_case(crowd, group, database, monkeypatch):
    """With only eight names for eight people everybody still gets one of their own."""
    group = group()
    names = ["Ab1", "aB1", "AB1", "Cd2", "Ef3", "Gh4", "Ij5", "Kl6", "Mn7", "Op8", "Qr9"]
    monkeypatch.setattr(membership, "pseudonym", lambda: random.choice(names))
    people = crowd(8)
    drawn = together(8, lambda n: membership.name(people[n].pk, group["id"]))
    assert len({name.lower() for name in drawn}) == 8
    assert database.group_memberships.count_documents({"group_id": group["id"]}) == 8


def test_sixty_four_requests_of_one_person_draw_one_name(alice, group, database):
    group = group()
    drawn = together(64, lambda n: membership.name(alice.pk, group["id"]))
    assert len(set(drawn)) == 1
    assert database.group_memberships.count_documents({}) == 1


def test_groups_are_listed_newest_first_and_by_what_is_asked(alice_api, group):
    ids = [group(name=f"g{n}")["id"] for n in range(5)]
    other = group(category="music", subcategory=None)["id"]
    yoga = group(subcategory="yoga")["id"]
    alice_api.post(url({"id": ids[1]}, "join"))

    def listed(**query):
        response = alice_api.get("/api/v1/groups/", query)
        assert response.status_code == 200, response.content
        return {row["id"] for row in response.json()["results"]}

    assert listed() == {*ids, other, yoga}
    assert listed(category="fitness") == {*ids, yoga}
    assert listed(category="fitness", subcategory="yoga") == {yoga}
    assert listed(mine="true") == {ids[1]}
    assert listed(mine="true", category="music") == set()
    first = alice_api.get("/api/v1/groups/", {"category": "fitness", "limit": 4}).json()
    second = alice_api.get(first["next"]).json()
    rows = first["results"] + second["results"]
    assert len(rows) == 6
    assert sorted(rows, key=lambda row: row["created_at"], reverse=True) == rows
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"category": "nonsense"}, "/category"),
        ({"subcategory": "python"}, "/subcategory"),
        ({"category": "music", "subcategory": "x" * 51}, "/subcategory"),
        ({"mine": "yes"}, "/mine"),
    ],
)
def test_what_cannot_be_asked_is_told(alice_api, query, pointer):
    problem = assert_problem(alice_api.get("/api/v1/groups/", query), 400)
    assert problem["errors"][0]["pointer"] == pointer


def test_categories_name_the_subcategories_that_have_groups(alice_api, group):
    group()
    group()
    group(subcategory="yoga")
    group(category="music", subcategory=None)
    rows = {
        row["category"]: row
        for row in alice_api.get("/api/v1/groups/categories/").json()["results"]
    }
    assert rows["fitness"] == {
        "category": "fitness",
        "subcategories": ["running", "yoga"],
        "groups": 3,
    }
    assert rows["music"] == {"category": "music", "subcategories": [], "groups": 1}
    assert rows["other"]["groups"] == 0


def test_the_documents_of_a_group_have_the_documented_shape(alice_api, matched, say, database):
    group = matched(alice_api)
    say(alice_api, group, "Just completed day 5!")
    row = database.groups.find_one({"id": group["id"]})
    documented = {
        "id": str,
        "category": str,
        "subcategory": str,
        "name": str,
        "members": list,
        "max_members": int,
        "messages": list,
        "created_at": datetime,
    }
    assert {name: type(row[name]) for name in documented} == documented
    (message,) = row["messages"]
    assert {name: type(value) for name, value in message.items()} == dict.fromkeys(
        ("id", "user_id", "username", "content", "timestamp"), str
    )
