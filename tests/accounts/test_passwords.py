import re
import socketserver
import threading
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from accounts import sessions
from accounts.models import User
from doit_site.mongo.fields import new_id
from tests.problem_details import assert_problem

RESET = "/api/v1/auth/password/reset/"
CONFIRM = "/api/v1/auth/password/reset/confirm/"
EMAIL = "carol@example.org"
NEW = "correct horse battery"


@pytest.fixture
def carol(db):
    return User.objects.create_superuser(
        "+1 415 555 0103", "a long pass phrase", name="Carol", email=EMAIL
    )


@pytest.fixture
def mailed(mailoutbox, eventually):
    """mailed(1) -> the token of the newest of so many mails, once it is there."""

    def read(number=1):
        eventually(lambda: len(mailoutbox) == number)
        return token_in(mailoutbox[-1].body)

    return read


def token_in(text):
    (token,) = re.findall(r"^  (\S+)$", text, re.MULTILINE)
    return token


@pytest.fixture
def token(carol, api, mailed):
    """A reset token of carol's."""
    assert api.post(RESET, {"email": EMAIL}).status_code == 202
    return mailed()


def confirm(api, token, new_password=NEW, **headers):
    return api.post(CONFIRM, {"token": token, "new_password": new_password}, **headers)


def admin_login(password, phone_number="14155550103"):
    """Whether the admin lets this person in, and the browser that tried."""
    browser = Browser()
    form = {"username": phone_number, "password": password}
    response = browser.post("/admin/login/?next=/admin/", form, secure=True)
    return response.status_code == 302, browser


def test_the_owner_of_the_address_gets_a_token(carol, api, mailoutbox, mailed):
    answer = api.post(RESET, {"email": "Carol@Example.org"})
    assert answer.status_code == 202
    assert answer.content == b""
    token = mailed()
    (mail,) = mailoutbox
    assert mail.to == [EMAIL]
    assert mail.from_email == "DoIt <doit@example.org>"
    assert f"http://testserver{CONFIRM}" in mail.body
    assert len(token) == 43  # 32 bytes, url-safe


def test_a_reset_is_stored_with_the_documented_types_and_no_token(carol, token, database, dump):
    (row,) = database.password_resets.find()
    assert {name: type(value) for name, value in row.items() if name != "_id"} == {
        "id": str,
        "user_id": str,
        "token_hash": str,
        "created_at": datetime,
        "expires_at": datetime,
    }
    assert row["user_id"] == carol.pk
    assert row["token_hash"] == sessions.token_hash(token)
    assert row["expires_at"] - row["created_at"] == timedelta(hours=1)
    for content in dump().values():
        assert token.encode() not in content


def test_an_unknown_address_gets_the_same_answer_and_no_mail(carol, api, mailoutbox, mailed):
    unknown = api.post(RESET, {"email": "nobody@example.org"})
    known = api.post(RESET, {"email": EMAIL})
    assert unknown.status_code == known.status_code == 202
    assert unknown.content == known.content
    headers = [
        {name: value for name, value in answer.items() if name != "X-Request-ID"}
        for answer in (unknown, known)
    ]
    assert headers[0] == headers[1]
    mailed(1)
    assert [mail.to for mail in mailoutbox] == [[EMAIL]]


@pytest.mark.parametrize("email", ["", "carol", None, 1, {"$gt": ""}, "x" * 250 + "@x.org"])
def test_what_is_no_address_is_refused(email, api):
    problem = assert_problem(api.post(RESET, {"email": email}), 400, "invalid_input")
    assert [row["pointer"] for row in problem["errors"]] == ["/email"]


def test_the_new_password_opens_the_admin_and_the_old_one_no_more(token, api):
    assert admin_login("a long pass phrase")[0]
    answer = confirm(api, token)
    assert answer.status_code == 204
    assert answer.content == b""
    let_in, browser = admin_login(NEW)
    assert let_in
    assert browser.get("/admin/", secure=True).status_code == 200
    assert not admin_login("a long pass phrase")[0]


def test_only_the_password_changes(carol, token, api, database):
    before = database.users.find_one()
    confirm(api, token)
    after = database.users.find_one()
    assert {name for name in after if after[name] != before[name]} == {"password"}
    assert after.keys() == before.keys()


def test_a_password_is_hashed_as_django_does(token, api, settings, database, dump):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    confirm(api, token)
    assert database.users.find_one()["password"].startswith("pbkdf2_sha256$")
    assert NEW.encode() not in dump()["users"]


