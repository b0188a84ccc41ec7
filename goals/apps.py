from django.apps import AppConfig


class GoalsConfig(AppConfig):
    name = "goals"
    verbose_name = "Goals"

    def ready(self):
        from goals import checkup, holdings

        checkup.register()
        holdings.register()
