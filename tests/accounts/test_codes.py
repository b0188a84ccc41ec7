from datetime import UTC, timedelta

import pytest

from accounts import codes
from doit_site import clock
from doit_site.api.problems import Code, Problem
from tests.problem_details import assert_problem

PHONE = "14155552671"


@pytest.fixture
def ask(api, db):
    """ask(number) -> the response of auth/otp/."""
    return lambda number=PHONE: api.post("/api/v1/auth/otp/", {"phone_number": number})


def stored(database, **match):
    return database.sign_in_codes.find_one({"phone_number": PHONE, **match})


def outcome(act):
    """What the act returns, or the code of the problem it raises."""
    try:
        return act()
    except Problem as problem:
        return problem.code


# Sending


def test_a_second_code_within_a_minute_is_throttled(later, ask, sms_box):
    assert ask().status_code == 202
    later(seconds=12.8)
    refused = ask()
    assert_problem(refused, 429, "throttled")
    assert refused["Retry-After"] == "48"  # 47.2 s, and no client should come too early
    assert len(sms_box()) == 1

    later(seconds=int(refused["Retry-After"]))
    assert ask().status_code == 202


def test_a_code_refused_within_a_minute_keeps_the_first_one(later, ask, sms_box, verify):
    ask()
    later(seconds=59)
    assert ask().status_code == 429
    assert verify(PHONE, sms_box()[0]["code"]).status_code == 200


def test_a_minute_for_one_number_is_no_minute_for_another(morning, ask):
    assert ask().status_code == 202
    assert ask("14155552672").status_code == 202


def test_sixty_four_requests_at_once_send_one_code(morning, client_of, at_once, sms_box, database):
    def post(n):
        body = {"phone_number": PHONE}
        return client_of().post("/api/v1/auth/otp/", body, REMOTE_ADDR=f"192.0.2.{n}").status_code

    assert sorted(at_once(post)) == [202] + [429] * 63
    assert len(sms_box()) == 1
    assert database.sign_in_codes.count_documents({}) == 1