def test_a_new_password_ends_all_sessions_of_its_owner(carol, token, api, client_of, bob_api):
    phone = client_of(carol)
    _, browser = admin_login("a long pass phrase")
    assert confirm(api, token).status_code == 204
    assert_problem(phone.get("/api/v1/me/"), 401, "invalid_token")
    assert browser.get("/admin/", secure=True).status_code == 302
    assert bob_api.get("/api/v1/me/").status_code == 200


def test_a_token_is_good_once(token, api):
    assert confirm(api, token).status_code == 204
    assert_problem(confirm(api, token, "another pass phrase"), 400, "reset_invalid")
    assert admin_login(NEW)[0]


def test_a_token_is_good_for_an_hour(later, carol, api, mailed, database):
    api.post(RESET, {"email": EMAIL})
    early = mailed(1)
    later(minutes=59, seconds=59)
    assert confirm(api, early).status_code == 204

    api.post(RESET, {"email": EMAIL})
    late = mailed(2)
    later(hours=1)
    assert database.password_resets.count_documents({}) == 1  # TTL deletes by the real clock
    assert_problem(confirm(api, late, "another pass phrase"), 400, "reset_invalid")
    assert_problem(confirm(api, late, "weak"), 400, "reset_invalid")
    assert admin_login(NEW)[0]


def test_a_wrong_a_used_and_an_expired_token_answer_alike(later, carol, api, mailed):
    def body(token):
        response = confirm(api, token, HTTP_X_REQUEST_ID="the-same-id")
        return response.status_code, response.content

    api.post(RESET, {"email": EMAIL})
    token = mailed(1)
    confirm(api, token)
    used, wrong = body(token), body("x" * 43)
    api.post(RESET, {"email": EMAIL})
    token = mailed(2)
    later(hours=1)
    assert body(token) == used == wrong
    assert used[0] == 400


def test_with_one_token_the_others_of_the_person_end(carol, api, mailed, database):
    tokens = []
    for number in (1, 2):
        api.post(RESET, {"email": EMAIL})
        tokens.append(mailed(number))
    assert confirm(api, tokens[1]).status_code == 204
    assert_problem(confirm(api, tokens[0], "another pass phrase"), 400, "reset_invalid")
    assert database.password_resets.count_documents({}) == 0


@pytest.mark.parametrize(
    "password", ["short", "password123", "12345678901234", "carol@example.org", ""]
)
def test_a_weak_password_is_refused_and_the_token_kept(password, token, api, database):
    before = database.users.find_one()
    problem = assert_problem(confirm(api, token, password), 400, "invalid_input")
    assert [row["pointer"] for row in problem["errors"]] == ["/new_password"]
    assert database.users.find_one() == before
    assert confirm(api, token).status_code == 204


@pytest.mark.parametrize("password", ["x" * 129, None, {"$gt": ""}, "nul \x00 in a long phrase"])
def test_what_is_no_password_is_refused(password, token, api):
    problem = assert_problem(confirm(api, token, password), 400, "invalid_input")
    assert {row["pointer"] for row in problem["errors"]} == {"/new_password"}


def test_spaces_of_a_password_are_kept(token, api):
    assert confirm(api, token, "  spaces all around  ").status_code == 204
    assert admin_login("  spaces all around  ")[0]
    assert not admin_login("spaces all around")[0]


def test_of_sixty_four_uses_of_a_token_at_once_one_succeeds(token, client_of, at_once):
    def post(n):
        body = {"token": token, "new_password": f"{NEW} {n}"}
        return client_of().post(CONFIRM, body, REMOTE_ADDR=f"192.0.2.{n}").status_code

    statuses = at_once(post)
    assert sorted(statuses) == [204] + [400] * 63
    assert admin_login(f"{NEW} {statuses.index(204)}")[0]


def test_the_broken_twin_that_looks_before_it_deletes_uses_a_token_twice(token, database, at_once):
    def naive_confirm(n):
        row = database.password_resets.find_one({"token_hash": sessions.token_hash(token)})
        if row is None:
            return 400
        database.password_resets.delete_one({"_id": row["_id"]})
        return 204

    reset = database.password_resets.find_one()

    def uses_it_twice():
        database.password_resets.replace_one({"_id": reset["_id"]}, reset, upsert=True)
        return at_once(naive_confirm).count(204) > 1

    assert any(uses_it_twice() for _ in range(10))


