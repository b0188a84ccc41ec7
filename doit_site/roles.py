"""Roles of the staff: Django groups, given their rights by migration."""

from django.db.migrations.operations.base import Operation

DEFAULTS = ("add", "change", "delete", "view")


class GrantRole(Operation):
    """Give a role some rights, making both where they are missing; backwards, take those away.

    `rights` are "app.codename model", `("accounts.view_user user",)`: Django makes permissions only
    after all migrations, so the operation makes what it names. The migration depends on the ones that
    create the models, on auth and contenttypes. An app that comes later grants its own to the same role.
    """

    reversible = True

    def __init__(self, role, rights):
        self.role = role
        self.rights = rights

    def deconstruct(self):
        return self.__class__.__name__, [], {"role": self.role, "rights": self.rights}

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        group, _ = to_state.apps.get_model("auth", "Group").objects.get_or_create(name=self.role)
        group.permissions.add(*(_permission(to_state.apps, right) for right in self.rights))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        apps = from_state.apps
        group = apps.get_model("auth", "Group").objects.filter(name=self.role).first()
        if group:
            group.permissions.remove(*(_permission(apps, right) for right in self.rights))

    def describe(self):
        return f"Grant the role {self.role} what it needs"


def _permission(apps, right):
    name, model_name = right.split()
    app_label, codename = name.split(".")
    model = apps.get_model(app_label, model_name)
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app_label, model=model_name
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename=codename,
        defaults={"name": _label(model._meta, codename)},
    )
    return permission


def _label(meta, codename):
    """What Django would call the permission."""
    verb = codename.partition("_")[0]
    if verb in DEFAULTS:
        return f"Can {verb} {meta.verbose_name_raw}"
    return dict(meta.permissions)[codename]
