from ctypes import util

# The backend looks for the GDAL library at each import of three of its modules, 0.1 s each and by
# way of a compiler. There is no geography here, so it finds none at once.
_find_library, util.find_library = util.find_library, lambda name: None
from django_mongodb_backend import base, operations, schema  # noqa: E402

util.find_library = _find_library

from pymongo import IndexModel  # noqa: E402

from doit_site.mongo import shapes  # noqa: E402
from doit_site.mongo.engine.measured import MeasuredCollection  # noqa: E402


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "doit_site.mongo.engine.compiler"

    def convert_datetimefield_value(self, value, expression, connection):
        return shapes.as_datetime(value)


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def _field_should_have_unique(self, field):
        # A model names the index of its key (`id_index`), at times in a later operation.
        named = field.primary_key or _named_index(field)
        return super()._field_should_have_unique(field) and not named

    def create_model(self, model):
        """Create the collection unless a failed migration already left it."""
        existing = self.connection.database.list_collection_names()
        if not self.collect_sql and model._meta.db_table in existing:
            self._create_model_indexes(model)
        else:
            super().create_model(model)

    def add_index(self, model, index, *, unique=False, **kwargs):
        if unique:
            index = _PlainUnique(index)
        super().add_index(model, index, unique=False, **kwargs)


class _PlainUnique:
    """The index of a unique field or constraint, without the backend's partial filter."""

    def __init__(self, index):
        self.index = index
        self.name = index.name

    def get_pymongo_index_model(self, model, schema_editor, **kwargs):
        document = self.index.get_pymongo_index_model(model, schema_editor, **kwargs).document
        return IndexModel(list(document["key"].items()), name=document["name"], unique=True)


def _named_index(field):
    """Whether the model names a unique index for just this field, as `phone_number_index`."""
    return any(
        index.fields == [field.name] and getattr(index, "unique", False)
        for index in field.model._meta.indexes
    )


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor

    def init_connection_state(self):
        self._collections = {}
        super().init_connection_state()

    def collection(self, name):
        """The pymongo Collection of a name, made once a connection: that costs 10 us."""
        database, found = self.database, self._collections.get(name)
        if found is None or found.database is not database:
            found = self._collections[name] = MeasuredCollection(database, name)
        return found

    def get_collection(self, name, **kwargs):
        """What the ORM asks for its operations."""
        if self.queries_logged:
            return super().get_collection(name, **kwargs)
        return MeasuredCollection(self.database, name, **kwargs)
