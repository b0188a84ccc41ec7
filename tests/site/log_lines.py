"""What the tests of the log share: reading it, and what must not be in it."""

import io
import json
import logging

PHONE = "14155550187"
TITLE = "Canarytitle about swimming"
DESCRIPTION = "Canarydescription of a lake"
MESSAGE = "Canarymessage: my knee hurts"
NAME = "Canaryname Miller"
EMAIL = "canaryemail@example.org"
PASSWORD = "canary-password-1972"
QUERY = "canaryquery"
FIXED = [PHONE, TITLE, DESCRIPTION, MESSAGE, NAME, EMAIL, PASSWORD, QUERY, "555-0187"]


class capture:
    """Everything that reaches the root logger, by one formatter."""

    def __init__(self, formatter):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    def __enter__(self):
        logging.getLogger().addHandler(self.handler)
        return self.stream.getvalue

    def __exit__(self, *error):
        logging.getLogger().removeHandler(self.handler)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def found(canaries, *texts):
    return [(canary, text) for canary in canaries for text in texts if canary in text]
