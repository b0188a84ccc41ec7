"""Days, streak, freezes, status, progress and pace of 10,000 random lives, against a slow plain model.

A history is made from its number alone: `check(number)` runs one again. No database: what is tried
are the rules that the acts write by and that every read asks.
"""

import random
from datetime import timedelta

import pytest

from accounts.calendar import Calendar, zones
from goals import editing, pauses, standing, streaks, upkeep, verification
from goals.models import Goal
from tests.goals.plain_life import DAY, QUARTER, QUARTERS_A_DAY, PlainLife, utc

HISTORIES, AT_ONCE = 10_000, 1_000
LONGEST = 40  # days of a life; long enough for both freezes to be earned and spent
STARTS = (
    utc(1993, 8, 12),  # Kwajalein leaves out 1993-08-21
    utc(1994, 12, 20),  # Kiritimati leaves out 1994-12-31
    utc(2011, 12, 20),  # Apia leaves out 2011-12-30
    utc(2024, 2, 20),  # a leap day, and New York's spring
    utc(2026, 10, 10),  # the autumn of both
)
NAMES = sorted(zones())
FAR = (
    *("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "Pacific/Kwajalein"),
    *("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"),
)
WITHIN_A_QUARTER = (timedelta(0), timedelta(seconds=1), QUARTER - timedelta(milliseconds=1))
JUST_BEFORE = (timedelta(0), timedelta(seconds=1), timedelta(minutes=4))


class History:
    """One life lived twice: plainly, and as the product writes and reads it."""

    def __init__(self, number):
        self.draw = random.Random(number)
        self.start = self.moment = self.draw.choice(STARTS)
        self.days = self.draw.randint(2, self.draw.choice((8, 16, LONGEST)))
        self.life = PlainLife(self.start, LONGEST + 1)
        self.calendar = Calendar()
        self.keenness = self.draw.choice((0.6, 0.85, 0.97))
        self.goal = {"status": Goal.ACTIVE, "daily_verifications": [], **streaks.NONE.fields()}
        self.planned, self.proved, self.total = [], set(), 0
        self.submitted = -1  # the quarter of the last submission: other clocks may be behind it

    def run(self):
        self.travel(0.3)
        quarter = 0
        while quarter < self.days * QUARTERS_A_DAY:
            self.live(quarter)
            quarter += self.draw.choice((0, 1, 60, 90, 96, 96, 100, 120))
        self.compare_all()
        return self

    def live(self, quarter):
        """One visit: something happens, at a moment of that quarter hour, and all is read."""
        self.life.go_to(quarter)
        later = self.draw.choice(WITHIN_A_QUARTER)
        self.moment = max(self.moment, self.start + QUARTER * quarter + later)
        if not self.planned:
            self.plan()
        self.compare()
        self.act()
        self.compare()

    def act(self):
        dice = self.draw.random()
        if dice < self.keenness:
            self.submit(self.life.today, passed=self.draw.random() < 0.95)
        elif dice < self.keenness + 0.15 * (1 - self.keenness):
            self.submit(self.draw.choice(self.life.lived[-8:]), passed=True)
        elif self.draw.random() < 0.4:
            self.pause_or_resume()
        elif self.draw.random() < 0.4:
            self.goal |= upkeep.outdated(self.goal, self.calendar, self.moment)
        self.travel(0.06)

    def plan(self):
        first, self.total = self.life.today, self.draw.randint(1, 25)
        self.planned = [first + DAY * number for number in range(self.total)]
        self.goal["roadmap"] = {
            "total_days": self.total,
            "days": [
                {"day": number, "date": day.isoformat()}
                for number, day in enumerate(self.planned, 1)
            ],
        }

    def travel(self, how_often):
        if self.draw.random() < how_often:
            zone = self.draw.choice(FAR if self.draw.random() < 0.5 else NAMES)
            self.calendar = self.calendar.moved(zone, self.moment)
            self.life.move(zone)

    def submit(self, day, *, passed):
        """A test of the present day, or late of one of the last seven, is submitted."""
        moment = self.moment
        if self.submitted == self.life.quarter:
            moment -= self.draw.choice(JUST_BEFORE)  # at a machine whose clock is behind
        carried = [each["day"] for each in standing.carried(self.goal, day)]
        entry = {"date": day.isoformat(), "passed": passed, "completed_at": moment}
        change = verification.effects(self.goal, carried, entry, self.calendar, moment)
        self.goal["daily_verifications"].append(entry)
        self.goal |= change
        self.submitted = self.life.quarter
        if not passed:
            return
        self.life.active.add(day)
        if day in self.planned:
            self.proved.add(day)
        elif day > self.planned[-1]:
            self.proved |= set([each for each in self.planned if each not in self.proved][:1])
        if len(self.proved) == self.total:
            self.life.resume()

    def pause_or_resume(self):
        if len(self.proved) == self.total:
            return
        if self.life.paused_until and self.draw.random() < 0.5:
            self.goal |= self.restatus(Goal.ACTIVE, None)
            self.life.resume()
        else:
            until = self.life.today + DAY * self.draw.choice((1, 2, 3, 7, 30))
            self.goal |= self.restatus(Goal.PAUSED, until)
            self.life.pause(until)

    def restatus(self, status, until):
        return editing.restatus(self.goal, status, until, self.calendar, self.moment)

    def compare(self):
        """What is stored, read at this moment, and what the model counted."""
        assert self.calendar.day(self.moment) == self.life.today
        self.right = self.life.streak()
        self.same(streaks.now(self.goal, self.calendar, self.moment))
        if self.submitted == self.life.quarter:
            behind = self.moment - self.draw.choice(JUST_BEFORE)
            self.same(streaks.now(self.goal, self.calendar, behind))
        assert pauses.as_of(self.goal, self.life.today) == self.status()

    def compare_all(self):
        """Also what is reckoned anew, read by the list with the last pause alone; progress, pace."""
        goal, today = self.goal, self.life.today
        listed = {**goal, "pauses": (goal.get("pauses") or [])[-1:]}
        self.same(streaks.now(listed, self.calendar, self.moment))
        self.same(streaks.reckoned(goal, self.calendar, self.moment))
        for day, over in zip(self.life.lived, self.life.began[1:], strict=False):
            assert self.calendar.end_of(day) == self.start + QUARTER * over
        passed = standing.days_passed(goal)
        assert standing.progress(len(passed), self.total) == self.progress()
        due = [day for day in self.planned if day < today and day not in self.life.paused]
        pace = standing.pace(goal, today)
        assert (pace["days_due"], pace["days_passed"]) == (len(due), len(self.proved))
        assert pace["days_behind"] == sum(day not in self.proved for day in due)

    def same(self, found):
        assert (found.days, found.freezes) == self.right, found

    def status(self):
        if len(self.proved) == self.total:
            return Goal.COMPLETED, None
        until = self.life.paused_until
        return (Goal.PAUSED, until.isoformat()) if until else (Goal.ACTIVE, None)

    def progress(self):
        return round(len(self.proved) / self.total * 100, 2)


def check(number):
    try:
        return History(number).run()
    except AssertionError as error:
        raise AssertionError(f"history {number}: {error}") from error


@pytest.mark.parametrize("first", range(0, HISTORIES, AT_ONCE))
def test_streak_freezes_progress_and_pace_are_the_plain_models(first):
    for number in range(first, first + AT_ONCE):
        check(number)


# The broken twins: the same search finds each of them


def counts_frozen_days(monkeypatch):
    carried_to = streaks._carried_to

    def twin(reached, day, missed, frozen):
        kept = carried_to(reached, day, missed, frozen)
        return kept._replace(days=kept.days + reached.freezes - kept.freezes) if kept.days else kept

    monkeypatch.setattr(streaks, "_carried_to", twin)


def forgets_skipped_dates(monkeypatch):
    monkeypatch.setattr(Calendar, "skips", lambda *args: False)


def forgets_pauses(monkeypatch):
    monkeypatch.setattr(streaks, "_covered", lambda *args: False)


def holds_three_freezes(monkeypatch):
    monkeypatch.setattr(streaks, "MOST_FREEZES", 3)


def patches_instead_of_reckoning(monkeypatch):
    """A late pass lengthens the stored streak, and the freeze of its day stays spent."""
    effects = verification.effects

    def twin(goal, days, entry, calendar, now):
        right = effects(goal, days, entry, calendar, now)
        kept = streaks.now(goal, calendar, now)
        late = entry["passed"] and entry["date"] < calendar.day(now).isoformat()
        return right | (kept._replace(days=kept.days + 1).fields() if late else {})

    monkeypatch.setattr(verification, "effects", twin)


def trusts_every_clock(monkeypatch):
    monkeypatch.setattr(streaks, "_latest", lambda goal, moment: moment)


@pytest.mark.parametrize(
    "twin",
    [
        counts_frozen_days,
        forgets_skipped_dates,
        forgets_pauses,
        holds_three_freezes,
        patches_instead_of_reckoning,
        trusts_every_clock,
    ],
)
def test_the_search_finds_what(twin, monkeypatch):
    twin(monkeypatch)
    with pytest.raises(AssertionError, match="history"):
        list(map(check, range(AT_ONCE)))
