import os

from pymongo import MongoClient
from pymongo.server_api import ServerApi

from doit_site import database_figures
from doit_site.mongo import client as mongo


def test_live_asks_nothing_of_the_database(client):
    response = client.get("/health/live/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_ready_says_that_the_database_can_be_written(client, db):
    response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok"}


def test_health_is_for_everybody_and_names_no_address(client, db, mongodb_uri):
    for path in ("/health/live/", "/health/ready/"):
        response = client.get(path, HTTP_AUTHORIZATION="Bearer nonsense")
        assert response.status_code == 200
        assert mongodb_uri.split("/")[2].encode() not in response.content


def test_the_front_door_leads_to_the_documentation(client):
    response = client.get("/", secure=True)
    assert response.status_code == 302
    assert response["Location"] == "/api/docs/"


def figures_for(client):
    response = client.get("/health/ready/")
    assert response.status_code == 200
    return response, response.json().get("figures")


def test_staff_see_what_the_database_holds_and_nobody_else_does(
    carol, client_of, alice_api, api, database
):
    database.goals.insert_one({"id": "x"}, bypass_document_validation=True)
    response, figures = figures_for(client_of(carol))
    assert response["Cache-Control"] == "no-store"
    assert figures["server"]["version"].startswith("6.0.")
    [member] = figures["replica_set"]["members"]
    assert member == {"state": "PRIMARY", "healthy": True, "lag_seconds": 0}
    assert figures["oplog"]["window_seconds"] >= 0
    assert figures["oplog"]["max_bytes"] > 0
    assert figures["oplog"]["bytes"] > 0  # for a while more than the most: it is cut late
    assert figures["database"]["collections"] >= len(figures["collections"]) > 10
    assert {"objects", "data_bytes", "storage_bytes", "indexes", "index_bytes"} < set(
        figures["database"]
    )
    for client in (alice_api, api):
        assert figures_for(client)[0].json() == {"status": "ok", "database": "ok"}


def test_each_collection_has_its_indexes_and_how_often_they_were_used(
    carol, client_of, alice, database
):
    client = client_of(carol)
    before = figures_for(client)[1]["collections"]["users"]
    assert before["objects"] == database.users.count_documents({})
    assert set(before["indexes"]) == set(database.users.index_information())
    assert before["indexes"]["phone_number_index"]["bytes"] > 0
    assert database.users.find_one({"phone_number": alice.phone_number})
    after = figures_for(client)[1]["collections"]["users"]["indexes"]["phone_number_index"]
    assert after["uses"] > before["indexes"]["phone_number_index"]["uses"]
    assert after["since"]


def test_staff_signed_in_to_the_admin_see_them_too(carol, alice, client):
    client.force_login(carol)
    assert figures_for(client)[1]["server"]
    client.force_login(alice)
    assert figures_for(client)[1] is None


def test_the_suspended_and_the_revoked_are_not_staff(carol, client_of, suspend, database):
    client = client_of(carol)
    database.sessions.delete_many({})
    assert figures_for(client)[1] is None
    client = client_of(carol)
    suspend(carol)
    assert figures_for(client)[1] is None


def test_figures_name_no_address_and_no_person(carol, client_of, mongodb_uri):
    response, _ = figures_for(client_of(carol))
    address = mongodb_uri.split("/")[2]
    for text in (address, address.split(":")[1], carol.pk, carol.phone_number):
        assert text.encode() not in response.content


def test_what_the_database_does_not_tell_in_time_is_left_out_and_readiness_stays(
    carol, client_of, monkeypatch
):
    monkeypatch.setattr(database_figures, "SECONDS", 1e-9)
    response, figures = figures_for(client_of(carol))
    assert set(figures) == {"server", "replica_set", "oplog", "database", "collections"}
    assert set(figures.values()) == {None}
    assert response.json()["status"] == "ok"


def test_what_the_database_refuses_is_left_out_and_the_rest_is_there(carol, client_of, settings):
    """With ServerApi's `strict` the sizes are refused, as for a role that may not ask for them."""
    options = settings.DATABASES["default"]["OPTIONS"]
    with strict_client(options) as strict:
        figures = strict(database_figures.collect)
    assert figures["server"] is None
    assert figures["database"] is None
    assert figures["collections"]
    assert set(figures["collections"].values()) == {None}


class strict_client:
    """strict(act) runs the act on a client of the same database whose ServerApi is strict."""

    def __init__(self, options):
        self.client = MongoClient(
            os.environ["MONGODB_URI"], **{**options, "server_api": ServerApi("1", strict=True)}
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.client.close()

    def __call__(self, act):
        connection, own = mongo.connection, mongo.connection.database
        connection.database = self.client[own.name]
        try:
            return act()
        finally:
            connection.database = own
