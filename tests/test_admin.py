"""The Django admin, as carol's browser meets it: pages, forms as they were shown, raw documents."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from doit_site.mongo.checkup import _schemas as schemas
from goals import chat
from goals.models import Goal
from tests.foreign import (
    COMPLETE_GOAL,
    COMPLETE_PERSON,
    MINIMAL_GOAL,
    MINIMAL_PERSON,
    TEXT_DATED_GOAL,
    TEXT_DATED_PERSON,
    insert,
    stored,
)
from tests.problem_details import assert_problem

PASSWORD = "a long pass phrase"
PEOPLE = "/admin/accounts/user/"
GOALS = "/admin/goals/goal/"


class Form(HTMLParser):
    """The values that a browser would send of the one form `ident` of a page."""

    def __init__(self, html, ident):
        super().__init__()
        self.values, self.ident, self.inside = {}, ident, False
        self.select = self.textarea = None
        self.feed(html)
        assert self.values, f"no form {ident}"

    def handle_starttag(self, tag, attributes):
        row = dict(attributes)
        name, kind = row.get("name"), row.get("type", "text")
        if tag == "form":
            self.inside = row.get("id") == self.ident
        if not self.inside or "disabled" in row:
            return
        if tag == "select":
            self.select = name
        elif tag == "textarea":
            self.textarea, self.values[name] = name, ""
        elif tag == "option" and "selected" in row:
            self.values[self.select] = row["value"]
        elif tag == "input" and name and kind not in ("submit", "file"):
            if kind not in ("checkbox", "radio"):
                self.values[name] = row.get("value", "")
            elif "checked" in row:
                self.values[name] = row.get("value", "on")

    def handle_data(self, data):
        if self.inside and self.textarea:
            self.values[self.textarea] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        if tag == "textarea" and self.textarea:
            # A browser drops the line break after <textarea>.
            self.values[self.textarea] = self.values[self.textarea].removeprefix("\n")
            self.textarea = None


class Browser(Client):
    def generic(self, *args, **kwargs):
        return super().generic(*args, **{**kwargs, "secure": True})

    def sign_in(self, phone, password=PASSWORD):
        self.get("/admin/login/")
        return self.post("/admin/login/?next=/admin/", {"username": phone, "password": password})

    def page(self, url):
        answer = self.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return answer.content.decode()

    def rows(self, url):
        """The titles or phone numbers that a list page shows."""
        answer = self.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return [str(row.pk) for row in answer.context["cl"].result_list]

    def edit(self, url, form, **changes):
        """Open the page, change the form as shown, send it. None takes a value out."""
        values = Form(self.page(url), form).values | changes
        return self.post(url, {name: value for name, value in values.items() if value is not None})

    def saved(self, url, form, **changes):
        answer = self.edit(url, form, **changes)
        assert answer.status_code == 302, _errors(answer)
        return answer


def _errors(answer):
    return answer.context["errors"] if answer.context else answer.content[:500]


def person_url(row, act="change"):
    return f"{PEOPLE}{row['id']}/{act}/"


def goal_url(row, act="change"):
    return f"{GOALS}{row['id']}/{act}/"


@pytest.fixture
def admin(carol):
    browser = Browser()
    assert browser.sign_in("+1 (415) 555-0103").status_code == 302
    return browser


@pytest.fixture
def people(database):
    return database.users


@pytest.fixture
def goals(database):
    return database.goals


def fits(collection, row):
    """Whether the document passes the collection's validator."""
    query = {"_id": row["_id"], "$jsonSchema": schemas[collection.name]}
    return collection.count_documents(query) == 1


# Signing in


@pytest.mark.parametrize("phone", ["14155550103", "+14155550103", "+1 (415) 555-0103"])
def test_staff_sign_in_with_the_number_in_any_formatting(carol, phone):
    browser = Browser()
    field = browser.page("/admin/login/").partition('name="username"')[2].partition(">")[0]
    assert 'maxlength="40"' in field
    answer = browser.sign_in(phone)
    assert (answer.status_code, answer.get("Location")) == (302, "/admin/")
    assert "Dashboard" in browser.page("/admin/")


def test_a_wrong_password_is_told_on_the_form(carol):
    answer = Browser().sign_in("14155550103", "wrong")
    assert answer.status_code == 200
    assert "correct" in answer.content.decode()


