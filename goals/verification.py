"""The acts of proving a day: asking for its test, submitting it (product.md, "Verification")."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.conf import settings
from django_mongodb_backend.transaction import on_commit
from pymongo.errors import DuplicateKeyError

from accounts.calendar import Calendar
from accounts.models import User
from doit_site import clock, metrics
from doit_site.api.idempotency import Outdated
from doit_site.api.problems import Code, Problem, escape, invalid
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_date, as_datetime
from doit_site.mongo.transactions import transactional
from goals import briefs, consulting, make_ups, pauses, standing, streaks
from goals.coach.interface import QuestionRequest
from goals.histories import VERIFICATIONS
from goals.models import Goal, VerificationTest

GOOD_FOR = timedelta(hours=24)


def issue(*, user: User, goal_id: str, date: date | None = None) -> tuple[dict, bool]:
    """(the open test of the person's today, whether it is new), without its answers.

    With an earlier `date`, the make-up test of that day. Raises Problem `not_found`, `no_roadmap`
    (409), `roadmap_not_started`, `day_passed`, `attempts_used`; for a make-up test what
    goals.make_ups.check does, and at /date when it is in the future.
    """
    return prepare(user=user, goal_id=goal_id, date=date)()


def prepare(
    *, user: User, goal_id: str, date: date | None = None
) -> Callable[[], tuple[dict, bool]]:
    """Find the test, or ask the coach for one; the function returned stores it and gives what `issue` does.

    Only the function may run in a transaction, where it raises Outdated when another test was
    faster: the coach may take its time.
    """
    goal = Goal.objects.own(user, goal_id, {"messages": 0})
    if not standing.days(goal):
        raise Problem(Code.no_roadmap, status=409)
    now = clock.now()
    today = user.calendar.day(now)
    day = date or today
    if day > today:
        raise invalid("/date", "in_future", f"A day up to today, {today}.")
    if day < today:
        make_ups.check(goal, day, user.calendar, now)
    attempt = _next_attempt(goal, day)
    days = standing.carried(goal, day)
    if not days:
        raise _nothing_to_prove(goal, day)
    if test := _open_test(goal_id, day, attempt):
        return lambda: (_shown(test), False)
    new = _questions_for(user, goal, day, attempt, [int(each["day"]) for each in days])
    return lambda: _new_test(goal, day, attempt, new, is_make_up=day < today)


def _next_attempt(goal, day):
    entries = standing.entries_of(goal, day)
    if any(entry.get("passed") for entry in entries):
        raise Problem(Code.day_passed)
    if len(entries) >= standing.MAX_ATTEMPTS:
        raise Problem(Code.attempts_used, "Three tests a day.")
    return len(entries) + 1


def _nothing_to_prove(goal, today):
    first = as_date(standing.days(goal)[0].get("date"))
    if first and today < first:
        return Problem(Code.roadmap_not_started, f"The roadmap begins on {first}.")
    return Problem(Code.day_passed, "Every day of the roadmap is passed.")


def _open_test(goal_id, day, attempt):
    tests = VerificationTest.objects.collection
    match = {"goal_id": goal_id, "date": day.isoformat(), "attempt": attempt}
    test = tests.find_one(match, session=current_session())
    if test and as_datetime(test["expires_at"]) <= clock.now():
        # The TTL lags; a day that a time zone made longer than 24 hours gets a new test.
        tests.delete_one({"_id": test["_id"]}, session=current_session())
        return None
    return test


def _new_test(goal, day, attempt, test, *, is_make_up):
    if is_make_up and not make_ups.claim(goal, day):
        raise make_ups.used(Goal.objects.collection.find_one({"id": goal["id"]}) or goal)
    try:
        VerificationTest.objects.collection.insert_one(test, session=current_session())
        return _shown(test), True
    except DuplicateKeyError as error:
        if current_session() is not None:
            raise Outdated from error  # the transaction is over; who prepares anew finds the other's
        return _shown(_open_test(goal["id"], day, attempt) or test), False


def _questions_for(user, goal, today, attempt, numbers):
    test_id = new_id()
    now = clock.now()
    plan, last = briefs.planned_days(goal), max(numbers)
    asked = consulting.questions(
        user=user,
        request=QuestionRequest(
            goal=briefs.brief(goal),
            days=tuple(day for day in plan if day.day in numbers),
            count=settings.QUESTIONS_PER_TEST,
            seed=test_id,
            earlier=tuple(day for day in plan if day.day < last and day.day not in numbers),
            later=tuple(day for day in plan if day.day > last),
            asked=_asked(goal["id"], today),
        ),
    )
    return {
        "id": test_id,
        "goal_id": goal["id"],
        "user_id": goal["user_id"],
        "date": today.isoformat(),
        "attempt": attempt,
        "days": numbers,
        "questions": [
            {
                "id": f"q{number}",
                "prompt": question.prompt,
                "choices": list(question.choices),
                "answer": question.answer,
                "explanation": question.explanation,
            }
            for number, question in enumerate(asked.questions, 1)
        ],
        **({"note": asked.note} if asked.note else {}),
        "result": None,
        "issued_at": now,
        "expires_at": now + GOOD_FOR,
    }


def _asked(goal_id, day):
    """The prompts of the day's former tests: a retake asks others."""
    tests = VerificationTest.objects.collection.find(
        {"goal_id": goal_id, "date": day.isoformat()},
        {"_id": 0, "questions.prompt": 1},
        session=current_session(),
    )
    return frozenset(question["prompt"] for test in tests for question in test["questions"])


def _shown(test):
    return {
        "test_id": test["id"],
        "date": test["date"],
        "expires_at": as_datetime(test["expires_at"]),
        "questions": [
            {name: question[name] for name in ("id", "prompt", "choices")}
            for question in test["questions"]
        ],
        **({"note": test["note"]} if test.get("note") else {}),
    }


@transactional
def submit(*, user: User, goal_id: str, test_id: str, answers: dict[str, int]) -> dict:
    """Score the test and let all its effects land together; submitted again, the first result.

    `answers` maps every question's id to the index of a choice. Raises Problem `not_found`,
    `test_expired`, `day_passed`, `attempts_used`, or at the answer that cannot be.
    """
    test = VerificationTest.objects.collection.find_one(
        {"id": test_id, "goal_id": goal_id, "user_id": user.pk}, session=current_session()
    )
    goal = Goal.objects.own(user, goal_id, {"messages": 0})
    if test is None:
        return _recorded(user, goal, test_id)
    if test["result"] is not None:
        return test["result"]
    if as_datetime(test["expires_at"]) <= clock.now():
        raise Problem(Code.test_expired, "Ask for a new test.")
    _check_answers(test, answers)
    _next_attempt(goal, date.fromisoformat(test["date"]))
    return _land(user, goal, test, answers)


def _land(user, goal, test, answers):
    now = clock.now()
    review = _review(test, answers)
    correct, asked = sum(row["correct"] for row in review), len(review)
    score, passed = standing.score(correct, asked)
    entry = {
        "date": test["date"],
        "test_id": test["id"],
        "questions_count": asked,
        "score": score,
        "passed": passed,
        "completed_at": now,
    }
    change = effects(goal, test["days"], entry, user.calendar, now)
    stats, change["score_total"] = standing.statistics(goal, correct, asked)
    # With what another program keeps beside the documented figures.
    change["verification_stats"] = {**(goal.get("verification_stats") or {}), **stats}
    VERIFICATIONS.push({"id": goal["id"], "user_id": user.pk}, [entry], {"$set": change})
    result = {
        **entry,
        "completed_at": clock.text(now),
        "streak": change["streak"],
        "progress": change["progress"],
        "verification_stats": change["verification_stats"],
        "review": review,
    }
    VerificationTest.objects.collection.update_one(
        {"_id": test["_id"]}, {"$set": {"result": result}}, session=current_session()
    )
    on_commit((metrics.verifications_passed if passed else metrics.verifications_failed).inc)
    return result


def effects(goal: dict, days: list[int], entry: dict, calendar: Calendar, now: datetime) -> dict:
    """What a submission of a test of roadmap `days` sets beside the statistics: the streak, days
    passed, progress, status."""
    after = {**goal, "daily_verifications": [*(goal.get("daily_verifications") or ()), entry]}
    streak = streaks.reckoned(after, calendar, now)
    passed = set(standing.days_passed(goal)) | (set(days) if entry["passed"] else set())
    progress = standing.progress(len(passed), standing.total_days(goal))
    change = {
        **streak.fields(),
        **pauses.settled(goal, calendar.day(now)),
        "days_passed": sorted(passed),
        "progress": progress,
    }
    if progress >= 100 and goal.get("status") != Goal.COMPLETED:
        change |= pauses.ended(goal, calendar.day(now))
        change |= {"status": Goal.COMPLETED, "completed_at": now}
    return change


def _check_answers(test, answers):
    choices = {question["id"]: len(question["choices"]) for question in test["questions"]}
    errors = [
        _error(name, "required", "Every question has to be answered.")
        for name in choices
        if name not in answers
    ]
    for name, choice in answers.items():
        if name not in choices:
            errors.append(_error(name, "unknown_field", "The test has no such question."))
        elif not 0 <= choice < choices[name]:
            errors.append(_error(name, "invalid_choice", f"0 to {choices[name] - 1}."))
    if errors:
        raise Problem(Code.invalid_input, errors=errors)


def _error(name, code, detail):
    return {"pointer": f"/answers/{escape(name)}", "code": code, "detail": detail}


def _review(test, answers):
    return [
        {
            "id": question["id"],
            "prompt": question["prompt"],
            "choice": answers[question["id"]],
            "answer": question["answer"],
            "correct": answers[question["id"]] == question["answer"],
            "explanation": question["explanation"],
        }
        for question in test["questions"]
    ]


def _recorded(user, goal, test_id):
    """The result of a submitted test whose questions are gone after 24 hours; the review with them."""
    for entry in archive.whole(VERIFICATIONS.name, goal):
        if entry.get("test_id") == test_id:
            return {
                **entry,
                "completed_at": clock.text(as_datetime(entry["completed_at"])),
                "streak": streaks.as_of_now(goal, user.calendar, clock.now()),
                "progress": goal.get("progress") or 0.0,
                "verification_stats": goal.get("verification_stats"),
                "review": [],
            }
    raise Problem(Code.not_found, "There is no such test, or it expired long ago.")
