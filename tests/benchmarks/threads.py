"""How many threads a worker should have: DoIt with several numbers of them, in turn.

    python -m tests.benchmarks.threads

One worker on one core, 16 connections, 4,000 goals, sessions kept, as `make bench` has it otherwise.
"""

import statistics
import sys
from pathlib import Path

from tests.benchmarks import production
from tests.benchmarks.contenders import DOIT, THREADS, Contender
from tests.benchmarks.load import Sample, require_wrk

COUNTS = (1, 2, 4, THREADS, 8, 16)
GOALS, ROUNDS, SECONDS = 4_000, 5, 2


def main() -> None:
    require_wrk()
    with production.place() as folder:
        measured(folder)


def measured(folder: Path) -> None:
    from tests.benchmarks import contenders, data, measure, run

    made, cores = data.build(GOALS, lambda *_: None), run.usable_cores()
    cases = run.cases_of(made, folder)
    samples: measure.Samples = {}
    several = tuple(Contender(DOIT, "cache", threads=count) for count in COUNTS)
    with contenders.running(several, production.passed_on(), folder, cores) as running:
        for _ in measure.warm(running, cases):
            pass
        for what in measure.rounds(
            running, cases, samples, count=ROUNDS, seconds=SECONDS, cores=cores
        ):
            sys.stderr.write(f"{what}\n")
        for case in cases:
            for count, one in zip(COUNTS, running.values(), strict=True):
                tell(case.title, count, samples[case.name][one.contender.key], one.memory)


def tell(title: str, count: int, samples: list[Sample], memory: float) -> None:
    rate, p50, p99 = (
        statistics.median(getattr(sample, name) for sample in samples)
        for name in ("rate", "p50", "p99")
    )
    figures = f"{rate:6.0f} /s  p50 {p50:5.1f} ms  p99 {p99:5.1f} ms  {memory:4.0f} MB"
    sys.stdout.write(f"{title:40}{count:3} threads  {figures}\n")


if __name__ == "__main__":
    main()
