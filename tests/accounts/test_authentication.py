import pytest

from accounts import profile, sessions
from accounts.models import User
from doit_site import clock
from tests.problem_details import assert_problem

URL = "/api/v1/me/"


def get(client, header=None):
    return client.get(URL, **({} if header is None else {"HTTP_AUTHORIZATION": header}))


@pytest.fixture
def token(alice_api):
    return alice_api._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")


@pytest.mark.parametrize("header", [None, ""])
def test_without_a_token_401_says_how(header, api):
    response = get(api, header)
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="doit"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        " ",
        "Bearer unknown",
        "Bearer doit_" + "x" * 43,
        "Bearer null",
        "Bearer " + "x" * 5000,
        "Bearer \xff\xfe",
        "Basic YWxpY2U6cGFzc3dvcmQ=",
        "Bearer two words",
        "{'$ne': 1}",
    ],
)
def test_any_other_header_is_401(header, api):
    response = get(api, header)
    assert_problem(response, 401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="doit"'


@pytest.mark.parametrize(
    "form", ["{}", "Basic {}", "Token {}", "Bearer,{}", "Bearer x {}", "Bearer {}x", "Bearer {} x"]
)
def test_the_right_token_in_a_wrong_header_is_401(form, api, token):
    assert_problem(get(api, form.format(token)), 401, "invalid_token")


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {} "])
def test_the_scheme_is_read_whatever_its_case(form, api, token, alice):
    assert get(api, form.format(token)).json()["id"] == alice.pk


def test_the_hash_of_a_token_is_no_token(api, alice_api):
    stolen = alice_api.session_document["token_hash"]
    assert_problem(get(api, f"Bearer {stolen}"), 401, "invalid_token")


def test_a_token_in_the_query_is_refused(api, token):
    assert api.get(f"{URL}?token={token}").status_code == 401


def test_a_suspended_person_is_refused_at_the_next_request(alice, alice_api, suspend):
    assert alice_api.get(URL).status_code == 200
    suspend(alice)

    for response in (alice_api.get(URL), alice_api.post("/api/v1/auth/logout/all/")):
        assert_problem(response, 403, "account_suspended")

    suspend(alice, User.ACTIVE)
    assert alice_api.get(URL).status_code == 200


def test_what_another_program_writes_to_a_person_counts_after_five_minutes(
    later, alice, client_of, database
):
    client = client_of(alice)
    database.users.update_one({"id": alice.pk}, {"$set": {"name": "Alice L."}})
    later(minutes=4)
    assert client.get(URL).json()["name"] == "Alice"
    later(minutes=1)
    assert client.get(URL).json()["name"] == "Alice L."
    database.users.delete_one({"id": alice.pk})
    later(minutes=5)
    assert_problem(client.get(URL), 401, "invalid_token")


def test_what_the_person_writes_counts_in_all_sessions_at_once(alice, alice_api, client_of):
    elsewhere = client_of(alice)
    for name in ("Al", "Alice again"):
        assert alice_api.patch(URL, {"name": name}).status_code == 200
        for client in (elsewhere, alice_api):
            assert client.get(URL).json()["name"] == name


def test_of_reads_and_changes_at_once_no_session_keeps_what_was_before(alice, database, at_once):
    """A request that read the person just before a change must not store that copy after it."""
    token, _ = sessions.open_session(user_id=alice.pk)

    def one(n):
        if n % 4:
            sessions.find(token)
        else:
            profile.update(user=alice, name=f"Alice {n}")

    at_once(one)
    stored = database.users.find_one({"id": alice.pk})["name"]
    assert sessions.find(token)["user"]["name"] == stored


def test_without_the_count_of_changes_a_session_would_keep_it(alice, database):
    """The twin: the order of events that the count is for, and the copy that it refuses."""
    token, document = sessions.open_session(user_id=alice.pk)
    read_before = database.sessions.find_one({"id": document["id"]})
    old = database.users.find_one({"id": alice.pk}, sessions.COPIED)
    profile.update(user=alice, name="Alice L.")
    store = {"$set": {"user": old, "user_until": clock.now() + sessions.COPIED_FOR}}
    with_count = {"id": document["id"], "user_changes": read_before["user_changes"]}
    assert database.sessions.update_one(with_count, store).matched_count == 0
    assert sessions.find(token)["user"]["name"] == "Alice L."
    database.sessions.update_one({"id": document["id"]}, store)
    assert sessions.find(token)["user"]["name"] == "Alice"


def test_a_session_carries_no_password(carol, database, client_of):
    client_of(carol)
    (session,) = database.sessions.find()
    assert session["user"]["phone_number"] == carol.phone_number
    assert "password" not in session["user"]


def test_an_admin_session_is_no_way_into_the_api(carol, api):
    api.force_login(carol)
    assert_problem(api.get(URL), 401, "not_authenticated")


def test_the_schema_names_the_scheme(api):
    schema = api.get("/api/schema/").json()
    scheme = schema["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["paths"]["/api/v1/me/"]["get"]["security"] == [{"bearer": []}]
    assert schema["paths"]["/api/v1/auth/otp/"]["post"]["security"] == [{}]
