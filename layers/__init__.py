"""The room that knows disk: the schema of a document, shards, entries, and how they are committed.

It imports nothing of ours. `document` is the schema, `storage` the one place that touches file
systems; `shards` and `shard_writer` read and write Arrow files, `entries` holds units, entries and
fingerprints, `commit` ties them: temporary file, digest, replace, then the entry.
"""
