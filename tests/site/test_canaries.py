"""trust.md, "secrets": canaries through logs, errors and metrics; 0 hits, whatever happens."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import httpx

from doit_site import metrics
from doit_site.logs import Lines
from tests.faults.conftest import environment, free_port, stop, until
from tests.site.log_lines import (
    DESCRIPTION,
    EMAIL,
    FIXED,
    MESSAGE,
    NAME,
    PASSWORD,
    PHONE,
    QUERY,
    TITLE,
    capture,
    found,
    lines,
)

ROOT = Path(__file__).parents[2]


def walk(client, api, sms_box, database, in_days):
    """Requests that succeed, are refused and crash, each full of canaries; (answers, canaries)."""
    answers = []

    def send(who, method, path, body=None, **more):
        response = getattr(who, method)(path, body, **more)
        answers.append(response)
        return response

    v1 = "/api/v1/"
    send(api, "post", v1 + "auth/otp/", {"phone_number": "+1 (415) 555-0187"})
    code = sms_box()[-1]["code"]
    proof = {"phone_number": PHONE, "code": code}
    send(api, "post", v1 + "auth/otp/", {"phone_number": PHONE})  # 429
    send(api, "post", v1 + "auth/otp/verify/", {**proof, "code": "1" * 7 + QUERY})
    signed_in = send(api, "post", v1 + "auth/otp/verify/", proof).json()
    token, user = signed_in["token"], signed_in["user"]["id"]
    send(api, "post", v1 + "auth/otp/verify/", proof)  # used
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    send(client, "patch", v1 + "me/", {"name": NAME, "email": EMAIL})
    send(client, "patch", v1 + "me/", {"email": [EMAIL], "name": {"a": NAME}})
    goal = {"title": TITLE, "description": DESCRIPTION, "target_date": in_days(30)}
    one = send(client, "post", v1 + "goals/", goal).json()
    url = f"{v1}goals/{one['id']}/"
    send(client, "post", url + "roadmap/", {})
    send(client, "post", url + "messages/", {"content": MESSAGE})
    send(client, "post", url + "messages/", {"content": [MESSAGE], TITLE[:11]: 1})
    send(client, "post", url + "messages/", MESSAGE)
    send(client, "get", f"{v1}goals/?{QUERY}={PHONE}&cursor={TITLE[:11]}")
    send(client, "get", f"{v1}goals/{PHONE}/")
    send(client, "get", f"{v1}{PHONE}/{QUERY}/")
    send(api, "get", v1 + "me/", HTTP_AUTHORIZATION=f"Bearer {token}x")
    send(api, "get", v1 + "me/", HTTP_HOST=f"{QUERY}.example")
    send(api, "post", v1 + "auth/password/reset/", {"email": EMAIL})
    send(
        api, "post", v1 + "auth/password/reset/confirm/", {"token": QUERY, "new_password": PASSWORD}
    )
    crash(client, send, url, one["id"], database)
    return answers, [*FIXED, code, token, user, one["id"]]


def crash(client, send, url, goal_id, database):
    """Two real faults: a document of another shape, and a key that must not come twice."""
    database.goals.create_index("title", unique=True, name="of_a_test")
    try:
        goal = {"title": TITLE, "description": DESCRIPTION, "target_date": "2999-01-01"}
        again = {
            **goal,
            "target_date": database.goals.find_one({"id": goal_id})["target_date"].isoformat()
            + "Z",
        }
        assert send(client, "post", "/api/v1/goals/", again).status_code == 500
    finally:
        database.goals.drop_index("of_a_test")
    broken = {"$set": {"roadmap": [{"date": TITLE, "tasks": MESSAGE}], "target_date": {TITLE: 1}}}
    database.command(
        "update",
        "goals",
        updates=[{"q": {"id": goal_id}, "u": broken}],
        bypassDocumentValidation=True,
    )
    assert send(client, "get", url + "today/").status_code == 500
    send(client, "post", url + "messages/", {"content": MESSAGE})


def refusals(answers):
    return [response.content.decode() for response in answers if response.status_code >= 500]


def test_canaries_are_in_no_line_figure_or_body_of_an_error(
    client_of, api, sms_box, database, in_days
):
    """With the twin: as plain lines the same errors tell of a person."""
    with capture(Lines()) as told, capture(logging.Formatter()) as twin:
        answers, canaries = walk(client_of(), api, sms_box, database, in_days)
    statuses = [response.status_code for response in answers]
    assert {200, 201, 202, 400, 401, 404, 429, 500} <= set(statuses), statuses
    assert len([line for line in lines(told()) if line["event"] == "request"]) == len(answers)
    assert "DuplicateKeyError" in told()
    assert found(canaries, told(), metrics.exposition().decode(), *refusals(answers)) == []
    assert found([TITLE], twin())


def served(tmp_path, uri, database, **more):
    """(url, process, the file of its stderr) of a real server."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
        *("--log-level", "error", "doit_site.wsgi:application"),
    ]
    errors = tmp_path / f"stderr-{port}"
    more = {"SMS_FILE": str(tmp_path / "sms"), "DATABASE_NAME": database, **more}
    with errors.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(uri, **more), stderr=output, stdout=output
        )

    def answers():
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/live/", timeout=5).is_success
        except httpx.HTTPError:
            return False

    until(answers, 30, "the server answers")
    return f"http://127.0.0.1:{port}", process, errors


