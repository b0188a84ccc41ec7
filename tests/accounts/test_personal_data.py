"""GET me/export/ and POST me/erase/ (product.md, "People")."""

import json
from io import StringIO

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts import passwords, personal_data
from accounts.models import User
from tests.problem_details import assert_problem

ERASE = "/api/v1/me/erase/"
PHONE = "14155550101"
NEW_PHONE = "14155552671"
EMAIL = "alice@example.org"


@pytest.fixture
def traces(dump):
    """traces(text, ...) -> {(collection, text)} where the texts are found in the database."""

    def find(*texts):
        return {
            (name, text)
            for name, content in dump().items()
            for text in texts
            if text.encode() in content
        }

    return find


@pytest.fixture
def busy_alice(alice, alice_api, a_goal, api, mailoutbox, eventually):
    """Alice with something in every collection that can hold anything of hers."""
    goal = a_goal()
    url = f"/api/v1/goals/{goal['id']}/"
    assert alice_api.post(url + "roadmap/", {}, HTTP_IDEMPOTENCY_KEY="k1").status_code == 201
    assert alice_api.post(url + "messages/", {"content": "How do I begin?"}).status_code == 201
    assert alice_api.post(url + "verifications/").status_code == 201
    assert alice_api.patch("/api/v1/me/", {"email": EMAIL}).status_code == 200
    assert alice_api.post("/api/v1/me/phone/", {"phone_number": NEW_PHONE}).status_code == 202
    passwords.request_reset(email=EMAIL)
    eventually(lambda: mailoutbox)

    person = User.objects.get(pk=alice.pk)
    person.is_staff = True
    person.set_password("a long pass phrase")
    person.save(update_fields=["is_staff", "password"])
    person.groups.add(Group.objects.create(name="support of the test"))
    person.user_permissions.add(Permission.objects.first())
    browser = Browser()
    form = {"username": PHONE, "password": "a long pass phrase"}
    assert browser.post("/admin/login/", form, secure=True).status_code == 302
    yield person
    Group.objects.filter(name="support of the test").delete()


@pytest.fixture
def logged(busy_alice, carol):
    """What the admin's log keeps: carol about alice, alice about carol."""
    log = LogEntry.objects.create
    log(user=carol, object_id=busy_alice.pk, object_repr=f"+{PHONE}", action_flag=CHANGE)
    log(user=busy_alice, object_id=carol.pk, object_repr="Carol", action_flag=ADDITION)
    log(user=carol, object_id=carol.pk, object_repr="Carol", action_flag=CHANGE)


HELD = {
    "users",
    "sessions",
    "admin_sessions",
    "sign_in_codes",
    "password_resets",
    "goals",
    "verification_tests",
    "idempotency_keys",
    "django_admin_log",
    "users_groups",
    "users_user_permissions",
}


def test_erasing_removes_a_person_from_every_collection(
    busy_alice, logged, alice_api, code_for, traces, database, carol
):
    code = code_for(PHONE)
    before = traces(busy_alice.pk, PHONE, EMAIL, NEW_PHONE)
    assert {name for name, _ in before} >= HELD, "the test does not fill what it checks"

    answer = alice_api.post(ERASE, {"code": code})

    assert answer.status_code == 204, answer.content
    assert answer.content == b""
    assert traces(busy_alice.pk, PHONE, EMAIL, NEW_PHONE, "Alice") == set()
    assert [row["name"] for row in database.users.find()] == ["Carol"]
    assert [row["object_id"] for row in database.django_admin_log.find()] == [carol.pk]
    assert_problem(alice_api.get("/api/v1/me/"), 401, "invalid_token")


def test_erasing_with_an_idempotency_key_leaves_nothing_either(alice, alice_api, code_for, traces):
    code = code_for(PHONE)
    answer = alice_api.post(ERASE, {"code": code}, HTTP_IDEMPOTENCY_KEY="the-last")
    assert answer.status_code == 204, answer.content
    assert traces(alice.pk, PHONE) == set()


def test_the_broken_twin_that_deletes_only_the_person_leaves_traces(busy_alice, logged, traces):
    User.objects.collection.delete_one({"id": busy_alice.pk})
    assert {name for name, _ in traces(busy_alice.pk, PHONE)} >= HELD - {"users"}


