"""Export of a selection from the admin's lists."""

import csv
import io
import json

import pytest

from accounts import exporting
from goals.admin import GoalAdmin
from tests.commands import recorded_commands, stages
from tests.foreign import COMPLETE_GOAL, COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON, insert

PEOPLE, GOALS = "/admin/accounts/user/", "/admin/goals/goal/"


def export(browser, url, ids, ending="csv", **more):
    body = {"action": f"export_{ending}", "_selected_action": ids, **more}
    answer = browser.post(url, body)
    assert answer.status_code == 200
    assert answer.streaming
    assert f".{ending}" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content).decode()


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_selected_as_csv(boss, alice, bob, database):
    (row,) = rows(export(boss, PEOPLE, [alice.pk]))
    assert row["phone_number"] == "14155550101"
    assert set(row) == {"id", "phone_number", "name", "email", "status", "time_zone", "created_at"}
    assert row["created_at"].endswith("Z")
    record = database.audit.find_one()
    assert (record["action"], record["subject_id"]) == ("person.export", alice.pk)
    assert database.audit.count_documents({}) == 1


def test_the_selected_as_json(boss, alice, bob, database):
    found = json.loads(export(boss, PEOPLE, [alice.pk, bob.pk], "json"))
    assert {row["name"] for row in found} == {"Alice", "Bob"}
    assert database.audit.count_documents({"action": "person.export"}) == 2


def test_documents_of_every_kind(boss, database):
    people = [
        insert(database.users, row) for row in (COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON)
    ]
    ids = [row["id"] for row in people]
    assert {row["id"] for row in rows(export(boss, PEOPLE, ids))} == set(ids)
    assert {row["id"] for row in json.loads(export(boss, PEOPLE, ids, "json"))} == set(ids)


def test_goals_whose_owner_is_missing_too(boss, database):
    goal = insert(database.goals, COMPLETE_GOAL, user_id="6f9619ff-8b86-4011-b42d-00c04fc964ff")
    (row,) = rows(export(boss, GOALS, [goal["id"]]))
    assert row["title"] == goal["title"]
    assert "messages" not in row
    assert database.audit.find_one()["action"] == "goal.export"


def test_a_whole_list_is_one_record_that_says_how_it_was_narrowed(boss, alice, bob, database):
    text = export(boss, PEOPLE + "?is_staff__exact=0", [alice.pk], select_across="1")
    assert {row["name"] for row in rows(text)} == {"Alice", "Bob"}
    record = database.audit.find_one()
    assert (record["subject_id"], record["reason"]) == ("", "the whole list is_staff__exact=0")
    export(boss, PEOPLE + "?q=14155550101", [alice.pk], select_across="1")
    assert not database.audit.find_one({"reason": {"$regex": "14155550101"}})


def test_only_the_columns_are_read_and_in_batches(boss, database, alice):
    for number in range(1200):
        insert(database.goals, COMPLETE_GOAL, user_id=alice.pk, title=f"{number}")
    with recorded_commands() as commands:
        text = export(boss, GOALS, ["x"], select_across="1")
    assert len(rows(text)) == 1200
    read = [row for row in commands if row.get("aggregate") == "goals"][-1]
    assert set(read["pipeline"][-1]["$project"]) == set(GoalAdmin.export_columns)
    assert "IXSCAN" in stages(read)
    assert not stages(read) & {"SORT", "$sort", "COLLSCAN"}
    assert [row for row in commands if "getMore" in row]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(boss, alice, database, text):
    database.users.update_one({"id": alice.pk}, {"$set": {"name": text}})
    (row,) = rows(export(boss, PEOPLE, [alice.pk]))
    assert row["name"] == "'" + text
    (plain,) = json.loads(export(boss, PEOPLE, [alice.pk], "json"))
    assert plain["name"] == text


@pytest.mark.parametrize("value", ["Ann", "", "1-2", "a=b", 0, -1.5, 16.67, 'Ada, "x"\nB'])
def test_other_cells_stay_as_they_are(value):
    assert exporting.harmless(value) == value


def test_nothing_selected_is_an_empty_list():
    assert json.loads(b"".join(exporting.json_lines(("id",), []))) == []
    assert list(exporting.csv_lines(("id", "name"), [])) == ["id,name\r\n"]
