"""The dashboard's figures: reading what is kept against reckoning it live.

    python -m tests.benchmarks.dashboard [GOALS]      20,000 without a number

Own mongod. Rounds take turns; told are the ratio of each and how old a change is when it shows.
"""

import statistics
import sys
import time

from tests.benchmarks import production

ROUNDS, READS = 7, 200


def main(goals: int) -> None:
    with production.place():
        from django.core.management import call_command

        from doit_site import figures
        from doit_site.mongo.client import get_db
        from goals import demo_bulk
        from goals import figures as dashboard

        call_command("migrate", verbosity=0)
        for _ in demo_bulk.add(goals // 10, first=0, seed="figures"):
            pass
        database = get_db()
        while figures.read(dashboard.NAME).values is None:
            tell("The first reckoning goes on beside the request.")
        live, kept = [], []
        for _ in range(ROUNDS):
            live.append(seconds(lambda: dashboard.reckon(database), 1))
            kept.append(seconds(lambda: figures.read(dashboard.NAME), READS))
        ratios = [slow / quick for slow, quick in zip(live, kept, strict=True)]
        tell(f"{database.goals.estimated_document_count()} goals")
        tell(f"live   {statistics.median(live) * 1000:8.1f} ms")
        tell(f"kept   {statistics.median(kept) * 1000:8.1f} ms")
        tell(f"ratio  {statistics.median(ratios):8.0f} ({min(ratios):.0f} to {max(ratios):.0f})")
        tell(f"a change shows within {shows_within(statistics.median(live)):.0f} s")


def seconds(act, times: int) -> float:
    """What the act takes, the mean of so many times."""
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times


def shows_within(reckoned_in: float) -> float:
    """By the rule of doit_site.figures."""
    from doit_site.figures import FRESH_FOR, SHARE_OF_TIME

    return max(FRESH_FOR.total_seconds(), reckoned_in * SHARE_OF_TIME)


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