def test_erasing_leaves_what_is_of_others(
    busy_alice, alice_api, bob, bob_api, a_goal, code_for, dump, database
):
    a_goal(bob_api)
    code = code_for(PHONE)

    def of_bob():
        return {
            name: list(database[name].find({"$or": [{"user_id": bob.pk}, {"id": bob.pk}]}))
            for name in dump()
        }

    before = of_bob()
    assert before["goals"]
    assert before["sessions"]
    assert alice_api.post(ERASE, {"code": code}).status_code == 204
    assert of_bob() == before
    assert bob_api.get("/api/v1/me/").status_code == 200


def test_after_erasing_the_number_makes_a_new_person(later, alice, alice_api, code_for, verify):
    assert alice_api.post(ERASE, {"code": code_for(PHONE)}).status_code == 204
    later(seconds=60)
    answer = verify(PHONE, code_for(PHONE)).json()
    assert answer["created"] is True
    assert answer["user"]["id"] != alice.pk
    assert answer["user"]["name"] == ""


def everything(database, dump):
    return {
        name: list(database[name].find())
        for name in dump()
        if name not in ("sign_in_codes", "rate_limits")
    }


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": {"$gt": ""}}])
def test_without_a_code_nothing_is_erased(body, busy_alice, alice_api, database, dump):
    before = everything(database, dump)
    problem = assert_problem(alice_api.post(ERASE, body), 400, "invalid_input")
    assert [row["pointer"] for row in problem["errors"]] == ["/code"]
    assert everything(database, dump) == before


def test_with_a_wrong_code_nothing_is_erased(
    busy_alice, alice_api, code_for, other_than, database, dump
):
    code = code_for(PHONE)
    before = everything(database, dump)
    response = alice_api.post(ERASE, {"code": other_than(code)})
    assert_problem(response, 400, "code_invalid")
    assert everything(database, dump) == before


def test_a_stale_code_erases_nothing(later, alice_api, code_for, database):
    code = code_for(PHONE)
    later(minutes=5)
    assert_problem(alice_api.post(ERASE, {"code": code}), 400, "code_invalid")
    assert database.users.count_documents({}) == 1


def test_the_code_of_somebody_else_erases_nothing(alice_api, bob, code_for, database):
    code = code_for(bob.phone_number)
    assert_problem(alice_api.post(ERASE, {"code": code}), 400, "code_invalid")
    assert database.users.count_documents({}) == 2


def test_a_code_for_a_new_number_erases_nothing(alice_api, sms_box, database):
    alice_api.post("/api/v1/me/phone/", {"phone_number": NEW_PHONE})
    response = alice_api.post(ERASE, {"code": sms_box()[-1]["code"]})
    assert_problem(response, 400, "code_invalid")
    assert database.users.count_documents({}) == 1


def test_six_wrong_codes_end_the_code_for_erasing_too(alice_api, code_for, other_than, database):
    code = code_for(PHONE)
    for _ in range(5):
        alice_api.post(ERASE, {"code": other_than(code)})
    assert_problem(alice_api.post(ERASE, {"code": code}), 400, "code_invalid")
    assert database.users.count_documents({}) == 1


def test_erasing_somebody_gone_clears_what_was_left(busy_alice, logged, traces, database):
    database.users.delete_one({"id": busy_alice.pk})
    personal_data.erase(busy_alice.pk)
    assert traces(busy_alice.pk, EMAIL, NEW_PHONE) == set()


@pytest.fixture
def a_failing_holding():
    """The last of the apps cannot erase what it holds, until a_failing_holding() repairs it."""

    def fail(user_id):
        raise RuntimeError("out of order")

    def repair():
        personal_data._holdings.pop("failing", None)

    personal_data.register("failing", erase=fail)
    yield repair
    repair()


def test_erasing_is_whole_or_not_at_all(
    busy_alice, logged, alice_api, code_for, database, dump, a_failing_holding
):
    code = code_for(PHONE)
    before = everything(database, dump)
    assert_problem(alice_api.post(ERASE, {"code": code}), 500, "internal_error")
    assert everything(database, dump) == before
    assert alice_api.get("/api/v1/me/").status_code == 200

    a_failing_holding()
    assert alice_api.post(ERASE, {"code": code}).status_code == 204  # the code was not used up