def test_suspended_staff_cannot_sign_in(carol, people):
    people.update_one({"id": carol.pk}, {"$set": {"status": "suspended"}})
    browser = Browser()
    assert browser.sign_in("14155550103").status_code == 200
    assert browser.get("/admin/").status_code == 302


def test_suspending_ends_the_admin_session_that_is_open(admin, carol, people):
    assert admin.get(PEOPLE).status_code == 200
    people.update_one({"id": carol.pk}, {"$set": {"status": "suspended"}})
    assert admin.get(PEOPLE).status_code == 302


def test_people_who_are_not_staff_cannot_sign_in(db):
    User.objects.create_user("+1 415 555 0199", PASSWORD)
    browser = Browser()
    assert browser.sign_in("14155550199").status_code == 200
    assert browser.get("/admin/").status_code == 302


def test_a_person_without_a_password_cannot_sign_in(people):
    insert(people, MINIMAL_PERSON, is_staff=True)
    assert Browser().sign_in("14155550145", "").status_code == 200
    assert Browser().sign_in("14155550145", "x").status_code == 200


def test_the_admin_session_knows_its_owner(admin, carol, database):
    assert [row["user_id"] for row in database.admin_sessions.find()] == [carol.pk]


def test_signing_out(admin, database):
    assert admin.post("/admin/logout/").status_code == 200
    assert database.admin_sessions.count_documents({}) == 0
    assert admin.get("/admin/").status_code == 302


def test_changing_ones_password(admin, people, carol):
    people.update_one({"id": carol.pk}, {"$set": {"preferences": {"theme": "dark", "font": 12}}})
    row = people.find_one({"id": carol.pk})
    new = {"new_password1": "another phrase 9", "new_password2": "another phrase 9"}
    answer = admin.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    assert answer.status_code == 302
    assert admin.get("/admin/").status_code == 200
    now = stored(people, row)
    assert {**now, "password": row["password"], "last_login": row["last_login"]} == row
    assert now["password"] != row["password"]
    assert Browser().sign_in("14155550103", PASSWORD).status_code == 200
    assert Browser().sign_in("14155550103", "another phrase 9").status_code == 302


# Lists


@pytest.mark.parametrize(
    "term",
    [
        "14155550144",
        "+1 (415) 555-0144",
        "1-415-555-0144",
        "ada@example.org",
        "ADA@example.org",
        " Ad",
        "{id}",
        "{ID}",
    ],
)
def test_a_person_is_found(admin, people, alice, term):
    row = insert(people, COMPLETE_PERSON)
    term = term.format(id=row["id"], ID=row["id"].upper())
    answer = admin.get(PEOPLE, {"q": term})
    assert [str(found.pk) for found in answer.context["cl"].result_list] == [row["id"]]


@pytest.mark.parametrize(
    "term", ["+1 (415) 555-0101", "{owner}", "{id}", "{ID}", "Learn G", "14155550101"]
)
def test_a_goal_is_found(admin, goals, alice, bob, term):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    insert(goals, MINIMAL_GOAL, user_id=bob.pk)
    term = term.format(owner=alice.pk, id=row["id"], ID=row["id"].upper())
    answer = admin.get(GOALS, {"q": term})
    assert [found.pk for found in answer.context["cl"].result_list] == [row["id"]]


@pytest.mark.parametrize("url", [PEOPLE, GOALS])
@pytest.mark.parametrize(
    "term",
    ["19995550000", "nobody", "no@example.org", "x" * 36, "x" * 5000, "$where", "\x00", "'", ".*"],
)
def test_a_search_that_finds_nothing(admin, goals, alice, url, term):
    insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    answer = admin.get(url, {"q": term})
    # A NUL is refused by the search form, which then shows the whole list with an error.
    assert answer.status_code == 200
    if "\x00" not in term:
        assert list(answer.context["cl"].result_list) == []


