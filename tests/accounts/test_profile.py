import pytest

from accounts.models import User
from tests.problem_details import assert_problem

ME = "/api/v1/me/"
DEFAULTS = {"notifications": True, "theme": "system", "language": "en"}


def refused(response, code, *pointers, status=400):
    """The rows of a refusal, which must point at these fields."""
    rows = assert_problem(response, status, code)["errors"]
    assert sorted(row["pointer"] for row in rows) == sorted(pointers)
    return rows


def test_me_shows_the_documented_fields(alice, alice_api):
    body = alice_api.get(ME).json()
    assert body == {
        "id": alice.pk,
        "phone_number": "14155550101",
        "created_at": alice.created_at.isoformat().replace("+00:00", "Z"),
        "status": "active",
        "name": "Alice",
        "email": None,
        "time_zone": "UTC",
        "time_zone_from": None,
        "preferences": DEFAULTS,
    }


def test_me_is_oneself(alice_api, bob_api):
    assert alice_api.get(ME).json()["name"] == "Alice"
    assert bob_api.get(ME).json()["name"] == "Bob"


@pytest.mark.parametrize("method", ["get", "patch"])
def test_me_needs_a_session(method, api):
    assert_problem(getattr(api, method)(ME), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"name": "Ada Lovelace"}, {"name": "Ada Lovelace"}),
        ({"name": ""}, {"name": ""}),
        ({"name": "x" * 100}, {"name": "x" * 100}),
        ({"name": "$phone_number"}, {"name": "$phone_number"}),
        ({"name": "愛 علي 🦊"}, {"name": "愛 علي 🦊"}),
        ({"email": "Ada@Example.org"}, {"email": "ada@example.org"}),
        ({"preferences": {}}, {"preferences": DEFAULTS}),
        ({"preferences": {"theme": "dark"}}, {"preferences": DEFAULTS | {"theme": "dark"}}),
        (
            {"preferences": {"notifications": False, "language": "pt-BR"}},
            {"preferences": DEFAULTS | {"notifications": False, "language": "pt-BR"}},
        ),
        ({}, {}),
    ],
)
def test_a_change_is_stored_shown_and_changes_nothing_else(change, stored, alice_api, database):
    before = database.users.find_one()
    response = alice_api.patch(ME, change)
    assert response.status_code == 200, response.content
    assert database.users.find_one() == before | stored
    assert alice_api.get(ME).json() == response.json()
    for name, value in stored.items():
        assert response.json()[name] == value


def test_several_fields_change_in_one_request(alice_api):
    change = {"name": "Ada", "email": "ada@example.org", "preferences": {"theme": "light"}}
    body = alice_api.patch(ME, change).json()
    assert (body["name"], body["email"]) == ("Ada", "ada@example.org")
    assert body["preferences"] == DEFAULTS | {"theme": "light"}


def test_preferences_are_merged(alice_api):
    alice_api.patch(ME, {"preferences": {"theme": "dark"}})
    body = alice_api.patch(ME, {"preferences": {"notifications": False}}).json()
    assert body["preferences"] == {"notifications": False, "theme": "dark", "language": "en"}


def test_preferences_changed_at_once_all_stay(alice, client_of, at_once, database):
    changes = [{"theme": "dark"}, {"language": "pt"}, {"notifications": False}]
    clients = [client_of(alice) for _ in range(3)]
    for _ in range(8):
        database.users.update_one({"id": alice.pk}, {"$set": {"preferences": None}})
        at_once(lambda n: clients[n].patch(ME, {"preferences": changes[n]}), number=3)
        assert database.users.find_one()["preferences"] == {
            "notifications": False,
            "theme": "dark",
            "language": "pt",
        }


def test_the_broken_twin_that_merges_in_the_process_loses_preferences(alice, at_once, database):
    people, changes = database.users, [{"theme": "dark"}, {"language": "pt"}]

    def naive_change(n):
        kept = people.find_one({"id": alice.pk})["preferences"]
        people.update_one({"id": alice.pk}, {"$set": {"preferences": kept | changes[n % 2]}})

    def loses():
        people.update_one({"id": alice.pk}, {"$set": {"preferences": dict(DEFAULTS)}})
        at_once(naive_change, number=8)
        return people.find_one()["preferences"] != DEFAULTS | changes[0] | changes[1]

    assert any(loses() for _ in range(20))


@pytest.mark.parametrize("name", ["x" * 101, None, {"$gt": ""}, ["x"], "a\x00b"])
def test_a_bad_name_is_refused(name, alice_api):
    refused(alice_api.patch(ME, {"name": name}), "invalid_input", "/name")


