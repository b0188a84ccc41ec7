import pytest

from accounts.models import User
from tests.races import together

KIND = {"category": "programming", "subcategory": "python"}


@pytest.fixture
def matched():
    """matched(client, **kind) -> the group that the client is matched with, as the API answers it."""

    def act(client, **kind):
        response = client.post("/api/v1/groups/match/", kind or KIND)
        assert response.status_code in (200, 201), response.content
        return response.json()

    return act


@pytest.fixture
def say():
    """say(client, group, content) -> the message as its sender sees it."""

    def act(client, group, content="Hello"):
        response = client.post(f"/api/v1/groups/{group['id']}/messages/", {"content": content})
        assert response.status_code == 201, response.content
        return response.json()

    return act


@pytest.fixture
def read():
    """read(client, group) -> the newest page of the chat."""

    def act(client, group, **query):
        response = client.get(f"/api/v1/groups/{group['id']}/messages/", query)
        assert response.status_code == 200, response.content
        return response.json()["results"]

    return act


@pytest.fixture
def crowd(db):
    """crowd(64) -> so many people."""

    def make(count):
        return together(
            count, lambda n: User.objects.create_user(f"1555030{n:04}", name=f"Person {n}")
        )

    return make
