"""Charts as inline SVG, without a script; doit/admin.css colours them, light and dark."""

from datetime import date, timedelta

from django import template

register = template.Library()

WIDTH, HEIGHT = 380, 140
LEFT, TOP, BOTTOM = 34, 10, 22  # room for the labels of the axes
CELL, GAP = 14, 3


@register.inclusion_tag("charts/bars.html")
def bars(labels, values, title):
    """Upright bars, one a label: `values` are numbers of at least 0."""
    top = max([*values, 1])
    step = (WIDTH - LEFT) / max(len(values), 1)
    return {
        "title": title,
        "total": sum(values),
        "frame": _frame(),
        "grid": _grid(top),
        "ends": (labels[0], labels[-1]) if labels else (),
        "bars": [
            {
                "x": round(LEFT + number * step + step * 0.12, 1),
                "y": round(_height(value / top), 1),
                "width": round(step * 0.76, 1),
                "height": round(HEIGHT - BOTTOM - _height(value / top), 1),
                "text": f"{label}: {value}",
            }
            for number, (label, value) in enumerate(zip(labels, values, strict=True))
        ],
    }


@register.inclusion_tag("charts/rows.html")
def rows(items, title):
    """Lying bars: `items` are {"label", "count"} with an optional "note"."""
    top = max([item["count"] for item in items] or [0]) or 1
    return {
        "title": title,
        "items": [{**item, "share": round(item["count"] / top * 100, 1)} for item in items],
    }


@register.inclusion_tag("charts/line.html")
def line(points, title, mark=None):
    """A line of shares: `points` are {"label", "value" from 0 to 1, "good"}, oldest first.

    `mark` is a share at which a dashed line is drawn.
    """
    step = (WIDTH - LEFT - 10) / max(len(points) - 1, 1)
    placed = [
        {**point, "x": round(LEFT + 4 + number * step, 1), "y": round(_height(point["value"]), 1)}
        for number, point in enumerate(points)
    ]
    return {
        "title": title,
        "frame": _frame(),
        "grid": [{"y": _height(share), "label": f"{share:.0%}"} for share in (0, 0.5, 1)],
        "mark": None if mark is None else _height(mark),
        "points": placed,
        "path": " ".join(f"{point['x']},{point['y']}" for point in placed),
        "ends": (points[0]["label"], points[-1]["label"]) if points else (),
    }


@register.inclusion_tag("charts/heat_map.html")
def heat_map(days, title):
    """A calendar, a column a week from Monday: `days` are {"date": date, "state", "text"}."""
    if not days:
        return {"title": title, "cells": []}
    first = min(day["date"] for day in days)
    monday = first - timedelta(days=first.weekday())
    cells = [_cell(day, monday) for day in days]
    weeks = max(cell["week"] for cell in cells) + 1
    return {
        "title": title,
        "cells": cells,
        "names": [
            {"text": name, "y": 16 + number * (CELL + GAP) + 11}
            for number, name in ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))
        ],
        "months": _months(monday, weeks),
        "cell": CELL,
        "width": LEFT + weeks * (CELL + GAP) + 30,
        "height": 16 + 7 * (CELL + GAP),
    }


def _cell(day, monday):
    week, weekday = divmod((day["date"] - monday).days, 7)
    place = {"week": week, "x": LEFT + week * (CELL + GAP), "y": 16 + weekday * (CELL + GAP)}
    return {**day, **place}


def _months(monday: date, weeks: int) -> list[dict]:
    """The name of a month above its first column, unless another name is right beside."""
    shown, names = "", []
    last = -2
    for week in range(weeks):
        month = (monday + timedelta(weeks=week)).strftime("%b")
        if month != shown and week - last > 1:
            names.append({"text": month, "x": LEFT + week * (CELL + GAP)})
            last = week
        shown = month
    return names


def _height(share: float) -> float:
    return TOP + (1 - min(max(share, 0), 1)) * (HEIGHT - TOP - BOTTOM)


def _frame():
    return {"width": WIDTH, "height": HEIGHT, "left": LEFT, "base": HEIGHT - BOTTOM}


def _grid(top):
    """Lines at nothing, half and all, the half only where it is a whole number."""
    shares = (0, 0.5, 1) if top % 2 == 0 else (0, 1)
    return [{"y": _height(share), "label": round(top * share)} for share in shares]
