from datetime import datetime, timedelta

import pytest

from accounts import sessions
from accounts.models import User
from doit_site import clock
from doit_site.mongo.fields import new_id
from tests.problem_details import assert_problem

PHONE = "14155552671"


def kinds(document):
    return {name: type(value) for name, value in document.items() if name != "_id"}


def test_a_new_person_signs_in_with_the_code_sent(api, sms_box, database):
    sent = api.post("/api/v1/auth/otp/", {"phone_number": "+1 (415) 555-2671"})
    assert sent.status_code == 202, sent.content
    assert sent.json() == {"expires_in": 300, "resend_in": 60}
    (message,) = sms_box()
    assert message["to"] == "14155552671"

    body = {"phone_number": "14155552671", "code": message["code"]}
    answer = api.post("/api/v1/auth/otp/verify/", body)

    assert answer.status_code == 200, answer.content
    assert answer.json()["created"] is True
    assert answer.json()["user"]["phone_number"] == "14155552671"
    assert answer.json()["token"].startswith("doit_")
    document = database.users.find_one({"phone_number": "14155552671"})
    assert set(document) == {"_id", "id", "phone_number", "created_at"}


def test_sign_in_stores_the_documented_fields_and_types(code_for, verify, database, morning):
    code = code_for(PHONE)
    (row,) = database.sign_in_codes.find()
    assert kinds(row) == {
        "id": str,
        "phone_number": str,
        "purpose": str,
        "digest": str,
        "guesses": int,
        "sent_at": datetime,
        "expires_at": datetime,
    }
    assert row["expires_at"] - row["sent_at"] == timedelta(minutes=5)

    answer = verify(PHONE, code, HTTP_USER_AGENT="A telephone " + "x" * 300).json()

    (person,) = database.users.find()
    assert kinds(person) == {"id": str, "phone_number": str, "created_at": datetime}
    assert answer["user"]["id"] == person["id"]
    (session,) = database.sessions.find()
    assert kinds(session) == {
        "id": str,
        "user_id": str,
        "token_hash": str,
        "created_at": datetime,
        "last_used_at": datetime,
        "expires_at": datetime,
        "device": str,
        "user_changes": int,
    }
    assert session["user_id"] == person["id"]
    assert session["token_hash"] == sessions.token_hash(answer["token"])
    assert session["device"] == "A telephone " + "x" * 188
    assert session["expires_at"] - session["created_at"] == timedelta(days=7)
    expires_at = (morning + timedelta(days=7)).isoformat().replace("600000+00:00", "600000Z")
    assert answer["expires_at"] == expires_at
    assert database.sign_in_codes.count_documents({}) == 0
    (limit,) = database.rate_limits.find()
    assert limit["_id"].startswith("otp_phone:")
    assert kinds(limit) == {"count": int, "expires_at": datetime}


def test_a_person_known_signs_in_again(alice, code_for, verify, database):
    answer = verify("14155550101", code_for("14155550101"))

    assert answer.status_code == 200, answer.content
    assert answer.json()["created"] is False
    assert answer.json()["user"]["id"] == alice.pk
    assert answer.json()["user"]["name"] == "Alice"
    assert database.users.count_documents({}) == 1


def test_the_token_is_good_at_once_and_long(code_for, verify, client_of):
    token = verify(PHONE, code_for(PHONE)).json()["token"]
    assert len(token) == len("doit_") + 43  # 32 bytes, url-safe

    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/v1/me/").json()["phone_number"] == PHONE


@pytest.mark.parametrize("url", ["/api/v1/auth/otp/", "/api/v1/auth/otp/verify/"])
@pytest.mark.parametrize("number", ["12345", "call me", "1" * 41, "", 12, None, {"$ne": ""}, ["1"]])
def test_no_phone_number_is_refused_with_a_pointer(url, number, api, sms_box, database):
    body = {"phone_number": number} | ({"code": "123456"} if "verify" in url else {})
    problem = assert_problem(api.post(url, body), 400, "invalid_input")

    assert [row["pointer"] for row in problem["errors"]] == ["/phone_number"]
    assert sms_box() == []
    assert database.sign_in_codes.count_documents({}) == 0


def test_a_phone_number_refused_says_what_is_wanted(api):
    problem = assert_problem(api.post("/api/v1/auth/otp/", {"phone_number": "415 555"}), 400)
    (row,) = problem["errors"]
    assert row["code"] == "invalid_phone_number"
    assert "country code" in row["detail"]


@pytest.mark.parametrize(
    "code", ["12345", "1234567", "12345a", "１２３４５６", "", None, {"$gt": ""}]
)
def test_verify_refuses_what_is_no_code_with_a_pointer(code, verify, database):
    problem = assert_problem(verify(PHONE, code), 400, "invalid_input")
    assert [row["pointer"] for row in problem["errors"]] == ["/code"]
    assert database.rate_limits.count_documents({}) == 0  # no guess, so nothing is counted


def test_unknown_and_missing_fields_are_refused(api):
    body = {"phone_number": PHONE, "country": "US"}
    problem = assert_problem(api.post("/api/v1/auth/otp/", body), 400, "unknown_field")
    assert [row["pointer"] for row in problem["errors"]] == ["/country"]
    problem = assert_problem(api.post("/api/v1/auth/otp/verify/", {}), 400, "invalid_input")
    assert {row["pointer"] for row in problem["errors"]} == {"/phone_number", "/code"}


