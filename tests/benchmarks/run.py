"""The whole benchmark, step by step under one progress bar."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.benchmarks import contenders, data, figures, histories, measure, production, report
from tests.benchmarks.contenders import Running
from tests.benchmarks.load import Cores, Failed
from tests.benchmarks.measure import Case, Samples


@dataclass(frozen=True)
class Scale:
    """How much is made and measured."""

    goals: int
    rounds: int
    seconds: int
    warm_rounds: int
    lengths: tuple[int, ...]
    quick: bool = False


FULL = Scale(
    goals=20_000, rounds=7, seconds=4, warm_rounds=1, lengths=(10, 100, 1000, 10_000, 100_000)
)
QUICK = Scale(
    goals=4_000, rounds=2, seconds=1, warm_rounds=0, lengths=(10, 100, 1000, 10_000), quick=True
)

WIDTH = 120  # of what is printed, where there is no terminal


class Bar:
    """A progress bar; where there is no terminal, a line now and then."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
        more = (TimeRemainingColumn(), TextColumn("{task.fields[what]}"))
        self._console = console
        self._progress = Progress(*columns, *more, console=console)
        self._lines = not console.is_terminal

    def __enter__(self) -> "Bar":
        if not self._lines:
            self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        if not self._lines:
            self._progress.stop()

    def begin(self, description: str, total: int) -> None:
        self._task = self._progress.add_task(description, total=total, what="")
        if self._lines and total:
            self._console.print(description)

    def advance(self, steps: int, what: str = "") -> None:
        self._progress.update(self._task, advance=steps, what=what)


@dataclass(frozen=True)
class Place:
    """Where and how everything is measured."""

    folder: Path
    cores: Cores
    scale: Scale
    bar: Bar


def run(folder: Path, *, quick: bool) -> None:
    """Measure, print the table and write docs/performance.*. Raises Failed, where a part was not
    measured only after that: the minutes before it are not lost."""
    scale, cores = QUICK if quick else FULL, usable_cores()
    load_before = os.getloadavg()[0]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    with Bar(console) as bar:
        bar.begin("people, goals, groups", data.steps(scale.goals))
        made = data.build(scale.goals, bar.advance)
        bar.begin("long histories", histories.steps(scale.lengths))
        lengths = histories.build(made, scale.lengths, bar.advance)
        result = _measure(Place(folder, cores, scale, bar), made, lengths)
    report.publish({**result, "load_before": round(load_before, 2)}, console)
    if result["failed"]:
        raise Failed(result["failed"])


def _measure(place: Place, made: data.Data, lengths: list[histories.Length]) -> report.Result:
    cases = cases_of(made, place.folder)
    place.bar.begin("start", 1)
    base = production.passed_on()
    with contenders.running(contenders.ALL, base, place.folder, place.cores) as running:
        place.bar.advance(1)
        samples = _rounds(place, running, cases)
        one = running["DoIt 1q"]
        found = _figures(place, one, made, cases)
        long, failed = _histories(place, one, lengths)
        memory = {key: one.memory for key, one in running.items()}
    return report.result(samples, cases, memory, found, long, place.scale, failed)


def usable_cores() -> Cores:
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        raise Failed("Two processor cores are needed: one for the worker, one for the load")
    return Cores(worker=free[0], load=free[1])


def cases_of(made: data.Data, folder: Path) -> list[Case]:
    append = f"append to a group's chat, {data.HELD} held"
    return [
        Case.of("list", "list of 20 goals", made.lists(), folder),
        Case.of("detail", "goal detail", made.details(), folder),
        Case.of("append", append, made.appends(), folder, reset=made.reset_groups),
    ]


def _rounds(place: Place, running: dict[str, Running], cases: list[Case]) -> Samples:
    measure.check_equal(running, cases)
    place.bar.begin("warm up", len(running))
    for _ in measure.warm(running, cases):
        place.bar.advance(1)
    _round(place, running, cases, "a round to warm up", place.scale.warm_rounds)
    samples = _round(place, running, cases, "rounds", place.scale.rounds)
    for case in cases:
        if case.reset:
            case.reset()
    return samples


def _round(
    place: Place, running: dict[str, Running], cases: list[Case], title: str, count: int
) -> Samples:
    samples: Samples = {}
    if count:
        place.bar.begin(title, count * len(running) * len(cases))
    how = {"count": count, "seconds": place.scale.seconds}
    for what in measure.rounds(running, cases, samples, **how, cores=place.cores):
        place.bar.advance(1, what)
    return samples


def _figures(
    place: Place, one: Running, made: data.Data, cases: list[Case]
) -> list[figures.Figure]:
    every = [*cases, *figures.cases(made, place.folder)]
    place.bar.begin("where the time goes", len(every))
    found = []
    for figure in figures.measure(one, every, place.scale.seconds + 1, place.cores):
        found.append(figure)
        place.bar.advance(1, figure.title)
    return found


def _histories(
    place: Place, one: Running, lengths: list[histories.Length]
) -> tuple[dict[str, list[data.Document]], str]:
    """The runs of each work, or none and why."""
    rounds = place.scale.rounds
    place.bar.begin("long histories", rounds * histories.runs(place.scale.lengths))
    found: dict[str, list[data.Document]] = {}
    try:
        for name, row in histories.measure(one, lengths, place.folder, rounds, place.cores):
            found.setdefault(name, []).append(row)
            place.bar.advance(1, name)
    except Failed as error:
        return {}, str(error)
    return found, ""
