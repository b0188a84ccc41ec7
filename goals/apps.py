from django.apps import AppConfig


class GoalsConfig(AppConfig):
    name = "goals"
    verbose_name = "Goals"

    def ready(self):
        from accounts import audit
        from goals import checkup, dashboard, figures, holdings

        checkup.register()
        holdings.register()
        figures.register()
        dashboard.register()
        audit.register("goal.export", "Exported goals")
        audit.register("goal.delete", "Deleted a goal")
        audit.register("chat.read", "Read a private chat")
        audit.register("question.dismiss", "Dismissed a reported question")
        audit.register("question.fix", "Marked a reported question as fixed")
