"""The last step of publish: ledger, cards, README, manifest, and the change of release.

The release is staged as a whole; the old one stays until the new one is complete. A ledger
that does not balance raises here, so a run that lost a document has no release.
"""

import json
from collections.abc import Mapping, Sequence

from governance import cards, data_dictionary, ledger, release_card
from governance.manifest import Manifest
from pipeline.document import SCHEMA_VERSION
from pipeline.dropped_rows import DROPPED, write_dropped
from pipeline.errors import MissingLayer
from pipeline.ingest import raw_entries, raw_parts
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.entries import Entry, fingerprint, read_entry
from pipeline.layers.shards import FileRecord
from pipeline.measure import measured_entries
from pipeline.plan import PlannedUnit
from pipeline.publish import provenance_schema, release_schema, staged
from pipeline.shard_plan import ShardTask, read_tasks

CONTENT_VERSION = 1


def finish(planned: Sequence[PlannedUnit], *, job: Job) -> Manifest:
    """Balance the ledger, write what is not a shard, and make the staged release the release."""
    tasks = read_tasks(job)
    entries = _entries(planned, tasks=tasks, job=job)
    balanced = ledger.balance(
        {
            "raw": entries["ingest"],
            "measured": entries["measure"],
            "decisions": entries["decide"],
            "release": entries["publish"],
        }
    )
    source_cards = {uid: cards.read_card(job.cards, uid) for uid in sorted(job.specs)}
    dropped = [write_dropped(uid, entries=entries, job=job) for uid in sorted(job.specs)]
    shards = [record for entry in entries["publish"] for record in entry.files.values()]
    manifest = _manifest(
        entries, tasks=tasks, files=[*shards, *dropped], balanced=balanced, job=job, cards=source_cards
    )
    texts = _documents(manifest, source_cards=source_cards, balanced=balanced, job=job)
    for path, text in texts.items():
        storage.write_bytes(storage.join(job.staging, path), text.encode())
    _remove_strays({record.path for record in [*shards, *dropped]} | set(texts), job=job)
    readme = release_card.render_readme(manifest, source_cards, schema=release_schema(job))
    storage.write_bytes(storage.join(job.staging, "README.md"), readme.encode())
    storage.write_bytes(storage.join(job.staging, "manifest.json"), manifest.to_json())
    storage.replace_tree(job.staging, job.release, last=("README.md", "manifest.json"))
    return manifest


def release_fingerprint(planned: Sequence[PlannedUnit], *, job: Job) -> str:
    """Everything that a release depends on: its shards, its cards and what is printed about it."""
    tasks = read_tasks(job)
    return fingerprint(
        version=[CONTENT_VERSION, SCHEMA_VERSION],
        shards=[[task.path, task.inputs] for task in tasks],
        config=_config(job),
        cards=dict(job.card_digests),
        inputs=[[entry.unit.name, entry.fingerprint] for entry in raw_entries(planned, job=job)],
    )


def _entries(
    planned: Sequence[PlannedUnit], *, tasks: Sequence[ShardTask], job: Job
) -> dict[str, list[Entry]]:
    """Stage → entries of this plan, every one present; raises MissingLayer naming what is not."""
    parts = raw_parts(planned, job=job)
    found: dict[str, list[Entry]] = {
        "ingest": raw_entries(planned, job=job),
        "measure": measured_entries(parts, job=job),
        "decide": [],
        "publish": [],
    }
    for stage, layer_url, units in (
        ("decide", job.decisions, parts),
        ("publish", job.published, [task.unit for task in tasks]),
    ):
        for unit in units:
            entry = read_entry(layer_url, unit=unit)
            if entry is None or (stage == "publish" and not staged(entry, job=job)):
                raise MissingLayer(f"{unit} is not in {layer_url}; run the {stage} stage again")
            found[stage].append(entry)
    return found


def _manifest(
    entries: Mapping[str, Sequence[Entry]],
    *,
    tasks: Sequence[ShardTask],
    files: Sequence[FileRecord],
    balanced: ledger.Ledger,
    job: Job,
    cards: Mapping[str, cards.SourceCard],
) -> Manifest:
    raise NotImplementedError


def _documents(
    manifest: Manifest,
    *,
    source_cards: Mapping[str, cards.SourceCard],
    balanced: ledger.Ledger,
    job: Job,
) -> dict[str, str]:
    """Path → text of everything in the release that is computed from the manifest and the cards."""
    schemas = {
        "data": release_schema(job),
        "provenance": provenance_schema(job),
        "ledger": DROPPED,
    }
    found = {
        "DATA_DICTIONARY.md": data_dictionary.render(schemas, schema_version=SCHEMA_VERSION),
        "LICENSES.md": release_card.render_licenses(manifest, source_cards),
        "ledger/summary.json": json.dumps(balanced.rows(), indent=1, ensure_ascii=False, sort_keys=True)
        + "\n",
    }
    for lang in job.config.decide.languages:
        found[f"cards/{lang}.md"] = release_card.render_language_card(manifest, lang, source_cards)
    for uid in source_cards:
        found[f"cards/sources/{uid}.md"] = storage.read_bytes(storage.join(job.cards, f"{uid}.md")).decode()
    return found


def _config(job: Job) -> dict[str, object]:
    """The config that the release's bytes depend on: neither where it lies nor who ran it."""
    config = job.config.model_dump(mode="json")
    for name in ("output", "cards", "local"):
        del config[name]
    for source in config["sources"]:
        del source["root"]
    return config | {"limit": job.limit}


def _remove_strays(paths: set[str], *, job: Job) -> None:
    """What an interrupted or superseded publish left in the staging folder."""
    for path in storage.list_tree(job.staging):
        if path not in paths:
            storage.remove(storage.join(job.staging, path))
