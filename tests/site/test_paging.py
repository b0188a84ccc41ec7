"""Cursor paging: nothing is lost, nothing comes twice, nothing of another's shows, nothing else is read."""

import base64
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import bson
import pytest

from doit_site.api.paging import MAX_CURSOR, Keyset, Rows, Tail
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import get_db
from goals.models import Goal
from tests.commands import recorded_commands, stages
from tests.problem_details import assert_problem

GOALS = "/api/v1/goals/"
MOMENT = datetime(2026, 2, 7, 12, 0, 0, 123000, tzinfo=UTC)


def document(user, created_at=MOMENT, **fields):
    """A goal as another program would leave it: the required fields."""
    return {
        "id": str(uuid.uuid4()),
        "user_id": user.pk,
        "title": "Swim",
        "description": "A mile.",
        "target_date": MOMENT + timedelta(days=400),
        "created_at": created_at,
        **fields,
    }


@pytest.fixture
def store(database):
    """store(documents) -> their ids, whatever the validator says."""

    def insert(documents):
        database.goals.insert_many(documents, bypass_document_validation=True)
        return [goal["id"] for goal in documents]

    return insert


def pages(client, url):
    """Every page from here to the end."""
    while url:
        body = client.get(url).json()
        yield body
        url = body["next"]


def pages_back(client, url):
    """The page and every earlier one."""
    while url:
        body = client.get(url).json()
        yield body
        url = body["previous"]


def ids(found):
    return [row["id"] for page in found for row in page["results"]]


def mixed(user):
    """BSON dates, the same instant as text, older and newer ones, nothing and null."""
    moments = [
        MOMENT,
        MOMENT,
        MOMENT + timedelta(milliseconds=1),
        MOMENT - timedelta(days=1),
        "2026-02-07T12:00:00.123000Z",
        "2026-02-07T12:00:00.123000Z",
        "2027-01-01",
        "",
        "no time at all",
        None,
        1770465600.5,
    ]
    goals = [document(user, moment) for moment in moments for _ in range(3)]
    for goal in goals[-2:]:
        del goal["created_at"]
    return goals


@pytest.mark.parametrize("limit", [1, 7, 49, 50, 51, 100])
def test_goals_of_one_millisecond_page_without_loss_or_repeat_both_ways(
    alice, alice_api, store, limit
):
    stored = store([document(alice) for _ in range(50)])
    there = list(pages(alice_api, f"{GOALS}?limit={limit}"))
    assert ids(there) == sorted(stored, reverse=True)
    assert {len(page["results"]) for page in there[:-1]} <= {limit}
    assert there[0]["previous"] is None

    if len(there) > 1:
        back = list(pages_back(alice_api, there[-1]["previous"]))
        assert ids(back[::-1]) == ids(there[:-1])
        assert back[-1]["previous"] is None


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_dates_texts_and_neither_are_all_listed_once_both_ways(alice, alice_api, store, limit):
    stored = store(mixed(alice))
    there = list(pages(alice_api, f"{GOALS}?limit={limit}"))
    assert len(ids(there)) == len(stored)
    assert set(ids(there)) == set(stored)
    if len(there) > 1:
        back = list(pages_back(alice_api, there[-1]["previous"]))
        assert ids(back[::-1]) == ids(there[:-1])


def test_a_date_cursor_by_comparison_loses_texts(alice, store, database):
    """The broken twin of the test above: why pages are ranges of the index."""
    stored = store(mixed(alice))
    seen, query = [], {"user_id": alice.pk}
    while rows := list(database.goals.find(query).sort([("created_at", -1), ("id", -1)]).limit(7)):
        seen += [row["id"] for row in rows]
        last = rows[-1]
        query = {
            "user_id": alice.pk,
            "$or": [
                {"created_at": {"$lt": last.get("created_at")}},
                {"created_at": last.get("created_at"), "id": {"$lt": last["id"]}},
            ],
        }
    assert len(seen) < len(stored)


def test_next_and_previous_lead_there_and_back(alice, alice_api, store):
    store([document(alice, MOMENT + timedelta(seconds=number)) for number in range(9)])
    first = alice_api.get(f"{GOALS}?limit=4").json()
    second = alice_api.get(first["next"]).json()
    assert alice_api.get(second["previous"]).json()["results"] == first["results"]
    forth = alice_api.get(alice_api.get(second["previous"]).json()["next"]).json()
    assert forth == second
    third = alice_api.get(second["next"]).json()
    assert third["next"] is None
    assert alice_api.get(third["previous"]).json()["results"] == second["results"]


def test_links_keep_the_limit_and_name_this_server(alice, alice_api, store):
    store([document(alice) for _ in range(3)])
    link = alice_api.get(f"{GOALS}?limit=2").json()["next"]
    assert link.startswith("https://testserver/api/v1/goals/?")
    assert "limit=2" in link


