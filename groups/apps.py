from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "groups"
    label = "groups"
    verbose_name = "Groups"

    def ready(self):
        from accounts import audit
        from goals import demo as people
        from goals import demo_bulk as many_people
        from groups import checkup, dashboard, demo, demo_bulk, holdings

        people.add_step(demo.seed)
        many_people.add_step(demo_bulk.add)
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
