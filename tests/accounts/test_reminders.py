"""GET|PUT me/reminders/, when the next is due, and the link that ends them."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts import reminders
from accounts.models import User
from doit_site.mongo.fields import new_id
from tests.accounts.test_profile import refused
from tests.problem_details import assert_problem

ME = "/api/v1/me/"
URL = "/api/v1/me/reminders/"
DEFAULTS = {
    "enabled": False,
    "time": "18:00",
    "quiet_from": "22:00",
    "quiet_to": "08:00",
    "weekly": True,
}
ON = {"enabled": True, "time": "18:00", "quiet_from": "22:00", "quiet_to": "08:00"}


@pytest.fixture
def noon(time_machine):
    """Monday, 9 March 2054, noon UTC, far ahead of MongoDB's TTL; name it before the clients."""
    time_machine.move_to(datetime(2054, 3, 9, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def due(database, alice):
    """due() -> alice's remind_at as a text, or None."""

    def read():
        moment = database.users.find_one({"id": alice.pk}).get("remind_at")
        return moment and f"{moment:%Y-%m-%dT%H:%M}"

    return read


@pytest.fixture
def browser(db):
    """Nobody's browser, that holds forms to Django's CSRF check."""
    return Browser(enforce_csrf_checks=True)


def path_of(user):
    return reminders.unsubscribe_url(user.pk).removeprefix("http://testserver")


# The wishes


def test_who_asked_for_nothing_gets_nothing(alice_api, due):
    assert alice_api.get(URL).json() == DEFAULTS
    assert due() is None


def test_what_is_put_is_stored_and_shown(noon, alice_api, database, due):
    response = alice_api.put(URL, ON)
    assert response.status_code == 200, response.content
    assert response.json() == alice_api.get(URL).json() == DEFAULTS | ON
    assert database.users.find_one()["reminders"] == DEFAULTS | ON
    assert due() == "2054-03-09T18:00"


def test_what_is_shown_may_be_put_again(alice_api):
    shown = alice_api.put(URL, ON | {"weekly": False}).json()
    assert alice_api.put(URL, shown).json() == shown


def test_what_is_left_out_stays(noon, alice_api, due):
    alice_api.put(URL, ON | {"time": "07:30", "quiet_to": "07:00", "weekly": False})
    body = alice_api.put(URL, {"enabled": False}).json()
    assert due() is None
    assert (body["enabled"], body["time"], body["weekly"]) == (False, "07:30", False)
    alice_api.put(URL, {"enabled": True})
    assert due() == "2054-03-10T07:30"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"time": "22:00"}, "in_quiet_hours", "/time"),
        ({"time": "07:59"}, "in_quiet_hours", "/time"),
        ({"quiet_from": "17:00"}, "in_quiet_hours", "/time"),
        ({"time": "24:00"}, "invalid", "/time"),
        ({"time": "8:00"}, "invalid", "/time"),
        ({"quiet_to": "08:00:00"}, "invalid", "/quiet_to"),
        ({"quiet_from": None}, "null", "/quiet_from"),
        ({"enabled": "perhaps"}, "invalid", "/enabled"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(alice_api, database, change, code, pointer):
    before = database.users.find_one()
    (row,) = refused(alice_api.put(URL, ON | change), "invalid_input", pointer)
    assert row["code"] == code
    assert database.users.find_one() == before


def test_enabled_has_to_be_said(alice_api):
    refused(alice_api.put(URL, {"time": "18:00"}), "invalid_input", "/enabled")


def test_equal_bounds_mean_no_quiet_hours(alice_api):
    body = {"time": "03:00", "quiet_from": "00:00", "quiet_to": "00:00"}
    assert alice_api.put(URL, ON | body).status_code == 200


@pytest.mark.parametrize("method", ["get", "put"])
def test_reminders_need_a_session(method, api):
    assert_problem(getattr(api, method)(URL), 401, "not_authenticated")


def test_a_change_at_once_with_one_of_the_zone_leaves_the_due_of_both(
    noon, alice, client_of, at_once, due
):
    """Whoever is last: what is due is of the zone and the time that are stored."""
    clients = [client_of(alice) for _ in range(8)]

    def act(n):
        if n % 2:
            return clients[n].put(URL, ON | {"time": f"1{n}:00"})
        zone = ("Asia/Tokyo", "Europe/Berlin", "UTC", "America/Lima")[n // 2]
        return clients[n].patch(ME, {"time_zone": zone})

    assert {answer.status_code for answer in at_once(act, number=8)} == {200}
    person = User.objects.collection.find_one({"id": alice.pk})
    expected = reminders._next(person, datetime(2054, 3, 9, 12, tzinfo=UTC))
    assert due() == f"{expected:%Y-%m-%dT%H:%M}"


def test_the_broken_twin_that_reads_before_its_transaction_does_not(noon, alice, alice_api, due):
    alice_api.put(URL, ON)
    alice_api.patch(ME, {"time_zone": "Asia/Tokyo"})
    read_before = User.objects.collection.find_one({"id": alice.pk})
    alice_api.patch(ME, {"time_zone": "America/Lima"})
    read_before["reminders"] |= {"time": "11:00"}
    reminders._store(
        read_before, reminders._next(read_before, datetime(2054, 3, 9, 12, tzinfo=UTC))
    )
    person = User.objects.collection.find_one({"id": alice.pk})
    expected = reminders._next(person, datetime(2054, 3, 9, 12, tzinfo=UTC))
    assert due() != f"{expected:%Y-%m-%dT%H:%M}"


# What moves the next one


def test_a_new_zone_counts_from_its_first_day(noon, alice_api, due):
    alice_api.put(URL, ON)
    alice_api.patch(ME, {"time_zone": "Asia/Tokyo"})
    assert due() == "2054-03-09T18:00"  # it begins at midnight
    alice_api.put(URL, ON | {"time": "11:00"})
    assert due() == "2054-03-10T02:00"


def test_one_that_is_due_by_now_outlives_a_new_zone(noon, alice_api, due, time_machine):
    alice_api.put(URL, ON)
    time_machine.move_to(datetime(2054, 3, 9, 18, 3, tzinfo=UTC), tick=False)
    alice_api.patch(ME, {"time_zone": "Asia/Tokyo"})
    assert due() == "2054-03-09T18:00"


def test_who_wants_no_notifications_is_due_for_none(noon, alice_api, due):
    alice_api.put(URL, ON)
    alice_api.patch(ME, {"preferences": {"notifications": False}})
    assert due() is None
    assert alice_api.get(URL).json()["enabled"] is True
    alice_api.patch(ME, {"preferences": {"notifications": True}})
    assert due() == "2054-03-09T18:00"


def test_other_changes_of_the_profile_move_nothing(noon, alice_api, due, database):
    alice_api.put(URL, ON)
    database.users.update_one({}, {"$unset": {"last_login": ""}})
    before = database.users.find_one()
    alice_api.patch(ME, {"name": "Ada"})
    assert database.users.find_one() == before | {"name": "Ada"}


def test_the_next_is_found_by_its_index(alice_api, database):
    alice_api.put(URL, ON)
    plan = database.users.find({"remind_at": {"$lte": datetime.now(UTC)}}).explain()
    assert "remind_at_index" in str(plan["queryPlanner"]["winningPlan"])


def test_who_is_due_for_none_is_not_in_the_index(alice, bob, alice_api, database):
    alice_api.put(URL, ON)
    held = database.users.find({}, {"id": 1}).hint("remind_at_index")
    assert [row["id"] for row in held] == [alice.pk]


def test_the_export_has_them_and_the_staff_sees_them(alice, alice_api, carol):
    alice_api.put(URL, ON)
    assert alice_api.get(ME + "export/").json()["profile"]["reminders"]["time"] == "18:00"
    browser = Browser()
    browser.force_login(carol)
    page = browser.get(f"/admin/accounts/user/{alice.pk}/change/", secure=True)
    assert "at 18:00, quiet from 22:00 to 08:00, with a weekly summary" in page.content.decode()


def test_check_database_finds_who_would_never_be_reminded(alice_api, database):
    from accounts.checkup import check

    alice_api.put(URL, ON)
    assert list(check(False)) == []
    before = database.users.find_one()["remind_at"]
    database.users.update_one({}, {"$unset": {"remind_at": ""}})
    assert [finding.problem for finding in check(True)] == ["reminders are on and never due"]
    assert abs((database.users.find_one()["remind_at"] - before).days) <= 1
    assert list(check(False)) == []


# The link


def test_looking_at_the_page_changes_nothing(alice, alice_api, browser, database):
    alice_api.put(URL, ON)
    before = database.users.find_one()
    for _ in range(2):
        page = browser.get(path_of(alice), secure=True)
        assert page.status_code == 200
        assert '<form method="post">' in page.content.decode()
    assert browser.head(path_of(alice), secure=True).status_code == 200
    assert database.users.find_one() == before


def test_the_button_ends_the_reminders_without_signing_in(alice, alice_api, browser, due):
    alice_api.put(URL, ON)
    page = browser.post(path_of(alice), secure=True)
    assert page.status_code == 200
    assert "No more reminders" in page.content.decode()
    assert alice_api.get(URL).json() == DEFAULTS | ON | {"enabled": False}
    assert due() is None


def test_the_mail_programs_one_click_does_too(alice, alice_api, browser):
    """RFC 8058: a POST with this body, no cookies, no look at the page before."""
    alice_api.put(URL, ON)
    form = {"List-Unsubscribe": "One-Click"}
    answer = browser.post(path_of(alice), form, secure=True)
    assert answer.status_code == 200
    assert not answer.cookies
    assert alice_api.get(URL).json()["enabled"] is False


def test_the_answer_tells_nothing_of_the_person(alice, alice_api, browser, database):
    """On, off, erased: the same bytes; no id, number or name in page or link."""
    alice_api.put(URL, ON)
    path = path_of(alice)
    pages = [browser.get(path, secure=True).content]
    answers = [browser.post(path, secure=True).content for _ in range(2)]
    database.users.delete_one({"id": alice.pk})
    answers.append(browser.post(path, secure=True).content)
    pages.append(browser.get(path, secure=True).content)
    assert len(set(answers)) == len(set(pages)) == 1
    shown = path + pages[0].decode() + answers[0].decode()
    assert not [secret for secret in (alice.pk, "4155550101", "Alice") if secret in shown]


def test_a_link_outlives_turning_them_on_again(alice, alice_api, browser):
    path = path_of(alice)
    for _ in range(2):
        alice_api.put(URL, ON)
        browser.post(path, secure=True)
        assert alice_api.get(URL).json()["enabled"] is False


def test_a_link_ends_the_reminders_of_nobody_else(alice, alice_api, bob, bob_api, browser):
    alice_api.put(URL, ON)
    bob_api.put(URL, ON)
    browser.post(path_of(bob), secure=True)
    assert alice_api.get(URL).json()["enabled"] is True
    assert bob_api.get(URL).json()["enabled"] is False


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_not_ours_is_one_clear_page(method, alice, alice_api, browser, settings):
    alice_api.put(URL, ON)
    path = path_of(alice)
    name, _, signature = path.removeprefix("/unsubscribe/").rstrip("/").partition("~")
    settings.SECRET_KEY, kept = "another key", settings.SECRET_KEY
    forged = path_of(alice)
    settings.SECRET_KEY = kept
    of_another = reminders.unsubscribe_url(new_id()).split("/")[-2].partition("~")[0]
    wrong = [
        forged,
        f"/unsubscribe/{name}/",
        f"/unsubscribe/{of_another}~{signature}/",
        f"/unsubscribe/{name}~{signature[:-1]}/",
        "/unsubscribe/a%00b~%F0%9F%98%80/",
        f"/unsubscribe/{'x' * 5000}/",
    ]
    answers = [getattr(browser, method)(one, secure=True) for one in wrong]
    assert {answer.status_code for answer in answers} == {404}
    (page,) = {answer.content.decode() for answer in answers}
    assert "This link does not work" in page
    assert alice_api.get(URL).json()["enabled"] is True


def test_the_page_is_kept_nowhere_and_framed_nowhere(alice, browser):
    page = browser.get(path_of(alice), secure=True)
    assert "no-store" in page["Cache-Control"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in page.content.decode()
    assert not re.search(r"<script|src=|https?://", page.content.decode())
    assert browser.delete(path_of(alice), secure=True).status_code == 405


@pytest.fixture
def no_database():
    """Within the test Django's client looks for a server where there is none."""
    before = connection.settings_dict
    options = before["OPTIONS"] | {"serverSelectionTimeoutMS": 100}
    nowhere = {"HOST": "mongodb://127.0.0.1:1/?replicaSet=none", "OPTIONS": options}
    connection.settings_dict = before | nowhere
    connection.close_pool()
    yield
    connection.settings_dict = before
    connection.close_pool()


def test_without_the_database_the_page_says_later(alice, browser, no_database):
    assert browser.get(path_of(alice), secure=True).status_code == 200
    answer = browser.post(path_of(alice), secure=True)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "could not be done" in answer.content.decode()
