"""Isolation: every route x method x (owner, stranger, staff, nobody), from the URL configuration.

A route without an entry fails. What is another's is not found, shows nothing and stays as it is.
"""

import json

import pytest

from accounts.models import User
from doit_site.mongo.fields import new_id
from tests.contract.documents import (
    OTHER,
    goal_document,
    in_paths_of,
    insert_group,
    job_document,
    open_test_document,
)
from tests.contract.routes import routes
from tests.problem_details import assert_problem

METHODS = ("get", "post", "put", "patch", "delete")
ANSWERS = {"answers": {f"q{number}": 0 for number in range(1, 6)}}
GOAL = {"title": "Row", "description": "A mile.", "target_date": "<in 9 days>"}
PHONE = {"phone_number": "<alice's>"}
CODE = {"code": "000000"}
REMINDERS = {"enabled": True, "time": "18:00", "quiet_from": "22:00", "quiet_to": "08:00"}

# (route, method): (body, the owner's status, a stranger's, nobody's); a stranger's 200 shows their own.
EXPECTED = {
    ("auth/otp/", "post"): (PHONE, 202, 202, 202),
    ("auth/otp/verify/", "post"): (PHONE | CODE, 400, 400, 400),
    ("auth/password/reset/", "post"): ({"email": "alice@example.org"}, 202, 202, 202),
    ("auth/password/reset/confirm/", "post"): (
        {"token": "x", "new_password": "a long pass phrase"},
        *(400, 400, 400),
    ),
    ("auth/logout/", "post"): ({}, 204, 204, 401),
    ("auth/logout/all/", "post"): ({}, 204, 204, 401),
    ("auth/ticket/", "post"): ({}, 200, 200, 401),
    ("auth/sessions/", "get"): (None, 200, 200, 401),
    ("auth/sessions/{session_id}/", "delete"): (None, 204, 404, 401),
    ("me/", "get"): (None, 200, 200, 401),
    ("me/", "patch"): ({"name": "New"}, 200, 200, 401),
    ("me/phone/", "post"): ({"phone_number": "14155550199"}, 202, 202, 401),
    ("me/phone/verify/", "post"): (PHONE | CODE, 400, 400, 401),
    ("me/erase/", "post"): (CODE, 400, 400, 401),
    ("me/export/", "get"): (None, 200, 200, 401),
    ("me/reminders/", "get"): (None, 200, 200, 401),
    ("me/reminders/", "put"): (REMINDERS, 200, 200, 401),
    ("me/coach/", "get"): (None, 200, 200, 401),
    ("me/stats/", "get"): (None, 200, 200, 401),
    ("me/timeline/", "get"): (None, 200, 200, 401),
    ("goals/", "get"): (None, 200, 200, 401),
    ("goals/", "post"): (GOAL, 201, 201, 401),
    ("goals/{id}/", "get"): (None, 200, 404, 401),
    ("goals/{id}/", "patch"): ({"title": "Row"}, 200, 404, 401),
    ("goals/{id}/", "delete"): (None, 204, 404, 401),
    ("goals/{id}/roadmap/", "get"): (None, 200, 404, 401),
    ("goals/{id}/roadmap/", "post"): ({}, 201, 404, 401),
    ("goals/{id}/replan/", "post"): ({}, 200, 404, 401),
    ("goals/{id}/jobs/{job_id}/", "get"): (None, 200, 404, 401),
    ("goals/{id}/today/", "get"): (None, 200, 404, 401),
    ("goals/{id}/stats/", "get"): (None, 200, 404, 401),
    ("goals/{id}/messages/", "get"): (None, 200, 404, 401),
    ("goals/{id}/messages/", "post"): ({"content": "Hello"}, 201, 404, 401),
    # Refused under WSGI, as the next one of this name: tests/goals/llm/test_stream.py has the rest.
    ("goals/{id}/messages/stream/", "post"): ({"content": "Hello"}, 421, 404, 401),
    ("goals/{id}/verifications/", "get"): (None, 200, 404, 401),
    ("goals/{id}/verifications/", "post"): ({}, 200, 404, 401),
    ("goals/{id}/verifications/{test_id}/answers/", "post"): (ANSWERS, 200, 404, 401),
    ("goals/{id}/verifications/{test_id}/questions/{question_id}/report/", "post"): (
        {"reason": "Two are right"},
        *(202, 404, 401),
    ),
    ("groups/", "get"): (None, 200, 200, 401),
    ("groups/categories/", "get"): (None, 200, 200, 401),
    ("groups/match/", "post"): ({"category": "music"}, 201, 201, 401),
    ("groups/{id}/", "get"): (None, 200, 200, 401),
    ("groups/{id}/join/", "post"): ({}, 200, 200, 401),
    ("groups/{id}/leave/", "post"): ({}, 204, 204, 401),
    # Under WSGI, as here, streams are refused: tests/groups/test_stream.py has the rest.
    ("groups/{id}/stream/", "get"): (None, 421, 403, 401),
    ("groups/{id}/messages/", "get"): (None, 200, 403, 401),
    ("groups/{id}/messages/", "post"): ({"content": "Hello"}, 201, 403, 401),
    ("groups/{id}/messages/{message_id}/report/", "post"): ({"reason": "Spam"}, 202, 403, 401),
    ("groups/{id}/mutes/", "get"): (None, 200, 200, 401),
    ("groups/{id}/mutes/", "post"): ({"username": OTHER}, 201, 403, 401),
    ("groups/{id}/mutes/{username}/", "delete"): (None, 204, 404, 401),
}


