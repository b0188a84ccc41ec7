"""The table of ratios as an SVG of bars, light enough to be written by hand."""

from html import escape
from typing import Any

LABEL, WIDTH, ROW, GAP, TOP = 130, 560, 18, 46, 30
COLOURS = {"DoIt": "#2f6fed", "FastAPI": "#8a94a6", "Beanie": "#b9c0cc", "ASGI": "#5d6675"}
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#3b4250}"
    ".t{font-weight:600}.w{stroke:#1b1f27;stroke-width:1}.o{stroke:#c3c8d1;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#d5d9e0}.w{stroke:#f0f2f5}.o{stroke:#5d6675}}"
)


def svg(made: dict[str, Any]) -> str:
    """A bar a contender and case: the median of its ratios, with a whisker from least to most."""
    found = made["contenders"]
    most = max(row["ratio"]["most"] for rows in found.values() for row in rows.values())
    scale, parts, y = WIDTH / max(most, 1), [], TOP
    for name, rows in found.items():
        parts.append(f'<text class="t" x="8" y="{y}">{escape(made["cases"][name])}</text>')
        y += 8
        parts.append(_line(LABEL + scale, y, LABEL + scale, y + ROW * len(rows), "o"))
        for key, row in rows.items():
            parts += _bar(key, row["ratio"], scale, y)
            y += ROW
        y += GAP - 8
    size = f'width="{LABEL + WIDTH + 60}" height="{y - GAP + TOP}"'
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n'
        f"<title>Requests a second, relative to FastAPI with PyMongo at 2q</title>\n"
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def _bar(key: str, ratio: dict[str, float], scale: float, y: int) -> list[str]:
    colour, middle = COLOURS[key.split()[0]], y + ROW / 2
    width, least, most = (scale * ratio[name] for name in ("median", "least", "most"))
    return [
        f'<text x="8" y="{middle + 4}">{escape(key)}</text>',
        f'<rect x="{LABEL}" y="{y + 2}" width="{width:.1f}" height="{ROW - 4}" fill="{colour}"/>',
        _line(LABEL + least, middle, LABEL + most, middle, "w"),
        f'<text x="{LABEL + max(most, width) + 6:.1f}" y="{middle + 4}">{ratio["median"]:.2f}</text>',
    ]


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"/>'