def test_lists_filter(admin, people, goals, alice, carol):
    suspended = insert(people, COMPLETE_PERSON, status="suspended")
    assert admin.rows(PEOPLE + "?status__exact=suspended") == [suspended["id"]]
    assert admin.rows(PEOPLE + "?is_staff__exact=1") == [carol.pk]
    assert admin.rows(PEOPLE + "?is_superuser__exact=1") == [carol.pk]
    goal = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    other = insert(goals, COMPLETE_GOAL, user_id=alice.pk, status="completed", category="fitness")
    assert admin.rows(GOALS + "?status__exact=active") == [goal["id"]]
    assert admin.rows(GOALS + "?category__exact=fitness") == [other["id"]]


def test_an_unknown_filter_goes_back_to_the_list(admin):
    assert admin.get(PEOPLE + "?nothing=1").status_code == 302
    assert admin.get(GOALS + "?status__exact=nonsense").status_code == 200


def test_lists_are_paged_newest_first(admin, people, goals, alice):
    minute = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(60):
        moment = minute.replace(minute=number)
        insert(people, MINIMAL_PERSON, phone_number=f"4915550{number:05}", created_at=moment)
        insert(goals, MINIMAL_GOAL, user_id=alice.pk, title=f"{number}", created_at=moment)
    for url, collection in ((PEOPLE, people), (GOALS, goals)):
        newest = [row["id"] for row in collection.find().sort("created_at", -1)]
        assert admin.rows(url) == newest[:50]
        assert admin.rows(url + "?p=2") == newest[50:]


def test_lists_show_documents_of_every_kind(admin, people, goals, alice):
    for document in (COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON):
        insert(people, document)
    for document in (COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL):
        insert(goals, document, user_id=alice.pk)
    insert(
        goals, {**COMPLETE_GOAL, "title": "Lost"}, user_id="6f9619ff-8b86-4011-b42d-00c04fc964ff"
    )
    page = admin.page(PEOPLE)
    for phone in ("14155550144", "14155550145", "14155550146"):
        assert phone in page
    page = admin.page(GOALS)
    for text in ("Learn Go", "Swim", "Learn C", "Lost", "nobody", "Alice"):
        assert text in page


@pytest.mark.parametrize("column", range(1, 8))
def test_every_column_that_offers_it_sorts(admin, goals, alice, column):
    insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    insert(goals, MINIMAL_GOAL, user_id=alice.pk)
    assert len(admin.rows(f"{GOALS}?o={column}")) == 2
    assert len(admin.rows(f"{GOALS}?o=-{column}")) == 2
    assert len(admin.rows(f"{PEOPLE}?o={column}")) == 2


@pytest.mark.parametrize("model", [User, Goal])
def test_the_list_is_read_by_an_index(admin, rf, carol, database, model):
    """The pipeline of the list page, explained: no blocking sort, no whole scan."""
    from django.contrib import admin as site

    request = rf.get("/")
    request.user = carol
    view = site.site.get_model_admin(model).get_changelist_instance(request)
    plan = str(view.queryset[:51].explain())
    assert "created_at_index" in plan
    assert "COLLSCAN" not in plan
    assert '"SORT"' not in plan
    assert '"stages"' not in plan  # all is done by the cursor, nothing after it


@pytest.mark.parametrize(
    ("url", "term", "index"),
    [
        (PEOPLE, "14155550101", "phone_number_index"),
        (PEOPLE, "ada@example.org", "email_index"),
        (PEOPLE, "6f9619ff-8b86-4011-b42d-00c04fc964ff", "id_index"),
        (GOALS, "14155550101", "user_id"),
        (GOALS, "6f9619ff-8b86-4011-b42d-00c04fc964ff", "user_id"),
        (PEOPLE, "Al", "name_index"),
        (GOALS, "Learn", "title_index"),
    ],
)
def test_a_search_is_answered_by_an_index(rf, alice, carol, url, term, index):
    from django.contrib import admin as site

    request = rf.get("/", {"q": term})
    request.user = carol
    model = User if url == PEOPLE else Goal
    plan = str(site.site.get_model_admin(model).get_changelist_instance(request).queryset.explain())
    assert index in plan
    assert "COLLSCAN" not in plan


# People


@pytest.mark.parametrize("document", [COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON])
def test_saving_a_person_unchanged_changes_nothing(admin, people, document):
    row = insert(people, document)
    admin.saved(person_url(row), "user_form")
    assert stored(people, row) == row


