"""The database engine Django loads: django-mongodb-backend with four rules changed.

1. Unique indexes are plain, not partial, so that the planner uses them.
2. A unique field for which the model names a unique index (`id_index`) makes no other.
3. A sort by stored fields stays a sort by stored fields, so that indexes serve it.
4. A field marked `absent_when_none` is left out of the document instead of stored as null.
"""
