"""DoIt against FastAPI with PyMongo, FastAPI with Beanie and bare ASGI, on this machine.

make bench          whole: docs/performance.md, .json and .svg are written anew
make bench-quick    in 3 minutes, to see where one stands
"""

import argparse
import sys

from rich.console import Console

from doit_site.mongo.local_server import LocalServerError
from doit_site.processes import Stopped, StopSignals
from tests.benchmarks import production
from tests.benchmarks.load import Failed, require_wrk


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    options = parser.parse_args()
    StopSignals()
    try:
        require_wrk()
        with production.place() as folder:
            # After Django's set-up, which needs the database's address.
            from tests.benchmarks.run import run

            run(folder, quick=options.quick)
    except (Failed, LocalServerError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        return 1
    except Stopped:
        Console(stderr=True).print("Stopped; nothing was left behind.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
