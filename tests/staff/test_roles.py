"""Each role over every URL of the admin, read from the URL configuration."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts import audit
from accounts.models import AuditRecord
from doit_site.mongo.fields import new_id
from goals.models import Goal, Job, QuestionReport
from tests.contract.documents import job_document
from tests.staff.conftest import ROLES

EVERYBODY = {"nobody", *ROLES}
SUPPORT, MODERATORS, ADMIN = {"support", "admin"}, {"moderator", "admin"}, {"admin"}

# name of the URL -> who gets in by GET. A URL of a new page has to be added here.
WHO = {
    "index": EVERYBODY,
    "search": EVERYBODY,
    "jsi18n": EVERYBODY,
    "password_change": EVERYBODY,
    "password_change_done": EVERYBODY,
    "auth_user_password_change": ADMIN,
    "accounts_user_changelist": SUPPORT,
    "accounts_user_add": ADMIN,
    "accounts_user_change": SUPPORT,
    "accounts_user_history": SUPPORT,
    "accounts_user_delete": ADMIN,
    "accounts_user_suspend": SUPPORT,
    "accounts_user_reactivate": SUPPORT,
    "accounts_auditrecord_changelist": ADMIN,
    "accounts_auditrecord_add": set(),
    "accounts_auditrecord_change": ADMIN,
    "accounts_auditrecord_history": ADMIN,
    "accounts_auditrecord_delete": set(),
    "auth_group_changelist": ADMIN,
    "auth_group_add": ADMIN,
    "auth_group_change": ADMIN,
    "auth_group_history": ADMIN,
    "auth_group_delete": ADMIN,
    "goals_goal_changelist": SUPPORT,
    "goals_goal_add": ADMIN,
    "goals_goal_change": SUPPORT,
    "goals_goal_history": SUPPORT,
    "goals_goal_delete": ADMIN,
    "goals_goal_read_chat": ADMIN,
    "goals_job_changelist": SUPPORT,
    "goals_job_add": set(),
    "goals_job_change": SUPPORT,
    "goals_job_history": SUPPORT,
    "goals_job_delete": set(),
    "goals_questionreport_changelist": MODERATORS,
    "goals_questionreport_add": set(),
    "goals_questionreport_change": MODERATORS,
    "goals_questionreport_history": MODERATORS,
    "goals_questionreport_delete": set(),
}
# Whom they let in does not depend on a role, or has a test of its own.
APART = {"login", "logout", "autocomplete", "view_on_site", "app_list"}
OF_OTHER_APPS = ("groups_",)  # tests/groups


def names():
    found = {pattern.name for pattern in _patterns(get_resolver().url_patterns) if pattern.name}
    return {name for name in found - APART if not name.startswith(OF_OTHER_APPS)}


def _patterns(patterns, inside=False):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(
                pattern.url_patterns, inside or getattr(pattern, "namespace", None) == "admin"
            )
        elif inside:
            yield pattern


def test_every_page_has_an_entry():
    assert names() == set(WHO)


@pytest.fixture
def ids(alice, carol, a_goal):
    """A document of each kind, by the model's part of a URL's name."""
    goal = a_goal()
    audit.record(actor=carol, action="person.export", subject_kind="person")
    return {
        "user": alice.pk,
        "goal": goal["id"],
        "group": str(Group.objects.get(name="support").pk),
        "auditrecord": AuditRecord.objects.get().pk,
        "job": Job.objects.create(
            **job_document({"id": goal["id"], "user_id": alice.pk}, open_goal_id="", due_at=None)
        ).pk,
        "questionreport": QuestionReport.objects.create(
            id=new_id(), question_key="k", prompt="Why?", choices=["a", "b"], answer=0
        ).pk,
    }


def url(name, ids):
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        model = re.fullmatch(r"[a-z]+_([a-z]+)_\w+", name).group(1)
        return reverse(f"admin:{name}", args=[ids[model]])


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_role_sees_just_what_it_needs(browser_of, ids, role):
    browser = browser_of(role)
    statuses = {name: browser.get(url(name, ids)).status_code for name in WHO}
    expected = {name: 200 if role in who else 403 for name, who in WHO.items()}
    assert statuses == expected


@pytest.mark.parametrize("name", sorted(WHO))
def test_who_is_no_staff_sees_nothing(client, ids, name, alice):
    client.force_login(alice)
    answer = client.get(url(name, ids), secure=True)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def snapshot(database):
    left_out = ("admin_sessions", "figures", "sessions")
    return {
        name: list(database[name].find().sort("_id", 1))
        for name in database.list_collection_names()
        if not name.startswith("system.") and name not in left_out
    }


@pytest.mark.parametrize("role", sorted(EVERYBODY - ADMIN))
def test_a_role_that_may_not_write_writes_nothing(browser_of, ids, database, role):
    browser = browser_of(role)
    before = snapshot(database)
    for name in WHO:
        if (
            name.endswith(("_add", "_change", "_delete", "_read_chat"))
            and name != "password_change"
        ):
            answer = browser.post(
                url(name, ids), {"post": "yes", "title": "Mine", "reason": "Because I like"}
            )
            assert answer.status_code == 403, name
    for path, ident in (("accounts/user", "user"), ("goals/goal", "goal")):
        for action in ("delete_selected", "export_csv", "export_json"):
            body = {"action": action, "_selected_action": [ids[ident]], "post": "yes"}
            answer = browser.post(f"/admin/{path}/", body)
            assert answer.get("Content-Disposition") is None  # the list at most, or a refusal
    assert snapshot(database) == before


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("support", {"People", "Goals", "Jobs"}),
        ("analyst", set()),
        ("nobody", set()),
        ("admin", {"People", "Goals", "Jobs", "Question reports", "Audit", "Roles"}),
    ],
)
def test_the_side_shows_what_the_role_may_see(browser_of, role, links):
    navigation = browser_of(role).get("/admin/").context["sidebar_navigation"]
    shown = {item["title"] for group in navigation for item in group["items"]}
    assert shown - {"Groups", "Reports"} == links | {"Dashboard"}


@pytest.mark.parametrize(("role", "sees"), [("analyst", True), ("admin", True), ("support", False)])
def test_the_figures_are_for_those_who_may_see_them(browser_of, alice, role, sees):
    page = browser_of(role).page("/admin/")
    assert ("People joining" in page) == sees


def test_an_analyst_sees_no_personal_data(browser_of, alice, a_goal):
    goal = a_goal(title="Alice's secret plan")
    page = browser_of("analyst").page("/admin/")
    for secret in (alice.pk, alice.phone_number, "Alice", goal["id"], "secret plan"):
        assert secret not in page


def test_support_sees_neither_rights_nor_passwords(browser_of, alice):
    page = browser_of("support").page(f"/admin/accounts/user/{alice.pk}/change/")
    assert alice.phone_number in page
    for hidden in ("algorithm", "user_permissions", "is_superuser"):
        assert hidden not in page


def test_an_admin_makes_no_superuser_and_touches_none(browser_of, carol, alice, database):
    browser = browser_of("admin")
    for path in ("change", "delete", "password"):
        answer = browser.post(f"/admin/accounts/user/{carol.pk}/{path}/", {"post": "yes"})
        assert answer.status_code == 403
    body = {"action": "delete_selected", "_selected_action": [carol.pk], "post": "yes"}
    assert browser.post("/admin/accounts/user/", body).status_code == 403
    page = f"/admin/accounts/user/{alice.pk}/change/"
    browser.saved(page, "user_form", is_superuser="on", is_staff="on")
    row = database.users.find_one({"id": alice.pk})
    assert (row["is_staff"], row["is_superuser"]) == (True, False)
    assert database.users.count_documents({"id": carol.pk}) == 1


def test_the_roles_have_permissions_that_django_made_no_second_time(db):
    names = Permission.objects.values_list("content_type__app_label", "codename")
    assert len(set(names)) == len(list(names))
    labels = dict(
        Permission.objects.filter(content_type__model="user").values_list("codename", "name")
    )
    assert labels["view_user"] == "Can view person"
    assert labels["suspend_user"] == "Can suspend and reactivate a person"
    assert Permission.objects.filter(codename="add_auditrecord").count() == 0
    assert {name for name, _ in Goal._meta.permissions} == {"read_chat", "export_goal"}
