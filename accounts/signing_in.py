"""The act of signing in: a guessed code becomes a person and a session."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument

from accounts import codes, sessions
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.transactions import transactional


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    expires_at: datetime
    created: bool
    user: User


def sign_in(*, phone_number: str, code: str, address: str, device: str = "") -> SignedIn:
    """Open a session for the owner of the number, who is created at the first sign-in.

    Raises Problem `code_invalid`, `throttled`, `account_suspended`.
    """
    row = codes.guess(phone_number=phone_number, purpose=codes.SIGN_IN, code=code, address=address)
    return _open(row, phone_number, device)


@transactional
def _open(row, phone_number, device):
    codes.use(row)
    user, created = _person(phone_number)
    if not user.is_active:
        raise Problem(Code.account_suspended)
    token, session = sessions.open_session(user_id=user.pk, device=device)
    return SignedIn(token, session["expires_at"], created, user)


def _person(phone_number):
    fresh = new_id()
    document = User.objects.collection.find_one_and_update(
        {"phone_number": phone_number},
        {"$setOnInsert": {"id": fresh, "created_at": clock.now()}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=current_session(),
    )
    return User.from_document(document), document["id"] == fresh
