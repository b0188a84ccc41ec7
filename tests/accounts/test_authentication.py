import pytest

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


def test_a_suspended_person_is_refused_at_the_next_request(alice, alice_api, database):
    assert alice_api.get(URL).status_code == 200
    database.users.update_one({"id": alice.pk}, {"$set": {"status": "suspended"}})

    for response in (alice_api.get(URL), alice_api.post("/api/v1/auth/logout/all/")):
        assert_problem(response, 403, "account_suspended")

    database.users.update_one({"id": alice.pk}, {"$set": {"status": "active"}})
    assert alice_api.get(URL).status_code == 200


def test_a_token_of_somebody_who_is_gone_is_401(alice, alice_api, database):
    database.users.delete_one({"id": alice.pk})
    assert_problem(alice_api.get(URL), 401, "invalid_token")


def test_an_admin_session_is_no_way_into_the_api(carol, api):
    api.force_login(carol)
    assert_problem(api.get(URL), 401, "not_authenticated")


def test_the_schema_names_the_scheme(api):
    schema = api.get("/api/schema/").json()
    scheme = schema["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["paths"]["/api/v1/me/"]["get"]["security"] == [{"bearer": []}]
    assert schema["paths"]["/api/v1/auth/otp/"]["post"]["security"] == [{}]
