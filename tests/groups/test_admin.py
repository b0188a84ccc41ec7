"""Groups and reports in the admin: by pseudonym, with a record of whatever goes further."""

import json
import re

import pytest
from django.contrib.auth.models import Group as Role
from django.test import Client

from accounts.models import User
from groups import matching, moderation
from tests.commands import recorded_commands, stages
from tests.problem_details import assert_problem

GROUPS, REPORTS = "/admin/groups/group/", "/admin/groups/report/"


@pytest.fixture
def staff(db):
    """staff("moderator") -> the browser of somebody with that role."""

    def sign_in(role):
        user = User.objects.create_user(f"1555040{len(role):04}", name=role, is_staff=True)
        user.groups.add(Role.objects.get(name=role))
        browser = Client()
        browser.force_login(user)
        browser.user = user
        return browser

    return sign_in


@pytest.fixture
def group(alice_api, bob_api, matched, say):
    """A group of alice's and bob's with a message of each, one of them reported by bob."""
    mine = matched(alice_api)
    theirs = matched(bob_api)
    message = say(alice_api, mine, "Buy my course")
    say(bob_api, mine, "Please not here")
    path = f"/api/v1/groups/{mine['id']}/messages/{message['id']}/report/"
    assert bob_api.post(path, {"reason": "Advertising"}).status_code == 202
    return mine | {"other": theirs["username"]}


def page(browser, path):
    response = browser.get(path, secure=True)
    assert response.status_code == 200, response
    return response.content.decode()


def post(browser, path, **values):
    return browser.post(path, values, secure=True)


def change(group):
    return f"{GROUPS}{group['id']}/change/"


def audited(database):
    return [row["action"] for row in database.audit.find().sort("at", 1)]


def test_the_page_of_a_group_shows_chat_and_members_by_pseudonym(staff, group, alice, bob):
    html = page(staff("moderator"), change(group))
    assert "Buy my course" in html
    assert html.count(group["username"]) == html.count(group["other"]) == 2
    for trace in (alice.pk, bob.pk, alice.phone_number, alice.name):
        assert trace not in html


def test_the_list_reads_no_chats_and_finds_by_id_and_by_name(staff, group):
    browser = staff("moderator")
    assert group["name"] in page(browser, GROUPS)
    for search in (group["id"], group["name"][:4]):
        assert group["id"] in page(browser, f"{GROUPS}?q={search}")
    assert group["id"] not in page(browser, f"{GROUPS}?q=zzz")
    assert group["id"] in page(browser, f"{GROUPS}?category__exact=programming")


@pytest.mark.parametrize(
    "url",
    [
        *(
            GROUPS + query
            for query in ("", "?o=1", "?o=-6", "?category__exact=programming", "?q=P")
        ),
        *(REPORTS + query for query in ("", "?o=5", "?status__exact=waiting")),
    ],
)
def test_the_lists_are_read_by_an_index_already_in_order(url, staff, group):
    browser = staff("moderator")
    collection = "groups" if url.startswith(GROUPS) else "group_reports"
    with recorded_commands() as commands:
        assert browser.get(url, secure=True).status_code == 200
    lists = [command for command in commands if command.get("aggregate") == collection]
    assert lists
    for command in lists:
        used = stages(command)
        assert "IXSCAN" in used, command
        assert not used & {"COLLSCAN", "SORT", "$sort"}, command


@pytest.mark.parametrize("act", ["hide", "remove", "dismiss", "restore"])
def test_a_report_is_decided_from_the_queue(act, staff, group, database, alice, bob_api, read):
    browser = staff("moderator")
    row = database.group_reports.find_one()
    html = page(browser, REPORTS)
    assert "Buy my course" in html
    assert "Advertising" in page(browser, f"{REPORTS}{row['id']}/change/")
    answer = post(browser, REPORTS, action=act, _selected_action=row["id"])
    assert answer.status_code == 302
    status = {"hide": "acted", "remove": "acted", "dismiss": "dismissed", "restore": "dismissed"}
    assert database.group_reports.find_one()["status"] == status[act]
    hidden = [message["hidden"] for message in read(bob_api, group)]
    assert hidden == [False, act in ("hide", "remove")]
    assert (alice.pk in database.groups.find_one()["members"]) is (act != "remove")
    name = {"dismiss": "report.dismiss", "remove": "member.remove"}.get(act, f"message.{act}")
    assert audited(database) == [name]
    assert database.audit.find_one()["actor_id"] == browser.user.pk


def test_several_at_once(staff, group, alice_api, bob_api, say, database, read):
    for n in range(3):
        message = say(alice_api, group, f"Again {n}")
        path = f"/api/v1/groups/{group['id']}/messages/{message['id']}/report/"
        bob_api.post(path, {"reason": "Spam"})
    ids = [row["id"] for row in database.group_reports.find()]
    browser = staff("moderator")
    answer = browser.post(
        REPORTS, {"action": "hide", "_selected_action": ids}, secure=True, follow=True
    )
    assert "4 messages: hidden." in answer.content.decode()
    assert sum(message["hidden"] for message in read(bob_api, group)) == 4


