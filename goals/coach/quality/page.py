"""The tables of docs/plan-quality.md, as text."""

from collections.abc import Callable, Iterable, Sequence
from math import sqrt

from goals.coach.offline.fairness import CHANCE
from goals.coach.quality.goals import BUDGETS, LENGTHS
from goals.coach.quality.plans import Measured
from goals.coach.quality.questions import PER_TEST, Row

BEGIN = "<!-- made by manage.py plan_quality: begin -->"
END = "<!-- made by manage.py plan_quality: end -->"
THIN, BARE, MARGIN = 0.7, 0.1, 0.05

PLAN_HEAD = (
    *("plans", "over the cap", "out of order", "repeated", "empty days", "failed come back"),
    *("filled", "least", "with a link", "steps"),
)
EACH_HEAD = (
    *("goal", "curriculum", "days", "minutes", "over", "order", "repeated", "empty"),
    *("come back", "filled", "links", "steps"),
)


def render(plans: Sequence[Measured], questions: Sequence[Row]) -> str:
    """All sections, without the markers."""
    return "\n\n".join(
        [
            "## Plans by length and minutes a day",
            _by_size(plans),
            "## Plans by goal",
            _by_goal(plans),
            "## Questions",
            _questions(questions),
            "## Weak rows",
            "\n".join(f"- {line}" for line in weak(plans, questions)) or "None.",
            "## Every plan",
            _each(plans),
        ]
    )


