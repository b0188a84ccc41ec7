"""send_reminders: what is told, to whom, when; and that a day has one message, whatever happens."""

import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts import reminders
from accounts.models import User
from doit_site.mongo.client import get_db
from goals.reminders import sending
from goals.reminders.post import Post
from tests.accounts.test_passwords import mail_server
from tests.accounts.test_sms import gateway
from tests.commands import recorded_commands
from tests.contract.documents import goal_document
from tests.contract.test_queries import assert_by_index
from tests.races import together

__all__ = ["gateway", "mail_server"]  # the fixtures
MAIN = Path(__file__).resolve().parents[2]
# A year whose days are those of 2026, and after which MongoDB deletes no session as expired.
TUESDAY = datetime(2054, 3, 10, 18, 1, tzinfo=UTC)
MONDAY = datetime(2054, 3, 9, 18, 1, tzinfo=UTC)


@pytest.fixture
def at(time_machine):
    """at(moment) sets the clock, which stands still."""
    return lambda moment: time_machine.move_to(moment, tick=False)


@pytest.fixture
def wanting(db, at):
    """wanting(user, time="18:00", ...) -> the user, who wants reminders since Sunday, and has an address."""

    def turn_on(user, email="alice@example.org", **wishes):
        at(datetime(2054, 3, 8, 12, tzinfo=UTC))
        if email:
            get_db().users.update_one({"id": user.pk}, {"$set": {"email": email}})
        reminders.change(user=user, enabled=True, **wishes)
        return user

    return turn_on


@pytest.fixture
def goal_of(database, at):
    """goal_of(user, title=...) -> a goal whose five days began on Monday, 9 March 2054."""

    def insert(user, **fields):
        at(datetime(2054, 3, 9, 8, tzinfo=UTC))
        goal = goal_document(user.pk, **fields)
        database.goals.insert_one(goal)
        return goal

    return insert


@pytest.fixture
def remindable(alice, wanting, goal_of, at):
    """Alice, by mail, on Tuesday at the time of her reminder, with a goal."""
    wanting(alice, weekly=False)
    goal_of(alice)
    at(TUESDAY)
    return alice


def send():
    """The outcomes of a run of the sender, that were any."""
    return [str(outcome) for outcome in sending.send_due()]


def entry(day, passed=True):
    return {
        "date": day,
        "test_id": "00000000-0000-4000-8000-000000000000",
        "questions_count": 5,
        "score": 1.0 if passed else 0.0,
        "passed": passed,
        "completed_at": datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC),
    }


def remind_at(user):
    moment = get_db().users.find_one({"id": user.pk}).get("remind_at")
    return moment and f"{moment:%Y-%m-%dT%H:%M}"


# What is told


def test_a_mail_tells_what_is_due_today(remindable, mailoutbox):
    assert send() == ["reminded"]
    (mail,) = mailoutbox
    assert (mail.to, mail.from_email) == (["alice@example.org"], "DoIt <doit@example.org>")
    assert mail.subject == "Today's test is due"
    assert mail.body.startswith(
        'Hello Alice,\n\nDue today:\n- Swim a mile: day 2 of 5, "Length 2", 30 minutes\n'
    )
    assert "\nhttp://testserver\n" in mail.body
    assert mail.body.rstrip().endswith(reminders.unsubscribe_url(remindable.pk))
    assert remind_at(remindable) == "2054-03-11T18:00"


