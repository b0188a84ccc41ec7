"""What each route sends to MongoDB: which operations, each by an index, none sorted in memory."""

from datetime import timedelta

import pytest

from doit_site import clock
from doit_site.mongo.client import get_db
from tests.commands import kind, recorded_commands, stages
from tests.contract.documents import goal_document
from tests.contract.test_routes import EXPECTED, place

pytestmark = pytest.mark.usefixtures("place")
__all__ = ["place"]  # the fixture

WHO = ["find sessions"]
GUESS = ["find rate_limits", "findAndModify sign_in_codes"]
COMMIT = ["commitTransaction 1"]

# (route, method): what the owner's request of test_routes.EXPECTED sends, beside WHO.
OPERATIONS = {
    ("auth/otp/", "post"): ["findAndModify rate_limits", "update sign_in_codes"],
    ("auth/otp/verify/", "post"): [*GUESS, "findAndModify rate_limits"],
    ("auth/password/reset/", "post"): [
        "findAndModify rate_limits",
        "find users",
        "insert password_resets",
    ],
    ("auth/password/reset/confirm/", "post"): ["find password_resets"],
    ("auth/logout/", "post"): ["delete sessions"],
    ("auth/logout/all/", "post"): ["delete sessions", "delete admin_sessions"],
    ("auth/ticket/", "post"): ["insert stream_tickets"],
    ("auth/sessions/", "get"): ["find sessions"],
    ("auth/sessions/{session_id}/", "delete"): ["delete sessions"],
    ("me/", "get"): [],
    ("me/", "patch"): ["update users", "update sessions", "find users", *COMMIT],
    ("me/phone/", "post"): ["findAndModify rate_limits", "update sign_in_codes"],
    ("me/phone/verify/", "post"): [*GUESS, "findAndModify rate_limits"],
    ("me/erase/", "post"): [*GUESS, "findAndModify rate_limits"],
    ("me/export/", "get"): [
        "find sessions",
        "find users",
        "find goals",
        "find goal_jobs",
        "find roadmap_drafts",
        "find question_reports",
        "find group_memberships",
        "find groups",
        "find group_mutes",
        "find group_reports",
    ],
    ("me/reminders/", "get"): [],
    ("me/reminders/", "put"): ["find users", "update users", "update sessions", *COMMIT],
    ("me/coach/", "get"): [],  # without the llm coach
    ("me/stats/", "get"): ["find goals"],
    ("me/timeline/", "get"): ["find goals"],
    ("goals/", "get"): ["find goals"],
    ("goals/", "post"): ["insert goals", "find goals"],
    ("goals/{id}/", "get"): ["find goals"],
    ("goals/{id}/", "patch"): ["find goals", "update goals", *COMMIT, "find goals"],
    ("goals/{id}/", "delete"): [
        "delete goals",
        "delete verification_tests",
        "delete goal_jobs",
        "delete roadmap_drafts",
        "delete archive",
        *COMMIT,
    ],
    ("goals/{id}/roadmap/", "get"): ["find goals"],
    ("goals/{id}/roadmap/", "post"): ["find goals", "update goals"],
    ("goals/{id}/replan/", "post"): ["find goals", "find goals"],  # nothing to carry
    ("goals/{id}/jobs/{job_id}/", "get"): ["find goal_jobs"],
    ("goals/{id}/today/", "get"): ["find goals", "find verification_tests"],
    ("goals/{id}/stats/", "get"): ["find goals"],
    ("goals/{id}/messages/", "get"): ["find goals"],
    ("goals/{id}/messages/", "post"): ["find goals", "update goals"],
    ("goals/{id}/messages/stream/", "post"): ["find goals"],  # here refused: tests/goals/llm
    ("goals/{id}/verifications/", "get"): ["find goals"],
    ("goals/{id}/verifications/", "post"): ["find goals", "find verification_tests"],
    ("goals/{id}/verifications/{test_id}/answers/", "post"): [
        "find verification_tests",
        "find goals",
        "update goals",
        "update verification_tests",
        *COMMIT,
    ],
    ("goals/{id}/verifications/{test_id}/questions/{question_id}/report/", "post"): [
        "find verification_tests",
        "find goals",
        "insert question_reports",
    ],
    ("groups/", "get"): ["find groups", "find group_memberships"],
    ("groups/categories/", "get"): ["aggregate groups"],
    ("groups/match/", "post"): [
        "find groups",
        "find group_memberships",
        "find group_mutes",
        "find groups",
        "find groups",
        "find groups",
        "insert groups",
        "find group_memberships",
        "insert group_memberships",
        "find groups",
        "find group_memberships",
    ],
    ("groups/{id}/", "get"): ["find groups", "find group_memberships"],
    ("groups/{id}/join/", "post"): [
        "update groups",
        "find groups",
        "find group_memberships",
        "update group_memberships",
        "find groups",
        "find group_memberships",
    ],
    ("groups/{id}/leave/", "post"): ["update groups", "update group_memberships"],
    ("groups/{id}/stream/", "get"): ["find groups", "aggregate groups"],
    ("groups/{id}/messages/", "get"): [
        "find groups",
        "find group_mutes",
        "find groups",
    ],
    ("groups/{id}/messages/", "post"): ["find group_memberships", "update groups"],
    ("groups/{id}/messages/{message_id}/report/", "post"): [
        "find groups",
        "find groups",
        "insert group_reports",
    ],
    ("groups/{id}/mutes/", "get"): [
        "find groups",
        "find group_memberships",
        "find group_mutes",
    ],
    ("groups/{id}/mutes/", "post"): [
        "find groups",
        "find group_memberships",
        "update group_mutes",
        "find group_mutes",
    ],
    ("groups/{id}/mutes/{username}/", "delete"): ["delete group_mutes"],
}