@pytest.mark.parametrize("email", ["", "ada", "a@b", "a" * 250 + "@x.org", {"$ne": 1}, 1])
def test_a_bad_email_is_refused(email, alice_api, database):
    before = database.users.find_one()
    refused(alice_api.patch(ME, {"email": email}), "invalid_input", "/email")
    assert database.users.find_one() == before


@pytest.mark.parametrize(
    ("preferences", "pointer"),
    [
        (None, "/preferences"),
        ([], "/preferences"),
        ({"theme": "pink"}, "/preferences/theme"),
        ({"notifications": "perhaps"}, "/preferences/notifications"),
        ({"language": "English!"}, "/preferences/language"),
        ({"language": "x" * 36}, "/preferences/language"),
    ],
)
def test_bad_preferences_are_refused(preferences, pointer, alice_api):
    response = alice_api.patch(ME, {"preferences": preferences})
    pointers = {row["pointer"] for row in assert_problem(response, 400, "invalid_input")["errors"]}
    assert pointers == {pointer}


@pytest.mark.parametrize("field", ["role", "is_staff", "is_superuser", "password", "_id", "$set"])
def test_an_unknown_field_is_refused_and_nothing_written(field, alice_api, database):
    before = database.users.find_one()
    response = alice_api.patch(ME, {"name": "Mallory", field: True})
    refused(response, "unknown_field", f"/{field}")
    assert database.users.find_one() == before


def test_an_unknown_preference_is_refused(alice_api):
    response = alice_api.patch(ME, {"preferences": {"colour": "red"}})
    refused(response, "unknown_field", "/preferences/colour")


@pytest.mark.parametrize("field", ["id", "phone_number", "created_at", "status", "time_zone_from"])
def test_a_read_only_field_is_refused_and_nothing_written(field, alice_api, database):
    before = database.users.find_one()
    response = alice_api.patch(ME, {"name": "Mallory", field: "x"})
    refused(response, "read_only_field", f"/{field}")
    assert database.users.find_one() == before


@pytest.mark.parametrize("body", ["[]", '"name"', "1", "null", "true"])
def test_a_body_that_is_no_object_is_refused(body, alice_api):
    response = alice_api.generic("PATCH", ME, body, content_type="application/json")
    refused(response, "invalid_input", "")


def test_an_email_unset_is_absent_from_the_document(alice_api, database):
    assert "email" not in database.users.find_one()
    alice_api.patch(ME, {"email": "ada@example.org"})
    assert database.users.find_one()["email"] == "ada@example.org"
    assert alice_api.patch(ME, {"email": None}).json()["email"] is None
    assert "email" not in database.users.find_one()
    assert alice_api.patch(ME, {"email": None}).status_code == 200


def test_two_people_without_an_email_live_side_by_side(alice_api, bob_api):
    for client in (alice_api, bob_api):
        assert client.patch(ME, {"email": None}).status_code == 200


def test_an_email_taken_is_refused_whatever_its_case(alice_api, bob_api, database):
    bob_api.patch(ME, {"email": "bob@example.org"})
    before = database.users.find_one({"name": "Alice"})
    response = alice_api.patch(ME, {"name": "Ally", "email": "BOB@example.org"})
    refused(response, "email_taken", "/email", status=409)
    assert database.users.find_one({"name": "Alice"}) == before
    assert bob_api.patch(ME, {"email": "bob@example.org"}).status_code == 200  # one's own


def test_an_email_goes_to_one_of_sixty_four_who_want_it(database, client_of, at_once):
    people = [User.objects.create_user(f"14155556{n:03}") for n in range(64)]
    clients = [client_of(person) for person in people]
    answers = at_once(lambda n: clients[n].patch(ME, {"email": "one@example.org"}).status_code)
    assert sorted(answers) == [200] + [409] * 63
    assert database.users.count_documents({"email": "one@example.org"}) == 1


# The phone number

PHONE = "14155552671"


@pytest.fixture
def prove(sms_box):
    """prove(client, number) asks for a code to the new number and sends it in."""

    def run(client, phone_number=PHONE, code=None):
        sent = client.post(ME + "phone/", {"phone_number": phone_number})
        assert sent.status_code == 202, sent.content
        code = code or sms_box()[-1]["code"]
        body = {"phone_number": phone_number, "code": code}
        return client.post(ME + "phone/verify/", body)

    return run


