"""What was measured: on the terminal, as JSON, and in docs/performance.md between its marks."""

import json
import os
import platform
import re
import statistics
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from doit_site.mongo.client import get_db
from tests.benchmarks import picture, targets
from tests.benchmarks.contenders import BENCH_PYTHON, ROOT
from tests.benchmarks.figures import Figure
from tests.benchmarks.measure import Case, Samples

DOCS = ROOT / "docs"
BEGIN, END = "<!-- measured: written by make bench -->", "<!-- end of what was measured -->"
BASELINE = "FastAPI 2q"
OURS = ("Django", "djangorestframework", "granian", "pymongo", "orjson")
THEIRS = ("fastapi", "beanie", "pydantic", "uvicorn", "uvloop", "httptools", "pymongo", "orjson")

IDLE = 0.5
BUSY = "**Not a result:** the machine was at other work too (a load of {load_before} before the start)."

Result = dict[str, Any]
Rows = list[list[str]]


def result(
    samples: Samples,
    cases: list[Case],
    memory: dict[str, float],
    found: list[Figure],
    long: dict[str, list[Result]],
    scale: Any,
    failed: str,
) -> Result:
    """Everything, in numbers, as docs/performance.json has it; `failed` says what is missing and why."""
    return {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "scale": asdict(scale),
        "failed": failed,
        "cases": {case.name: case.title for case in cases},
        "targets": [*targets.judged(samples, memory), *targets.judged_histories(long)],
        "contenders": {
            name: {key: _summary(samples, name, key) for key in samples[name]} for name in samples
        },
        "memory_mb": {key: round(value, 1) for key, value in memory.items()},
        "figures": [asdict(figure) for figure in found],
        "histories": long,
        "samples": {
            name: {key: [asdict(one) for one in rows] for key, rows in by_key.items()}
            for name, by_key in samples.items()
        },
    }


def _summary(samples: Samples, case: str, key: str) -> Result:
    found = {name: targets.median(samples, case, key, name) for name in ("rate", "p50", "p99")}
    ratio = targets.ratio(samples, case, key, BASELINE)
    failed = sum(sample.failed for sample in samples[case][key])
    return {**found, "failed": failed, "ratio": asdict(ratio)}


def machine() -> dict[str, str]:
    """What it ran on; nothing of where."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", info)
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{pages * size / 1e9:.0f} GB",
        "system": f"Linux {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "MongoDB": get_db().command("buildInfo")["version"],
        "DoIt on": ", ".join(f"{name} {metadata.version(name)}" for name in OURS),
        "peers on": ", ".join(f"{name} {version}" for name, version in _peers().items()),
    }


def _peers() -> dict[str, str]:
    folder = [str(path) for path in (BENCH_PYTHON.parents[1] / "lib").glob("*/site-packages")]
    found = {one.name.lower(): one.version for one in metadata.distributions(path=folder)}
    return {name: found[name] for name in THEIRS}


def publish(made: Result, console: Console) -> None:
    """Print the tables and write docs/performance.json, .svg and the part of .md between its marks."""
    for title, header, rows in tables(made):
        table = Table(title=title, title_justify="left")
        for number, name in enumerate(header):
            table.add_column(name, justify="left" if number == 0 else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    (DOCS / "performance.json").write_text(json.dumps(made, indent=1) + "\n")
    (DOCS / "performance.svg").write_text(picture.svg(made))
    page = DOCS / "performance.md"
    page.write_text(replaced(page.read_text(), markdown(made)))
    console.print("Written: docs/performance.md, docs/performance.json, docs/performance.svg")


def replaced(page: str, measured: str) -> str:
    """The page with what stands between its marks exchanged."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{measured}\n{END}{after}"


def tables(made: Result) -> list[tuple[str, list[str], Rows]]:
    """(title, header, rows) of each table."""
    return [
        ("Targets", ["what", "target", "measured", "spread", "met"], _targets(made)),
        *(
            (
                f"{title[0].upper()}{title[1:]}",
                ["", f"x {BASELINE}", "spread", "requests/s", "p50 ms", "p99 ms", "not 2xx"],
                _contenders(made["contenders"][name]),
            )
            for name, title in made["cases"].items()
        ),
        ("Memory of a worker after all of it", ["", "MB"], _memory(made)),
        (
            "Where the time goes: DoIt, 1q",
            ["", "requests/s", "p50 ms", "p99 ms", "alone, ms", "operations", "of it database, ms"],
            [_figure(figure) for figure in made["figures"]],
        ),
        (
            "Long histories: DoIt, 1q, 16 groups of each length",
            ["", "requests/s", "spread", "p50 ms", "p99 ms", "journal, bytes", "memory, MB"],
            [_history(name, runs) for name, runs in made["histories"].items()],
        ),
    ]


def _targets(made: Result) -> Rows:
    return [
        [
            row["what"],
            row["target"],
            f"{row['measured']:.2f}" if row["least"] is not None else f"{row['measured']:.0f}",
            f"{row['least']:.2f} to {row['most']:.2f}" if row["least"] is not None else "",
            "yes" if row["met"] else f"no, by {row['short']}",
        ]
        for row in made["targets"]
    ]


def _contenders(found: Result) -> Rows:
    return [
        [
            key,
            f"{row['ratio']['median']:.2f}",
            f"{row['ratio']['least']:.2f} to {row['ratio']['most']:.2f}",
            f"{row['rate']:,.0f}",
            f"{row['p50']:.1f}",
            f"{row['p99']:.1f}",
            str(row["failed"]),
        ]
        for key, row in found.items()
    ]


def _memory(made: Result) -> Rows:
    return [[key, f"{value:.0f}"] for key, value in made["memory_mb"].items()]


def _figure(row: Result) -> list[str]:
    busy = row["busy"]
    return [
        row["title"],
        f"{busy['rate']:,.0f}",
        f"{busy['p50']:.1f}",
        f"{busy['p99']:.1f}",
        f"{row['alone']:.2f}",
        f"{row['operations']:.1f}",
        f"{row['database']:.2f}",
    ]


def _history(name: str, runs: list[Result]) -> list[str]:
    rates = [run["rate"] for run in runs]
    middle = {key: statistics.median(run[key] for run in runs) for key in ("p50", "p99", "journal")}
    return [
        name,
        f"{statistics.median(rates):,.0f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{middle['p50']:.1f}",
        f"{middle['p99']:.1f}",
        f"{middle['journal']:,.0f}",
        f"{runs[-1]['memory']:.0f}",
    ]


def markdown(made: Result) -> str:
    """The measured part of the page."""
    scale = made["scale"]
    parts = [
        f"Measured {made['made']}{' by `make bench-quick`' if scale['quick'] else ''}:"
        f" {scale['goals']:,} goals, {scale['rounds']} rounds of {scale['seconds']} s.",
        *([BUSY.format(**made)] if made["load_before"] > IDLE else []),
        "![Requests a second, relative to FastAPI with PyMongo at 2q](performance.svg)",
        *([f"**Not measured:** {made['failed']}."] if made["failed"] else []),
        *(
            f"### {title}\n\n{_table(header, rows)}" if title != "Targets" else _table(header, rows)
            for title, header, rows in tables(made)
        ),
        "### The machine\n\n" + _table(["", ""], [list(row) for row in made["machine"].items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _table(header: list[str], rows: Rows) -> str:
    lines = [header, [" --- "] + [" ---: "] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(cell.strip() for cell in line) + " |" for line in lines)
