"""Talking to the coach over the API."""

from tests.goals.steps import url_of

OFFLINE = "this is the offline coach"


def say(client, goal, content="What now?", **headers):
    return client.post(url_of(goal) + "messages/", {"content": content}, **headers)
