"""The tables of docs/scale.md, of what tests.benchmarks.scale measured."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
FEW = 5  # documents or keys more than at the smallest size that are no growth


def tables(results: list[dict]) -> str:
    return "\n\n".join(
        [_sizes(results), _examined(results), _times(results), _indexes(results[-1])]
    )


def write(text: str) -> None:
    """Put the tables in their place of the page."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _heads(results):
    return [f"{result['goals']:,} goals" for result in results]


def _sizes(results):
    figures = {
        "people": lambda r: f"{r['collections']['users']['count'] - 1:,}",
        "groups": lambda r: f"{r['collections']['groups']['count']:,}",
        "written by `seed_demo --people`, documents a second": lambda r: (
            f"{r['written'] / r['written_seconds']:,.0f}"
        ),
        "memory of the program that seeds, at most": lambda r: f"{r['seeder_mb']} MB",
        "data, uncompressed": lambda r: _mb(r["data_mb"]),
        "on disk, compressed": lambda r: _mb(r["storage_mb"]),
        "indexes on disk": lambda r: _mb(r["index_mb"]),
        "mongod, resident": lambda r: _mb(r["mongod_mb"]),
        "in mongod's cache": lambda r: f"{_mb(r['cache_mb'])} of {_mb(r['cache_limit_mb'])}",
    }
    rows = [[name, *map(tell, results)] for name, tell in figures.items()]
    return _table(["size", *_heads(results)], rows)


def _examined(results):
    """Operations, documents and keys a request; what grows is in bold."""
    rows = []
    for name, smallest in results[0]["requests"].items():
        if "plans" not in smallest:
            continue
        cells = [_cell(result["requests"][name], smallest) for result in results]
        rows.append([name, f"{smallest['operations']:.1f}", *cells])
    heads = [f"documents / keys, {head}" for head in _heads(results)]
    return _table(["request", "operations", *heads], rows)


def _cell(found, smallest):
    text = f"{found['documents']:.1f} / {found['keys']:.1f}"
    grown = any(found[name] > smallest[name] * 1.2 + FEW for name in ("documents", "keys"))
    return f"**{text}**" if grown else text


def _times(results):
    rows = []
    for name, smallest in results[0]["requests"].items():
        found = [result["requests"][name] for result in results]
        cells = [f"{row['p50']:.2f} / {row['p99']:.2f}" for row in found]
        ratios = [f"{row['p50'] / smallest['p50']:.2f}" for row in found[1:]]
        rows.append([name, *cells, ", ".join(ratios)])
    heads = [f"p50 / p99 ms, {head}" for head in _heads(results)]
    return _table(["request", *heads, "p50 by the smallest"], rows)


def _indexes(result):
    rows = []
    for name, figures in result["collections"].items():
        indexes = sorted(figures["indexes_mb"].items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{index} {size:.1f}" for index, size in indexes)
        count, size = f"{figures['count']:,}", f"{figures['bytes']:,}"
        rows.append([f"{name}", count, size, _mb(figures["storage_mb"]), told])
    head = ["collection", "documents", "bytes each", "on disk", "its indexes, MB on disk"]
    return f"At {result['goals']:,} goals:\n\n" + _table(head, rows)


def _mb(value):
    return f"{value:,.0f} MB" if value >= 10 else f"{value:.1f} MB"
