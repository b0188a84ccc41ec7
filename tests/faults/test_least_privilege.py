"""The database users of docs/operations.md on a real replica set with authentication: each can do
its work, and not more. The twin shows that what is refused is refused by the role.
"""

import json
import re

import httpx
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from doit_site import clock
from doit_site.mongo.fields import new_id
from tests.faults.conftest import start_server, stop
from tests.faults.secured import PASSWORDS, secured_members

UNAUTHORIZED = 13
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    with secured_members(tmp_path_factory.mktemp("secured")) as secured:
        code, told, error = secured.provision()
        assert code == 0, error
        assert "doit_web, doit_migrate, doit_backup" in told
        code, _, error = secured.manage("doit_migrate", "migrate", "-v0")
        assert code == 0, error
        yield secured


@pytest.fixture(scope="module")
def sms_file(tmp_path_factory):
    return tmp_path_factory.mktemp("sms") / "sms.jsonl"


@pytest.fixture(scope="module")
def url(secured, sms_file):
    address, process = start_server(secured.uri("doit_web"), SMS_FILE=str(sms_file))
    yield address
    stop(process)


def test_all_members_are_there_and_a_second_run_changes_nothing(secured):
    with secured.client("root") as client:
        before = client.admin.command("replSetGetConfig")["config"]
        assert [member["host"] for member in before["members"]] == secured.members
        assert secured.provision()[0] == 0
        after = client.admin.command("replSetGetConfig")["config"]
    assert after == before


def test_a_second_run_puts_roles_and_passwords_right(secured):
    with secured.client("root") as client:
        client.admin.command("grantRolesToUser", "doit_web", roles=["root"])
        client.admin.command("updateRole", "doit_backup", privileges=[])
        assert secured.provision()[0] == 0
        user = client.admin.command("usersInfo", "doit_web")["users"][0]
        role = client.admin.command("rolesInfo", "doit_backup", showPrivileges=True)["roles"][0]
    assert [role["role"] for role in user["roles"]] == ["doit_web"]
    assert role["privileges"]


@pytest.mark.parametrize("name", ["MONGO_MEMBERS", *PASSWORDS])
def test_a_variable_that_is_missing_is_named_in_one_line(secured, name):
    code, _, error = secured.provision(**{name: ""})
    assert (code, len(error.splitlines())) == (1, 1)
    assert name in error


def test_a_wrong_password_of_root_is_told_in_one_line(secured):
    code, _, error = secured.provision(MONGO_ROOT_PASSWORD="not this one")
    assert (code, len(error.splitlines())) == (1, 1)
    assert "MONGO_ROOT_PASSWORD" in error
    assert "not this one" not in error


def test_the_web_process_serves_as_its_user(url, sms_file, in_days):
    with httpx.Client(base_url=f"{url}/api/v1/", headers=HTTPS, timeout=20) as client:
        assert httpx.get(f"{url}/health/ready/", timeout=5).status_code == 200
        _sign_in(client, sms_file)
        goal = {"title": "Learn Python", "description": "A program.", "target_date": in_days(30)}
        created = client.post("goals/", json=goal, headers={"Idempotency-Key": "k"})
        assert created.status_code == 201, created.text
        path = f"goals/{created.json()['id']}/"
        assert client.post(f"{path}roadmap/", json={}).status_code == 201
        assert client.post(f"{path}messages/", json={"content": "Hello"}).status_code == 201
        _prove_a_day(client, path)
        assert client.delete(path).status_code == 204
        assert client.get("me/export/").status_code == 200


def _sign_in(client, sms_file):
    phone = {"phone_number": "14155550100"}
    assert client.post("auth/otp/", json=phone).status_code == 202
    code = json.loads(sms_file.read_text().splitlines()[-1])["code"]
    answer = client.post("auth/otp/verify/", json={**phone, "code": code})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


def _prove_a_day(client, path):
    """A submission is the act with a transaction over several collections."""
    test = client.post(f"{path}verifications/", json={}).json()
    answers = {question["id"]: 0 for question in test["questions"]}
    url = f"{path}verifications/{test['test_id']}/answers/"
    answer = client.post(url, json={"answers": answers})
    assert answer.status_code == 200, answer.text


def test_staff_see_the_figures_that_the_web_user_may_read(secured, url):
    phone = "14155550199"
    carol = {"id": new_id(), "phone_number": phone, "created_at": clock.now(), "is_staff": True}
    with secured.client("doit_web") as client:
        client.doit_db.users.insert_one(carol)
    told = secured.manage("doit_web", "create_token", phone)[1]
    token = re.search(r"doit_[\w-]{20,}", told).group()
    headers = {"Authorization": f"Bearer {token}"}
    figures = httpx.get(f"{url}/health/ready/", headers=headers, timeout=10).json()["figures"]
    assert {name for name, figure in figures.items() if figure is None} == {"oplog"}
    assert len(figures["replica_set"]["members"]) == 3
    assert None not in figures["collections"].values()


