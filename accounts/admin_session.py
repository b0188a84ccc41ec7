"""The admin's browser sessions: Django's database store, with the owner's id in a column."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from accounts.models import AdminSession

        return AdminSession

    def create_model_instance(self, data):
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY, "")
        return row
