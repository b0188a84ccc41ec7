"""api.md, "retries": the same POST again has the first one's effect and answer."""

from datetime import timedelta
from functools import partial

import pytest

from doit_site import clock
from tests.contract.routes import routes
from tests.problem_details import assert_problem
from tests.races import together

TESTS = "/api/v1/tests/"
pytestmark = pytest.mark.urls("tests.site.urls")


@pytest.fixture
def post(alice_api):
    """post(name of the act, body, key=..., client=...)"""

    def send(name, body=None, *, key="a-key", client=alice_api):
        return client.post(f"{TESTS}{name}/", body or {}, HTTP_IDEMPOTENCY_KEY=key)

    return send


@pytest.fixture
def effects(database):
    """effects() -> the names of what the acts left."""
    return lambda: [row["name"] for row in database.effects.find()]


@pytest.fixture
def later(time_machine):
    """later(seconds=60) moves the clock forward."""

    def move(**span):
        time_machine.move_to(clock.now() + timedelta(**span), tick=True)

    return move


def is_replay(response):
    return response.headers.get("Idempotent-Replayed") == "true"


def test_the_same_again_is_answered_again_and_done_once(post, effects):
    first = post("act", {"name": "x", "more": [1, {"a": None}]})
    again = post("act", {"more": [1, {"a": None}], "name": "x"})
    assert (first.status_code, is_replay(first)) == (201, False)
    assert (again.status_code, is_replay(again)) == (201, True)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert effects() == ["x"]


def test_without_a_key_every_request_counts(alice_api, effects, database):
    for _ in range(2):
        assert alice_api.post(f"{TESTS}act/", {"name": "x"}).status_code == 201
    assert effects() == ["x", "x"]
    assert database.idempotency_keys.count_documents({}) == 0


def test_a_new_goal_is_replayed_with_its_location(alice_api, in_days, database):
    body = {"title": "Swim", "description": "A mile.", "target_date": in_days(30)}
    create = partial(alice_api.post, "/api/v1/goals/", body, HTTP_IDEMPOTENCY_KEY="k")
    first, again = create(), create()
    assert again.json() == first.json()
    assert is_replay(again)
    assert again["Location"] == first["Location"]
    assert alice_api.get(again["Location"]).json()["id"] == first.json()["id"]
    assert database.goals.count_documents({}) == 1


def test_another_body_with_the_same_key_is_refused(post, effects):
    post("act", {"name": "x"})
    assert_problem(post("act", {"name": "y"}), 422, "idempotency_key_reused")
    assert_problem(post("act", {}), 422, "idempotency_key_reused")
    assert effects() == ["x"]


def still_running(database):
    """Make it that the only key's request has not ended."""
    database.idempotency_keys.update_one({}, {"$set": {"status": None, "body": None}})
    database.effects.delete_many({})


def test_a_request_still_running_is_not_run_again(post, effects, database):
    post("act", {"name": "x"})
    still_running(database)
    response = post("act", {"name": "x"})
    assert_problem(response, 409, "idempotency_in_progress")
    assert response["Retry-After"] == "1"
    assert_problem(post("act", {"name": "y"}), 422, "idempotency_key_reused")
    assert effects() == []


def test_a_claim_whose_process_crashed_frees_itself_after_a_minute(post, effects, database, later):
    post("act", {"name": "x"})
    still_running(database)
    later(seconds=59)
    assert_problem(post("act", {"name": "x"}), 409, "idempotency_in_progress")
    later(seconds=2)
    response = post("act", {"name": "x"})
    assert response.status_code == 201
    assert not is_replay(response)
    assert is_replay(post("act", {"name": "x"}))
    assert effects() == ["x"]


def test_an_overtaken_request_takes_its_effect_back(post, effects):
    assert_problem(post("overtaken"), 409, "idempotency_in_progress")
    assert effects() == []


def test_without_a_common_transaction_an_overtaken_effect_stays(post, effects):
    """The broken twin."""
    assert post("overtaken-twin").status_code == 201
    assert effects() == ["overtaken"]


def test_people_do_not_share_keys(post, bob_api, effects):
    assert post("act", {"name": "alice's"}).json() == {"name": "alice's"}
    other = post("act", {"name": "bob's"}, client=bob_api)
    assert other.json() == {"name": "bob's"}
    assert not is_replay(other)
    assert effects() == ["alice's", "bob's"]


def test_routes_do_not_share_keys(post, effects):
    post("act", {"name": "x"})
    assert not is_replay(post("other", {"name": "x"}))
    assert effects() == ["x", "x"]


@pytest.mark.parametrize(
    "key", ["", "x" * 256, "two words", "tab\tbed", "schlüssel", "\x7f", "line\nbreak"]
)
def test_a_key_that_is_no_key_is_refused(post, effects, key):
    (row,) = assert_problem(post("act", key=key), 400, "invalid_idempotency_key")["errors"]
    assert row["pointer"] == "/Idempotency-Key"
    assert effects() == []


