"""The audit: written with the act, changed by nobody, of nobody once a person is erased."""

import re

import pytest

from accounts import audit, personal_data, suspending
from accounts.models import AuditRecord
from doit_site.mongo.client import current_session
from doit_site.mongo.transactions import in_transaction
from goals import chat, chat_reading
from goals.models import Goal
from tests.commands import recorded_commands, stages
from tests.contract.test_queries import assert_by_index

PEOPLE, GOALS, AUDIT = "/admin/accounts/user/", "/admin/goals/goal/", "/admin/accounts/auditrecord/"
REASON = "They asked for it by telephone"


def records(database, **match):
    return [
        {name: value for name, value in row.items() if name not in ("_id", "id", "at")}
        for row in database.audit.find(match).sort("_id")
    ]


def one(database):
    (row,) = records(database)
    assert len(row.pop("request_id")) >= 8
    return row


def test_suspending_asks_why_and_records_it(browser_of, alice, database):
    browser = browser_of("support")
    url = f"{PEOPLE}{alice.pk}/suspend/"
    assert "Reason" in browser.page(url)
    assert browser.post(url, {"reason": "  "}).status_code == 200
    assert records(database) == []
    assert browser.post(url, {"reason": REASON}).status_code == 302
    assert database.users.find_one({"id": alice.pk})["status"] == "suspended"
    assert one(database) == {
        "actor_id": browser.user.pk,
        "action": "person.suspend",
        "subject_kind": "person",
        "subject_id": alice.pk,
        "reason": REASON,
    }


def test_a_suspended_person_is_refused_at_once_and_after_reactivating_not(boss, alice, alice_api):
    boss.post(f"{PEOPLE}{alice.pk}/suspend/", {"reason": REASON})
    assert alice_api.get("/api/v1/me/").status_code == 403
    boss.post(f"{PEOPLE}{alice.pk}/reactivate/", {"reason": REASON})
    assert alice_api.get("/api/v1/me/").status_code == 200
    actions = [row.action for row in AuditRecord.objects.order_by("at")]
    assert actions == ["person.suspend", "person.reactivate"]


def test_suspending_twice_is_recorded_once(boss, alice, database):
    for _ in range(2):
        boss.post(f"{PEOPLE}{alice.pk}/suspend/", {"reason": REASON})
    assert len(records(database)) == 1


def test_support_suspends_neither_staff_nor_itself(browser_of, staff, database):
    browser, colleague = browser_of("support"), staff("analyst")
    for person in (colleague, browser.user):
        browser.post(f"{PEOPLE}{person.pk}/suspend/", {"reason": REASON})
        assert database.users.find_one({"id": person.pk})["status"] == "active"
    assert records(database) == []


def test_a_page_of_nobody_goes_to_the_index(boss):
    answer = boss.post(f"{PEOPLE}nobody/suspend/", {"reason": REASON})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


@pytest.mark.parametrize(
    ("changes", "actions"),
    [
        ({"status": "suspended"}, ["person.suspend"]),
        ({"is_staff": "on"}, ["person.rights"]),
        ({"status": "suspended", "is_staff": "on"}, ["person.suspend", "person.rights"]),
        ({"name": "Alice L."}, []),
    ],
)
def test_what_the_form_changes_of_rights_and_status_is_recorded(
    boss, alice, database, changes, actions
):
    boss.saved(f"{PEOPLE}{alice.pk}/change/", "user_form", **changes)
    assert [row["action"] for row in records(database)] == actions


def test_setting_a_password_is_recorded(boss, alice, database):
    new = {
        "password1": "a new phrase 77",
        "password2": "a new phrase 77",
        "usable_password": "true",
    }
    assert boss.post(f"{PEOPLE}{alice.pk}/password/", new).status_code == 302
    assert one(database)["action"] == "person.password"


def test_reading_a_chat_asks_why_and_records_it_in_the_same_act(boss, alice, a_goal, database):
    goal = a_goal()
    chat.send(user=alice, goal_id=goal["id"], content="Only between <b>us</b>")
    assert "Only between" not in boss.page(f"{GOALS}{goal['id']}/change/")
    url = f"{GOALS}{goal['id']}/chat/"
    assert "Only between" not in boss.page(url)
    assert "Only between" not in boss.post(url, {"reason": ""}).content.decode()
    assert records(database) == []
    answer = boss.post(url, {"reason": REASON})
    assert "Only between &lt;b&gt;us&lt;/b&gt;" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    row = one(database)
    assert (row["action"], row["subject_id"], row["reason"]) == ("chat.read", goal["id"], REASON)