@pytest.mark.parametrize("document", [COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON])
def test_editing_a_person_touches_only_what_was_edited(admin, people, document):
    row = insert(people, document)
    admin.saved(person_url(row), "user_form", name="Grace", phone_number="+49 (30) 555-01234")
    assert stored(people, row) == {**row, "name": "Grace", "phone_number": "493055501234"}


def test_unsetting_the_address_leaves_the_field_absent(admin, people):
    row = insert(people, COMPLETE_PERSON)
    admin.saved(person_url(row), "user_form", email="")
    expected = dict(row)
    del expected["email"]
    assert stored(people, row) == expected


def test_the_address_is_stored_in_lower_case(admin, people, alice):
    admin.saved(f"{PEOPLE}{alice.pk}/change/", "user_form", email="Alice@Example.ORG")
    assert people.find_one({"id": alice.pk})["email"] == "alice@example.org"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone_number", "123"),
        ("phone_number", ""),
        ("phone_number", "14155550103"),
        ("phone_number", "9" * 5000),
        ("email", "14155550103@"),
        ("email", "not an address"),
        ("email", "taken@example.org"),
        ("email", "Taken@example.org"),
        ("status", "nonsense"),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("groups", "nonsense"),
    ],
)
def test_wrong_input_about_a_person_is_told_on_the_form(admin, people, field, value):
    insert(people, MINIMAL_PERSON, email="taken@example.org")
    row = insert(people, COMPLETE_PERSON)
    answer = admin.edit(person_url(row), "user_form", **{field: value})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {field}
    assert stored(people, row) == row


def test_what_a_person_changed_while_the_form_was_open_is_kept(admin, people, alice, client_of):
    url = f"{PEOPLE}{alice.pk}/change/"
    values = Form(admin.page(url), "user_form").values
    mine = {"name": "Alice L.", "email": "alice@example.org", "time_zone": "Asia/Tokyo"}
    api = client_of(alice)
    assert api.patch("/api/v1/me/", mine).status_code == 200
    row = people.find_one({"id": alice.pk})
    assert admin.post(url, values | {"status": "suspended"}).status_code == 302
    assert people.find_one({"id": alice.pk}) == {**row, "status": "suspended"}
    assert_problem(api.get("/api/v1/me/"), 403, "account_suspended")


def test_staff_rights_are_given_and_taken(admin, people, database):
    row = insert(people, COMPLETE_PERSON)
    right = database.auth_permission.find_one({"codename": "view_goal"})["_id"]
    admin.saved(person_url(row), "user_form", is_staff="on", user_permissions=str(right))
    assert stored(people, row) == {**row, "is_staff": True}
    assert User.objects.get(pk=row["id"]).has_perm("goals.view_goal")
    admin.saved(person_url(row), "user_form", is_staff=None, user_permissions=None)
    assert stored(people, row) == row
    assert not User.objects.get(pk=row["id"]).has_perm("goals.view_goal")


def test_staff_who_may_only_look_can_change_nothing(people, goals, database, alice):
    dora = User.objects.create_user("+1 415 555 0177", PASSWORD, is_staff=True)
    rights = database.auth_permission.find({"codename": {"$in": ["view_goal", "view_user"]}})
    dora.user_permissions.set([row["_id"] for row in rights])
    browser, row = Browser(), insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    browser.sign_in("14155550177")
    assert "Learn Go" in browser.page(goal_url(row))
    assert browser.post(goal_url(row), {"title": "Mine"}).status_code == 403
    assert browser.post(goal_url(row, "delete"), {"post": "yes"}).status_code == 403
    assert browser.get(GOALS + "add/").status_code == 403
    assert stored(goals, row) == row


def test_adding_a_person(admin, people):
    admin.saved(
        PEOPLE + "add/",
        "user_form",
        phone_number="+1 (415) 555-0188",
        name="Dora",
        usable_password="false",
    )
    row = people.find_one({"phone_number": "14155550188"})
    assert fits(people, row)
    assert isinstance(row["created_at"], datetime)
    assert "email" not in row
    assert (row["name"], row["status"], row["is_staff"]) == ("Dora", "active", False)
    assert row["password"].startswith("!")
    assert row["time_zones"] == []


