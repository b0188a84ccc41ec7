"""Safe retries of POSTs: the Idempotency-Key header (api.md "retries", trust.md "Protocol")."""

import re
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from hashlib import sha256

import orjson
from pymongo.errors import DuplicateKeyError, PyMongoError
from rest_framework.response import Response

from doit_site import clock
from doit_site.api import telling
from doit_site.api.json import dumps
from doit_site.api.problems import CONTENT_TYPE, Code, Problem
from doit_site.models import IdempotencyKey
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime
from doit_site.mongo.transactions import in_transaction

KEPT = timedelta(hours=24)
PREPARATIONS = 5
CRASHED_AFTER = timedelta(seconds=60)
# Not kept, beside 5xx: said by who did not look at the request itself.
PASSING = (401, 421, 429)
VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


class Outdated(Exception):
    """What was prepared no longer fits what is stored: prepare it anew."""


def idempotent(handler=None, *, transaction=True, prepares=False, tells=None):
    """Make a POST handler of a view honour Idempotency-Key.

    The answer is stored in the transaction that the handler's own writes join, so that
    both are there or neither. A handler with effects outside the database, or that erases
    its own person, says `transaction=False`: its answer is stored right after it.

    With `prepares` the handler asks somebody outside first, which no transaction may wait for,
    and returns its act, a function without arguments that gives the response. The act may raise
    Outdated; then the handler is asked again, at most PREPARATIONS times.

    With `tells` the answer is a stream, whose last event has this name. The handler does what may
    be refused before the stream, and returns a function that takes `tell` and asks outside; that
    one returns the act.
    """

    def decorate(handler):
        @wraps(handler)
        def run(view, request, *args, **kwargs):
            def act():
                return handler(view, request, *args, **kwargs)

            header = request.headers.get("Idempotency-Key")
            if header is None and tells:
                return _told(view, None, act, tells)
            if header is None:
                return _prepared(act, lambda act: act()) if prepares else act()
            row = _row(request, header)
            if replay := _claim(row):
                return telling.replayed(replay, tells) if tells else replay
            if tells:
                return _told(view, row, act, tells)
            return _answer(view, row, act, transaction, prepares)

        run.idempotent = True  # type: ignore[attr-defined]  # read by doit_site.api.schema
        return run

    return decorate(handler) if handler else decorate


def _prepared(prepare, finish):
    """`finish` of what `prepare` returns, again while that is outdated."""
    for _ in range(PREPARATIONS):
        with suppress(Outdated):
            return finish(prepare())
    raise Problem(Code.stale_version)


def _row(request, header):
    if not VISIBLE.fullmatch(header):
        detail = "Idempotency-Key is 1 to 255 visible ASCII characters."
        row = {"pointer": "/Idempotency-Key", "code": "invalid", "detail": detail}
        raise Problem(Code.invalid_idempotency_key, detail, errors=[row])
    scope = "\n".join((request.user.pk, request.path, header))
    now = clock.now()
    return {
        "_id": sha256(scope.encode()).hexdigest(),
        "user_id": request.user.pk,
        "fingerprint": sha256(orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        "claim": new_id(),
        "claimed_at": now,
        "status": None,
        "expires_at": now + KEPT,
    }


def _claim(row):
    """Take the key for this request, or the Response that an earlier one left."""
    rows = IdempotencyKey.objects.collection
    try:
        rows.insert_one(dict(row))
        return None
    except DuplicateKeyError:
        kept = rows.find_one({"_id": row["_id"]})
    now = row["claimed_at"]
    if kept is None or as_datetime(kept["expires_at"]) <= now:
        stale: dict = {"expires_at": {"$lte": now}}
    elif kept["fingerprint"] != row["fingerprint"]:
        raise Problem(Code.idempotency_key_reused)
    elif kept["status"] is not None:
        return _replay(kept)
    else:
        stale = {"status": None, "claimed_at": {"$lte": now - CRASHED_AFTER}}
    taken = rows.replace_one({"_id": row["_id"], **stale}, row)
    if not taken.matched_count:
        raise Problem(Code.idempotency_in_progress, headers={"Retry-After": "1"})
    return None


def _replay(kept):
    response = Response(
        orjson.loads(kept["body"]) if kept["body"] else None,
        status=kept["status"],
        headers={**kept["headers"], "Idempotent-Replayed": "true"},
    )
    if response.status_code >= 400:
        response.content_type = CONTENT_TYPE
    return response


def _answer(view, row, act, transaction, prepares):
    def finish(act):
        def act_and_complete():
            response = act()
            _complete(row, response)
            return response

        return in_transaction(act_and_complete) if transaction else act_and_complete()

    try:
        return _prepared(act, finish) if prepares else finish(act)
    except Exception as error:
        response = view.handle_exception(error)
        _complete(row, response)
        return response


def _told(view, row, begin, last):
    """The stream of an answer that is made, and kept, in another thread."""
    try:
        ask = begin()
    except Exception as error:
        response = view.handle_exception(error)
        if row:
            _complete(row, response)
        return response

    def finish(tell):
        try:
            if row:
                return _answer(view, row, lambda: ask(tell), transaction=True, prepares=True)
            return _prepared(lambda: ask(tell), lambda act: act())
        except Exception as error:
            return view.handle_exception(error)

    return telling.tell(finish, last)


def _complete(row, response):
    """Store the answer, or free the key after one that a retry may better."""
    rows = IdempotencyKey.objects.collection
    mine = {"_id": row["_id"], "claim": row["claim"]}
    if response.status_code in PASSING or response.status_code >= 500:
        # `status: None` leaves a commit alone whose outcome was unknown; a row that stays frees itself.
        with suppress(PyMongoError):
            rows.delete_one({**mine, "status": None})
        return
    done = rows.update_one(
        mine,
        {
            "$set": {
                "status": response.status_code,
                "body": dumps(response.data).decode() if response.data is not None else "",
                "headers": {
                    name: response.headers[name]
                    for name in ("Location",)
                    if name in response.headers
                },
            }
        },
        session=current_session(),
    )
    if current_session() is not None and not done.matched_count:
        # Another request took the key over after 60 s: its effect is the one that counts.
        raise Problem(Code.idempotency_in_progress, headers={"Retry-After": "1"})