def test_a_page_survives_what_is_added_and_deleted_meanwhile(alice, alice_api, store, database):
    stored = store([document(alice, MOMENT - timedelta(seconds=n)) for n in range(10)])
    first = alice_api.get(f"{GOALS}?limit=4").json()
    store([document(alice, MOMENT + timedelta(seconds=5))])
    database.goals.delete_many({"id": {"$in": [stored[0], stored[4]]}})
    assert ids(pages(alice_api, first["next"])) == stored[5:]


def test_twenty_by_default_and_a_hundred_at_most(alice, alice_api, store):
    store([document(alice) for _ in range(101)])
    assert len(alice_api.get(GOALS).json()["results"]) == 20
    assert len(alice_api.get(f"{GOALS}?limit=100").json()["results"]) == 100


def test_no_rows_are_an_empty_page(alice_api):
    assert alice_api.get(GOALS).json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "ten", "٣", "1e1", " 1", "9" * 400])
def test_a_limit_out_of_range_is_refused(alice_api, limit):
    (row,) = assert_problem(alice_api.get(GOALS, {"limit": limit}), 400, "invalid_input")["errors"]
    assert row["pointer"] == "/limit"


@pytest.mark.parametrize(
    ("path", "name", "pointer"),
    [
        (GOALS, "page", "/page"),
        (GOALS, "Limit", "/Limit"),
        (GOALS, "a/b", "/a~1b"),
        (GOALS, "", "/"),
        ("/api/v1/me/", "limit", "/limit"),
    ],
)
def test_an_unknown_query_parameter_is_refused(alice_api, path, name, pointer):
    response = alice_api.get(path, {name: "1"})
    (row,) = assert_problem(response, 400, "unknown_parameter")["errors"]
    assert row["pointer"] == pointer
    assert_problem(alice_api.delete(f"{path}?{quote(name)}=1"), 405)


def forged(position, backwards=False):
    raw = bson.encode({"p": position, "b": backwards})
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_cursor(raw):
    return base64.urlsafe_b64encode(raw).decode()


YEAR_9999 = (253402300800000).to_bytes(8, "little", signed=True)
NESTED = "x"
for _ in range(120):
    NESTED = [NESTED]

UNREADABLE = [
    "",
    "x",
    "====",
    "\N{SNOWMAN}",
    "A" * 100_000,
    "null",
    raw_cursor(b"\x00" * 40),
    raw_cursor(b"{}"),
    raw_cursor(bson.encode({"p": 1})),
    raw_cursor(bson.encode({"b": True})),
    # a BSON date of the year 10000, which is no Python datetime
    raw_cursor(b"\x16\x00\x00\x00\x09p\x00" + YEAR_9999 + b"\x08b\x00\x00\x00\x00"),
    raw_cursor(bson.encode({"p": NESTED, "b": True})),
    forged({"$gt": ""}),
    forged([{"$gt": ""}, "x"]),
    forged([bson.Regex("."), "x"]),
    forged([bson.MinKey(), bson.MaxKey()]),
    forged(bson.ObjectId("65c2a1b2e4b0f3a1c8d9e0f1")),
    forged(True),
    forged([[MOMENT], "x"]),
]
OF_ANOTHER_SOURCE = [
    forged(5),
    forged(-5),
    forged(2**63 - 1),
    forged(-(2**63)),
    forged("text"),
    forged("ab"),
    forged([]),
    forged([MOMENT]),
    forged([MOMENT, "x", "y"]),
    forged(MOMENT),
    forged(None),
    forged([None, None]),
    forged([5, "x"]),
    forged(["9", "9"]),
    forged([MOMENT + timedelta(days=9000), "f"]),
    forged([MOMENT - timedelta(days=9000), ""]),
]


@pytest.fixture
def lists(alice, bob, alice_api, store, database):
    """Every kind of list of alice's, beside one of bob's with more in it."""
    goal, other = document(alice), document(bob, title="bob's secret")
    for entry, count in ((goal, 3), (other, 30)):
        entry["messages"] = [
            {
                "content": f"{entry['title']} {n}",
                "is_user": True,
                "timestamp": "2026-02-07T12:00:00Z",
            }
            for n in range(count)
        ]
    store([goal, other, *(document(bob, title="bob's secret") for _ in range(3))])
    return [
        GOALS,
        f"{GOALS}{goal['id']}/messages/",
        "/api/v1/me/timeline/",
        "/api/v1/auth/sessions/",
    ]