def test_nothing_is_read_where_it_cannot_be_recorded(carol, alice, a_goal, database):
    goal = a_goal()
    chat.send(user=alice, goal_id=goal["id"], content="Hello")
    refuse = {"$jsonSchema": {"required": ["never"]}}
    before = database.audit.options()["validator"]
    database.command("collMod", "audit", validator=refuse)
    try:
        with pytest.raises(Exception, match="validation"):
            chat_reading.read(actor=carol, goal_id=goal["id"], reason=REASON)
    finally:
        database.command("collMod", "audit", validator=before)
    assert (
        chat_reading.read(actor=carol, goal_id=goal["id"], reason=REASON)[0]["content"] == "Hello"
    )


def test_the_act_itself_asks_for_the_right(alice, a_goal):
    with pytest.raises(PermissionError):
        chat_reading.read(actor=alice, goal_id=a_goal()["id"], reason=REASON)


def test_record_and_act_land_together_or_not_at_all(carol, alice, database):
    def cut_short():
        suspending.suspend(actor=carol, user_id=alice.pk, reason=REASON)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_transaction(cut_short)
    assert records(database) == []
    assert database.users.find_one({"id": alice.pk})["status"] == "active"


def test_a_record_outside_the_transaction_would_stay(carol, alice, database):
    """The twin of the test above: what it looks for does happen without the session."""

    def cut_short():
        assert current_session()
        database.audit.insert_one({**RECORD, "actor_id": carol.pk, "subject_id": alice.pk})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_transaction(cut_short)
    assert len(records(database)) == 1


RECORD = {
    "id": "6f9619ff-8b86-4011-b42d-00c04fc964ff",
    "at": Goal._meta.get_field("created_at").default(),
    "action": "person.suspend",
    "subject_kind": "person",
    "reason": "",
    "request_id": "",
}


def test_nobody_changes_or_deletes_a_record(boss, carol, alice, database):
    audit.record(actor=carol, action="person.export", subject_kind="person")
    row = AuditRecord.objects.get()
    before = database.audit.find_one()
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()
    for path in (f"{row.pk}/change/", f"{row.pk}/delete/", "add/"):
        assert boss.post(AUDIT + path, {"post": "yes", "reason": "other"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    boss.post(AUDIT, body)
    assert list(database.audit.find()) == [before]


def test_an_action_that_nobody_registered_is_refused(carol):
    with pytest.raises(KeyError):
        audit.record(actor=carol, action="person.embarrass", subject_kind="person")


@pytest.mark.parametrize(
    "wrong", [{"actor_id": "x"}, {"at": "today"}, {"action": "nonsense"}, {"reason": "x" * 501}]
)
def test_the_validator_refuses(carol, database, wrong):
    with pytest.raises(Exception, match="validation"):
        database.audit.insert_one({**RECORD, "actor_id": carol.pk, "subject_id": "", **wrong})


def test_erasing_by_staff_is_recorded_without_the_person(boss, alice, database):
    assert boss.post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    row = one(database)
    assert (row["action"], row["actor_id"]) == ("person.erase", boss.user.pk)
    assert row["subject_id"] != alice.pk
    assert re.fullmatch(r"[0-9a-f-]{36}", row["subject_id"])


def test_erasing_replaces_the_person_and_their_goals_everywhere(
    boss, carol, alice, a_goal, database
):
    goal = a_goal()
    boss.post(f"{PEOPLE}{alice.pk}/suspend/", {"reason": REASON})
    boss.post(f"{GOALS}{goal['id']}/chat/", {"reason": REASON})
    audit.record(actor=alice, action="person.export", subject_kind="person")
    before = records(database)
    personal_data.erase(alice.pk)
    after = records(database)
    assert alice.pk not in str(after)
    assert goal["id"] not in str(after)
    kept = ("action", "subject_kind", "reason", "request_id")
    assert [[row[name] for name in kept] for row in after] == [
        [row[name] for name in kept] for row in before
    ]
    assert after[0]["subject_id"] == after[2]["actor_id"]  # still one person, of no name
    assert database.audit.count_documents({"actor_id": carol.pk}) == 2


def test_erasing_finds_the_records_by_an_index(alice):
    with recorded_commands() as commands:
        audit.forget([alice.pk])
    assert len(commands) == 2
    assert_by_index(commands)


@pytest.mark.parametrize("query", ["", "?action=person.suspend", "?q={alice}", "?q=14155550101"])
def test_the_list_reads_by_an_index(boss, alice, query):
    boss.post(f"{PEOPLE}{alice.pk}/suspend/", {"reason": REASON})
    with recorded_commands() as commands:
        page = boss.page(AUDIT + query.format(alice=alice.pk))
    assert REASON in page
    assert "Alice" in page
    for command in commands:
        if command.get("aggregate") == "audit":
            assert "COLLSCAN" not in stages(command), command
            assert "SORT" not in stages(command), command


def test_a_record_has_a_page(boss, alice, database):
    boss.post(f"{PEOPLE}{alice.pk}/suspend/", {"reason": REASON})
    page = boss.page(f"{AUDIT}{database.audit.find_one()['id']}/change/")
    assert REASON in page
    assert "Suspended a person" in page
    assert 'name="_save"' not in page