class Plain:
    """The client of `walk` over HTTP, answering what Django's client does."""

    def __init__(self, url):
        self.url, self.headers = url, {"X-Forwarded-Proto": "https"}

    def credentials(self, **headers):
        self.headers["Authorization"] = headers["HTTP_AUTHORIZATION"]

    def __getattr__(self, method):
        def send(path, body=None, **more):
            given = {
                name.removeprefix("HTTP_").replace("_", "-"): value for name, value in more.items()
            }
            content = {} if method == "get" else {"json": body}
            headers = {**self.headers, **given}
            answer = httpx.request(method, self.url + path, headers=headers, timeout=20, **content)
            return Answer(answer)

        return send


class Answer:
    def __init__(self, response):
        self.status_code, self.content, self.json = (
            response.status_code,
            response.content,
            response.json,
        )


def test_canaries_are_in_no_byte_that_a_server_writes(tmp_path, database, mongodb_uri, in_days):
    url, process, errors = served(tmp_path, mongodb_uri, database.name)
    box = tmp_path / "sms"
    try:
        answers, canaries = walk(
            Plain(url),
            Plain(url),
            lambda: [json.loads(line) for line in box.read_text().splitlines()],
            database,
            in_days,
        )
        scraped = httpx.get(url + "/metrics")
    finally:
        stop(process)
    text = errors.read_text()
    assert text.count('"event":"request"') >= len(answers)
    assert "DuplicateKeyError" in text
    assert 'route="api/v1/goals/<str:id>/"' in scraped.text
    assert found(canaries, text, scraped.text, *refusals(answers)) == []


def test_canaries_are_in_no_byte_while_the_database_is_gone(tmp_path):
    url, process, errors = served(tmp_path, "mongodb://127.0.0.1:1/?replicaSet=gone", "doit_db")
    try:
        client = Plain(url)
        client.credentials(HTTP_AUTHORIZATION="Bearer doit_canary-token")
        answers = [
            client.post("/api/v1/auth/otp/", {"phone_number": PHONE}),
            client.post("/api/v1/goals/", {"title": TITLE}),
            client.get("/admin/", HTTP_COOKIE="sessionid=canary-cookie"),
        ]
    finally:
        stop(process)
    assert [answer.status_code for answer in answers] == [503, 503, 500]
    text = errors.read_text()
    assert text.count('"event":"request"') >= 3
    canaries = [*FIXED, "canary-token", "canary-cookie"]
    assert found(canaries, text, *refusals(answers)) == []