def assert_by_index(commands):
    """Every recorded command that looks for documents finds them by an index, already in order."""
    for command in commands:
        if next(iter(command)) in ("insert", "commitTransaction", "abortTransaction"):
            continue
        used = stages(command)
        assert used & {"IXSCAN", "IDHACK"}, command
        assert not used & {"COLLSCAN", "SORT", "$sort"}, command


def test_every_route_has_its_operations():
    assert set(OPERATIONS) == set(EXPECTED)


@pytest.mark.parametrize(("path", "method"), EXPECTED)
def test_a_request_sends_what_is_committed_here_and_finds_it_by_an_index(place, path, method):
    body, status, _, _ = EXPECTED[path, method]
    with recorded_commands() as commands:
        response = place.send("owner", method, path, body)
    assert response.status_code == status
    for_nobody = path.startswith(("auth/otp/", "auth/password/"))
    who = [] if for_nobody else WHO
    assert [kind(command) for command in commands] == who + OPERATIONS[path, method]
    assert_by_index(commands)


def test_signing_in_for_the_first_time(api, sms_box):
    phone = {"phone_number": "14155550177"}
    api.post("/api/v1/auth/otp/", phone)
    with recorded_commands() as commands:
        response = api.post("/api/v1/auth/otp/verify/", phone | {"code": sms_box()[0]["code"]})
    assert response.json()["created"] is True
    assert [kind(command) for command in commands] == [
        *GUESS,
        "delete sign_in_codes",
        "findAndModify users",
        "insert sessions",
        *COMMIT,
    ]
    assert_by_index(commands)


def test_moving_to_another_number(place, sms_box):
    phone = {"phone_number": "14155550177"}
    place.send("owner", "post", "me/phone/", phone)
    body = phone | {"code": sms_box()[0]["code"]}
    with recorded_commands() as commands:
        assert place.send("owner", "post", "me/phone/verify/", body).status_code == 200
    assert_by_index(commands)
    assert len(commands) <= 9


def test_erasing_a_person_reads_no_collection_of_people_whole(place, sms_box):
    place.send("owner", "post", "auth/otp/", {"phone_number": place.alice.phone_number})
    code = {"code": sms_box()[0]["code"]}
    with recorded_commands() as commands:
        assert place.send("owner", "post", "me/erase/", code).status_code == 204
    assert_by_index(commands)


