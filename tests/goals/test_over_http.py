"""The whole story over real HTTP: days of a person, from the first code to being erased.

The server is a thread of this process, so that moving the clock moves the server's too.
"""

import threading
from datetime import timedelta
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
import pytest
import time_machine
from django.db import connection

from doit_site.wsgi import application
from tests.goals.steps import answers_of, noon

PHONE = "14155550142"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            connection.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def http(db, settings):
    """An httpx client of the served product."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    server = Server(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/api/v1"
    headers = {"X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=url, headers=headers, timeout=20) as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def ok(response, status=200):
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def sign_in(http, sms_box):
    ok(http.post("/auth/otp/", json={"phone_number": "+1 (415) 555-0142"}), 202)
    body = {"phone_number": PHONE, "code": sms_box()[-1]["code"]}
    signed_in = ok(http.post("/auth/otp/verify/", json=body))
    http.headers["Authorization"] = f"Bearer {signed_in['token']}"
    return signed_in


def prove(http, url, database, right=5):
    test = http.post(url + "verifications/", json={})
    assert test.status_code in (200, 201), test.text
    answers = answers_of(database, test.json()["test_id"], right)
    path = f"{url}verifications/{test.json()['test_id']}/answers/"
    return ok(http.post(path, json={"answers": answers}))


def traces(database, *texts):
    """The collections in which one of the texts is anywhere in a document."""
    return {
        name
        for name in database.list_collection_names()
        for document in database[name].find({})
        if any(text in repr(document) for text in texts)
    }


def test_a_person_lives_with_the_product_and_leaves(http, sms_box, database):
    with time_machine.travel(noon(1)) as clock:
        assert http.get("/me/").status_code == 401
        signed_in = sign_in(http, sms_box)
        assert signed_in["created"] is True
        assert ok(http.get("/me/"))["phone_number"] == PHONE

        target = noon(11).replace(hour=0).isoformat()
        body = {"title": "Learn Python", "description": "From the basics on."}
        keyed = {"Idempotency-Key": "the-goal"}
        created = http.post("/goals/", json={**body, "target_date": target}, headers=keyed)
        goal = ok(created, 201)
        again = http.post("/goals/", json={**body, "target_date": target}, headers=keyed)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == goal
        assert database.goals.count_documents({}) == 1
        url = f"/goals/{goal['id']}/"

        made = ok(http.post(url + "roadmap/", json={"minutes_per_day": 45}), 201)
        assert made["total_days"] == 10
        talk = ok(http.post(url + "messages/", json={"content": "What is on today?"}), 201)
        assert made["days"][0]["tasks"][0]["task"][:40] in talk["reply"]["content"]

        for day in (1, 2, 3):
            clock.move_to(noon(day) + timedelta(minutes=1))
            failed = prove(http, url, database, right=3)
            assert (failed["passed"], failed["streak"]) == (False, day - 1)
            passed = prove(http, url, database)
            assert (passed["streak"], passed["progress"]) == (day, day * 10.0)
        clock.move_to(noon(4))
        assert ok(http.get(url + "today/"))["streak"] == 3

        clock.move_to(noon(5))  # day 4 was missed
        assert ok(http.get(url))["streak"] == 0
        assert ok(http.get(url + "today/"))["pace"]["days_behind"] == 1
        result = prove(http, url, database, right=4)
        assert (result["streak"], result["progress"]) == (1, 40.0)
        stats = ok(http.get(url + "stats/"))
        assert [day["state"] for day in stats["calendar"]] == [
            *("passed", "passed", "passed", "missed", "passed"),
            *["ahead"] * 5,
        ]
        assert stats["verification_stats"] == {
            "total_tests": 7,
            "passed": 4,
            "failed": 3,
            "average_score": 0.8,
            "perfect_scores": 3,
        }
        kinds = [event["kind"] for event in ok(http.get("/me/timeline/"))["results"]]
        assert kinds[-1] == "goal_created"
        assert kinds.count("verification_passed") == 4

        clock.move_to(noon(13))  # the session is over after 7 days
        assert http.get("/me/").status_code == 401
        assert sign_in(http, sms_box)["created"] is False
        etag = http.get(url).headers["ETag"]
        assert http.get(url, headers={"If-None-Match": etag}).status_code == 304
        export = http.get("/me/export/")
        assert "attachment" in export.headers["Content-Disposition"]
        (exported,) = export.json()["goals"]
        assert len(exported["daily_verifications"]) == 7
        assert len(exported["messages"]) == 2
        assert export.json()["profile"]["phone_number"] == PHONE

        user_id = signed_in["user"]["id"]
        assert {"users", "goals", "sessions"} <= traces(database, user_id, PHONE)
        clock.shift(timedelta(seconds=61))
        wrong = http.post("/me/erase/", json={"code": "000000"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "code_invalid")
        assert ok(http.get("/me/"))["id"] == user_id
        ok(http.post("/auth/otp/", json={"phone_number": PHONE}), 202)
        ok(http.post("/me/erase/", json={"code": sms_box()[-1]["code"]}), 204)

        assert http.get("/me/").status_code == 401
        assert traces(database, user_id, PHONE, goal["id"], goal["title"]) == set()


def test_a_path_that_is_not_there_is_a_problem(http):
    response = http.get("/nothing/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("application/problem+json")
