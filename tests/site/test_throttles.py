"""Limits: per process for people, exact and in the database where they protect codes."""

from datetime import timedelta

import pytest

from doit_site import clock
from doit_site.api import throttles
from doit_site.api.problems import Code, Problem
from doit_site.models import RateLimit
from tests.problem_details import assert_problem
from tests.races import together

ME = "/api/v1/me/"
OTP = "/api/v1/auth/otp/"


@pytest.fixture
def rates(settings):
    """rates(user="2/min") for the test."""

    def change(**changes):
        settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, **changes}

    return change


@pytest.fixture
def at_noon(time_machine):
    """The clock stands at a noon ahead, so that no window ends by chance."""
    noon = (clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    time_machine.move_to(noon, tick=False)

    def after(**span):
        time_machine.move_to(noon + timedelta(**span), tick=False)

    return after


@pytest.mark.parametrize(
    ("rate", "parsed"),
    [("5/day", (5, 86400)), ("20/hour", (20, 3600)), ("1000/min", (1000, 60)), ("3/s", (3, 1))],
)
def test_rates_are_read(rate, parsed):
    assert throttles.parse(rate) == parsed


def test_a_person_has_so_many_requests_a_window_and_then_again(alice_api, rates, at_noon):
    rates(user="3/min")
    assert [alice_api.get(ME).status_code for _ in range(4)] == [200, 200, 200, 429]
    at_noon(seconds=59)
    response = alice_api.get(ME)
    assert_problem(response, 429, "throttled")
    assert response["Retry-After"] == "1"
    at_noon(seconds=60)
    assert alice_api.get(ME).status_code == 200


def test_people_are_counted_apart_and_on_all_their_devices(
    alice, alice_api, bob_api, client_of, rates
):
    rates(user="1/day")
    assert alice_api.get(ME).status_code == 200
    assert bob_api.get(ME).status_code == 200
    assert_problem(client_of(alice).get(ME), 429, "throttled")


def test_nobody_is_counted_by_address_whatever_they_say_it_is(api, rates):
    rates(anonymous="2/day")
    statuses = [
        api.post(
            OTP, {}, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}"
        ).status_code
        for n in range(3)
    ]
    assert statuses == [400, 400, 429]
    assert api.post(OTP, {}, REMOTE_ADDR="192.0.2.2").status_code == 400


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(api, rates, settings):
    rates(anonymous="1/day")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    seen = {"REMOTE_ADDR": "10.0.0.1"}
    first = api.post(OTP, {}, HTTP_X_FORWARDED_FOR="203.0.113.9", **seen)
    forged = api.post(OTP, {}, HTTP_X_FORWARDED_FOR="8.8.8.8, 203.0.113.9", **seen)
    other = api.post(OTP, {}, HTTP_X_FORWARDED_FOR="203.0.113.10", **seen)
    assert [r.status_code for r in (first, forged, other)] == [400, 429, 400]


def spent(_number=None):
    """Whether one more of `otp_phone` was allowed."""
    try:
        throttles.spend("otp_phone", "14155550100")
    except Problem as problem:
        return problem.code is not Code.throttled
    return True


def test_64_at_once_spend_exactly_what_there_is(db, rates):
    rates(otp_phone="5/day")
    assert together(64, spent).count(True) == 5
    assert not spent()


def spent_twin(_number):
    """The broken twin: it compares, then counts."""
    rows = RateLimit.objects.collection
    row = rows.find_one({"_id": "twin"}) or {"count": 0}
    if row["count"] >= 5:
        return False
    rows.replace_one({"_id": "twin"}, {"_id": "twin", "count": row["count"] + 1}, upsert=True)
    return True


def test_64_at_once_break_a_limit_that_compares_before_it_counts(db):
    assert together(64, spent_twin).count(True) > 5


def test_a_limit_in_the_database_is_per_window_name_and_person(db, rates, at_noon):
    rates(otp_phone="1/hour", otp_ip="1/hour")
    assert spent()
    assert not spent()
    throttles.spend("otp_ip", "14155550100")
    throttles.spend("otp_phone", "14155550101")
    at_noon(minutes=59)
    assert not spent()
    at_noon(minutes=60)
    assert spent()


def test_what_did_not_count_is_given_back(db, rates):
    rates(otp_phone="1/day")
    assert spent()
    throttles.give_back("otp_phone", "14155550100")
    assert spent()
    assert not spent()


def test_checking_counts_nothing_and_refuses_where_all_is_spent(db, rates):
    rates(otp_ip="2/hour")
    for _ in range(3):
        throttles.check("otp_ip", "192.0.2.1")
    throttles.spend("otp_ip", "192.0.2.1")
    throttles.check("otp_ip", "192.0.2.1")
    throttles.spend("otp_ip", "192.0.2.1")
    for refuse in (throttles.check, throttles.spend):
        with pytest.raises(Problem) as refused:
            refuse("otp_ip", "192.0.2.1")
        assert refused.value.code is Code.throttled
        assert 1 <= int(refused.value.headers["Retry-After"]) <= 3600


def test_the_counters_name_nobody_and_end_with_their_window(database, rates):
    rates(otp_phone="5/day")
    assert spent()
    (row,) = database.rate_limits.find()
    assert "14155550100" not in str(row)
    assert row["expires_at"] - clock.now().replace(tzinfo=None) <= timedelta(days=1)
