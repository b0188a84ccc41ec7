"""/metrics: what it counts, who may read it, and that no label tells of a person."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pymongo.errors import OperationFailure

from doit_site import metrics
from doit_site.mongo.client import get_collection, get_db
from doit_site.mongo.engine.measured import COMMANDS, MeasuredCollection
from doit_site.mongo.transactions import in_transaction
from tests.goals.steps import answers_of, ask, make_roadmap, submit

ROOT = Path(__file__).parents[2]
GOALS = "/api/v1/goals/"


def figures(text=None):
    """{(sample, its labels): value} of the exposition."""
    text = text or metrics.exposition().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def grown():
    """grown("doit_codes_total", outcome="sent") -> by how much, since the test began."""
    before = figures()

    def by(name, **labels):
        key = name, tuple(sorted(labels.items()))
        return figures().get(key, 0) - before.get(key, 0)

    return by


def test_requests_count_by_route_template_method_and_status(alice_api, a_goal, grown):
    goal = a_goal()
    alice_api.get(f"{GOALS}{goal['id']}/")
    alice_api.get(f"{GOALS}another/")
    route = "api/v1/goals/<str:id>/"
    assert grown("doit_request_seconds_count", method="GET", route=route, status="200") == 1
    assert grown("doit_request_seconds_count", method="GET", route=route, status="404") == 1
    assert (
        grown("doit_request_seconds_count", method="POST", route="api/v1/goals/", status="201") == 1
    )
    of = {"method": "GET", "route": route, "status": "200"}
    assert grown("doit_request_seconds_bucket", le="3.5", **of) == 1
    assert 0 < grown("doit_request_seconds_sum", **of) < 60


@pytest.mark.parametrize("path", ["/api/v1/14155550187/", "/14155550187", "/api/v1/a/b/c/d/e/"])
def test_what_matches_no_route_is_one_label(api, path, grown):
    api.get(path)
    assert (
        grown("doit_request_seconds_count", method="GET", route=metrics.UNMATCHED, status="404")
        == 1
    )
    assert "14155550187" not in metrics.exposition().decode()


def test_a_method_that_a_client_made_up_is_one_label(api, grown):
    api.generic("CANARY14155550187", "/api/v1/me/")
    assert (
        grown("doit_request_seconds_count", method="other", route="api/v1/me/", status="401") == 1
    )
    assert "CANARY" not in metrics.exposition().decode()


def test_requests_in_flight_come_back_to_where_they_were(alice_api, grown):
    for path in ("/api/v1/me/", "/api/v1/nowhere/", "/health/live/"):
        alice_api.get(path)
    assert grown("doit_requests_in_flight") == 0


def test_database_operations_count_by_command(database, grown):
    collection = get_collection("counters_of_a_test")
    collection.insert_one({"n": 0})
    collection.update_one({"n": 0}, {"$inc": {"n": 1}})
    collection.find_one_and_update({"n": 1}, {"$inc": {"n": 1}})
    assert collection.find_one({"n": 2})
    assert len(list(collection.aggregate([{"$match": {}}]))) == 1
    collection.insert_many([{"n": n} for n in range(300)])
    assert len(list(collection.find({}, batch_size=100))) == 301
    in_transaction(lambda: None)
    counts = {"insert": 2, "update": 1, "findAndModify": 1, "find": 2, "aggregate": 1}
    for command, number in (counts | {"getMore": 3, "transaction": 1}).items():
        found = grown("doit_database_seconds_count", command=command)
        assert found == number, command


def test_the_driver_has_the_methods_that_are_timed():
    assert all(getattr(MeasuredCollection, name).__wrapped__ for name in COMMANDS)
    assert MeasuredCollection.find is not type(get_db()["x"]).find


def test_operations_that_raise_count_by_the_class_of_the_error(database, grown):
    with pytest.raises(OperationFailure):
        get_collection("goals").update_one({}, {"$nonsense": "14155550187"})
    assert grown("doit_database_errors_total", command="update", error="WriteError") == 1
    assert grown("doit_database_seconds_count", command="update") == 0


def test_codes_messages_and_limits_count(api, alice_api, a_goal, sms_box, grown, settings):
    body = {"phone_number": "14155550187"}
    api.post("/api/v1/auth/otp/", body)
    api.post("/api/v1/auth/otp/", body)
    alice_api.post(f"{GOALS}{a_goal()['id']}/messages/", {"content": "Hello"})
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "user": "0/min"}
    alice_api.get("/api/v1/me/")
    alice_api.get("/api/v1/me/")
    assert grown("doit_codes_total", outcome="sent") == 1
    assert grown("doit_throttled_total", limit="resend") == 1
    assert grown("doit_messages_total", where="goal") == 1
    assert grown("doit_throttled_total", limit="user") >= 1


def test_a_code_that_could_not_be_sent_counts_as_failed(api, settings, grown):
    settings.SMS_BACKEND = "twilio"
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = "x"
    settings.TWILIO_BASE_URL = "http://127.0.0.1:1"
    assert api.post("/api/v1/auth/otp/", {"phone_number": "14155550187"}).status_code == 503
    assert grown("doit_codes_total", outcome="failed") == 1
    assert grown("doit_codes_total", outcome="sent") == 0


def test_a_test_counts_once_however_often_it_is_submitted(alice_api, a_goal, database, grown):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    failed = ask(alice_api, goal)["test_id"]
    submit(alice_api, goal, failed, answers_of(database, failed, 0))
    passed = ask(alice_api, goal)["test_id"]
    for _ in range(2):
        submit(alice_api, goal, passed, answers_of(database, passed))
    assert grown("doit_verifications_total", outcome="failed") == 1
    assert grown("doit_verifications_total", outcome="passed") == 1


class Undone(Exception):
    pass


def test_what_a_transaction_undoes_is_not_counted(alice, alice_api, a_goal, database, grown):
    """And its twin: what is counted where it happens stays counted."""
    from goals import chat

    goal = a_goal()

    def act():
        chat.send(user=alice, goal_id=goal["id"], content="Hello")
        metrics.codes_failed.inc()
        raise Undone

    with pytest.raises(Undone):
        in_transaction(act)
    assert database.goals.find_one({"id": goal["id"]})["messages"] == []
    assert grown("doit_messages_total", where="goal") == 0
    assert grown("doit_codes_total", outcome="failed") == 1


def test_labels_are_of_fixed_lists(alice_api, a_goal, database):
    goal = a_goal(title="Canary title")
    alice_api.get(f"{GOALS}{goal['id']}/?q=14155550187")
    text = metrics.exposition().decode()
    labels = {(name, value) for (_, pairs), _ in figures(text).items() for name, value in pairs}
    known = {"method", "route", "status", "le", "command", "error", "outcome", "limit", "where"}
    known |= {"act", "coach", "reason", "kind", "end"}
    assert {name for name, _ in labels} <= known | {"generation"}
    assert goal["id"] not in text
    assert "anary" not in text
    assert not [v for n, v in labels if n != "le" and re.search(r"\d{6}|[0-9a-f]{12}|@", v)]


def test_only_this_machine_may_read_without_a_token(api, settings):
    settings.METRICS_TOKEN = ""
    assert api.get("/metrics").status_code == 200
    assert api.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    for address in ("192.0.2.1", "", "unix"):
        assert api.get("/metrics", REMOTE_ADDR=address).status_code == 404
    for header in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA"):
        assert api.get("/metrics", **{header: "127.0.0.1"}).status_code == 404


def test_with_a_token_it_is_the_token_that_counts(api, settings):
    settings.METRICS_TOKEN = "the-token-of-the-scraper"
    refused = api.get("/metrics")
    assert refused.status_code == 401
    assert "WWW-Authenticate" in refused
    assert refused.content == b""
    for given in ("Bearer no", "Bearer", "the-token-of-the-scraper", "Bearer \xff"):
        assert api.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 401
    good = {"HTTP_AUTHORIZATION": "Bearer the-token-of-the-scraper", "REMOTE_ADDR": "192.0.2.1"}
    response = api.get("/metrics", **good)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert figures(response.content.decode())
    assert api.get("/metrics", secure=False, **good).status_code == 200  # scraped beside a proxy


def test_process_figures_are_there(api):
    names = {name for name, _ in figures()}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= names


def test_metrics_of_other_libraries_are_not_ours():
    assert metrics.registry is not REGISTRY


COUNT = """
import os, sys
import django
django.setup()
from doit_site import metrics
metrics.request_begun()
metrics.request_ended("GET", "health/live/", 200, 0.01)
metrics.request_begun()
print("counted", flush=True)
sys.stdin.readline()
"""


def counting(folder):
    return subprocess.Popen(
        [sys.executable, "-c", COUNT],
        cwd=ROOT,
        env={**os.environ, "METRICS_DIR": folder, "DJANGO_SETTINGS_MODULE": "doit_site.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def scraped(folder):
    """The exposition as a further process of the folder gives it."""
    code = (
        "import django; django.setup(); from doit_site import metrics;"
        "print(metrics.exposition().decode())"
    )
    env = {**os.environ, "METRICS_DIR": folder, "DJANGO_SETTINGS_MODULE": "doit_site.settings"}
    command = [sys.executable, "-c", code]
    return figures(subprocess.check_output(command, cwd=ROOT, env=env, text=True))


def test_processes_that_share_a_folder_are_summed(tmp_path):
    folder = str(tmp_path / "metrics")
    route = (("method", "GET"), ("route", "health/live/"), ("status", "200"))
    processes = [counting(folder) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "counted\n"
    both = scraped(folder)
    assert both["doit_request_seconds_count", route] == 2
    assert both["doit_requests_in_flight", ()] == 2
    memory = {labels for name, labels in both if name == "process_resident_memory_bytes"}
    assert memory >= {(("pid", str(process.pid)),) for process in processes}

    processes[0].communicate("\n", timeout=10)
    assert (
        scraped(folder)["doit_request_seconds_count", route] == 2
    )  # it has ended, its count stays
    rest = scraped(folder)
    assert rest["doit_requests_in_flight", ()] == 1
    processes[1].communicate("\n", timeout=10)


def test_without_a_folder_a_process_tells_of_itself_alone(tmp_path):
    """The twin: why several workers need METRICS_DIR."""
    process = counting("")
    assert process.stdout.readline() == "counted\n"
    assert ("doit_requests_in_flight", ()) in scraped("")
    assert scraped("")["doit_requests_in_flight", ()] == 0
    process.communicate("\n", timeout=10)