def test_the_answer_is_the_same_for_known_and_unknown_numbers(alice, api, sms_box):
    known = api.post("/api/v1/auth/otp/", {"phone_number": "14155550101"})
    unknown = api.post("/api/v1/auth/otp/", {"phone_number": "14155550199"})
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    without_id = [
        {name: value for name, value in response.items() if name != "X-Request-ID"}
        for response in (known, unknown)
    ]
    assert without_id[0] == without_id[1]
    assert len(sms_box()) == 2


def test_a_wrong_guess_tells_nothing_of_the_number(alice, api, verify):
    def body(phone_number):
        answer = verify(phone_number, "000000", HTTP_X_REQUEST_ID="the-same-id")
        return answer.status_code, answer.content

    assert body("14155550101") == body("14155550199")


def test_a_suspended_person_is_refused_and_the_code_kept(alice, code_for, verify, database):
    code = code_for("14155550101")
    database.users.update_one({"id": alice.pk}, {"$set": {"status": "suspended"}})

    assert_problem(verify("14155550101", code), 403, "account_suspended")
    assert database.sessions.count_documents({}) == 0

    database.users.update_one({"id": alice.pk}, {"$set": {"status": "active"}})
    assert verify("14155550101", code).status_code == 200


def test_a_suspended_person_cannot_be_told_without_the_code(alice, api, verify, database):
    database.users.update_one({"id": alice.pk}, {"$set": {"status": "suspended"}})
    assert_problem(verify("14155550101", "000000"), 400, "code_invalid")


def test_sixty_four_right_codes_open_one_session_of_one_person(code_for, verify, database, at_once):
    code = code_for(PHONE)
    answers = at_once(lambda n: verify(PHONE, code, address=f"192.0.2.{n}"))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 63
    for answer in answers:
        if answer.status_code == 400:
            assert_problem(answer, 400, "code_invalid")
    assert database.sessions.count_documents({}) == 1
    assert database.users.count_documents({}) == 1


def test_the_broken_twin_that_looks_before_it_writes_doubles_people(database, at_once):
    people = database.naive_users

    def naive_person(phone_number):
        person = people.find_one({"phone_number": phone_number})
        if person is None:
            person = {"id": new_id(), "phone_number": phone_number, "created_at": clock.now()}
            people.insert_one(person)
        return person

    def doubles():
        people.drop()
        at_once(lambda n: naive_person(PHONE))
        return people.count_documents({}) > 1

    assert any(doubles() for _ in range(10))
    people.drop()


def test_the_broken_twin_that_deletes_without_looking_opens_many_sessions(
    code_for, database, at_once
):
    code_for(PHONE)
    code = database.sign_in_codes.find_one()

    def naive_sign_in(n):
        row = database.sign_in_codes.find_one({"phone_number": PHONE})
        if row is not None:
            database.sign_in_codes.delete_one({"_id": row["_id"]})  # whether it did is not asked
            sessions.open_session(user_id=new_id())

    def opens_many():
        database.sessions.delete_many({})
        database.sign_in_codes.replace_one({"_id": code["_id"]}, code, upsert=True)
        at_once(naive_sign_in)
        return database.sessions.count_documents({}) > 1

    assert any(opens_many() for _ in range(10))


def test_people_of_many_numbers_sign_in_at_once(database, at_once, client_of, sms_box):
    def ask(n):
        body = {"phone_number": f"14155551{n:03}"}
        return client_of().post("/api/v1/auth/otp/", body, REMOTE_ADDR=f"192.0.2.{n}").status_code

    assert set(at_once(ask)) == {202}
    codes = {message["to"]: message["code"] for message in sms_box()}
    assert len(codes) == 64

    def enter(n):
        body = {"phone_number": f"14155551{n:03}", "code": codes[f"14155551{n:03}"]}
        address = f"192.0.2.{n}"
        return client_of().post("/api/v1/auth/otp/verify/", body, REMOTE_ADDR=address).status_code

    assert set(at_once(enter)) == {200}
    assert database.users.count_documents({}) == 64
    assert len(database.sessions.distinct("user_id")) == 64


def test_the_documented_document_signs_in_and_keeps_its_shape(
    database, code_for, verify, client_of, later
):
    """A user exactly as in 1-doit.md, where created_at is a text."""
    seed = {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "phone_number": "1234567890",
        "created_at": "2026-02-07T12:00:00.000000Z",
    }
    database.users.insert_one(dict(seed), bypass_document_validation=True)
    before = database.users.find_one()

    answer = verify("1234567890", code_for("1234567890")).json()

    assert answer["created"] is False
    assert database.users.find_one() == before
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['token']}")
    assert client.get("/api/v1/me/").json() == answer["user"] | {
        "id": seed["id"],
        "phone_number": "1234567890",
        "created_at": "2026-02-07T12:00:00Z",
        "status": "active",
        "name": "",
        "email": None,
        "time_zone": "UTC",
        "time_zone_from": None,
        "preferences": {"notifications": True, "theme": "system", "language": "en"},
    }

    changed = client.patch("/api/v1/me/", {"name": "Ada"})
    assert changed.status_code == 200, changed.content
    assert changed.json()["name"] == "Ada"
    assert database.users.find_one() == before | {"name": "Ada"}
    assert client.get("/api/v1/me/export/").json()["profile"] == seed | {"name": "Ada"}
    assert User.objects.get(pk=seed["id"]).created_at.year == 2026
