from django_mongodb_backend import compiler


class SQLCompiler(compiler.SQLCompiler):
    def build_query(self, columns=None):
        query = super().build_query(columns)
        if query.extra_fields:
            # `$addFields: {created_at: "$created_at"}` changes nothing but hides the index from $sort.
            query.extra_fields = {
                name: value for name, value in query.extra_fields.items() if value != f"${name}"
            }
        return query


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    def insert(self, docs, returning_fields=None):
        optional = _absent_when_none(self.query.fields)
        for doc in docs:
            for column in optional:
                if doc.get(column) is None:
                    doc.pop(column, None)
        return super().insert(docs, returning_fields)


class SQLUpdateCompiler(compiler.SQLUpdateCompiler):
    def update(self, criteria, pipeline):
        values = pipeline[0]["$set"]
        for column in _absent_when_none(field for field, _, _ in self.query.values):
            if values[column] == {"$literal": None}:
                values[column] = "$$REMOVE"
        return super().update(criteria, pipeline)


SQLDeleteCompiler = compiler.SQLDeleteCompiler
SQLAggregateCompiler = compiler.SQLAggregateCompiler


def _absent_when_none(fields):
    return [field.column for field in fields if getattr(field, "absent_when_none", False)]