def test_adding_two_people_without_addresses(admin, people):
    for phone in ("14155550188", "14155550189"):
        admin.saved(
            PEOPLE + "add/", "user_form", phone_number=phone, name="", usable_password="false"
        )
    assert people.count_documents({"phone_number": {"$in": ["14155550188", "14155550189"]}}) == 2


@pytest.mark.parametrize("phone", ["", "12", "+1 (415) 555-0103", "letters"])
def test_a_person_that_cannot_be_is_told_on_the_form(admin, people, phone):
    answer = admin.edit(PEOPLE + "add/", "user_form", phone_number=phone, usable_password="false")
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"phone_number"}
    assert people.count_documents({}) == 1


def test_setting_the_password_of_a_person(admin, people):
    row = insert(people, {**COMPLETE_PERSON, "is_staff": True})
    url = f"{PEOPLE}{row['id']}/password/"
    admin.page(url)
    words = {"password1": "yet another 7 phrase", "password2": "yet another 7 phrase"}
    answer = admin.post(url, {**words, "usable_password": "true"})
    assert answer.status_code == 302, _errors(answer)
    now = stored(people, row)
    assert {**now, "password": row["password"]} == row
    assert Browser().sign_in("14155550144", words["password1"]).status_code == 302


# Goals


@pytest.mark.parametrize("document", [COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL])
def test_editing_a_goal_touches_only_what_was_edited(admin, goals, alice, document):
    row = insert(goals, document, user_id=alice.pk)
    admin.saved(goal_url(row), "goal_form", title="Learn Rust")
    version = row.get("version", 1) + 1
    assert stored(goals, row) == {**row, "title": "Learn Rust", "version": version}


@pytest.mark.parametrize("document", [COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL])
def test_saving_a_goal_unchanged_changes_nothing(admin, goals, alice, document):
    row = insert(goals, document, user_id=alice.pk)
    admin.saved(goal_url(row), "goal_form")
    assert stored(goals, row) == row


def test_the_new_target_date_is_a_bson_date(admin, goals, alice):
    row = insert(goals, TEXT_DATED_GOAL, user_id=alice.pk)
    admin.saved(goal_url(row), "goal_form", target_date_0="2027-05-01", target_date_1="00:00:00")
    now = stored(goals, row)
    assert now["target_date"] == datetime(2027, 5, 1)
    assert now == {**row, "target_date": now["target_date"], "version": 4, **_outdated(now)}


def _outdated(row):
    return {name: row[name] for name in ("roadmap_outdated",) if name in row}


def test_a_goal_whose_owner_is_missing_opens_and_saves(admin, goals):
    row = insert(goals, COMPLETE_GOAL, user_id="6f9619ff-8b86-4011-b42d-00c04fc964ff")
    assert "Learn Go" in admin.page(goal_url(row))
    admin.saved(goal_url(row), "goal_form", title="Adopted")
    assert stored(goals, row) == {**row, "title": "Adopted", "version": 4}


def test_a_goal_whose_owner_is_missing_is_deleted(admin, goals):
    row = insert(goals, COMPLETE_GOAL, user_id="6f9619ff-8b86-4011-b42d-00c04fc964ff")
    assert admin.get(goal_url(row, "delete")).status_code == 200
    assert admin.post(goal_url(row, "delete"), {"post": "yes"}).status_code == 302
    assert stored(goals, row) is None


def test_the_page_of_a_goal_shows_its_roadmap_as_text(admin, goals, alice):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    page = admin.page(goal_url(row))
    assert "Two days &lt;b&gt;only&lt;/b&gt;" in page
    assert "Part 2" in page
    assert "1 of 1 passed" in page
    assert "Hello" not in page  # chats are private


def test_a_message_that_came_while_the_form_was_open_is_kept(admin, goals, alice):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    values = Form(admin.page(goal_url(row)), "goal_form").values
    chat.send(user=alice, goal_id=row["id"], content="Meanwhile")
    assert admin.post(goal_url(row), values | {"title": "Later"}).status_code == 302
    now = stored(goals, row)
    assert [message["content"] for message in now["messages"]][:2] == ["Hello", "Meanwhile"]
    assert now["messages"][0] == row["messages"][0]
    assert len(now["messages"]) == 3