def test_a_post_with_a_key_costs_two_operations_and_a_commit_more(place):
    client, path = place.clients["owner"], f"/api/v1/goals/{place.goal['id']}/messages/"
    with recorded_commands() as commands:
        client.post(path, {"content": "Hello"}, HTTP_IDEMPOTENCY_KEY="k")
    assert [kind(command) for command in commands] == [
        *WHO,
        "insert idempotency_keys",
        "find goals",
        "update goals",
        "update idempotency_keys",
        *COMMIT,
    ]
    assert_by_index(commands)
    with recorded_commands() as again:
        client.post(path, {"content": "Hello"}, HTTP_IDEMPOTENCY_KEY="k")
    assert [kind(command) for command in again] == [
        *WHO,
        "insert idempotency_keys",
        "find idempotency_keys",
    ]


def test_who_wrote_to_a_group_before_writes_by_one_operation(place):
    message = ("owner", "post", "groups/{id}/messages/", {"content": "Hello"})
    assert place.send(*message).status_code == 201
    with recorded_commands() as commands:
        assert place.send(*message).status_code == 201
    assert [kind(command) for command in commands] == [*WHO, "update groups"]


def test_issuing_a_new_test(place, database):
    database.verification_tests.delete_many({})
    with recorded_commands() as commands:
        response = place.send("owner", "post", "goals/{id}/verifications/", {})
    assert response.status_code == 201
    assert_by_index(commands)
    assert len(commands) == len(WHO) + 4


def test_a_list_with_goals_of_another_program_costs_one_operation_more(place, database):
    for _ in range(5):
        foreign = goal_document(place.alice.pk)
        del foreign["streak_until"], foreign["freezes"]
        database.goals.insert_one(foreign)
    with recorded_commands() as commands:
        response = place.send("owner", "get", "goals/", None)
    assert len(response.json()["results"]) == 6
    assert [kind(command) for command in commands] == [*WHO, "find goals", "find goals"]
    assert_by_index(commands)


def test_a_list_costs_the_same_however_many_there_are(place, database):
    database.goals.insert_many([goal_document(place.alice.pk) for _ in range(60)])
    with recorded_commands() as commands:
        response = place.clients["owner"].get("/api/v1/goals/?limit=50")
    assert len(response.json()["results"]) == 50
    assert [kind(command) for command in commands] == [*WHO, "find goals"]


def test_a_session_is_touched_once_an_hour(place, time_machine):
    client = place.clients["owner"]
    time_machine.move_to(clock.now() + timedelta(minutes=59), tick=True)
    with recorded_commands() as early:
        client.get("/api/v1/me/")
    time_machine.move_to(clock.now() + timedelta(minutes=2), tick=True)
    with recorded_commands() as late:
        client.get("/api/v1/me/")
        client.get("/api/v1/me/")
    copied_again = [*WHO, "find users", "update sessions"]
    assert [kind(command) for command in early] == copied_again
    assert [kind(command) for command in late] == [*WHO, "update sessions", *WHO]
    assert_by_index(late)


def test_a_refused_page_reads_nothing_but_who_asks(place):
    with recorded_commands() as commands:
        assert place.clients["owner"].get("/api/v1/goals/?cursor=x").status_code == 400
    assert [kind(command) for command in commands] == WHO


def test_the_explanations_tell_a_scan_and_a_sort_in_memory(place):
    """The twin: what the tests above must never see."""
    with recorded_commands() as commands:
        list(get_db().goals.find({"description": "x"}))
        list(get_db().goals.find({"user_id": "x"}).sort("description"))
        list(get_db().goals.aggregate([{"$group": {"_id": "$description"}}, {"$sort": {"_id": 1}}]))
        get_db().goals.update_many({"description": "x"}, {"$set": {"description": "y"}})
        get_db().goals.delete_many({"description": "x"})
        get_db().goals.find_one_and_update({"description": "x"}, {"$set": {"description": "y"}})
    assert len(commands) == 6
    for command in commands:
        with pytest.raises(AssertionError):
            assert_by_index([command])