@pytest.mark.parametrize(
    ("role", "groups", "reports"),
    [
        ("support", 403, 403),
        ("analyst", 403, 403),
        ("moderator", 200, 200),
        ("admin", 200, 200),
    ],
)
def test_each_role_sees_what_it_needs(role, groups, reports, staff, group, database):
    browser = staff(role)
    assert browser.get(GROUPS, secure=True).status_code == groups
    assert browser.get(change(group), secure=True).status_code == groups
    assert browser.get(REPORTS, secure=True).status_code == reports
    answer = browser.post(
        REPORTS,
        {"action": "hide", "_selected_action": database.group_reports.find_one()["id"]},
        secure=True,
    )
    assert answer.status_code == (302 if reports == 200 else 403)
    if role != "admin":
        assert "unmask" not in browser.get(change(group), secure=True).content.decode()
        assert post(browser, change(group), name="Other").status_code == 403
        refused = browser.get(f"{GROUPS}{group['id']}/unmask/", secure=True)
        assert refused.status_code == 403
    assert database.groups.find_one()["name"] == group["name"]


def test_unmasking_asks_why_and_is_recorded(staff, group, database, bob):
    browser = staff("admin")
    (path,) = set(re.findall(rf"{GROUPS}{group['id']}/unmask[^\"']*", page(browser, change(group))))
    assert "Pseudonym" in page(browser, path)
    assert post(browser, path, username=group["other"], reason="").status_code == 200
    assert post(browser, path, username="Nobody99", reason="A court order").status_code == 200
    assert audited(database) == []
    answer = post(browser, path, username=group["other"].lower(), reason="A court order")
    assert answer["Location"] == f"/admin/accounts/user/{bob.pk}/change/"
    (row,) = database.audit.find()
    assert (row["action"], row["subject_id"], row["reason"]) == (
        "member.unmask",
        bob.pk,
        "A court order",
    )


def test_unmasking_without_the_right_is_refused_by_the_act_too(staff, group, database):
    with pytest.raises(PermissionError):
        moderation.unmask(
            actor=staff("moderator").user,
            group_id=group["id"],
            username=group["other"],
            reason="Curious",
        )
    assert audited(database) == []


def form_of(html):
    """The fields of the change form and what they hold."""
    fields = re.findall(r'<input[^>]*name="([\w-]+)"[^>]*value="([^"]*)"', html)
    fields += [
        (name, value)
        for value, name in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="([\w-]+)"', html)
    ]
    return dict(fields)


def test_an_edit_keeps_what_was_written_meanwhile(staff, group, database, alice_api, say):
    browser = staff("admin")
    fields = form_of(page(browser, change(group)))
    say(alice_api, group, "Meanwhile")
    row = database.groups.find_one()
    values = {"name": "Pythonistas", "category": "programming", "subcategory": "python"}
    answer = post(browser, change(group), **fields | values | {"max_members": "30"})
    assert answer.status_code == 302, answer.content.decode()
    assert database.groups.find_one() == row | {"name": "Pythonistas", "max_members": 30}


def test_the_cap_cannot_go_below_who_is_in(staff, group, database):
    browser = staff("admin")
    fields = form_of(page(browser, change(group)))
    answer = post(
        browser, change(group), **fields | {"category": "programming", "max_members": "1"}
    )
    assert answer.status_code == 200
    assert "has 2 members already" in answer.content.decode()
    fields["max_members"] = "2"
    post(browser, change(group), **fields | {"category": "programming"})
    assert database.groups.find_one()["is_full"] is True


def test_an_export_names_no_member(staff, group, database, alice):
    browser = staff("admin")
    answer = post(browser, GROUPS, action="export_json", _selected_action=group["id"])
    (row,) = json.loads(b"".join(answer.streaming_content))
    assert (row["id"], row["name"], row["member_count"]) == (group["id"], group["name"], 2)
    assert not {"members", "messages", "removed"} & set(row)
    assert audited(database) == ["group.export"]
    refused = post(staff("moderator"), GROUPS, action="export_json", _selected_action=group["id"])
    assert "Content-Disposition" not in refused.headers


def test_staff_open_a_group_that_people_are_matched_with(staff, db, alice):
    browser = staff("admin")
    values = {"name": "Fresh", "category": "music", "subcategory": "", "max_members": "10"}
    assert post(browser, GROUPS + "add/", **values).status_code == 302
    assert post(browser, GROUPS + "add/", **values | {"category": "art"}).status_code == 302
    _, opened = matching.match(user=alice, category="music")
    assert opened is False


def test_deleting_a_group_takes_its_memberships_and_reports(staff, group, database, alice_api):
    browser = staff("admin")
    answer = post(browser, f"{GROUPS}{group['id']}/delete/", post="yes")
    assert answer.status_code == 302
    for name in ("groups", "group_memberships", "group_mutes", "group_reports"):
        assert database[name].count_documents({}) == 0
    assert audited(database) == ["group.delete"]
    assert_problem(alice_api.get(f"/api/v1/groups/{group['id']}/"), 404, "not_found")


def test_the_dashboard_says_how_many_reports_wait(staff, group):
    assert "Reports waiting" in page(staff("moderator"), "/admin/")
