"""No answer of the API links a person to a pseudonym, or one pseudonym to another."""

import json

from accounts import personal_data
from accounts.models import User
from doit_site.mongo.fields import new_id
from tests.groups.conftest import KIND


def answers(client, groups, others):
    """Every answer about groups that a client can get, errors included, as (name, text)."""
    paths = ["groups/", "groups/?mine=true", "groups/categories/"]
    for group in groups:
        base = f"groups/{group['id']}/"
        paths += [base, base + "messages/", base + "mutes/", base + "nothing/"]
    for path in paths:
        response = client.get(f"/api/v1/{path}")
        yield path, response.content.decode() + json.dumps(dict(response.headers))
    for group in groups:
        base = f"/api/v1/groups/{group['id']}/"
        for name in others:
            yield "mute", client.post(base + "mutes/", {"username": name}).content.decode()
            yield "mutes", client.get(base + "mutes/").content.decode()
            client.delete(f"{base}mutes/{name}/")
        yield "join", client.post(base + "join/").content.decode()
        yield "bad", client.post(base + "messages/", {"content": ""}).content.decode()
        yield "said", client.post(base + "messages/", {"content": "x"}).content.decode()
        for message in client.get(base + "messages/").json()["results"]:
            path = f"{base}messages/{message['id']}/report/"
            yield "report", client.post(path, {"reason": "x"}).content.decode()
        yield "match", client.post("/api/v1/groups/match/", KIND).content.decode()


def test_two_people_in_two_shared_groups_cannot_be_linked(
    alice, bob, alice_api, bob_api, matched, say
):
    kinds = (KIND, {"category": "music", "subcategory": None})
    hers = [matched(alice_api, **kind) for kind in kinds]
    his = [matched(bob_api, **kind) for kind in kinds]
    for group in hers:
        say(alice_api, group, "Hello from one")
        say(bob_api, group, "Hello from another")
    first, second = (group["username"] for group in his)
    assert first != second
    told = list(answers(alice_api, hers, [first, second, "Nobody11"]))
    assert len(told) > 20
    for name, text in told:
        for trace in (bob.pk, bob.pk.replace("-", ""), bob.phone_number, bob.name):
            assert trace not in text, name
    # What is said in one group has no name of the other.
    for index, group in enumerate(hers):
        base = f"/api/v1/groups/{group['id']}/"
        for path in (base, base + "messages/", base + "mutes/"):
            assert (second, first)[index] not in alice_api.get(path).content.decode()


def test_the_broken_twin_that_shows_the_stored_message_is_caught(
    alice_api, bob, bob_api, matched, say, database
):
    group = matched(alice_api)
    matched(bob_api)
    say(bob_api, group)
    assert bob.pk in json.dumps(database.groups.find_one({}, {"_id": 0, "messages": 1}))


def test_erasing_leaves_the_messages_under_the_pseudonym_and_no_trace_of_the_person(
    alice, alice_api, bob, bob_api, matched, say, read, database
):
    kinds = (KIND, {"category": "music"})
    hers = [matched(alice_api, **kind) for kind in kinds]
    his = [matched(bob_api, **kind) for kind in kinds]
    for group in hers:
        say(bob_api, group, "I was here")
    alice_api.post(f"/api/v1/groups/{hers[0]['id']}/mutes/", {"username": his[0]["username"]})
    before = read(alice_api, hers[1])
    personal_data.erase(bob.pk)

    assert read(alice_api, hers[1]) == before
    for name in database.list_collection_names():
        assert bob.pk not in json.dumps(list(database[name].find()), default=str), name
    strangers = [
        message["user_id"] for group in database.groups.find() for message in group["messages"]
    ]
    assert len(set(strangers)) == 2
    kept = {row["username"] for row in database.group_memberships.find({"erased": True})}
    assert kept == {group["username"] for group in his}


def test_a_pseudonym_of_the_erased_is_never_given_again(
    alice, bob, matched, bob_api, alice_api, monkeypatch
):
    from groups import membership

    group = matched(bob_api)
    personal_data.erase(bob.pk)
    drawn = iter([group["username"], group["username"].upper(), "FreshName12"])
    monkeypatch.setattr(membership, "pseudonym", lambda: next(drawn))
    assert membership.name(alice.pk, group["id"]) == "FreshName12"


def test_the_export_has_ones_own_groups_and_messages_and_nobody_elses(
    alice, alice_api, bob, bob_api, matched, say
):
    group = matched(alice_api)
    his = matched(bob_api)
    say(alice_api, group, "My own words")
    say(bob_api, group, "Words of another")
    alice_api.post(f"/api/v1/groups/{group['id']}/mutes/", {"username": his["username"]})
    response = alice_api.get("/api/v1/me/export/")
    (mine,) = response.json()["groups"]
    assert mine["username"] == group["username"]
    assert [message["content"] for message in mine["messages"]] == ["My own words"]
    assert mine["mutes"] == [his["username"]]
    assert bob.pk not in response.content.decode()
    assert "Words of another" not in response.content.decode()


def test_pseudonyms_do_not_depend_on_the_person(alice, database):
    from groups import membership

    names = {membership.name(alice.pk, new_id()) for _ in range(40)}
    assert len(names) > 35
    assert User.objects.count() == 1
