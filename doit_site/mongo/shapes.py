"""Both shapes of a time (product.md, "both shapes"): a BSON date, and the text another writer left."""

from datetime import UTC, date, datetime

from doit_site import clock


def as_datetime(value):
    """An aware UTC datetime from a BSON date or a text in RFC 3339; None from anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # its instant is before the year 1 or after 9999
        return None


def as_date(value):
    """A date from a YYYY-MM-DD text, a datetime text or a BSON date; None from anything else."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    return value.date() if isinstance(value, datetime) else None


def datetime_text(value):
    """The documented "datetime string"; what is not a time passes unchanged."""
    return clock.text(as_datetime(value)) if isinstance(value, datetime) else value


def date_text(value):
    """The documented YYYY-MM-DD string; what is not a time passes unchanged."""
    return value.date().isoformat() if isinstance(value, datetime) else value
