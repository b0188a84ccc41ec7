"""Phone numbers: the international number, digits only (product.md, "People")."""

import re

FORMATTING = re.compile(r"[\s()./\u2010-\u2015-]+")
DIGITS = re.compile(r"[0-9]{10,15}")
PATTERN = "^[0-9]{10,15}$"


def normalise(text: str) -> str:
    """The 10 to 15 digits of what a person typed; no country is guessed. Raises ValueError."""
    digits = FORMATTING.sub("", text.strip().removeprefix("+"))
    if not DIGITS.fullmatch(digits):
        raise ValueError(
            "Enter the international number, 10 to 15 digits with the country code, "
            "like +1 415 555 2671."
        )
    return digits
