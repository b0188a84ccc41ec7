"""What is held about a person: each app registers its part, for export and for erasing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts import codes
from accounts.models import User
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.transactions import transactional


@dataclass(frozen=True, slots=True)
class Holding:
    """`export(user_id)` gives plain JSON values; `erase(user_id)` runs in the transaction."""

    name: str
    export: Callable[[str], Any] | None
    erase: Callable[[str], None]


_holdings: dict[str, Holding] = {}


def register(name: str, *, erase, export=None) -> None:
    """Called from AppConfig.ready(). Without `export` the data say nothing to their owner."""
    _holdings[name] = Holding(name, export, erase)


def registered() -> tuple[Holding, ...]:
    return tuple(_holdings.values())


def export(user_id: str) -> dict:
    """All that is held about the person: {"exported_at", then a key a holding}."""
    data = {"exported_at": clock.text(clock.now())}
    for holding in registered():
        if holding.export:
            data[holding.name] = holding.export(user_id)
    return data


@transactional
def erase(user_id: str) -> None:
    """Remove the person from every collection, at once or not at all."""
    for holding in registered():
        holding.erase(user_id)


def erase_with_code(*, user: User, code: str, address: str) -> None:
    """`erase`, proved by a fresh sign-in code. Raises Problem `code_invalid`."""
    row = codes.guess(
        phone_number=user.phone_number, purpose=codes.SIGN_IN, code=code, address=address
    )
    _erase_with(row, user.pk)


@transactional
def _erase_with(row, user_id):
    codes.use(row)
    erase(user_id)


def delete_by(model, **match) -> None:
    """Delete what matches in the collection of a model, in the running transaction."""
    from doit_site.mongo.client import get_db

    get_db()[model._meta.db_table].delete_many(match, session=current_session())