def test_an_edit_by_the_owner_while_the_form_was_open_is_kept(admin, goals, alice, client_of):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    values = Form(admin.page(goal_url(row)), "goal_form").values
    patch = {"description": "The owner's words."}
    assert client_of(alice).patch(f"/api/v1/goals/{row['id']}/", patch).status_code == 200
    admin.post(goal_url(row), values | {"title": "Staff's title"})
    now = stored(goals, row)
    assert now["description"] == "The owner's words."
    assert (now["title"], now["version"]) == ("Staff's title", 5)


def test_an_edit_makes_the_owners_copy_stale(admin, goals, alice, client_of):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    admin.saved(goal_url(row), "goal_form", title="New")
    answer = client_of(alice).patch(f"/api/v1/goals/{row['id']}/", {"title": "Old", "version": 3})
    assert answer.status_code in (409, 412)
    assert answer.json()["code"] == "stale_version"


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("title", "", "title"),
        ("title", "x" * 201, "title"),
        ("title", "a\x00b", "title"),
        ("description", "", "description"),
        ("description", "x" * 5001, "description"),
        ("target_date_0", "soon", "target_date"),
        ("target_date_0", "", "target_date"),
        ("target_date_0", "10000-01-01", "target_date"),
        ("status", "nonsense", "status"),
        ("category", "nonsense", "category"),
        ("subcategory", "x" * 51, "subcategory"),
    ],
)
def test_wrong_input_about_a_goal_is_told_on_the_form(admin, goals, alice, field, value, wrong):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    answer = admin.edit(goal_url(row), "goal_form", **{field: value})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {wrong}
    assert stored(goals, row) == row


NEW_GOAL = {
    "title": "Paint",
    "description": "A picture a week.",
    "target_date_0": "2027-01-01",
    "target_date_1": "00:00:00",
    "status": "active",
    "category": "creative",
}


def test_adding_a_goal(admin, goals, alice, client_of):
    values = {**NEW_GOAL, "category": "other"}
    admin.saved(GOALS + "add/", "goal_form", user=alice.pk, **values)
    row = goals.find_one({"title": "Paint"})
    assert fits(goals, row)
    assert row["user_id"] == alice.pk
    assert row["target_date"] == datetime(2027, 1, 1)
    assert isinstance(row["created_at"], datetime)
    assert (row["roadmap"], row["verification_stats"]) == (None, None)
    assert (row["messages"], row["daily_verifications"]) == ([], [])
    assert (row["streak"], row["progress"], row["version"]) == (0, 0.0, 1)
    shown = client_of(alice).get(f"/api/v1/goals/{row['id']}/")
    assert shown.json()["title"] == "Paint"


@pytest.mark.parametrize("owner", ["", "nobody", "6f9619ff-8b86-4011-b42d-00c04fc964ff", "a\x00"])
def test_a_goal_of_nobody_is_told_on_the_form(admin, goals, owner):
    answer = admin.edit(
        GOALS + "add/", "goal_form", user=owner, **{**NEW_GOAL, "category": "other"}
    )
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"user"}
    assert goals.count_documents({}) == 0


def test_the_popup_that_chooses_the_owner(admin, alice):
    assert admin.rows(PEOPLE + "?_to_field=id&_popup=1&q=14155550101") == [alice.pk]


# Deleting


def test_deleting_a_goal_takes_its_tests_along(admin, goals, database, a_goal, alice_api):
    goal, other = a_goal(), a_goal()
    for row in (goal, other):
        alice_api.post(f"/api/v1/goals/{row['id']}/roadmap/")
        assert alice_api.post(f"/api/v1/goals/{row['id']}/verifications/").status_code == 201
    admin.page(goal_url(goal, "delete"))
    assert admin.post(goal_url(goal, "delete"), {"post": "yes"}).status_code == 302
    assert [row["id"] for row in goals.find()] == [other["id"]]
    assert [row["goal_id"] for row in database.verification_tests.find()] == [other["id"]]


def test_deleting_goals_in_bulk(admin, goals, alice):
    rows = [insert(goals, COMPLETE_GOAL, user_id=alice.pk) for _ in range(3)]
    lost = insert(goals, MINIMAL_GOAL, user_id="6f9619ff-8b86-4011-b42d-00c04fc964ff")
    body = {
        "action": "delete_selected",
        "_selected_action": [rows[0]["id"], rows[1]["id"], lost["id"]],
    }
    assert admin.post(GOALS, body).status_code == 200
    assert goals.count_documents({}) == 4
    assert admin.post(GOALS, {**body, "post": "yes"}).status_code == 302
    assert [row["id"] for row in goals.find()] == [rows[2]["id"]]


