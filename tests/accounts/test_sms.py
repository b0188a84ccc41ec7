import base64
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from accounts import sms
from tests.problem_details import assert_problem

PHONE = "14155552671"
OTP = "/api/v1/auth/otp/"
SECRET = "canary-of-the-gateway"


class Gateway(ThreadingHTTPServer):
    """Twilio's Messages resource: keeps what it is sent and answers `status`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), GatewayHandler)
        self.status, self.requests, self.silent = 201, [], False
        self.stopping = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class GatewayHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append((self.path, dict(self.headers), parse_qs(form)))
        if self.server.silent:
            self.server.stopping.wait(20)
            return
        body = {"sid": "SM1"} if self.server.status == 201 else {"code": 21211, "message": SECRET}
        content = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def gateway(settings, monkeypatch):
    """A gateway that the messages go to."""
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.SMS_BACKEND = "twilio"
    settings.TWILIO_BASE_URL = server.url
    settings.TWILIO_ACCOUNT_SID = "AC0123"
    settings.TWILIO_AUTH_TOKEN = SECRET
    settings.TWILIO_FROM = "+15550000000"
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


def ask(api):
    return api.post(OTP, {"phone_number": PHONE})


def test_twilio_gets_a_form_with_basic_authentication(gateway, api, verify):
    assert ask(api).status_code == 202

    ((path, headers, form),) = gateway.requests
    assert path == "/2010-04-01/Accounts/AC0123/Messages.json"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    scheme, _, credentials = headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(credentials).decode() == f"AC0123:{SECRET}"
    (body,) = form.pop("Body")
    assert form == {"To": [f"+{PHONE}"], "From": ["+15550000000"]}
    assert "5 minutes" in body
    assert verify(PHONE, body[:6]).status_code == 200


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_a_refusal_of_the_gateway_is_503_and_says_nothing_of_it(status, gateway, api, caplog):
    gateway.status = status
    response = ask(api)
    assert_problem(response, 503, "sms_unavailable")
    assert response["Retry-After"] == "10"
    assert SECRET.encode() not in response.content
    assert SECRET not in caplog.text
    assert len(gateway.requests) == 1


def test_after_a_failure_another_may_be_asked_for_at_once(morning, gateway, api, database, verify):
    gateway.status = 500
    for _ in range(7):  # and none of them counts for the day
        assert ask(api).status_code == 503
    assert database.sign_in_codes.count_documents({}) == 0

    gateway.status = 201
    assert ask(api).status_code == 202
    (body,) = gateway.requests[-1][2]["Body"]
    assert verify(PHONE, body[:6]).status_code == 200


def test_a_failure_leaves_the_codes_of_others(morning, gateway, api, database):
    assert api.post(OTP, {"phone_number": "14155552672"}).status_code == 202
    gateway.status = 500
    ask(api)
    assert [row["phone_number"] for row in database.sign_in_codes.find()] == ["14155552672"]


def test_a_gateway_that_says_nothing_is_given_up_within_the_deadline(gateway, api, settings):
    gateway.silent = True
    began = time.monotonic()
    assert_problem(ask(api), 503, "sms_unavailable")
    assert time.monotonic() - began < settings.DATABASE_DEADLINE

    gateway.silent = False
    assert ask(api).status_code == 202  # the failed one was undone


def test_a_gateway_that_is_not_there(gateway, api, settings):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        settings.TWILIO_BASE_URL = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert_problem(ask(api), 503, "sms_unavailable")


def test_a_gateway_that_speaks_no_http(gateway, api, settings):
    def answer(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(b"220 smtp.example.org\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.TWILIO_BASE_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=answer, args=[listener])
        thread.start()
        assert_problem(ask(api), 503, "sms_unavailable")
        thread.join()


def test_the_file_gets_a_json_line_a_message(settings, tmp_path):
    settings.SMS_FILE = str(tmp_path / "sms.jsonl")
    sms.send_code(to=PHONE, code="012345")
    sms.send_code(to="14155552672", code="999999")
    lines = [json.loads(line) for line in (tmp_path / "sms.jsonl").read_text().splitlines()]
    assert [(line["to"], line["code"]) for line in lines] == [
        (PHONE, "012345"),
        ("14155552672", "999999"),
    ]
    assert all(set(line) == {"to", "body", "code"} for line in lines)
    assert lines[0]["body"].startswith("012345 is your DoIt code")


def test_the_console_shows_the_code_on_stderr(settings, capsys):
    settings.SMS_BACKEND = "console"
    sms.send_code(to=PHONE, code="012345")
    output = capsys.readouterr()
    assert output.out == ""
    assert "012345" in output.err
    assert f"+{PHONE}" in output.err


def test_no_code_is_logged(gateway, api, caplog):
    caplog.set_level("DEBUG", logger="doit")
    ask(api)
    (body,) = gateway.requests[0][2]["Body"]
    assert body[:6] not in caplog.text
