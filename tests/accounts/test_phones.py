import pytest

from accounts import phones


@pytest.mark.parametrize(
    "text",
    [
        "14155552671",
        "+14155552671",
        "+1 (415) 555-2671",
        " +1.415.555.2671 ",
        "(+1) 415 555 2671",
        "1/415/555/2671",
        "+1\u00a0415\u2011555\u20132671",  # no-break space, no-break hyphen, en dash
        "\u202a+1 (415) 555-2671\u202c",  # as a telephone's contacts copy it
    ],
)
def test_formatting_is_stripped(text):
    assert phones.normalise(text) == "14155552671"


@pytest.mark.parametrize(("text", "digits"), [("1234567890", 10), ("123456789012345", 15)])
def test_ten_to_fifteen_digits_are_a_number(text, digits):
    assert phones.normalise(text) == text
    assert len(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "123456789",
        "1234567890123456",
        "1415555267a",
        "1415555+2671",
        "++14155552671",
        "+1 415 555 2671 ext. 5",
        "١٤١٥٥٥٥٢٦٧١",  # digits, but not the ten that SMS gateways take
        "1415555２671",
        "{'$ne': 1}",
    ],
)
def test_anything_else_is_refused_with_the_reason(text):
    with pytest.raises(ValueError, match="10 to 15 digits"):
        phones.normalise(text)
