"""Layers on disk: shards of Arrow IPC, one entry per unit, and the protocol that commits them.

Beam-free and free of text logic. `storage` is the one place that touches file systems, `shards`
reads and writes Arrow files, `entries` holds units, entries and fingerprints, `commit` ties
them: temporary file, digest, replace, then the entry.
"""
