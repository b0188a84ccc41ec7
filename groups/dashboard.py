"""What groups put on the admin's first page."""

from accounts import dashboard
from groups.models import Report


def register():
    dashboard.register_waiting(
        "Reports waiting",
        permission="groups.moderate_report",
        view="admin:groups_report_changelist",
        count=waiting,
    )


def waiting() -> int:
    return Report.objects.collection.count_documents({"status": Report.WAITING})