def test_sixty_four_requests_to_erase_erase_once(alice, client_of, code_for, at_once, traces):
    code = code_for(PHONE)
    clients = [client_of(alice) for _ in range(64)]
    statuses = at_once(lambda n: clients[n].post(ERASE, {"code": code}).status_code)
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 400, 401, 429}
    assert traces(alice.pk, PHONE) == set()


# Export


def test_export_gives_all_that_is_held(morning, busy_alice, alice_api, database):
    response = alice_api.get("/api/v1/me/export/")
    assert response["Content-Disposition"] == 'attachment; filename="doit-export.json"'
    data = response.json()

    named = {
        "exported_at",
        "sessions",
        "profile",
        "goals",
        "goal_jobs",
        "roadmap_drafts",
        "question_reports",
        "groups",
    }
    assert set(data) == named
    assert data["exported_at"] == morning.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    profile = data["profile"]
    assert profile["id"] == busy_alice.pk
    assert (profile["phone_number"], profile["email"], profile["name"]) == (PHONE, EMAIL, "Alice")
    assert profile["created_at"].endswith("Z")
    stored = database.users.find_one({"id": busy_alice.pk})
    assert set(profile) == set(stored) - {"_id", "password", "is_staff", "is_superuser"}

    (goal,) = data["goals"]
    assert goal["title"] == "Learn Python in 30 days"
    assert len(goal["messages"]) == 2
    assert len(goal["roadmap"]["days"]) == 30
    (session,) = data["sessions"]
    assert session["id"] == alice_api.session_document["id"]
    assert set(session) == {"id", "device", "created_at", "last_used_at", "expires_at"}


def test_export_has_no_secret_and_nothing_internal(busy_alice, alice_api, database):
    text = alice_api.get("/api/v1/me/export/").content.decode()
    secrets = [
        database.users.find_one()["password"],
        database.sessions.find_one()["token_hash"],
        database.sign_in_codes.find_one()["digest"],
        database.password_resets.find_one()["token_hash"],
        database.admin_sessions.find_one()["session_key"],
        alice_api._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer "),
        "md5$",
        '"_id"',
        "ObjectId",
        "password",
        "digest",
        "token",
        "is_superuser",
    ]
    assert [secret for secret in secrets if secret in text] == []


def test_export_is_ones_own(alice_api, bob, bob_api, a_goal):
    a_goal(bob_api, title="A secret of Bob")
    text = alice_api.get("/api/v1/me/export/").content.decode()
    assert bob.pk not in text
    assert bob.phone_number not in text
    assert "A secret of Bob" not in text


def test_export_needs_a_session(api):
    assert_problem(api.get("/api/v1/me/export/"), 401, "not_authenticated")


# Commands


def run(*arguments):
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_export_user_prints_what_export_gives(morning, busy_alice, alice_api):
    data = json.loads(run("export_user", "+1 415 555 0101"))
    assert data == alice_api.get("/api/v1/me/export/").json()


def test_create_token_prints_a_token_that_works(alice, api):
    token = run("create_token", "+1 (415) 555-0101").strip()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/v1/me/").json()["id"] == alice.pk
    (session,) = api.get("/api/v1/auth/sessions/").json()["results"]
    assert session["device"] == "manage.py create_token"


def test_create_token_of_a_suspended_person_is_refused(alice, database):
    database.users.update_one({}, {"$set": {"status": "suspended"}})
    with pytest.raises(CommandError, match="suspended"):
        run("create_token", PHONE)
    assert database.sessions.count_documents({}) == 0


@pytest.mark.parametrize("command", ["create_token", "export_user"])
@pytest.mark.parametrize(
    ("phone", "line"), [("12", "10 to 15 digits"), ("14155550199", r"Nobody has .*\+14155550199")]
)
def test_a_command_about_nobody_fails_in_one_line(command, phone, line, alice):
    with pytest.raises(CommandError, match=line) as failure:
        run(command, phone)
    assert "\n" not in str(failure.value)
