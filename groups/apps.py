from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "groups"
    label = "groups"
    verbose_name = "Groups"

    def ready(self):
        from accounts import audit
        from goals.demo import add_step
        from groups import checkup, dashboard, demo, holdings

        add_step(demo.seed)
        checkup.register()
        holdings.register()
        dashboard.register()
        audit.register("message.hide", "Hid a message")
        audit.register("message.restore", "Restored a message")
        audit.register("report.dismiss", "Dismissed a report")
        audit.register("member.remove", "Removed a person from a group")
        audit.register("member.unmask", "Looked up who bears a pseudonym")
        audit.register("group.delete", "Deleted a group")
        audit.register("group.export", "Exported groups")