def test_a_new_number_is_proved_by_a_code_sent_to_it(alice, alice_api, sms_box, database):
    before = database.users.find_one()
    sent = alice_api.post(ME + "phone/", {"phone_number": "+1 (415) 555-2671"})
    assert sent.status_code == 202
    assert sent.json() == {"expires_in": 300, "resend_in": 60}
    (message,) = sms_box()
    assert message["to"] == PHONE
    assert database.users.find_one() == before

    body = {"phone_number": PHONE, "code": message["code"]}
    answer = alice_api.post(ME + "phone/verify/", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["phone_number"] == PHONE
    assert answer.json()["id"] == alice.pk
    assert database.users.find_one() == before | {"phone_number": PHONE}
    assert database.sign_in_codes.count_documents({}) == 0
    assert alice_api.get(ME).json()["phone_number"] == PHONE


def test_after_a_change_the_new_number_signs_in_and_the_old_one_is_free(
    later, alice, alice_api, prove, code_for, verify
):
    assert prove(alice_api).status_code == 200
    assert verify(PHONE, code_for(PHONE)).json()["user"]["id"] == alice.pk
    other = verify("14155550101", code_for("14155550101")).json()
    assert other["created"] is True
    assert other["user"]["id"] != alice.pk


def test_a_wrong_code_changes_no_number(alice_api, prove, database):
    before = database.users.find_one()
    refused(prove(alice_api, code="000000"), "code_invalid", "/code")
    assert database.users.find_one() == before


def test_a_code_proves_only_the_number_it_went_to(alice_api, prove, sms_box):
    alice_api.post(ME + "phone/", {"phone_number": PHONE})
    body = {"phone_number": "14155552672", "code": sms_box()[-1]["code"]}
    refused(alice_api.post(ME + "phone/verify/", body), "code_invalid", "/code")


def test_a_code_proves_nothing_for_somebody_else(alice_api, bob_api, sms_box):
    alice_api.post(ME + "phone/", {"phone_number": PHONE})
    body = {"phone_number": PHONE, "code": sms_box()[-1]["code"]}
    refused(bob_api.post(ME + "phone/verify/", body), "code_invalid", "/code")


def test_a_sign_in_code_moves_no_account(alice_api, code_for):
    body = {"phone_number": PHONE, "code": code_for(PHONE)}
    refused(alice_api.post(ME + "phone/verify/", body), "code_invalid", "/code")


def test_whether_a_number_is_taken_is_told_only_to_who_holds_it(
    alice_api, bob, bob_api, prove, sms_box, database
):
    free = alice_api.post(ME + "phone/", {"phone_number": PHONE})
    taken = alice_api.post(ME + "phone/", {"phone_number": bob.phone_number})
    assert free.status_code == taken.status_code == 202
    assert free.content == taken.content

    before = list(database.users.find())
    body = {"phone_number": bob.phone_number, "code": sms_box()[-1]["code"]}
    response = alice_api.post(ME + "phone/verify/", body)
    refused(response, "phone_taken", "/phone_number", status=409)
    assert list(database.users.find()) == before


def test_a_number_goes_to_one_of_five_who_prove_it_at_once(database, client_of, at_once, sms_box):
    people = [User.objects.create_user(f"1415555700{n}") for n in range(5)]
    clients = [client_of(person) for person in people]
    codes = []
    for client in clients:
        client.post(ME + "phone/", {"phone_number": PHONE})
        codes.append(sms_box()[-1]["code"])

    def verify(n):
        body = {"phone_number": PHONE, "code": codes[n]}
        return clients[n].post(ME + "phone/verify/", body).status_code

    assert sorted(at_once(verify, number=5)) == [200, 409, 409, 409, 409]
    assert database.users.count_documents({"phone_number": PHONE}) == 1
    assert database.users.count_documents({}) == 5


@pytest.mark.parametrize(
    ("url", "body", "pointers"),
    [
        ("phone/", {"phone_number": "12"}, ["/phone_number"]),
        ("phone/", {}, ["/phone_number"]),
        ("phone/verify/", {"phone_number": "12", "code": "1"}, ["/phone_number", "/code"]),
        ("phone/verify/", {}, ["/phone_number", "/code"]),
    ],
)
def test_a_bad_number_or_code_is_refused_with_a_pointer(url, body, pointers, alice_api):
    refused(alice_api.post(ME + url, body), "invalid_input", *pointers)


@pytest.mark.parametrize("url", ["phone/", "phone/verify/", "erase/"])
def test_changing_a_number_and_erasing_need_a_session(url, api):
    assert_problem(api.post(ME + url, {}), 401, "not_authenticated")


def test_a_retry_with_the_same_key_sends_one_message(alice_api, sms_box):
    def post():
        body = {"phone_number": PHONE}
        return alice_api.post(ME + "phone/", body, HTTP_IDEMPOTENCY_KEY="my-key")

    first, second = post(), post()
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert len(sms_box()) == 1


def test_a_code_twice_within_a_minute_is_throttled(morning, alice_api):
    alice_api.post(ME + "phone/", {"phone_number": PHONE})
    response = alice_api.post(ME + "phone/", {"phone_number": PHONE})
    assert_problem(response, 429, "throttled")
    assert response["Retry-After"] == "60"
