"""Ratios of neighbours in a round, and what they are to be."""

import statistics
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.measure import Samples

MOST_MEMORY = 110
LEAST_OF_SHORT = 0.9  # the rate of appends to a long history, to that of a short one
MOST_BETWEEN_PAGES = 1.2


@dataclass(frozen=True)
class Ratio:
    """Median, least and most over the rounds."""

    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Target:
    """`ours` is to be `wanted` times `theirs`: at least, of rates; at most, of times."""

    case: str
    ours: str
    theirs: str
    wanted: float
    figure: str = "rate"


TARGETS = (
    Target("list", "DoIt 1q", "FastAPI 1q", 1.2),
    Target("list", "DoIt 1q", "ASGI 1q", 0.85),
    Target("list", "DoIt 1q", "FastAPI 2q", 1.4),
    Target("list", "DoIt cache", "FastAPI 2q", 1.7),
    Target("detail", "DoIt 1q", "FastAPI 1q", 1.2),
    Target("detail", "DoIt 1q", "ASGI 1q", 0.8),
    Target("detail", "DoIt 1q", "FastAPI 1q", 1.1, "p99"),
    Target("detail", "DoIt cache", "FastAPI 2q", 1.5),
    Target("append", "DoIt 1q", "FastAPI 1q", 1.0),
)


def ratio(samples: Samples, case: str, ours: str, theirs: str) -> Ratio:
    found = _ratios(samples, case, ours, theirs, "rate")
    return Ratio(statistics.median(found), min(found), max(found))


def _ratios(samples: Samples, case: str, ours: str, theirs: str, figure: str) -> list[float]:
    """Of each round by itself: what slows the machine for a while slows both."""
    pairs = zip(samples[case][ours], samples[case][theirs], strict=True)
    return [getattr(one, figure) / getattr(other, figure) for one, other in pairs]


def median(samples: Samples, case: str, key: str, figure: str) -> float:
    return statistics.median(getattr(sample, figure) for sample in samples[case][key])


def judged(samples: Samples, memory: dict[str, float]) -> list[dict[str, Any]]:
    """Each target with what was measured: {what, target, measured, least, most, met, short}."""
    return [*(_judge(samples, target) for target in TARGETS), *_memory(memory)]


def judged_histories(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The same of long histories: `found` has the runs of each work, one a round, or nothing."""
    if not found:
        return []
    works = {name: [run["rate"] for run in runs] for name, runs in found.items()}
    appends = {name: rates for name, rates in works.items() if name.startswith("append")}
    pages = [rates for name, rates in works.items() if name not in appends]
    (shortest, base), *longer = appends.items()
    rows = [
        _row(
            f"{name}, to {shortest}",
            f">= {LEAST_OF_SHORT:.2f}",
            [one / other for one, other in zip(rates, base, strict=True)],
            LEAST_OF_SHORT,
        )
        for name, rates in longer
    ]
    spread = [max(rates) / min(rates) for rates in zip(*pages, strict=True)]
    what = "pages of history, both ends of short and long: fastest to slowest"
    return [*rows, _row(what, f"<= {MOST_BETWEEN_PAGES:.2f}", spread, MOST_BETWEEN_PAGES)]


def _row(what: str, target: str, found: list[float], wanted: float) -> dict[str, Any]:
    middle = statistics.median(found)
    rounded = round(middle, 2)  # as it is printed
    return {
        "what": what,
        "target": target,
        "measured": round(middle, 3),
        "least": round(min(found), 3),
        "most": round(max(found), 3),
        "met": rounded >= wanted if target.startswith(">") else rounded <= wanted,
        "short": _short(middle, wanted),
    }


def _judge(samples: Samples, target: Target) -> dict[str, Any]:
    sign, unit = (">=", "") if target.figure == "rate" else ("<=", f", {target.figure}")
    return _row(
        f"{target.case}: {target.ours} to {target.theirs}{unit}",
        f"{sign} {target.wanted:.2f}",
        _ratios(samples, target.case, target.ours, target.theirs, target.figure),
        target.wanted,
    )


def _short(measured: float, wanted: float) -> str:
    """How far from the target, in percent of it."""
    return f"{abs(measured / wanted - 1):.0%}"


def _memory(memory: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {
            "what": f"memory of a worker, {key}, MB",
            "target": f"< {MOST_MEMORY}",
            "measured": round(memory[key], 1),
            "least": None,
            "most": None,
            "met": memory[key] < MOST_MEMORY,
            "short": _short(memory[key], MOST_MEMORY),
        }
        for key in ("DoIt 1q", "DoIt cache")
    ]