def test_its_headers_let_the_mail_program_unsubscribe(remindable, mailoutbox):
    """RFC 8058: what the header names takes the POST that the other header says."""
    send()
    headers = mailoutbox[0].message()
    url = headers["List-Unsubscribe"].strip("<>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"<{url}>\n" in headers.as_string()  # in one piece
    name, value = headers["List-Unsubscribe-Post"].split("=")
    path = url.removeprefix("http://testserver")
    assert (
        Browser(enforce_csrf_checks=True).post(path, {name: value}, secure=True).status_code == 200
    )
    assert remind_at(remindable) is None


def test_several_goals_and_a_streak(remindable, goal_of, at, mailoutbox):
    goal_of(remindable, title="Read\n\nDue today:", daily_verifications=[entry("2054-03-09")])
    get_db().goals.update_many(
        {"daily_verifications": {"$ne": []}}, {"$unset": {"streak_until": "", "streak": ""}}
    )
    at(TUESDAY)
    send()
    assert mailoutbox[0].subject == "2 tests are due today"
    line = '- Read Due today:: day 2 of 5, "Length 2", 30 minutes; it keeps a streak of 1 day going'
    assert line in mailoutbox[0].body.splitlines()


def test_who_has_no_address_gets_a_text_without_titles(alice, wanting, goal_of, at, sms_box):
    wanting(alice, email=None, weekly=False)
    goal_of(alice)
    at(TUESDAY)
    assert send() == ["reminded"]
    (message,) = sms_box()
    stop = reminders.unsubscribe_url(alice.pk)
    assert message == {
        "to": "14155550101",
        "body": f"DoIt: A test is due today. http://testserver Stop: {stop}",
        "code": None,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"daily_verifications": [entry("2054-03-10")]},
        {"daily_verifications": [entry("2054-03-10", passed=False)] * 3},
        {"days_passed": [1, 2]},
        {"status": "completed"},
        {"status": "abandoned"},
        {"status": "paused", "paused_until": "2054-03-11"},
        {"roadmap": None},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_nothing_is_sent_where_nothing_is_due(alice, wanting, goal_of, at, mailoutbox, fields):
    wanting(alice, weekly=False)
    goal_of(alice, **fields)
    at(TUESDAY)
    assert send() == ["nothing_due"]
    assert not mailoutbox
    assert remind_at(alice) == "2054-03-11T18:00"


def test_after_the_last_day_of_the_roadmap_nobody_is_reminded_of_it(remindable, at, mailoutbox):
    at(datetime(2054, 3, 14, 18, 1, tzinfo=UTC))
    assert send() == ["nothing_due"]


def test_a_failed_test_is_still_due(alice, wanting, goal_of, at):
    wanting(alice, weekly=False)
    goal_of(alice, daily_verifications=[entry("2054-03-10", passed=False)])
    at(TUESDAY)
    assert send() == ["reminded"]


# To whom


def test_others_get_nothing(remindable, bob, goal_of, at, mailoutbox):
    goal_of(bob)
    at(TUESDAY)
    assert send() == ["reminded"]
    assert [mail.to for mail in mailoutbox] == [["alice@example.org"]]


@pytest.mark.parametrize(
    "change", [{"status": "suspended"}, {"preferences": {"notifications": False}}]
)
def test_who_is_suspended_or_wants_no_notifications_gets_none(remindable, change, mailoutbox):
    get_db().users.update_one({"id": remindable.pk}, {"$set": change})  # by another program
    assert send() == ["too_late"]
    assert not mailoutbox
    assert send() == []


# When


def test_a_day_has_one_message(remindable, at, mailoutbox):
    assert send() == ["reminded"]
    assert send() == []
    at(TUESDAY + timedelta(hours=1))
    reminders.change(user=remindable, enabled=True, time="20:00")
    assert remind_at(remindable) == "2054-03-11T20:00"
    at(TUESDAY + timedelta(hours=3))
    assert send() == []
    at(TUESDAY + timedelta(days=1, hours=3))
    assert send() == ["reminded"]
    assert len(mailoutbox) == 2


@pytest.mark.parametrize(
    ("late", "outcome", "following"),
    [
        (timedelta(hours=3, minutes=58), "reminded", "2054-03-11T18:00"),
        (timedelta(hours=4), "too_late", "2054-03-11T18:00"),
        (timedelta(hours=13), "too_late", "2054-03-11T18:00"),
        (timedelta(hours=15), "too_late", "2054-03-11T18:00"),  # not for yesterday
        (timedelta(hours=24), "reminded", "2054-03-12T18:00"),
    ],
)
def test_a_sender_that_was_down(remindable, at, late, outcome, following):
    at(TUESDAY + late)
    assert send() == [outcome]
    assert remind_at(remindable) == following


def test_the_time_is_that_of_the_persons_wall(alice, alice_api, wanting, goal_of, at):
    """Through the night in which Berlin's clocks leave 02:00 to 03:00 out."""
    quiet = {"quiet_from": "12:00", "quiet_to": "12:00"}
    alice.time_zones, _ = [], alice_api.patch("/api/v1/me/", {"time_zone": "Europe/Berlin"})
    wanting(alice, time="02:30", weekly=False, **quiet)
    get_db().users.update_one({}, {"$set": {"time_zones.0.since": datetime(2054, 3, 1)}})
    get_db().users.update_one({}, {"$set": {"time_zones.0.first_day": "2054-03-01"}})
    goal = goal_of(alice)
    for day in goal["roadmap"]["days"]:
        day["date"] = (date.fromisoformat(day["date"]) + timedelta(days=19)).isoformat()
    get_db().goals.update_one({}, {"$set": {"roadmap": goal["roadmap"]}})
    sent, moment = [], datetime(2054, 3, 27, 12, tzinfo=UTC)
    while moment < datetime(2054, 3, 31, tzinfo=UTC):
        at(moment)
        sent += [f"{moment:%d %H:%M}"] * send().count("reminded")
        moment += timedelta(minutes=30)
    assert sent == ["28 01:30", "29 01:00", "30 00:30"]


# The week


def test_on_monday_the_message_sums_up_the_week(alice, wanting, goal_of, at, mailoutbox):
    wanting(alice)
    last_week = [entry("2054-03-06"), entry("2054-03-07", passed=False), entry("2054-03-08")]
    goal_of(alice, daily_verifications=[entry("2054-03-01"), *last_week], progress=16.67)
    goal_of(alice, title="Rest", status="abandoned")
    completed = datetime(2054, 3, 7, 12, tzinfo=UTC)
    goal_of(alice, title="Done", status="completed", completed_at=completed)
    goal_of(alice, title="Long ago", status="completed", completed_at=datetime(2054, 2, 7))
    get_db().goals.update_many({}, {"$unset": {"streak_until": "", "streak": ""}})
    at(MONDAY)
    assert send() == ["summarised"]
    (mail,) = mailoutbox
    assert mail.subject == "Your week with DoIt"
    told = mail.body.split("\n\nhttp://")[0]
    assert told == (
        "Hello Alice,\n\n"
        "Last week:\n\n"
        "Swim a mile\n  2 days passed, a streak of 1 day\n  16.67 % done\n  5 days this week\n\n"
        "Done\n  0 days passed\n  completed. Well done!\n\n"
        'Due today:\n- Swim a mile: day 1 of 5, "Length 1", 30 minutes; it keeps a streak of 1 day going'
    )
    stored = get_db().users.find_one()["reminders"]
    assert stored["reminded_on"] == stored["summarised_on"] == "2054-03-09"


def test_a_week_has_one_summary(alice, wanting, goal_of, at):
    wanting(alice)
    goal_of(alice)
    outcomes = []
    for number in range(9):
        at(MONDAY + timedelta(days=number))
        outcomes += send()
    # Passed by nobody, its five days end on Friday; the next Monday tells of it once more.
    assert outcomes == [
        "summarised",
        *["reminded"] * 4,
        *["nothing_due"] * 2,
        "summarised",
        "nothing_due",
    ]


def test_who_wants_no_summary_gets_an_ordinary_reminder(alice, wanting, goal_of, at, mailoutbox):
    wanting(alice, weekly=False)
    goal_of(alice)
    at(MONDAY)
    assert send() == ["reminded"]
    assert "Last week" not in mailoutbox[0].body


def test_who_flew_over_monday_gets_it_on_tuesday(alice, wanting, goal_of, at):
    wanting(alice)
    goal_of(alice)
    flight = {
        "zone": "UTC",
        "since": datetime(2054, 3, 9),
        "first_day": "2054-03-10",
        "skipped": ["2054-03-09"],
    }
    get_db().users.update_one({}, {"$set": {"time_zones": [flight]}})
    at(TUESDAY)
    assert send() == ["summarised"]


def test_a_text_message_of_the_week(alice, wanting, goal_of, at, sms_box):
    wanting(alice, email=None)
    goal_of(alice, daily_verifications=[entry("2054-03-08")])
    at(MONDAY)
    assert send() == ["summarised"]
    assert sms_box()[0]["body"].startswith("DoIt: 1 day passed last week. A test is due today. ")


# Once, whoever sends


def test_of_many_senders_at_once_one_sends(remindable, mailoutbox):
    outcomes = [outcome for turns in together(8, lambda _: send()) for outcome in turns]
    assert outcomes.count("reminded") == 1
    assert set(outcomes) <= {"reminded", "taken", "too_late"}
    assert len(mailoutbox) == 1


def test_the_broken_twin_that_looks_and_then_sends_sends_more(remindable, mailoutbox):
    from threading import Barrier

    both_looked = Barrier(2)

    def naive(_):
        person = User.objects.collection.find_one({"id": remindable.pk}, sending.NEEDED)
        due = reminders.is_due(person, TUESDAY)
        both_looked.wait()
        if due:
            claim = reminders.Claim(person, person)
            found = sending.contents.of(
                user_id=remindable.pk, calendar=remindable.calendar, moment=TUESDAY, summary=False
            )
            with Post() as post:
                sending._send(claim, found, post, sending.Outcome.reminded)
            reminders.put_off(person=person, moment=TUESDAY)

    together(2, naive)
    assert len(mailoutbox) == 2


def read(user):
    return User.objects.collection.find_one({"id": user.pk}, sending.NEEDED)


@pytest.mark.parametrize("change", ["the link", "other times", "another sender"])
def test_what_changed_since_it_was_read_is_not_written_over(remindable, mailoutbox, change):
    person = read(remindable)
    if change == "the link":
        token = reminders.unsubscribe_url(remindable.pk).split("/")[-2]
        assert reminders.unsubscribe(token=token)
    elif change == "other times":
        reminders.change(user=remindable, enabled=True, quiet_from="17:00", time="16:00")
    else:
        send()
        mailoutbox.clear()
    before = get_db().users.find_one()
    with Post() as post:
        assert sending.remind(person=person, post=post) == "taken"
    assert not mailoutbox
    assert get_db().users.find_one() == before


# What fails


def test_a_refused_mail_is_tried_again_within_the_hour(remindable, at, mail_server):
    refusing = mail_server(RCPT="451 later")
    assert send() == ["delayed"]
    assert remind_at(remindable) == "2054-03-10T18:11"
    at(TUESDAY + timedelta(minutes=5))
    assert send() == []
    assert not refusing.mails
    server = mail_server()
    at(TUESDAY + timedelta(minutes=10))
    assert send() == ["reminded"]
    assert send() == []
    assert len(server.mails) == 1


def test_no_server_is_tried_again_and_given_up_after_the_hour(remindable, at, mail_server):
    gone = mail_server()
    gone.shutdown()
    gone.server_close()
    outcomes = []
    for minutes in range(0, 120, 5):
        at(TUESDAY + timedelta(minutes=minutes))
        outcomes += send()
    assert outcomes == [*["delayed"] * 5, "lost"]
    assert remind_at(remindable) == "2054-03-11T18:00"


def test_it_is_not_tried_again_in_the_quiet_hours(remindable, at, mail_server):
    reminders.change(user=remindable, enabled=True, quiet_from="18:05")
    mail_server(RCPT="451 later")
    get_db().users.update_one({}, {"$set": {"remind_at": TUESDAY}})
    assert send() == ["lost"]
    assert remind_at(remindable) == "2054-03-11T18:00"


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "delayed"), (500, "lost"), (201, "reminded")]
)
def test_a_text_that_may_have_gone_out_is_not_sent_again(
    alice, wanting, goal_of, at, gateway, status, outcome
):
    wanting(alice, email=None, weekly=False)
    goal_of(alice)
    at(TUESDAY)
    gateway.status = status
    assert send() == [outcome]
    assert len(gateway.requests) == 1