def keyed(path):
    """The route as the table has it: one kind of id has one name."""
    return path.replace("auth/sessions/{id}", "auth/sessions/{session_id}")


MATRIX = [
    (keyed(route.path), method, method in route.actions) for route in routes() for method in METHODS
]
ROUTES = sorted({path for path, _, _ in MATRIX})


def test_every_route_has_an_expectation_and_every_expectation_a_route():
    assert {(path, method) for path, method, exists in MATRIX if exists} == set(EXPECTED)


class Place:
    """alice with a goal, an open test and a session; bob, somebody of the staff, and nobody beside her."""

    def __init__(self, alice, clients, database, in_days):
        self.alice, self.clients, self.database, self.in_days = alice, clients, database, in_days
        database.users.update_one({"id": alice.pk}, {"$set": {"email": "alice@example.org"}})
        self.goal = goal_document(alice.pk)
        self.test = open_test_document(self.goal)
        database.goals.insert_one(self.goal)
        database.verification_tests.insert_one(self.test)
        self.job = job_document(self.goal)
        database.goal_jobs.insert_one(self.job)
        self.group = insert_group(database, alice.pk)
        self.session = clients["owner"].session_document

    def send(self, who, method, path, body):
        named = {
            "id": self.goal["id"],
            "test_id": self.test["id"],
            "job_id": self.job["id"],
            "question_id": "q1",
            "session_id": self.session["id"],
        }
        if path.startswith("groups/"):
            named = in_paths_of(self.group)
        url = "/api/v1/" + path.format(**named)
        text = json.dumps(body or {}).replace("<alice's>", self.alice.phone_number)
        text = text.replace("<in 9 days>", self.in_days(9))
        data = text if method != "get" else ""
        return self.clients[who].generic(method.upper(), url, data, "application/json")

    def secrets(self):
        """What of alice's nobody else may be shown."""
        return [
            self.alice.pk,
            self.alice.phone_number,
            "alice@example.org",
            self.goal["id"],
            self.goal["title"],
            str(self.goal["_id"]),
            self.test["id"],
            self.job["id"],
            self.session["id"],
            self.session["token_hash"],
        ]

    def belongings(self):
        """Everything of alice's, as it is stored."""
        mine = {"user_id": self.alice.pk}
        return [
            list(self.database.users.find({"id": self.alice.pk})),
            *(list(self.database[name].find(mine)) for name in ("goals", "sessions")),
            *(
                list(self.database[name].find(mine))
                for name in ("verification_tests", "goal_jobs", "roadmap_drafts")
            ),
            *(
                list(self.database[name].find(mine))
                for name in ("group_memberships", "group_mutes")
            ),
            self.database.groups.find_one({"members": self.alice.pk})["messages"],
        ]


@pytest.fixture
def place(alice, bob, client_of, api, database, in_days, sms_box):
    # Staff with every right, and without a password, which takes long to hash.
    staff = User.objects.create_user("14155550103", is_staff=True, is_superuser=True)
    clients = {
        "owner": client_of(alice),
        "stranger": client_of(bob),
        "staff": client_of(staff),
        "nobody": api,
    }
    return Place(alice, clients, database, in_days)