@pytest.mark.parametrize("key", ["!", "~" * 255, '{"$ne":null}'])
def test_any_visible_characters_are_a_key(post, key):
    assert post("act", {"name": "x"}, key=key).status_code == 201
    assert is_replay(post("act", {"name": "x"}, key=key))


def test_the_key_is_not_kept_in_clear(post, database):
    post("act", {"name": "x"}, key="a-recognisable-key")
    assert "a-recognisable-key" not in str(list(database.idempotency_keys.find()))


def test_a_refusal_is_kept_as_the_problem_it_was(post, effects):
    first, again = post("refused"), post("refused")
    assert_problem(first, 404, "not_found")
    assert again.status_code == 404
    assert is_replay(again)
    assert again["Content-Type"] == "application/problem+json"
    assert again.content == first.content
    assert effects() == []


@pytest.mark.parametrize(
    "code", ["not_authenticated", "throttled", "internal_error", "storage_unavailable"]
)
def test_what_a_retry_may_better_is_not_kept(post, effects, database, code):
    body = {"code": code}
    assert post("failing", body).json()["code"] == code
    assert database.idempotency_keys.count_documents({}) == 0
    assert effects() == []

    database.effects.insert_one({"name": "mended"})
    again = post("failing", body)
    assert again.status_code == 204
    assert not is_replay(again)
    replay = post("failing", body)
    assert (replay.status_code, is_replay(replay), replay.content) == (204, True, b"")
    assert effects() == ["mended", "failing"]


def test_a_crash_of_the_act_frees_the_key(post, effects, database):
    assert_problem(post("failing", {}), 500, "internal_error")
    assert database.idempotency_keys.count_documents({}) == 0
    assert effects() == []


def test_malformed_json_claims_nothing(alice_api, database):
    response = alice_api.generic(
        "POST", f"{TESTS}act/", b"{", content_type="application/json", HTTP_IDEMPOTENCY_KEY="k"
    )
    assert_problem(response, 400, "malformed")
    assert database.idempotency_keys.count_documents({}) == 0


def test_without_a_token_nothing_is_claimed_or_replayed(post, api, database):
    post("act", {"name": "x"})
    assert_problem(post("act", {"name": "x"}, client=api), 401, "not_authenticated")
    assert database.idempotency_keys.count_documents({}) == 1


def test_an_answer_is_kept_for_24_hours_and_no_longer(post, effects, later):
    post("act", {"name": "x"})
    later(hours=23, minutes=59)
    assert is_replay(post("act", {"name": "x"}))
    later(minutes=2)
    assert not is_replay(post("act", {"name": "x"}))
    assert effects() == ["x", "x"]


def test_after_24_hours_the_key_takes_another_body(post, effects, later):
    post("act", {"name": "x"})
    later(hours=24, seconds=1)
    assert post("act", {"name": "y"}).json() == {"name": "y"}
    assert effects() == ["x", "y"]


def test_an_act_with_effects_outside_is_replayed_too(post, effects):
    assert post("outside").json() == {"done": True}
    assert is_replay(post("outside"))
    assert effects() == ["outside"]


def test_what_is_prepared_is_prepared_outside_the_transaction_of_its_act(post, effects, database):
    assert post("prepared", {"times": 3}).json() == {"in_transaction": True}
    assert is_replay(post("prepared", {"times": 3}))
    assert [row["in_transaction"] for row in database.preparations.find()] == [False] * 3
    assert effects() == ["prepared"]


def test_what_is_outdated_again_and_again_is_given_up(post, effects, alice_api, database):
    assert_problem(post("prepared", {"times": 99}), 409, "stale_version")
    assert database.preparations.count_documents({}) == 5
    assert effects() == []
    database.preparations.delete_many({})
    without_a_key = alice_api.post(f"{TESTS}prepared/", {"times": 1})
    assert without_a_key.json() == {"in_transaction": False}


def until_answered(send):
    """The first answer that is not `still running`."""
    while (response := send()).status_code == 409:
        assert response.json()["code"] == "idempotency_in_progress"
    return response


def test_64_at_once_with_one_key_have_one_effect(alice_api, post, effects):
    answers = together(64, lambda _: until_answered(lambda: post("act", {"name": "x"})))
    assert effects() == ["x"]
    assert {answer.status_code for answer in answers} == {201}
    assert sum(not is_replay(answer) for answer in answers) == 1
    assert len({answer.content for answer in answers}) == 1


def test_64_at_once_break_a_key_that_is_only_looked_up(post, effects):
    """The broken twin, tried until it breaks: at times one of them is done before the next looks."""
    for key in map(str, range(20)):
        together(64, lambda _, key=key: post("act-twin", {"name": key}, key=key))
        if effects().count(key) > 1:
            return
    pytest.fail("never more than one effect")


def test_every_post_takes_a_key_except_under_auth():
    posts = [route for route in routes() if "post" in route.actions]
    assert len(posts) > 10
    for route in posts:
        takes = getattr(route.handler("post"), "idempotent", False)
        assert takes != route.path.startswith("auth/"), route.path
