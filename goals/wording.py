"""Numbers in sentences."""

from collections.abc import Collection


def counted(number: int, noun: str) -> str:
    """One day, "1 day"; several, "3 days"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named_days(numbers: Collection[int]) -> str:
    """Which days of a roadmap: "day 3", or "days 3, 4"."""
    return f"{'day' if len(numbers) == 1 else 'days'} {', '.join(map(str, sorted(numbers)))}"
