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
