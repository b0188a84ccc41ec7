"""`$jsonSchema` validators, installed by migration."""

from django.db.migrations.operations.base import Operation

ENFORCED = {"validationLevel": "moderate", "validationAction": "error"}


class SetValidator(Operation):
    """Put `schema` on a collection at validationLevel moderate; backwards, `previous` or none.

    Moderate leaves documents that do not conform updatable, so that what another
    program wrote, or an older version, can still be changed (product.md, "validators").
    """

    reversible = True

    def __init__(self, collection, schema, previous=None):
        self.collection = collection
        self.schema = schema
        self.previous = previous

    def deconstruct(self):
        kwargs = {"collection": self.collection, "schema": self.schema}
        if self.previous:
            kwargs["previous"] = self.previous
        return self.__class__.__name__, [], kwargs

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self._apply(schema_editor, self.schema)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self._apply(schema_editor, self.previous)

    def _apply(self, schema_editor, schema):
        install(schema_editor.connection.database, self.collection, schema)

    def describe(self):
        return f"Set the validator of {self.collection}"


def install(database, collection, schema):
    """Set the validator; `schema` None removes it."""
    database.command(
        "collMod",
        collection,
        validator={"$jsonSchema": schema} if schema else {},
        **ENFORCED,
    )


def installed(database, collection):
    """The `$jsonSchema` now enforced on the collection, or None."""
    options = database[collection].options()
    if any(options.get(name) != value for name, value in ENFORCED.items()):
        return None
    return options.get("validator", {}).get("$jsonSchema")
