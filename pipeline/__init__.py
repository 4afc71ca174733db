"""The room that knows Beam: stages, runners and the command line.

The data model in one page. A *unit* is a piece of one source that one task reads: a file, a
byte range, some row groups. The work of a stage on a unit is a plain function from batches to
batches; Beam only spreads units over workers, so text stays between two files and never enters
a shuffle. Each stage writes a *layer*: one or more Arrow IPC shards per unit and, last, one
JSON *entry* that names them with their digests and counts. A shard exists if and only if its
entry does, so a run can be killed anywhere and started again.

    ingest   source units       -> raw/        text as extracted and where it came from
    measure  raw/               -> measured/   text after edits, signals, MinHash bands
    decide   signals and bands  -> decisions/  keep, or every failed rule, first one named
    publish  text and decisions -> release/    Arrow shards per language, ledger, cards

The floors, from the ground: `errors`, `config` (what people write), `language_id`, `job` (what
every task knows), `stages` (plain functions of a unit), `plan` (what is known before the first
byte), `beam` and `inspect` side by side, `transforms` and `commands`, `cli`. A floor imports lower
ones only. apache_beam is imported in `beam/` and by `transforms`, the public PTransforms.
"""
