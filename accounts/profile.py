"""Acts on one's own profile: editing it, changing the phone number."""

from datetime import date, datetime

from pymongo.errors import DuplicateKeyError

from accounts import codes, reminders, sessions
from accounts.embedded import Preferences
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.transactions import transactional


def update(*, user: User, **changes) -> User:
    """Change name, email (None unsets it), time_zone or single preferences; the person as now stored.

    A time zone takes effect at the next local midnight (accounts.calendar), and moves the next
    reminder. Raises Problem `email_taken`.
    """
    write: dict = {}
    if "name" in changes:
        write["name"] = {"$literal": changes["name"]}
    if "email" in changes:
        write["email"] = {"$literal": changes["email"].lower()} if changes["email"] else "$$REMOVE"
    if "time_zone" in changes:
        zone = _time_zone(user, changes["time_zone"])
        write |= {name: {"$literal": value} for name, value in zone.items()}
    if "preferences" in changes:
        write["preferences"] = _preferences(changes["preferences"])
    try:
        return _write(user, [{"$set": write}] if write else [])
    except DuplicateKeyError as error:
        detail = "The e-mail address belongs to another account."
        rows = [{"pointer": "/email", "code": "email_taken", "detail": detail}]
        raise Problem(Code.email_taken, detail, errors=rows) from error


def _time_zone(user, zone):
    calendar = user.calendar.moved(zone, clock.now())
    changes = [
        {
            "zone": change.zone,
            "since": change.since,
            "first_day": change.first_day.isoformat(),
            "skipped": [day.isoformat() for day in change.skipped],
        }
        for change in calendar.changes
    ]
    return {"time_zone": zone, "time_zones": changes}


def _preferences(changes):
    """Merged in the database, so that two changes at once both stay."""
    fresh = Preferences()
    defaults = {name: getattr(fresh, name) for name in ("notifications", "theme", "language")}
    return {"$mergeObjects": [defaults, "$preferences", {"$literal": changes}]}


@transactional
def _write(user, change) -> User:
    """The person as stored after the update `change`, which may be empty."""
    people = User.objects.collection
    if change:
        people.update_one({"id": user.pk}, change, session=current_session())
        sessions.strike_out(user_id=user.pk)
    document = people.find_one({"id": user.pk}, session=current_session())
    if document and change:
        reminders.reschedule(document)
    return User.from_document(document)


def send_phone_code(*, user: User, phone_number: str) -> dict:
    """Send a code to the new number; whether it is taken is not told before it is proved."""
    return codes.send(phone_number=phone_number, purpose=codes.change_of_phone(user.pk))


def change_phone(*, user: User, phone_number: str, code: str, address: str) -> User:
    """Move the account to the proved number. Raises Problem `code_invalid`, `phone_taken`."""
    row = codes.guess(
        phone_number=phone_number,
        purpose=codes.change_of_phone(user.pk),
        code=code,
        address=address,
    )
    try:
        return _move(user, phone_number, row)
    except DuplicateKeyError as error:
        detail = "The phone number belongs to another account."
        rows = [{"pointer": "/phone_number", "code": "phone_taken", "detail": detail}]
        raise Problem(Code.phone_taken, detail, errors=rows) from error


@transactional
def _move(user, phone_number, row):
    codes.use(row)
    return _write(user, {"$set": {"phone_number": phone_number}})


def effective_from(user: User, moment: datetime) -> tuple[str, date] | None:
    """(zone, first day) of a change of time zone not yet in effect, else None."""
    last = user.calendar.changes[-1] if user.calendar.changes else None
    return (last.zone, last.first_day) if last and last.since > moment else None
