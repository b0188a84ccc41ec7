"""The panel of the admin's first page about people and goals."""

from accounts import dashboard
from doit_site import figures
from goals import question_reports
from goals.figures import NAME


def register():
    dashboard.register_panel(
        "goals",
        permission="doit_site.view_figure",
        template="goals/admin/dashboard.html",
        context=context,
    )
    dashboard.register_waiting(
        "Questions reported",
        permission="goals.decide_questionreport",
        view="admin:goals_questionreport_changelist",
        count=question_reports.waiting,
    )


def context() -> dict:
    found = figures.read(NAME)
    values = found.values
    if values is None:
        return {"figures": None}
    return {
        "figures": values,
        "at": found.at,
        "active": sum(row["active"] for row in values["categories"]),
        "pass_rate": _rate(values["passed"], values["tests"]),
        "on_a_streak": sum(row["count"] for row in values["streaks"]),
        "messages": sum(values["messages"]),
        "started": _rows(values["categories"], "started"),
        "finished": _rows(values["categories"], "finished"),
    }


def _rate(part, whole):
    return f"{part / whole:.0%} of {whole}" if whole else None


def _rows(categories, figure):
    rows = [{"label": row["name"].capitalize(), "count": row[figure]} for row in categories]
    return sorted(rows, key=lambda row: -row["count"])