def everywhere(database, *words):
    """The collections that still hold one of the words."""
    return {
        name
        for name in database.list_collection_names()
        if not name.startswith("system.")
        for row in database[name].find()
        if any(word in str(row) for word in words)
    }


@pytest.fixture
def traces_of_alice(alice, alice_api, a_goal, admin):
    """Goals, tests, sessions, an admin session and log entries of alice's."""
    goal = a_goal()
    alice_api.post(f"/api/v1/goals/{goal['id']}/roadmap/")
    alice_api.post(f"/api/v1/goals/{goal['id']}/verifications/")
    admin.saved(f"{PEOPLE}{alice.pk}/change/", "user_form", is_staff="on", name="Alice L.")
    admin.saved(goal_url(goal), "goal_form", title="Alice's secret plan")
    alice.refresh_from_db()
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    assert Browser().sign_in(alice.phone_number).status_code == 302
    return alice.pk, alice.phone_number, goal["id"]


def test_deleting_a_person_erases_all_their_data(admin, database, traces_of_alice, bob):
    assert everywhere(database, *traces_of_alice) >= {
        "users",
        "goals",
        "sessions",
        "admin_sessions",
        "verification_tests",
        "django_admin_log",
    }
    url = f"{PEOPLE}{traces_of_alice[0]}/delete/"
    admin.page(url)
    assert admin.post(url, {"post": "yes"}).status_code == 302
    assert everywhere(database, *traces_of_alice) == set()
    assert database.users.count_documents({}) == 2


def test_deleting_people_in_bulk_erases_all_their_data(admin, database, traces_of_alice, bob):
    lost = insert(database.users, MINIMAL_PERSON)
    body = {"action": "delete_selected", "_selected_action": [traces_of_alice[0], lost["id"]]}
    assert admin.post(PEOPLE, body).status_code == 200
    assert everywhere(database, traces_of_alice[0]) >= {"users", "goals"}
    assert admin.post(PEOPLE, {**body, "post": "yes"}).status_code == 302
    assert everywhere(database, *traces_of_alice, lost["id"]) == set()
    assert {row["name"] for row in database.users.find()} == {"Bob", "Carol"}


# Other pages


def test_the_history_of_a_person_and_a_goal(admin, goals, alice):
    row = insert(goals, COMPLETE_GOAL, user_id=alice.pk)
    admin.saved(goal_url(row), "goal_form", title="New")
    admin.saved(f"{PEOPLE}{alice.pk}/change/", "user_form", name="New")
    assert "Changed Title" in admin.page(goal_url(row, "history"))
    assert "Changed Name" in admin.page(f"{PEOPLE}{alice.pk}/history/")


@pytest.mark.parametrize("url", [PEOPLE, GOALS])
@pytest.mark.parametrize("ident", ["6f9619ff-8b86-4011-b42d-00c04fc964ff", "nonsense", "%00"])
@pytest.mark.parametrize("act", ["change", "delete", "history"])
def test_a_page_of_nothing_goes_to_the_index(admin, url, ident, act):
    answer = admin.get(f"{url}{ident}/{act}/")
    assert (answer.status_code, answer.get("Location")) == (302, reverse("admin:index"))


def test_index_and_app_pages(admin):
    assert "People" in admin.page("/admin/")
    assert "Goals" in admin.page("/admin/goals/")
    assert "people" in admin.page("/admin/accounts/").lower()
    assert "Groups" in admin.page("/admin/auth/group/")


def test_a_group_of_rights(admin, database):
    right = database.auth_permission.find_one({"codename": "view_goal"})["_id"]
    admin.saved("/admin/auth/group/add/", "group_form", name="Readers", permissions=str(right))
    group = database.auth_group.find_one({"name": "Readers"})
    try:
        assert "Readers" in admin.page(f"/admin/auth/group/{group['_id']}/change/")
    finally:
        database.auth_group.delete_one({"_id": group["_id"]})  # kept by the db fixture