@pytest.mark.parametrize("cursor", UNREADABLE, ids=lambda text: text[:20])
def test_an_unreadable_cursor_is_refused_by_every_list(alice_api, lists, cursor):
    for url in lists:
        assert_problem(alice_api.get(url, {"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("cursor", OF_ANOTHER_SOURCE)
def test_a_forged_cursor_shows_nothing_of_anothers(bob, alice_api, lists, cursor, backwards):
    position = bson.decode(base64.urlsafe_b64decode(cursor + "==="))["p"]
    for url in lists:
        response = alice_api.get(url, {"cursor": forged(position, backwards)})
        assert b"bob" not in response.content
        assert bob.pk.encode() not in response.content
        if response.status_code != 200:
            assert_problem(response, 400, "invalid_cursor")


def test_the_links_that_a_forged_cursor_leads_to_work_too(alice_api, lists):
    for cursor in OF_ANOTHER_SOURCE:
        for url in lists:
            body = alice_api.get(url, {"cursor": cursor}).json()
            for link in (body.get("next"), body.get("previous")):
                assert link is None or alice_api.get(link).status_code == 200


def test_a_cursor_is_never_longer_than_what_is_read(alice, alice_api, store):
    store([document(alice, "x" * 200) for _ in range(3)])
    link = alice_api.get(f"{GOALS}?limit=1").json()["next"]
    assert len(link) < MAX_CURSOR
    assert alice_api.get(link).status_code == 200


def chat(number):
    return {"content": str(number), "is_user": True, "timestamp": "2026-02-07T12:00:00Z"}


def test_a_chat_pages_newest_first_and_stays_put_while_messages_come_in(
    alice, alice_api, store, database
):
    (goal_id,) = store([document(alice, messages=[chat(number) for number in range(23)])])
    url = f"{GOALS}{goal_id}/messages/?limit=7"
    seen, texts = [], []
    while url:
        page = alice_api.get(url).json()
        seen.append(page)
        texts += [row["content"] for row in page["results"]]
        database.goals.update_one({"id": goal_id}, {"$push": {"messages": chat("late")}})
        url = page["next"]
    assert texts == [str(number) for number in reversed(range(23))]

    back, url = [], seen[-1]["previous"]
    while url:
        page = alice_api.get(url).json()
        back = [row["content"] for row in page["results"]] + back
        url = page["previous"]
    assert [text for text in back if text != "late"] == texts[:-2]
    assert back.count("late") == len(seen)


@pytest.mark.parametrize("messages", [None, [], [chat(0)]])
def test_a_chat_without_messages_is_an_empty_page(alice, alice_api, store, messages):
    goal = document(alice, messages=messages)
    if messages is None:
        del goal["messages"]
    (goal_id,) = store([goal])
    body = alice_api.get(f"{GOALS}{goal_id}/messages/").json()
    assert len(body["results"]) == len(messages or [])
    assert body["next"] is None
    assert body["previous"] is None


def test_the_chat_of_a_goal_that_is_not_there_is_not_found(db):
    with pytest.raises(Problem) as refused:
        Tail(Goal, {"id": "x", "user_id": "y"}, "messages").page(None, False, 5)
    assert refused.value.code is Code.not_found


def test_rows_at_hand_page_both_ways_and_stay_put_when_one_comes_in():
    rows = [f"{number:02}" for number in range(10)]
    source = Rows(rows, str)
    first = source.page(None, False, 4)
    second = Rows([*rows, "99"], str).page(first.after, False, 4)
    third = source.page(second.after, False, 4)
    assert first.rows + second.rows + third.rows == rows[::-1]
    assert first.before is None
    assert third.after is None
    assert source.page(third.before, True, 4).rows == second.rows
    assert source.page(second.before, True, 4).rows == first.rows
    assert source.page(second.before, True, 4).before is None


@pytest.mark.parametrize("backwards", [False, True])
def test_a_page_reads_the_index_in_order_and_no_more_than_its_rows(alice, bob, store, backwards):
    store([document(person) for person in (alice, bob) for _ in range(60)] + mixed(alice))
    source = Keyset(Goal, "user_id_created_id_index", (alice.pk,), {"_id": 0, "id": 1})
    middle = source.page(None, False, 40).after
    with recorded_commands() as commands:
        assert len(source.page(middle, backwards, 7).rows) == 7
    (find,) = commands
    used = stages(find)
    assert "IXSCAN" in used
    assert not used & {"SORT", "COLLSCAN"}
    work = get_db().command("explain", find, verbosity="executionStats")["executionStats"]
    assert work["totalDocsExamined"] <= 8
    assert work["totalKeysExamined"] <= 9


def test_the_filter_of_a_source_narrows_it(alice, store):
    store([document(alice, title=f"goal {number % 2}") for number in range(9)])
    source = Keyset(
        Goal, "user_id_created_id_index", (alice.pk,), {"title": 1}, filter={"title": "goal 1"}
    )
    page = source.page(None, False, 3)
    rest = source.page(page.after, False, 3)
    assert [row["title"] for row in page.rows + rest.rows] == ["goal 1"] * 4