@pytest.mark.parametrize(("path", "method"), EXPECTED)
def test_the_owner_is_served(place, path, method):
    body, expected, _, _ = EXPECTED[path, method]
    response = place.send("owner", method, path, body)
    assert response.status_code == expected, response.content


@pytest.mark.parametrize("who", ["stranger", "staff", "nobody"])
@pytest.mark.parametrize(("path", "method"), EXPECTED)
def test_others_see_and_change_nothing_of_the_owners(place, path, method, who):
    body, _, strangers, nobodys = EXPECTED[path, method]
    before = place.belongings()
    response = place.send(who, method, path, body)
    expected = nobodys if who == "nobody" else strangers
    assert response.status_code == expected, response.content
    if expected >= 400:
        assert_problem(response, expected)
    shown = response.content.decode() + str(response.headers)
    assert [secret for secret in place.secrets() if secret in shown] == []
    assert place.belongings() == before


def test_the_matrix_sees_a_leak(place):
    """What the owner is shown holds what the test above looks for."""
    shown = place.send("owner", "get", "me/export/", None).content.decode()
    found = [secret for secret in place.secrets() if secret in shown]
    assert {place.alice.pk, place.alice.phone_number, place.goal["id"]} <= set(found)


@pytest.mark.parametrize("path", ROUTES)
def test_methods_that_a_route_has_not_are_refused_to_everybody(place, path):
    missing = [method for one, method, exists in MATRIX if one == path and not exists]
    assert missing
    before = place.belongings()
    for_nobody = path.startswith(("auth/otp/", "auth/password/"))
    for method in (*missing, "options"):
        for who in ("owner", "stranger", "nobody"):
            response = place.send(who, method, path, {})
            assert_problem(response, 401 if who == "nobody" and not for_nobody else 405)
    assert place.belongings() == before


# Groups are open to everybody signed in, their messages to members: product.md.
WITH_ID = [key for key in EXPECTED if "{" in key[0] and not key[0].startswith("groups/")]


@pytest.mark.parametrize(("path", "method"), WITH_ID)
def test_anothers_is_told_from_what_is_not_there_by_nothing(place, path, method):
    body = EXPECTED[path, method][0]
    anothers = place.send("stranger", method, path, body)
    nowhere = path.replace("{id}", new_id()).replace("{session_id}", new_id())
    missing = place.send("stranger", method, nowhere, body)
    assert without_id(anothers) == without_id(missing)


def without_id(response):
    body = json.loads(response.content)
    body.pop("request_id")
    return response.status_code, body, sorted(response.headers)


def test_anothers_test_is_not_found_under_ones_own_goal_either(place, bob):
    own = goal_document(bob.pk)
    place.database.goals.insert_one(own)
    path = "goals/{id}/verifications/{test_id}/answers/".replace("{id}", own["id"])
    assert_problem(place.send("stranger", "post", path, ANSWERS), 404, "not_found")
    theirs = open_test_document(own)
    place.database.verification_tests.insert_one(theirs)
    path = "goals/{id}/verifications/{test_id}/answers/".replace("{test_id}", theirs["id"])
    assert_problem(place.send("stranger", "post", path, ANSWERS), 404, "not_found")
    assert_problem(place.send("owner", "post", path, ANSWERS), 404, "not_found")


def test_a_body_cannot_name_another_owner(place, bob):
    for field, value in (("user_id", place.alice.pk), ("id", new_id()), ("user", place.alice.pk)):
        response = place.send("stranger", "post", "goals/", GOAL | {field: value})
        assert_problem(response, 400)
    assert place.database.goals.count_documents({"user_id": place.alice.pk}) == 1
    assert place.database.goals.count_documents({"user_id": bob.pk}) == 0


@pytest.mark.parametrize(("path", "method"), EXPECTED)
def test_the_suspended_are_refused_everywhere(place, path, method, suspend):
    suspend(place.alice)
    if path.startswith(("auth/otp/", "auth/password/")):
        return
    place.send("owner", "get", "me/", None)
    before = place.belongings()
    response = place.send("owner", method, path, EXPECTED[path, method][0])
    assert_problem(response, 403, "account_suspended")
    assert place.belongings() == before
