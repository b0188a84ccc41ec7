"""Phone numbers: the international number, digits only (product.md, "People")."""

import re

# With the invisible direction marks that telephones put around a number they copy.
FORMATTING = re.compile(r"[\s()./\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069-]+")
DIGITS = re.compile(r"[0-9]{10,15}")
PATTERN = "^[0-9]{10,15}$"


def normalise(text: str) -> str:
    """The 10 to 15 digits of what a person typed; no country is guessed. Raises ValueError."""
    digits = FORMATTING.sub("", text).removeprefix("+")
    if not DIGITS.fullmatch(digits):
        raise ValueError(
            "Enter the international number, 10 to 15 digits with the country code, "
            "like +1 415 555 2671."
        )
    return digits
