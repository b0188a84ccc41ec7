"""Finding a person for an operator's command."""

from django.core.management import CommandError

from accounts import phones
from accounts.models import User


def by_phone(text: str) -> User:
    """The person with the number as an operator types it; CommandError where there is none."""
    try:
        number = phones.normalise(text)
    except ValueError as error:
        raise CommandError(str(error)) from error
    document = User.objects.collection.find_one({"phone_number": number})
    if document is None:
        raise CommandError(f"Nobody has the number +{number}.")
    return User.from_document(document)