def test_one_persons_trouble_is_not_the_next_ones(
    remindable, bob, wanting, goal_of, at, mailoutbox
):
    wanting(bob, email="bob@example.org", weekly=False)
    goal_of(bob)
    broken = {"$set": {"roadmap": "none", "daily_verifications": 5}}
    get_db().goals.update_one({"user_id": remindable.pk}, broken, bypass_document_validation=True)
    at(TUESDAY)
    assert sorted(send()) == ["lost", "reminded"]
    assert [mail.to for mail in mailoutbox] == [["bob@example.org"]]


def test_many_letters_go_over_one_connection(remindable, bob, wanting, goal_of, at, mail_server):
    wanting(bob, email="bob@example.org", weekly=False)
    goal_of(bob)
    at(TUESDAY)
    server = mail_server()
    assert send() == ["reminded", "reminded"]
    assert len(server.mails) == 2
    assert all("\nAuto-Submitted: auto-generated\r" in mail for mail in server.mails)


# The command


def run(*arguments):
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_reports(remindable, mailoutbox):
    before = list(get_db().users.find())
    assert run("--dry-run") == "Would be: 2054-03-10 18:01 UTC: 1 reminded.\n"
    assert list(get_db().users.find()) == before
    assert not mailoutbox
    counts = json.loads(run("--format", "json"))
    assert counts == dict.fromkeys(sending.Outcome, 0) | {"reminded": 1}
    assert run() == "2054-03-10 18:01 UTC: nobody is to be reminded now.\n"


def test_the_command_fails_in_one_line_where_something_was_not_sent(remindable, mail_server):
    mail_server(RCPT="451 later")
    with pytest.raises(CommandError) as caught:
        run()
    assert str(caught.value) == "1 could not be sent, 1 of them are tried again; the log has why."


def test_with_every_it_goes_on_until_it_is_stopped(db):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "send_reminders", "--every", "5"],
        cwd=MAIN,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert b"nobody is to be reminded now" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_the_sender_reads_by_indexes_and_only_who_is_due(remindable, bob, client_of):
    reminders.change(user=bob, enabled=True, time="21:00")
    with recorded_commands() as commands:
        assert send() == ["reminded"]
        sending.count_due()
    kinds = [f"{next(iter(command))} {next(iter(command.values()))}" for command in commands]
    assert kinds == ["find users", "find users", "find goals", "update users", "aggregate users"]
    assert_by_index(commands[:4])  # the count is bound to its index
    assert commands[4]["hint"] == "remind_at_index"
