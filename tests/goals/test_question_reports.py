"""A question of a test is reported, once a person; the staff decides in the admin."""

import re

import pytest
from django.contrib.auth.models import Group as Role
from django.test import Client

from accounts import personal_data
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Problem
from doit_site.mongo.fields import new_id
from goals import question_reports
from goals.coach.offline.curricula import library
from goals.coach.offline.topics import topic_of_question
from goals.models import QuestionReport
from tests.commands import recorded_commands, stages
from tests.contract.documents import goal_document, open_test_document
from tests.goals.steps import ask, make_roadmap
from tests.problem_details import assert_problem
from tests.races import together

ADMIN = "/admin/goals/questionreport/"


def path_of(goal_id, test_id, question_id="q1"):
    return f"/api/v1/goals/{goal_id}/verifications/{test_id}/questions/{question_id}/report/"


@pytest.fixture
def tested(alice_api, a_goal):
    """(alice's goal, an open test on it as she sees it)."""
    goal = a_goal(title="Learn Python")
    make_roadmap(alice_api, goal)
    return goal, ask(alice_api, goal)


@pytest.fixture
def put(database):
    """put(user, n) -> the path of question n of an open test of the person's, one test a call."""

    def insert(user, number=1):
        goal = goal_document(user.pk)
        test = open_test_document(goal)
        database.goals.insert_one(goal)
        database.verification_tests.insert_one(test)
        return path_of(goal["id"], test["id"], f"q{number}")

    return insert


@pytest.fixture
def staff(db):
    """staff(role) -> the browser of somebody with that role."""

    def sign_in(role):
        user = User.objects.create_user(f"1555040{len(role):04}", name=role, is_staff=True)
        user.groups.add(Role.objects.get(name=role))
        browser = Client()
        browser.force_login(user)
        browser.user = user
        return browser

    return sign_in


def test_a_report_holds_the_question_and_where_it_comes_from(alice_api, alice, tested, database):
    goal, test = tested
    answer = alice_api.post(path_of(goal["id"], test["test_id"], "q2"), {"reason": "Two are right"})
    assert answer.status_code == 202
    assert answer.content == b""
    (row,) = database.question_reports.find()
    question = database.verification_tests.find_one()["questions"][1]
    assert {name: row[name] for name in ("prompt", "choices", "answer", "explanation")} == {
        name: question[name] for name in ("prompt", "choices", "answer", "explanation")
    }
    assert row["topic"].startswith("python/")
    assert (row["reporter_id"], row["reason"]) == (alice.pk, "Two are right")
    assert (row["status"], row["decided_at"]) == ("open", None)
    assert database.verification_tests.find_one()["result"] is None


def test_again_by_the_same_person_is_nothing_and_by_another_a_second(
    alice_api, bob_api, alice, bob, put, database
):
    first, second = put(alice), put(alice)
    for path, reason in ((first, "One"), (first, "Two"), (second, "The same in another test")):
        assert alice_api.post(path, {"reason": reason}).status_code == 202
    assert [row["reason"] for row in database.question_reports.find()] == ["One"]
    assert bob_api.post(put(bob), {"reason": "Me too"}).status_code == 202
    keys = {row["question_key"] for row in database.question_reports.find()}
    assert question_reports.counts(keys) == {keys.pop(): 2}


def report_at_once(alice, put, client_of):
    path = put(alice)
    clients = [client_of(alice) for _ in range(8)]
    answers = together(8, lambda n: clients[n].post(path, {"reason": "Wrong"}))
    assert {answer.status_code for answer in answers} == {202}


def test_at_once_by_the_same_person_is_one(alice, put, client_of, database):
    report_at_once(alice, put, client_of)
    assert database.question_reports.count_documents({}) == 1


def test_at_once_without_the_unique_index_is_many(alice, put, client_of, database):
    """The twin."""
    reports, name = database.question_reports, "question_reporter_index"
    reports.drop_index(name)
    try:
        report_at_once(alice, put, client_of)
        assert reports.count_documents({}) == 8
    finally:
        reports.delete_many({})
        reports.create_index([("question_key", 1), ("reporter_id", 1)], name=name, unique=True)


def test_what_is_not_ones_own_or_not_there_is_not_found(alice_api, bob_api, alice, put, database):
    path = put(alice)
    assert_problem(bob_api.post(path, {"reason": "x"}), 404, "not_found")
    for missing in (path.replace("/q1/", "/q9/"), path_of(new_id(), new_id())):
        assert_problem(alice_api.post(missing, {"reason": "x"}), 404, "not_found")
    assert_problem(alice_api.post(path, {"reason": " "}), 400, "invalid_input")
    assert_problem(alice_api.post(path, {}), 400, "invalid_input")
    assert_problem(alice_api.post(path, {"reason": "x" * 1001}), 400, "invalid_input")
    assert database.question_reports.count_documents({}) == 0


