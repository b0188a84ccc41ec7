"""The audit: who of the staff did what with whose data, when and why. Append-only.

A record is written in the transaction of the act that it tells of, so that there is neither an act
without its record nor a record without its act.
"""

from accounts.models import AuditRecord, User
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id

# action -> what the admin says. Other apps add theirs from AppConfig.ready().
_actions = {
    "person.suspend": "Suspended a person",
    "person.reactivate": "Reactivated a person",
    "person.erase": "Erased a person",
    "person.export": "Exported people",
    "person.rights": "Changed somebody's rights",
    "person.password": "Set somebody's password",
}


def register(action: str, label: str) -> None:
    """Make an action known: `kind.verb`, and how the admin names it."""
    _actions[action] = label


def actions() -> dict[str, str]:
    return dict(_actions)


def record(
    *,
    actor: User,
    action: str,
    subject_kind: str,
    subject_ids: tuple[str, ...] = ("",),
    reason: str = "",
    request_id: str = "",
) -> None:
    """Write a record for each subject, in the running transaction. "" is for a whole selection.

    Raises KeyError for an action that nobody registered.
    """
    _actions[action]
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "at": now,
            "actor_id": str(actor.pk),
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "reason": reason.strip()[:500],
            "request_id": request_id[:64],
        }
        for subject_id in subject_ids
    ]
    if rows:
        AuditRecord.objects.collection.insert_many(rows, session=current_session())


def forget(ids: list[str]) -> None:
    """Put a random UUID in the place of each id, in the running transaction of an erasing."""
    for identity in ids:
        stranger = new_id()
        for column in ("actor_id", "subject_id"):
            AuditRecord.objects.collection.update_many(
                {column: identity}, {"$set": {column: stranger}}, session=current_session()
            )
