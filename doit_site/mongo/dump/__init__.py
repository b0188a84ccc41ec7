"""Backup and restore of one database, as files in the layout that mongodump publishes.

    DIR/manifest.json                              ours: counts, hashes, indexes, validators
    DIR/<database>/<collection>.bson.gz            the documents as MongoDB has them, in _id order
    DIR/<database>/<collection>.metadata.json.gz   options and indexes, canonical extended JSON

`writing` makes one, `restoring` reads one back, `layout` says what both agree on.
"""