def test_export_shows_the_report_without_the_answer_and_erasing_removes_it(
    alice_api, alice, put, database
):
    alice_api.post(put(alice), {"reason": "Unclear"})
    (shown,) = alice_api.get("/api/v1/me/export/").json()["question_reports"]
    assert set(shown) == {"prompt", "reason", "status", "created_at"}
    assert shown["reason"] == "Unclear"
    personal_data.erase(alice.pk)
    assert database.question_reports.count_documents({}) == 0


def test_the_topic_is_that_of_the_goals_own_curriculum_or_none():
    python = library()["python"]
    step = python.steps[0]
    check = step.checks[0].question
    assert topic_of_question(check, "Learn Python", "python") == f"python/{step.slug}"
    assert topic_of_question(check, "Learn Python", None) == f"python/{step.slug}"
    asked = f"What does “{step.terms[0].term}” mean here?"
    assert topic_of_question(asked, "Learn Python", "python") == f"python/{step.slug}"
    assert topic_of_question("Who wrote Faust?", "Read", None) is None
    general = "“Get fit” is weak as an outcome. What does it lack?"
    assert topic_of_question(general, "Build a birdhouse", None) == "general/outcome"


@pytest.fixture
def reported(alice_api, bob_api, alice, bob, put):
    """The same question reported by alice and bob, another by alice."""
    alice_api.post(put(alice), {"reason": "Two are right"})
    bob_api.post(put(bob), {"reason": "None is right"})
    alice_api.post(put(alice, 2), {"reason": "Unclear"})


@pytest.mark.parametrize(
    ("act", "status", "action"),
    [("dismiss", "dismissed", "question.dismiss"), ("mark_fixed", "fixed", "question.fix")],
)
def test_deciding_one_settles_all_reports_of_the_question(
    act, status, action, staff, reported, database, alice, bob
):
    browser = staff("moderator")
    page = browser.get(ADMIN, secure=True).content.decode()
    counts = re.findall(r"field-reports[^>]*>(?:\s|<[^>]*>)*(\d+)", page)
    assert sorted(counts) == ["1", "2", "2"]
    for trace in (alice.pk, bob.pk, alice.phone_number):
        assert trace not in page
    row = database.question_reports.find_one({"reason": "Two are right"})
    shown = browser.get(f"{ADMIN}{row['id']}/change/", secure=True).content.decode()
    assert "✓ a" in shown
    assert shown.count("✗") == 3
    answer = browser.post(ADMIN, {"action": act, "_selected_action": row["id"]}, secure=True)
    assert answer.status_code == 302
    states = {row["reason"]: row["status"] for row in database.question_reports.find()}
    assert states == {"Two are right": status, "None is right": status, "Unclear": "open"}
    (record,) = database.audit.find()
    assert (record["action"], record["subject_id"]) == (action, row["id"])
    assert record["actor_id"] == browser.user.pk


def test_only_who_may_decides(staff, reported, database):
    row = database.question_reports.find_one()
    support = staff("support")
    assert support.get(ADMIN, secure=True).status_code == 403
    moderator = staff("moderator")
    for method in ("add/", f"{row['id']}/delete/"):
        assert moderator.get(ADMIN + method, secure=True).status_code == 403
    assert support.post(ADMIN, {"action": "dismiss"}, secure=True).status_code == 403
    assert database.question_reports.count_documents({"status": "open"}) == 3


@pytest.mark.parametrize("query", ["", "?o=6", "?status__exact=open"])
def test_the_lists_are_read_by_an_index_already_in_order(query, staff, reported):
    browser = staff("moderator")
    with recorded_commands() as commands:
        assert browser.get(ADMIN + query, secure=True).status_code == 200
    lists = [command for command in commands if command.get("aggregate") == "question_reports"]
    assert len(lists) >= 2
    for command in lists:
        used = stages(command)
        assert "IXSCAN" in used, command
        assert not used & {"COLLSCAN", "SORT", "$sort"}, command


def test_the_first_page_of_the_admin_says_how_many_wait(staff, reported):
    html = staff("moderator").get("/admin/", secure=True).content.decode()
    assert "Questions reported" in html
    assert question_reports.waiting() == 3


def test_a_report_that_is_gone_is_not_found(alice):
    with pytest.raises(Problem, match="Not found"):
        question_reports.dismiss(actor=alice, report_id=new_id())
    report = QuestionReport(prompt="Why?", created_at=clock.now())
    assert str(report) == "Why?"
