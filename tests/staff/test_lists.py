"""The lists of the admin: every page of them by an index, none that counts or sorts a million."""

import re

import pytest
from django.contrib import admin as site

from accounts.models import User
from doit_site import admin as base
from doit_site.admin import DocumentList
from doit_site.mongo.client import get_db
from goals.models import Goal
from tests.commands import recorded_commands, stages
from tests.foreign import COMPLETE_GOAL, MINIMAL_PERSON, insert

PEOPLE, GOALS = "/admin/accounts/user/", "/admin/goals/goal/"
LISTED = {PEOPLE: "users", GOALS: "goals"}


@pytest.fixture
def many(database, alice):
    for number in range(60):
        insert(
            database.users,
            MINIMAL_PERSON,
            phone_number=f"4915550{number:05}",
            name=f"P{number}",
            status=("active", "suspended")[number % 2],
            is_staff=number % 7 == 0,
            is_superuser=False,
        )
        insert(database.goals, COMPLETE_GOAL, user_id=alice.pk, title=f"T{number}")


def read(browser, url):
    """The commands that read the listed collection for the page."""
    collection = LISTED[url.partition("?")[0]]
    with recorded_commands() as commands:
        assert browser.get(url).status_code == 200
    return [command for command in commands if command.get("aggregate") == collection]


def assert_ordered_by_index(commands):
    assert commands
    for command in commands:
        used = stages(command)
        assert "IXSCAN" in used, command
        assert not used & {"COLLSCAN", "SORT", "$sort"}, command


@pytest.mark.parametrize(
    "url",
    [
        PEOPLE,
        PEOPLE + "?p=2",
        PEOPLE + "?o=1",
        PEOPLE + "?o=-1",
        PEOPLE + "?o=5",
        PEOPLE + "?status__exact=suspended",
        PEOPLE + "?is_staff__exact=1",
        PEOPLE + "?is_superuser__exact=1",
        PEOPLE + "?status__exact=suspended&o=1",
        PEOPLE + "?q=P1",
        GOALS,
        GOALS + "?p=2",
        GOALS + "?o=1",
        GOALS + "?o=8",
        GOALS + "?status__exact=completed",
        GOALS + "?category__exact=music",
        GOALS + "?status__exact=active&category__exact=music",
        GOALS + "?q=T1",
        GOALS + "?q=14155550101",
    ],
)
def test_a_page_is_read_by_an_index_in_its_order(boss, many, url):
    # The count of a part has no order, and reads at most what can be paged to.
    commands = read(boss, url)
    assert_ordered_by_index([row for row in commands if "$count" not in str(row)])
    assert not any("COLLSCAN" in stages(row) for row in commands)


def test_what_a_filter_leaves_is_counted_from_the_index_alone(boss, many, database):
    commands = read(boss, GOALS + "?status__exact=active")
    [count] = [row for row in commands if "$count" in str(row)]
    told = get_db().command("explain", count, verbosity="executionStats")
    examined = re.findall(r"'total(Keys|Docs)Examined': (\d+)", str(told))
    assert ("Keys", "0") not in examined
    assert {number for name, number in examined if name == "Docs"} == {"0"}


def test_the_owners_of_a_page_of_goals_are_looked_up_not_sorted(boss, many):
    with recorded_commands() as commands:
        boss.get(GOALS)
    assert_ordered_by_index([row for row in commands if row.get("aggregate") == "users"])


@pytest.mark.parametrize("column", [2, 3, 4])
def test_a_column_without_an_index_does_not_sort(boss, many, column):
    assert boss.rows(f"{PEOPLE}?o={column}") == boss.rows(PEOPLE)
    assert_ordered_by_index(read(boss, f"{PEOPLE}?o={column}"))


def test_a_column_without_an_index_would_sort_in_memory(boss, many, monkeypatch):
    """The twin: with Django's own order the same page is a blocking sort."""
    monkeypatch.delattr(DocumentList, "get_ordering")
    with pytest.raises(AssertionError):
        assert_ordered_by_index(read(boss, f"{PEOPLE}?o=2"))


@pytest.mark.parametrize(
    "lookup",
    [
        "name__contains=P",
        "name__regex=^(P+)+x",
        "password__startswith=md5",
        "preferences__theme=dark",
        "created_at__year=2026",
        "groups__name=admin",
        "is_staff__in=1",
    ],
)
def test_what_no_filter_offers_is_refused(boss, many, lookup):
    answer = boss.get(f"{PEOPLE}?{lookup}")
    assert (answer.status_code, answer["Location"]) == (302, f"{PEOPLE}?e=1")


@pytest.mark.parametrize("url", [PEOPLE, GOALS])
def test_a_whole_list_is_not_counted(boss, many, url):
    with recorded_commands() as commands:
        boss.get(url)
    counts = [row for row in commands if "count" in row or "$count" in str(row)]
    assert [row["count"] for row in counts] == [LISTED[url]]
    assert not any("query" in row for row in counts)  # by metadata


def test_a_part_is_counted_up_to_what_can_be_paged_to(boss, many, monkeypatch):
    monkeypatch.setattr(base, "REACHABLE", 20)
    with recorded_commands() as commands:
        answer = boss.get(PEOPLE + "?status__exact=suspended")
    assert answer.context["cl"].result_count == 21
    assert any("{'$limit': 21}" in str(row) for row in commands)


def test_nobody_pages_to_the_millionth_row(boss, many, monkeypatch):
    monkeypatch.setattr(base, "REACHABLE", 50)
    assert len(boss.rows(PEOPLE)) == 50
    assert boss.get(PEOPLE + "?p=2").status_code == 302


def test_no_choice_of_a_filter_is_counted(boss, many):
    with recorded_commands() as commands:
        boss.get(PEOPLE + "?_facets=True")
    assert "$sum" not in str(commands)


def test_a_list_of_goals_reads_neither_chats_nor_roadmaps(boss, many):
    with recorded_commands() as commands:
        boss.get(GOALS)
    (rows,) = [row for row in commands if row.get("aggregate") == "goals"]
    left_out = {"messages": 0, "roadmap": 0, "description": 0, "plan": 0}
    assert rows["pipeline"][-1] == {"$project": left_out}


@pytest.mark.parametrize("model", [User, Goal])
def test_columns_that_sort_begin_an_index(model):
    first = {index.fields_orders[0][0] for index in model._meta.indexes}
    assert set(site.site.get_model_admin(model).sortable_by) <= first
