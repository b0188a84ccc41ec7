"""What staff do in a day, done in a browser."""

import json

import pytest

from goals import demo
from tests.browser.conftest import PASSWORD, WIDTHS

LISTS = {
    "people": "/admin/accounts/user/",
    "goals": "/admin/goals/goal/",
    "groups": "/admin/groups/group/",
    "reports": "/admin/groups/report/",
    "audit": "/admin/accounts/auditrecord/",
    "roles": "/admin/auth/group/",
}


def first_of(tab, path):
    """The address of the first row's page."""
    tab.open(path)
    link = tab.page.locator("#result_list tbody th a").first
    return link.get_attribute("href")


def pages(tab):
    """(name, path) of every kind of page that staff see."""
    yield "dashboard", "/admin/"
    for name, path in LISTS.items():
        yield f"{name}-list", path
    for name in ("people", "goals", "groups", "reports", "roles"):
        yield f"{name}-page", first_of(tab, LISTS[name])
    for name in ("people", "groups", "goals"):
        yield f"{name}-add", LISTS[name] + "add/"
    yield "chat-reason", first_of(tab, LISTS["goals"]).replace("change/", "chat/")
    yield "unmask-reason", first_of(tab, LISTS["groups"]).replace("change/", "unmask/")
    yield "person-delete", first_of(tab, LISTS["people"]).replace("change/", "delete/")
    yield "password", "/admin/password_change/"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_whole_at_every_width_and_axe_finds_nothing_serious(tab, width):
    one = tab(width)
    one.open("/admin/")
    one.shoot(f"login-{width}")
    findings = {"login": one.serious()}
    one.sign_in()
    for name, path in list(pages(one)):
        response = one.open(path)
        assert response.status == 200, (name, path)
        one.shoot(f"{name}-{width}")
        if width == "wide":  # what axe looks at is the same at both, and takes half a second
            findings[name] = one.serious()
        assert one.overflows() == [], name
    told = [f"{name}: {row}" for name, rows in findings.items() for row in rows]
    assert not told, "\n".join(told)


def test_axe_would_find_something_serious(tab):
    """The twin: a page that nobody can read."""
    one = tab()
    one.open("/admin/")
    one.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend',"
        " '<main><img src=x><input><p style=\"color:#eee;background:#fff\">pale</p></main>')"
    )
    one.errors.clear()
    assert one.serious()
    one.page.evaluate("document.querySelector('img[src=x]').remove()")
    one.errors.clear()


def test_a_wrong_password_is_told(tab):
    one = tab()
    one.open("/admin/")
    one.page.fill("#id_username", demo.ADMIN_PHONE)
    one.page.fill("#id_password", "wrong")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("Please enter the correct").wait_for()
    assert one.page.locator("#id_password").count() == 1


def test_a_person_is_found_and_a_goal_read(tab):
    one = tab().sign_in()
    one.open(LISTS["people"] + "?q=" + demo.PERSON_PHONE)
    one.page.locator("#result_list tbody th a").first.click()
    assert "Ada" in one.page.content()
    one.open(LISTS["goals"] + "?q=Learn Python")
    one.page.locator("#result_list tbody th a").first.click()
    one.page.get_by_text("Roadmap").first.wait_for()
    shown = one.text()
    for part in ("Roadmap", "Day 1", "Scores"):
        assert part in shown
    assert one.page.locator("svg").count() >= 2


def test_a_reported_message_is_hidden_and_shown_again(tab):
    one = tab().sign_in("moderator")
    one.open(LISTS["reports"])
    row = one.page.locator("#result_list tbody tr", has_text="Buy my course")
    for action, said in (("hide", "hidden"), ("restore", "shown again")):
        one.open(LISTS["reports"])
        row = one.page.locator("#result_list tbody tr", has_text="Buy my course")
        row.locator("input[name=_selected_action]").check()
        one.page.select_option("select[name=action]", action)
        one.page.locator("#changelist-form button[name=index]").click()
        one.page.wait_for_load_state()
        assert said in one.text()


def test_a_selection_is_exported(tab):
    one = tab().sign_in("admin")
    one.open(LISTS["people"] + "?q=" + demo.PERSON_PHONE)
    one.page.locator("input[name=_selected_action]").first.check()
    one.page.select_option("select[name=action]", "export_json")
    with one.page.expect_download() as download:
        one.page.locator("#changelist-form button[name=index]").click()
    rows = json.loads(download.value.path().read_text())
    assert [row["name"] for row in rows] == ["Ada"]


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("support", {"people", "goals"}),
        ("moderator", {"groups", "reports"}),
        ("analyst", set()),
        ("admin", set(LISTS)),
    ],
)
def test_each_role_is_shown_its_own_work(tab, role, sees):
    one = tab().sign_in(role)
    one.shoot(f"dashboard-{role}")
    links = {
        link.get_attribute("href")
        for link in one.page.locator("#nav-sidebar a, nav a, aside a").all()
    }
    assert {name for name, path in LISTS.items() if path in links} == sees


def test_with_the_keyboard_alone(tab):
    one = tab()
    one.open("/admin/")
    keys = one.page.keyboard
    _tab_to(one, "#id_username")
    keys.type(demo.ADMIN_PHONE)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    one.page.wait_for_url(one.site.url + "/admin/")
    _tab_to(one, f"a[href='{LISTS['goals']}']")
    keys.press("Enter")
    one.page.wait_for_url(one.site.url + LISTS["goals"])
    _tab_to(one, "#result_list tbody th a")
    keys.press("Enter")
    one.page.get_by_role("heading", name="Roadmap").wait_for()


def _tab_to(one, selector):
    """Press Tab until the element has the focus, which must be visible."""
    for _ in range(80):
        one.page.keyboard.press("Tab")
        if one.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def test_a_private_chat_asks_why_before_it_opens(tab):
    one = tab().sign_in("admin")
    one.open(first_of(one, LISTS["goals"] + "?q=Learn Python").replace("change/", "chat/"))
    assert "What is on today?" not in one.text()
    one.page.fill("textarea[name=reason]", "Asked by the person to look")
    one.page.locator("form.doit-reason button[type=submit]").click()
    one.page.get_by_text("What is on today?").wait_for()
    one.shoot("chat-open")
    one.open(LISTS["audit"])
    assert "Read a private chat" in one.text()


def test_the_api_documentation_works_without_the_internet(tab):
    one = tab()
    one.open("/api/docs/")
    one.page.wait_for_selector(".opblock-tag", timeout=15_000)
    one.shoot("docs")
    assert "groups" in one.text()