def test_five_codes_a_number_a_day(later, morning, ask, sms_box):
    for _ in range(5):
        assert ask().status_code == 202
        assert ask().status_code == 429  # too soon: no code was sent, so it does not count
        later(seconds=60)

    refused = ask()
    assert_problem(refused, 429, "throttled")
    assert len(sms_box()) == 5
    assert ask("14155552672").status_code == 202

    midnight = (morning + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    wait = (midnight - clock.now()).total_seconds()
    assert 0 <= int(refused["Retry-After"]) - wait < 1
    later(seconds=wait - 1)
    assert ask().status_code == 429
    later(seconds=1)
    assert ask().status_code == 202


def test_a_new_code_kills_the_old_one(later, code_for, verify):
    old = code_for(PHONE)
    later(seconds=60)
    new = code_for(PHONE)
    if old != new:  # one time in a million they are equal
        assert_problem(verify(PHONE, old), 400, "code_invalid")
    assert verify(PHONE, new).status_code == 200


def test_a_new_code_has_five_guesses_again(later, code_for, verify, other_than):
    code = code_for(PHONE)
    for _ in range(5):
        verify(PHONE, other_than(code))
    assert_problem(verify(PHONE, code), 400, "code_invalid")
    later(seconds=60)
    assert verify(PHONE, code_for(PHONE)).status_code == 200


def test_codes_are_six_digits_and_differ(code_for):
    seen = []
    for n in range(20):
        seen.append(code_for(f"141555526{n:02}"))
    assert all(len(code) == 6 and code.isdigit() for code in seen)
    assert len(set(seen)) > 15


# Guessing


def test_a_wrong_a_used_an_expired_and_no_code_answer_alike(later, code_for, verify, other_than):
    def body(phone_number, code):
        response = verify(phone_number, code, HTTP_X_REQUEST_ID="the-same-id")
        return response.status_code, response.content, response["Content-Type"]

    never_sent = body("14155552670", "123456")
    code = code_for(PHONE)
    wrong = body(PHONE, other_than(code))
    assert verify(PHONE, code).status_code == 200
    used = body(PHONE, code)
    expired_code = code_for("14155552672")
    later(minutes=5)
    expired = body("14155552672", expired_code)
    spent_code = code_for("14155552673")
    for _ in range(5):
        verify("14155552673", other_than(spent_code))
    spent = body("14155552673", spent_code)

    assert never_sent[0] == 400
    assert never_sent == wrong == used == expired == spent


def test_a_refusal_points_at_the_code(verify):
    problem = assert_problem(verify(PHONE, "123456"), 400, "code_invalid")
    assert [(row["pointer"], row["code"]) for row in problem["errors"]] == [
        ("/code", "code_invalid")
    ]


def test_a_code_is_good_for_five_minutes(later, code_for, verify):
    early, late = code_for(PHONE), code_for("14155552672")
    later(minutes=4, seconds=59.999)
    assert verify(PHONE, early).status_code == 200
    later(milliseconds=1)
    assert_problem(verify("14155552672", late), 400, "code_invalid")


def test_an_expired_code_is_refused_though_its_document_is_still_there(
    later, code_for, verify, database
):
    code = code_for(PHONE)
    later(minutes=5)
    assert stored(database) is not None  # TTL deletes by the server's own clock
    assert_problem(verify(PHONE, code), 400, "code_invalid")


def test_four_wrong_guesses_leave_a_fifth(code_for, verify, other_than):
    code = code_for(PHONE)
    for _ in range(4):
        assert_problem(verify(PHONE, other_than(code)), 400, "code_invalid")
    assert verify(PHONE, code).status_code == 200


def test_five_wrong_guesses_end_a_code(code_for, verify, other_than):
    code = code_for(PHONE)
    for _ in range(5):
        assert_problem(verify(PHONE, other_than(code)), 400, "code_invalid")
    assert_problem(verify(PHONE, code), 400, "code_invalid")


def test_a_code_of_one_purpose_is_none_of_another(alice_api, sms_box, verify):
    alice_api.post("/api/v1/me/phone/", {"phone_number": PHONE})
    assert_problem(verify(PHONE, sms_box()[-1]["code"]), 400, "code_invalid")


def test_sixty_four_wrong_guesses_at_once_count_five(
    code_for, verify, other_than, at_once, database
):
    code = code_for(PHONE)
    answers = at_once(lambda n: verify(PHONE, other_than(code), address=f"192.0.2.{n}"))

    assert {answer.status_code for answer in answers} == {400}
    assert stored(database)["guesses"] == 5
    assert_problem(verify(PHONE, code), 400, "code_invalid")


def test_of_sixty_four_guesses_at_once_five_are_compared(code_for, at_once, database):
    """With the right code, so that every comparison shows."""
    code = code_for(PHONE)
    rows = at_once(lambda n: outcome(lambda: guess(code, f"192.0.2.{n}")))
    assert sum(isinstance(row, dict) for row in rows) == 5
    assert rows.count(Code.code_invalid) == 59


def test_the_broken_twin_that_compares_before_it_counts_lets_more_through(
    code_for, at_once, database
):
    code_for(PHONE)

    def naive_guess(n):
        row = stored(database)
        if row["guesses"] >= codes.MAX_GUESSES:
            return None
        database.sign_in_codes.update_one({"_id": row["_id"]}, {"$inc": {"guesses": 1}})
        return row

    def lets_more_through():
        database.sign_in_codes.update_one({}, {"$set": {"guesses": 0}})
        return sum(row is not None for row in at_once(naive_guess)) > 5

    assert any(lets_more_through() for _ in range(10))


def guess(code, address="192.0.2.1"):
    return codes.guess(phone_number=PHONE, purpose=codes.SIGN_IN, code=code, address=address)


def test_a_guessed_code_is_used_once(code_for):
    row = guess(code_for(PHONE))
    codes.use(row)
    assert outcome(lambda: codes.use(row)) is Code.code_invalid


def test_a_guessed_code_that_a_new_one_replaced_is_not_used(later, code_for, ask):
    row = guess(code_for(PHONE))
    later(seconds=60)
    ask()
    assert outcome(lambda: codes.use(row)) is Code.code_invalid


# Limits of an address


def fail(verify, number, address="192.0.2.1"):
    """So many guesses from the address, none of them right."""
    for n in range(number):
        assert_problem(verify(f"14155553{n:03}", "123456", address), 400, "code_invalid")


def test_twenty_failures_an_hour_an_address(later, code_for, verify):
    fail(verify, 20)
    code = code_for(PHONE)
    refused = verify(PHONE, code)
    assert_problem(refused, 429, "throttled")
    assert refused["Retry-After"] == "3600"  # 10:00:00.6 to 11:00:00, in whole seconds
    assert verify(PHONE, code, "192.0.2.2").status_code == 200

    later(seconds=3599)
    code = code_for(PHONE)
    assert verify(PHONE, code).status_code == 429
    later(seconds=1)
    assert verify(PHONE, code).status_code == 200


def test_a_guess_refused_for_its_address_does_not_count_against_the_code(
    morning, code_for, verify, database
):
    fail(verify, 20)
    code_for(PHONE)
    for _ in range(6):
        assert verify(PHONE, "123456").status_code == 429
    assert stored(database)["guesses"] == 0


def test_success_does_not_count_against_the_address(morning, code_for, verify):
    fail(verify, 19)
    for n in range(3):
        assert verify(f"1415555400{n}", code_for(f"1415555400{n}")).status_code == 200
    fail(verify, 1)
    assert verify(PHONE, code_for(PHONE)).status_code == 429


def test_a_limit_of_the_settings_holds(morning, settings, verify):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"otp_ip": "2/hour"}
    fail(verify, 2)
    assert verify(PHONE, "123456").status_code == 429


