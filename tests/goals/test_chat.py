"""Talking a goal over: nothing said is lost."""

import pytest
from bson import encode

from doit_site.mongo import archive
from goals import chat
from tests.goals.steps import error_rows, make_roadmap, stored, url_of
from tests.races import together


def say(client, goal, content):
    return client.post(url_of(goal) + "messages/", {"content": content})


def pages(client, url):
    """The rows of every page, read by `next`."""
    rows = []
    while url:
        page = client.get(url).json()
        rows += page["results"]
        url = page["next"]
    return rows


def message(number, is_user=True):
    stamp = f"2026-02-07T12:{number // 60:02}:{number % 60:02}.000000Z"
    return {"content": f"message {number}", "is_user": is_user, "timestamp": stamp}


def test_a_message_and_its_reply(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    response = say(alice_api, goal, "What is on today?")
    assert response.status_code == 201
    exchange = response.json()
    assert set(exchange) == {"message", "reply"}
    assert exchange["message"]["content"] == "What is on today?"
    assert (exchange["message"]["is_user"], exchange["reply"]["is_user"]) == (True, False)
    assert exchange["message"]["timestamp"] <= exchange["reply"]["timestamp"]
    assert exchange["message"]["timestamp"].endswith("Z")
    assert stored(database, goal)["messages"] == [exchange["message"], exchange["reply"]]


def test_chatting_changes_nothing_but_the_messages(alice_api, a_goal, database):
    goal = a_goal()
    before = stored(database, goal)
    say(alice_api, goal, "Hello")
    after = stored(database, goal)
    assert {name for name in after if after[name] != before[name]} == {"messages"}


def test_64_messages_at_once_are_all_kept(alice, client_of, a_goal, database):
    goal = a_goal()
    clients = [client_of(alice) for _ in range(64)]
    answers = together(64, lambda number: say(clients[number], goal, f"message {number}"))
    assert {answer.status_code for answer in answers} == {201}
    kept = archive.whole("goals.messages", stored(database, goal))
    assert len(kept) == 128
    pairs = list(zip(kept[::2], kept[1::2], strict=True))
    assert {asked["content"] for asked, _ in pairs} == {f"message {n}" for n in range(64)}
    replies = {answer.json()["message"]["content"]: answer.json()["reply"] for answer in answers}
    assert all(replies[asked["content"]] == reply for asked, reply in pairs)


def test_64_messages_at_once_are_lost_by_reading_and_writing_back(a_goal, database):
    """The broken twin: the whole array is read, appended to and stored, as save() would."""
    goal = a_goal()

    def naive(number):
        messages = stored(database, goal)["messages"]
        messages += [message(number), message(number, is_user=False)]
        database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})

    together(64, naive)
    assert len(stored(database, goal)["messages"]) < 128


def test_150_messages_are_read_back_by_pages(alice_api, a_goal, database):
    goal = a_goal()
    messages = [message(number, number % 2 == 0) for number in range(150)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    url = url_of(goal) + "messages/"
    for limit in ("", "?limit=7", "?limit=100", "?limit=1"):
        assert pages(alice_api, url + limit) == messages[::-1]
    assert len(alice_api.get(url).json()["results"]) == 20


def test_pages_back_and_forth_agree(alice_api, a_goal, database):
    goal = a_goal()
    messages = [message(number) for number in range(45)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    first = alice_api.get(url_of(goal) + "messages/").json()
    second = alice_api.get(first["next"]).json()
    third = alice_api.get(second["next"]).json()
    assert (first["previous"], third["next"]) == (None, None)
    assert alice_api.get(third["previous"]).json()["results"] == second["results"]
    assert alice_api.get(second["previous"]).json()["results"] == first["results"]


def test_what_arrives_while_paging_shifts_no_page(alice_api, a_goal, database):
    goal = a_goal()
    messages = [message(number) for number in range(50)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    first = alice_api.get(url_of(goal) + "messages/").json()
    say(alice_api, goal, "In between")
    rest = pages(alice_api, first["next"])
    assert first["results"] + rest == messages[::-1]


def test_the_goal_shows_the_newest_50(alice_api, a_goal, database):
    goal = a_goal()
    messages = [message(number) for number in range(150)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    assert alice_api.get(url_of(goal)).json()["messages"] == messages[-50:]


def test_ten_thousand_characters_and_no_more(alice_api, a_goal, database):
    goal = a_goal()
    longest = "ü" * 10_000
    assert say(alice_api, goal, longest).status_code == 201
    assert stored(database, goal)["messages"][0]["content"] == longest
    refused = say(alice_api, goal, longest + "x")
    assert refused.status_code == 400
    assert error_rows(refused) == {("/content", "max_length")}
    assert len(stored(database, goal)["messages"]) == 2


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({}, ("/content", "required")),
        ({"content": ""}, ("/content", "blank")),
        ({"content": "  \n"}, ("/content", "blank")),
        ({"content": None}, ("/content", "null")),
        ({"content": ["Hi"]}, ("/content", "invalid")),
        ({"content": "a\x00b"}, ("/content", "null_characters_not_allowed")),
        ({"content": "Hi", "is_user": False}, ("/is_user", "unknown_field")),
    ],
)
def test_what_is_no_message_is_refused(alice_api, a_goal, database, body, row):
    goal = a_goal()
    response = alice_api.post(url_of(goal) + "messages/", body)
    assert response.status_code == 400
    assert error_rows(response) == {row}
    assert stored(database, goal)["messages"] == []


def test_a_document_at_16_mb_is_full(alice_api, a_goal, database):
    goal = a_goal()
    room = 16 * 1024 * 1024 - len(encode(stored(database, goal)))
    filler = {"$set": {"of_another_program": "x" * (room - 100)}}
    database.goals.update_one({"id": goal["id"]}, filler)
    refused = say(alice_api, goal, "One more")
    assert (refused.status_code, refused.json()["code"]) == (409, "goal_full")
    assert stored(database, goal)["messages"] == []
    database.goals.update_one({"id": goal["id"]}, {"$unset": {"of_another_program": ""}})
    assert say(alice_api, goal, "One more").status_code == 201


def test_another_persons_chat_does_not_exist(bob_api, a_goal, database):
    goal = a_goal()
    assert say(bob_api, goal, "Hello").status_code == 404
    assert bob_api.get(url_of(goal) + "messages/").status_code == 404
    assert stored(database, goal)["messages"] == []


def test_the_coach_knows_the_newest_twenty(alice_api, a_goal, database, alice):
    goal = a_goal()
    messages = [message(number) for number in range(30)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    history = chat._request(alice, chat._read(alice, goal["id"]), "Hello").history
    assert [row.content for row in history] == [row["content"] for row in messages[-20:]]