def test_the_web_user_opens_a_change_stream(secured):
    with secured.client("doit_web") as client, client.doit_db.rate_limits.watch() as stream:
        client.doit_db.rate_limits.insert_one({"_id": "of the test", "expires_at": clock.now()})
        assert stream.next()["operationType"] == "insert"


@pytest.mark.parametrize(
    "command",
    [
        ["check_database"],
        ["refresh_streaks"],
        ["cleanup"],
    ],
    ids=" ".join,
)
def test_daily_commands_run_as_the_web_user(secured, command):
    code, _, error = secured.manage("doit_web", *command)
    assert "not authorized" not in error
    assert code == 0, error


def test_the_migrating_user_mends_a_lost_index(secured):
    with secured.client("root") as client:
        client.doit_db.goals.drop_index("created_at_index")
    code, _, error = secured.manage("doit_migrate", "check_database", "--fix")
    assert code == 0, error
    with secured.client("doit_web") as client:
        assert "created_at_index" in client.doit_db.goals.index_information()


def test_a_backup_by_its_user_is_restored_by_the_migrating_one(secured, tmp_path):
    code, _, error = secured.manage("doit_backup", "backup", str(tmp_path / "backup"))
    assert code == 0, error
    with secured.client("root") as client:
        before = client.doit_db.command("dbHash")["collections"]
        client.drop_database("doit_db")
        code, _, error = secured.manage("doit_migrate", "restore", str(tmp_path / "backup"))
        assert code == 0, error
        assert client.doit_db.command("dbHash")["collections"] == before
    assert secured.manage("doit_web", "check_database")[0] == 0


def drop_a_collection(client):
    client.doit_db.drop_collection("goals")


def drop_the_database(client):
    client.drop_database("doit_db")


def create_an_index(client):
    client.doit_db.users.create_index("name")


def drop_an_index(client):
    client.doit_db.users.drop_index("email_index")


def remove_a_validator(client):
    client.doit_db.command("collMod", "users", validator={})


def go_around_a_validator(client):
    client.doit_db.users.update_one({}, {"$set": {"x": 1}}, bypass_document_validation=True)


def read_another_database(client):
    client.another.things.find_one()


def write_to_another_database(client):
    client.another.things.insert_one({})


def read_who_there_is(client):
    client.admin["system.users"].find_one()


def create_a_user(client):
    client.admin.command("createUser", "mallory", pwd="m", roles=["root"])


def raise_its_own_rights(client):
    client.admin.command("grantRolesToUser", "doit_web", roles=["root"])


def change_a_password(client):
    client.admin.command("updateUser", "doit_backup", pwd="m")


def read_the_oplog(client):
    client.local["oplog.rs"].find_one()


def shut_the_server_down(client):
    client.admin.command("shutdown")


def write(client):
    client.doit_db.goals.delete_many({"id": "none"})


NOT_FOR_WEB = [
    drop_a_collection,
    drop_the_database,
    create_an_index,
    drop_an_index,
    remove_a_validator,
    go_around_a_validator,
    read_another_database,
    write_to_another_database,
    read_who_there_is,
    create_a_user,
    raise_its_own_rights,
    change_a_password,
    read_the_oplog,
    shut_the_server_down,
]
NOT_FOR_BACKUP = [write, *NOT_FOR_WEB]
NOT_FOR_MIGRATE = [
    drop_the_database,
    read_another_database,
    write_to_another_database,
    read_who_there_is,
    create_a_user,
    raise_its_own_rights,
    change_a_password,
    read_the_oplog,
    shut_the_server_down,
]


@pytest.mark.parametrize(
    ("user", "act"),
    [
        *(("doit_web", act) for act in NOT_FOR_WEB),
        *(("doit_backup", act) for act in NOT_FOR_BACKUP),
        *(("doit_migrate", act) for act in NOT_FOR_MIGRATE),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_a_user_may_not(secured, user, act):
    with secured.client(user) as client:
        with pytest.raises(OperationFailure) as refused:
            act(client)
        assert refused.value.code == UNAUTHORIZED


def test_with_the_usual_role_instead_the_web_user_could_do_harm(secured):
    """The twin: readWrite, which most guides give, drops collections and makes indexes."""
    with secured.client("root") as client:
        client.admin.command(
            "updateUser", "doit_web", roles=[{"role": "readWrite", "db": "doit_db"}]
        )
        client.doit_db.create_collection("to_be_dropped")
    try:
        with secured.client("doit_web") as client:
            client.doit_db.to_be_dropped.create_index("name")
            client.doit_db.drop_collection("to_be_dropped")
            assert "to_be_dropped" not in client.doit_db.list_collection_names()
    finally:
        assert secured.provision()[0] == 0


def test_nobody_gets_in_without_a_password(secured):
    anonymous = re.sub(r"//[^@]*@", "//", secured.uri("doit_web"))
    with MongoClient(anonymous) as client, pytest.raises(OperationFailure) as refused:
        client.doit_db.users.find_one()
    assert refused.value.code == UNAUTHORIZED