# At rest


def test_neither_code_nor_token_nor_address_is_in_clear_in_any_collection(
    code_for, verify, other_than, dump, client_of
):
    code = code_for(PHONE)
    verify(PHONE, other_than(code))
    assert PHONE.encode() in dump()["sign_in_codes"]  # what is there is found
    for content in dump().values():
        assert code.encode() not in content

    answer = verify(PHONE, code).json()
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['token']}")
    assert client.get("/api/v1/me/").status_code == 200
    everything = dump()
    assert answer["user"]["id"].encode() in everything["sessions"]
    for content in everything.values():
        assert answer["token"].encode() not in content
        assert answer["token"].removeprefix("doit_").encode() not in content
        assert b"192.0.2.1" not in content
    assert PHONE.encode() not in everything["rate_limits"]


def test_a_code_is_worth_nothing_under_another_secret_key(code_for, settings, verify):
    code = code_for(PHONE)
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-" + "k" * 40
    assert_problem(verify(PHONE, code), 400, "code_invalid")
    settings.SECRET_KEY = key
    assert verify(PHONE, code).status_code == 200


# The TTL

DATED = {
    "sign_in_codes": ("expires_at", {"id": "1", "phone_number": "1", "purpose": "1"}),
    "sessions": ("expires_at", {"id": "1", "token_hash": "1", "user_id": "1"}),
    "password_resets": ("expires_at", {"id": "1", "token_hash": "1", "user_id": "1"}),
    "admin_sessions": ("expire_date", {"session_key": "1", "user_id": "1"}),
    "rate_limits": ("expires_at", {"_id": "1"}),
    "idempotency_keys": ("expires_at", {"_id": "1", "user_id": "1"}),
}


def test_mongodb_deletes_what_has_expired_and_nothing_else(database, eventually):
    now = clock.now()
    for name, (field, document) in DATED.items():
        ahead = dict.fromkeys(document, "2")
        database[name].insert_one({**document, field: now - timedelta(seconds=1)})
        database[name].insert_one({**ahead, field: now + timedelta(minutes=5)})

    eventually(lambda: all(database[name].count_documents({}) == 1 for name in DATED))
    for name, (field, _) in DATED.items():
        (left,) = database[name].find()
        assert left[field].replace(tzinfo=UTC) > now
