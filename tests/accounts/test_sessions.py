from datetime import UTC, timedelta

import pytest

from accounts import sessions
from doit_site import clock
from tests.problem_details import assert_problem

URL = "/api/v1/auth/sessions/"


def document_of(database, client):
    copy = {"user": 0, "user_until": 0}
    return database.sessions.find_one({"id": client.session_document["id"]}, copy)


def works(client):
    return client.get("/api/v1/me/").status_code == 200


# The list


def test_sessions_are_listed_newest_first_and_the_current_one_marked(
    later, alice, client_of, bob_api
):
    first = client_of(alice)
    later(minutes=1)
    second = client_of(alice)

    page = second.get(URL).json()

    assert page["next"] is None
    assert page["previous"] is None
    assert [row["id"] for row in page["results"]] == [
        second.session_document["id"],
        first.session_document["id"],
    ]
    assert [row["is_current"] for row in page["results"]] == [True, False]
    assert [row["is_current"] for row in first.get(URL).json()["results"]] == [False, True]


def test_a_row_shows_no_secret(morning, alice_api):
    (row,) = alice_api.get(URL).json()["results"]
    now = morning.isoformat().replace("+00:00", "Z")
    expires_at = (morning + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    assert row == {
        "id": alice_api.session_document["id"],
        "device": "",
        "created_at": now,
        "last_used_at": now,
        "expires_at": expires_at,
        "is_current": True,
    }


def test_sessions_are_paged(later, alice, client_of):
    clients = []
    for _ in range(25):
        clients.append(client_of(alice))
        later(seconds=1)
    newest = [client.session_document["id"] for client in reversed(clients)]
    client = clients[0]

    page = client.get(URL).json()
    assert [row["id"] for row in page["results"]] == newest[:20]
    rest = client.get(page["next"]).json()
    assert [row["id"] for row in rest["results"]] == newest[20:]
    assert rest["next"] is None
    assert [row["id"] for row in client.get(rest["previous"]).json()["results"]] == newest[:20]
    assert [row["id"] for row in client.get(URL + "?limit=2").json()["results"]] == newest[:2]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?cursor=x", "?user_id=1"])
def test_a_bad_query_is_refused(query, alice_api):
    assert_problem(alice_api.get(URL + query), 400)


def test_a_session_that_has_expired_is_not_listed(later, alice, client_of):
    client_of(alice)
    later(days=7)
    now = client_of(alice)
    assert [row["id"] for row in now.get(URL).json()["results"]] == [now.session_document["id"]]


# Ending


def test_one_session_is_ended(alice, client_of):
    here, there = client_of(alice), client_of(alice)
    assert works(there)
    answer = here.delete(f"{URL}{there.session_document['id']}/")
    assert answer.status_code == 204
    assert answer.content == b""
    assert_problem(there.get("/api/v1/me/"), 401, "invalid_token")
    assert works(here)
    assert_problem(here.delete(f"{URL}{there.session_document['id']}/"), 404, "not_found")


def test_the_current_session_can_be_ended_by_its_id(alice_api):
    assert alice_api.delete(f"{URL}{alice_api.session_document['id']}/").status_code == 204
    assert_problem(alice_api.get("/api/v1/me/"), 401)


def test_a_session_of_somebody_else_does_not_exist(alice_api, bob_api):
    assert_problem(alice_api.delete(f"{URL}{bob_api.session_document['id']}/"), 404, "not_found")
    assert works(bob_api)


def test_no_session_has_a_strange_id(alice_api):
    assert_problem(alice_api.delete(f"{URL}nothing/"), 404, "not_found")


def test_logout_ends_this_session_only(alice, client_of, database):
    here, there = client_of(alice), client_of(alice)
    assert here.post("/api/v1/auth/logout/").status_code == 204
    assert_problem(here.get("/api/v1/me/"), 401, "invalid_token")
    assert works(there)
    assert database.sessions.count_documents({}) == 1


def test_logout_all_ends_every_session_of_this_person_only(alice, client_of, bob_api, database):
    here, there = client_of(alice), client_of(alice)
    assert here.post("/api/v1/auth/logout/all/").status_code == 204
    for client in (here, there):
        assert_problem(client.get("/api/v1/me/"), 401, "invalid_token")
    assert works(bob_api)
    assert database.sessions.distinct("user_id") == [bob_api.session_document["user_id"]]


@pytest.mark.parametrize("url", ["logout/", "logout/all/"])
def test_logout_needs_a_session(url, api):
    assert_problem(api.post(f"/api/v1/auth/{url}"), 401, "not_authenticated")


# Expiry


def test_a_session_ends_seven_days_after_its_last_use(later, alice_api, database):
    later(days=6, hours=23)
    assert works(alice_api)
    later(days=6, hours=23)
    assert works(alice_api)
    later(days=7)
    assert document_of(database, alice_api) is not None  # the TTL runs on the real clock
    assert_problem(alice_api.get("/api/v1/me/"), 401, "invalid_token")


def test_a_session_ends_ninety_days_after_its_first_use(morning, later, alice_api, database):
    for _ in range(15):
        later(days=5, hours=23)
        assert works(alice_api)
    row = document_of(database, alice_api)
    assert row["expires_at"].replace(tzinfo=UTC) == morning + timedelta(days=90)
    later(seconds=(morning + timedelta(days=90) - clock.now()).total_seconds() - 1)
    assert works(alice_api)
    later(seconds=1)
    assert_problem(alice_api.get("/api/v1/me/"), 401)


def test_the_last_use_is_written_at_most_hourly(later, morning, alice_api, database):
    fresh = document_of(database, alice_api)
    later(minutes=59, seconds=59)
    assert works(alice_api)
    assert document_of(database, alice_api) == fresh

    later(seconds=1)
    assert works(alice_api)
    touched = document_of(database, alice_api)
    hour = timedelta(hours=1)
    assert touched == fresh | {
        "last_used_at": fresh["last_used_at"] + hour,
        "expires_at": fresh["expires_at"] + hour,
    }

    later(minutes=59)
    assert works(alice_api)
    assert document_of(database, alice_api) == touched


def test_of_sixty_four_requests_after_an_hour_one_writes_the_last_use(alice, database, at_once):
    token, _ = sessions.open_session(user_id=alice.pk)
    sessions.find(token)
    an_hour_ago = clock.now() - timedelta(hours=1)
    database.sessions.update_one({}, {"$set": {"last_used_at": an_hour_ago}})

    with profiled(database) as updates:
        assert all(at_once(lambda n: sessions.find(token)))
        assert updates() == 1


def test_a_session_ended_meanwhile_is_not_brought_back(later, alice, database):
    token, document = sessions.open_session(user_id=alice.pk)
    later(hours=2)
    kept = database.sessions.find_one({"id": document["id"]})
    sessions.revoke_all(user_id=alice.pk)
    sessions._touch(kept, clock.now())
    assert sessions.find(token) is None
    assert database.sessions.count_documents({}) == 0


class profiled:
    """Within the block, counts the updates that changed a document of `sessions`."""

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        self.database.command("profile", 2, filter={"op": "update"})
        return self.count

    def __exit__(self, *error):
        self.database.command("profile", 0)
        self.database.drop_collection("system.profile")

    def count(self):
        return self.database["system.profile"].count_documents(
            {"ns": f"{self.database.name}.sessions", "nModified": {"$gt": 0}}
        )