def placed(text: str, tables: str) -> str:
    """`text` with what stands between the markers replaced. Raises ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the file lacks the markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def weak(plans: Sequence[Measured], questions: Sequence[Row]) -> list[str]:
    """What falls short, each in a sentence; nothing that is as it should be."""
    return [
        *_broken(plans),
        *_thin(plans),
        *_bare(plans),
        *_narrow(plans),
        *_told(questions),
    ]


def _broken(plans: Sequence[Measured]) -> list[str]:
    """Promises that no plan may break."""
    faults: tuple[tuple[str, Callable[[Measured], object]], ...] = (
        ("goes over the minutes of a day", lambda m: m.over),
        ("gives something before what it follows", lambda m: m.disorder),
        ("repeats a text", lambda m: m.repeated),
        ("has an empty day", lambda m: m.empty),
        ("does not bring back in time what failed", lambda m: (m.returned or 1) < 1),
        ("is planned by another curriculum than meant", lambda m: not m.fits),
    )
    return [
        f"“{goal}” {fault} in {_count(sum(bool(is_so(m)) for m in own), len(own))}."
        for fault, is_so in faults
        for goal, own in _goals_of(plans).items()
        if any(map(is_so, own))
    ]


def _thin(plans: Sequence[Measured]) -> list[str]:
    lines = []
    for days, minutes in _sizes():
        rows = [m for m in plans if (m.days, m.minutes) == (days, minutes) and m.filled < THIN]
        if rows:
            least = min(rows, key=lambda m: m.filled)
            lines.append(
                f"{days} days of {minutes} minutes: {_goals(len(rows))} less than {THIN:.0%} of the "
                f"minutes of working days, least “{least.goal}” with {least.filled:.0%}."
            )
    return lines


def _bare(plans: Sequence[Measured]) -> list[str]:
    goals = dict.fromkeys(m.goal for m in plans)
    share = {
        goal: _mean(m.linked for m in plans if m.goal == goal and m.curriculum) for goal in goals
    }
    without = [m.goal for m in plans if not m.curriculum]
    bare = [g for g in goals if g not in without and share[g] < BARE]
    lines = [f"“{goal}”: {share[goal]:.0%} of its tasks have a link." for goal in bare]
    for days, minutes in _sizes():
        own = [m for m in plans if (m.days, m.minutes) == (days, minutes) and m.curriculum]
        found = _mean(m.linked for m in own)
        if own and found < 2 * BARE:
            lines.append(
                f"{days} days of {minutes} minutes: {found:.0%} of the tasks have a link; practice "
                "that comes back often has none there, so that the plan fits its document."
            )
    if without:
        named = ", ".join(f"“{goal}”" for goal in dict.fromkeys(without))
        lines.append(f"No curriculum fits {named}: the general plan has no links.")
    return lines


def _narrow(plans: Sequence[Measured]) -> list[str]:
    lines = []
    for days, minutes in _sizes():
        rows = [m for m in plans if (m.days, m.minutes) == (days, minutes) and m.steps == 1]
        if rows:
            lines.append(
                f"{days} days of {minutes} minutes: {_goals(len(rows), 'stay')} within one step."
            )
    return lines


def _told(questions: Sequence[Row]) -> list[str]:
    lines = [
        f"Questions, {row.subject}: always the {_choice(name)} is right in {share:.0%}."
        for row in questions
        for name, share in row.guessers.items()
        if abs(share - CHANCE) > max(MARGIN, _scatter(row))
    ]
    lines += [f"Questions, {r.subject}: {r.repeated} asked again." for r in questions if r.repeated]
    return lines + [f"Questions, {r.subject}: {r.faulty} faulty." for r in questions if r.faulty]


def _scatter(row: Row) -> float:
    """Three standard errors of so many questions: what is further off is not by chance."""
    return 3 * sqrt(CHANCE * (1 - CHANCE) / max(1, row.tests * PER_TEST))


def _choice(guesser: str) -> str:
    return f"choice with the {guesser}" if guesser.startswith("most words") else f"{guesser} choice"


def _goals(count: int, verb: str = "use") -> str:
    return f"1 goal {verb}s" if count == 1 else f"{count} goals {verb}"


def _by_size(plans: Sequence[Measured]) -> str:
    rows = []
    for days, minutes in _sizes():
        own = [m for m in plans if (m.days, m.minutes) == (days, minutes)]
        rows.append([str(days), str(minutes), *_summed(own)])
    return _table(("days", "minutes", *PLAN_HEAD), [row for row in rows if row[2] != "0"])


def _by_goal(plans: Sequence[Measured]) -> str:
    rows = []
    for goal, own in _goals_of(plans).items():
        rows.append([goal, own[0].curriculum or "none", *_summed(own)])
    return _table(("goal", "curriculum", *PLAN_HEAD), rows)


def _summed(plans: Sequence[Measured]) -> list[str]:
    back = [m.returned for m in plans if m.returned is not None]
    counts = ("over", "disorder", "repeated", "empty")
    return [
        str(len(plans)),
        *(str(sum(getattr(m, name) for m in plans)) for name in counts),
        _share(_mean(back)) if back else "–",
        _share(_mean(m.filled for m in plans)),
        _share(min((m.filled for m in plans), default=0.0)),
        _share(_mean(m.linked for m in plans)),
        f"{_mean(m.steps for m in plans):.1f}",
    ]


def _each(plans: Sequence[Measured]) -> str:
    return _table(
        EACH_HEAD,
        [
            [
                *(m.goal, m.curriculum or "none", str(m.days), str(m.minutes)),
                *(str(m.over), str(m.disorder), str(m.repeated), str(m.empty)),
                "–" if m.returned is None else _share(m.returned),
                *(_share(m.filled), _share(m.linked), str(m.steps)),
            ]
            for m in plans
        ],
    )


def _questions(rows: Sequence[Row]) -> str:
    names = list(rows[-1].guessers)
    return _table(
        ("subject", "tests", *names, "asked again", "faulty"),
        [
            [
                *(row.subject, str(row.tests)),
                *(f"{row.guessers[name]:.1%}" for name in names),
                *(str(row.repeated), str(row.faulty)),
            ]
            for row in rows
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _sizes() -> list[tuple[int, int]]:
    return [(days, minutes) for days in LENGTHS for minutes in BUDGETS]


def _goals_of(plans: Sequence[Measured]) -> dict[str, list[Measured]]:
    return {goal: [m for m in plans if m.goal == goal] for goal in {m.goal: 0 for m in plans}}


def _count(part: int, whole: int) -> str:
    return f"{part} of {whole} plans"


def _share(value: float) -> str:
    return f"{value:.0%}"


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))