def test_five_mails_an_address_a_day_known_or_not(later, carol, api, mailoutbox, eventually):
    for email in (EMAIL, "nobody@example.org"):
        for _ in range(5):
            assert api.post(RESET, {"email": email}).status_code == 202
        refused = api.post(RESET, {"email": email.upper()})
        assert_problem(refused, 429, "throttled")
        assert int(refused["Retry-After"]) == 14 * 3600  # 10:00:00.6 to midnight
    eventually(lambda: len(mailoutbox) == 5)
    later(hours=14)
    assert api.post(RESET, {"email": EMAIL}).status_code == 202
    eventually(lambda: len(mailoutbox) == 6)


def test_a_suspended_person_resets_but_does_not_get_in(carol, token, api, database):
    database.users.update_one({"id": carol.pk}, {"$set": {"status": "suspended"}})
    assert confirm(api, token).status_code == 204
    assert not admin_login(NEW)[0]


def test_a_token_of_somebody_who_is_gone_is_refused(carol, token, api, database):
    database.users.delete_one({"id": carol.pk})
    assert_problem(confirm(api, token), 400, "reset_invalid")


def test_a_person_who_is_no_staff_gets_no_further_by_a_password(alice, alice_api, api, mailed):
    alice_api.patch("/api/v1/me/", {"email": "alice@example.org"})
    api.post(RESET, {"email": "alice@example.org"})
    assert confirm(api, mailed()).status_code == 204
    assert not admin_login(NEW, alice.phone_number)[0]


# A mail server

ACCEPT = {"EHLO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}


class MailServer(socketserver.ThreadingTCPServer):
    """SMTP (RFC 5321) as far as one mail needs it; `answers` overrides a reply."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, **answers):
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.answers, self.mails = ACCEPT | answers, []


class MailHandler(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            verb = line[:4].decode().upper()
            if verb == "QUIT":
                return self.say("221 bye")
            self.say(self.server.answers.get(verb, "250 ok"))
            if verb == "DATA":
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode())
                self.say("250 taken")
        return None


@pytest.fixture
def mail_server(settings):
    """mail_server(RCPT="550 no such box") -> a real server that mails now go to."""
    running = []

    def start(**answers):
        server = MailServer(**answers)
        running.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_the_mail_goes_out_by_smtp(carol, api, mail_server, eventually):
    server = mail_server()
    assert api.post(RESET, {"email": EMAIL}).status_code == 202
    eventually(lambda: server.mails)
    (mail,) = server.mails
    assert f"To: {EMAIL}" in mail
    assert "From: DoIt <doit@example.org>" in mail
    assert confirm(api, token_in(mail.replace("\r\n", "\n"))).status_code == 204


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ({"RCPT": "550 no such box"}, "SMTPRecipientsRefused"),
        ({"MAIL": "451 later"}, "SMTPSenderRefused"),
        (None, "ConnectionRefusedError"),
    ],
)
def test_a_mail_that_fails_is_logged_without_address_or_token(
    answers, cause, carol, api, mail_server, eventually, caplog
):
    server = mail_server(**(answers or {}))
    if answers is None:
        server.shutdown()
        server.server_close()
    assert api.post(RESET, {"email": EMAIL}).status_code == 202

    eventually(lambda: "mail" in caplog.text)
    assert cause in caplog.text
    assert EMAIL not in caplog.text
    assert not re.search(r"[\w-]{43}", caplog.text)


# The admin's own sessions


def test_an_admin_session_carries_its_owner(carol, database):
    _, browser = admin_login("a long pass phrase")
    (row,) = database.admin_sessions.find()
    assert row["user_id"] == carol.pk
    assert isinstance(row["expire_date"], datetime)
    assert row["session_key"] == browser.cookies["sessionid"].value


def test_logout_all_ends_admin_sessions_too(carol, client_of, database):
    _, browser = admin_login("a long pass phrase")
    database.admin_sessions.insert_one({"session_key": "of-another", "user_id": new_id()})
    assert client_of(carol).post("/api/v1/auth/logout/all/").status_code == 204
    assert browser.get("/admin/", secure=True).status_code == 302
    assert [row["session_key"] for row in database.admin_sessions.find()] == ["of-another"]


def test_a_suspended_person_is_out_of_the_admin_at_the_next_request(carol, database):
    _, browser = admin_login("a long pass phrase")
    assert browser.get("/admin/", secure=True).status_code == 200
    database.users.update_one({"id": carol.pk}, {"$set": {"status": "suspended"}})
    assert browser.get("/admin/", secure=True).status_code == 302


def test_a_session_of_the_admin_of_nobody_has_no_owner(db, database):
    from accounts.admin_session import SessionStore
    from accounts.models import AdminSession

    store = SessionStore()
    store["note"] = "x"
    store.save()
    assert database.admin_sessions.find_one()["user_id"] == ""
    assert AdminSession.objects.get().get_decoded() == {"note": "x"}
