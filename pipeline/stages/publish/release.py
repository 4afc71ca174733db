"""The last step of publish: ledger, cards, README, manifest, and the change of release.

The release is staged as a whole; the old one stays until the new one is complete. A ledger
that does not balance raises here, so a run that lost a document has no release.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version as installed_version

from filters import languages
from governance import cards
from governance.balance import LostDocuments, balance
from governance.ledger import Ledger
from governance.manifest import (
    Manifest,
)
from governance.pages import data_dictionary, language_card, release_card
from layers import storage
from layers.document import SCHEMA_VERSION
from layers.entries import Entry, fingerprint, read_entry
from pipeline.errors import MissingLayer, Unbalanced
from pipeline.job import Job
from pipeline.stages.decide.write import decided_entries
from pipeline.stages.ingest import list_parts, raw_entries
from pipeline.stages.measure.part import measured_entries
from pipeline.stages.publish.cut import ShardTask, read_tasks
from pipeline.stages.publish.dropped import DROPPED, write_dropped
from pipeline.stages.publish.manifest import build_manifest, released_config
from pipeline.stages.publish.removed_lines import LINES, write_removed_lines
from pipeline.stages.publish.shard import CONTENT_VERSION as PUBLISH_VERSION
from pipeline.stages.publish.shard import provenance_schema, release_schema, staged
from pipeline.stages.units import PlannedUnit

CONTENT_VERSION = 4


def finish(planned: Sequence[PlannedUnit], *, job: Job) -> Manifest:
    """Balance the ledger, write what is not a shard, and make the staged release the release."""
    tasks = read_tasks(job)
    entries = _decided_entries(planned, job=job)
    key = release_fingerprint(entries, tasks=tasks, job=job)
    entries["publish"] = _published_entries(tasks, job=job)
    balanced = _balance(entries)
    source_cards = {uid: cards.read_card(job.cards, uid) for uid in sorted(job.specs)}
    dropped = [write_dropped(uid, entries=entries, job=job) for uid in sorted(job.specs)]
    dropped += [
        write_removed_lines(uid, measured=entries["measure"], job=job)
        for uid in sorted(job.specs)
        if job.line_rule(uid)
    ]
    manifest = build_manifest(entries, dropped=dropped, balanced=balanced, source_cards=source_cards, job=job)
    texts = _documents(manifest, entries=entries, source_cards=source_cards, balanced=balanced, job=job)
    for path, text in texts.items():
        storage.write_bytes(storage.join(job.staging, path), text.encode())
    paths = {output.path for output in manifest.outputs} | set(texts)
    _remove_strays(paths, job=job)
    readme = release_card.render_readme(manifest, source_cards, schema=release_schema(job))
    storage.write_bytes(storage.join(job.staging, "README.md"), readme.encode())
    storage.write_bytes(storage.join(job.staging, "manifest.json"), manifest.to_json())
    storage.remove(job.release_key_url)  # while files change, no key vouches for them
    storage.write_bytes(job.next_key_url, key.encode())
    last = ("README.md", "manifest.json")
    storage.replace_tree(job.staging, job.release, paths={*paths, *last}, last=last)
    _promote_key(job)
    return manifest


def _promote_key(job: Job) -> None:
    """With staging gone, the release is what the next key was written for; also after a crash in between."""
    if storage.exists(job.next_key_url) and not storage.list_tree(job.staging):
        storage.write_bytes(job.release_key_url, storage.read_bytes(job.next_key_url))
        storage.remove(job.next_key_url)


def is_current(planned: Sequence[PlannedUnit], *, tasks: Sequence[ShardTask], job: Job) -> bool:
    """True when the release is complete and nothing that it depends on has changed."""
    _promote_key(job)
    if not storage.exists(job.release_key_url) or not storage.exists(
        storage.join(job.release, "manifest.json")
    ):
        return False
    made_from = storage.read_bytes(job.release_key_url).decode()
    return made_from == release_fingerprint(_decided_entries(planned, job=job), tasks=tasks, job=job)


def _balance(entries: Mapping[str, Sequence[Entry]]) -> Ledger:
    try:
        return balance(
            {
                "raw": entries["ingest"],
                "measured": entries["measure"],
                "decisions": entries["decide"],
                "release": entries["publish"],
            }
        )
    except LostDocuments as error:
        raise Unbalanced(str(error)) from error


def release_fingerprint(
    entries: Mapping[str, Sequence[Entry]], *, tasks: Sequence[ShardTask], job: Job
) -> str:
    """Everything that a release depends on: its shards, its cards and what is printed about it.

    Whole entries are among it, counts included: a changed count must meet the balance again.
    """
    return fingerprint(
        code=installed_version("rhizotron"),
        version=[CONTENT_VERSION, PUBLISH_VERSION, SCHEMA_VERSION],
        shards=[[task.path, task.inputs] for task in tasks],
        config=released_config(job),
        cards=dict(job.card_digests),
        skipped={uid: dict(counts) for uid, counts in job.skipped.items()},
        languages=languages.digest(),
        entries=[sha256(entry.to_json()).hexdigest() for stage in entries.values() for entry in stage],
    )


def _decided_entries(planned: Sequence[PlannedUnit], *, job: Job) -> dict[str, list[Entry]]:
    """Stage → entries of this plan up to decide; raises MissingLayer naming what is missing or stale."""
    raw = raw_entries(planned, job=job)
    measured = measured_entries(list_parts(raw), job=job)
    return {"ingest": raw, "measure": measured, "decide": decided_entries(measured, job=job)}


def _published_entries(tasks: Sequence[ShardTask], *, job: Job) -> list[Entry]:
    """The entries of the shards, each with its files staged; raises MissingLayer naming one that is not."""
    found = []
    for task in tasks:
        entry = read_entry(job.published, unit=task.unit)
        if entry is None or not staged(entry, job=job):
            raise MissingLayer(f"{task.path} is not in {job.staging}; run the publish stage again")
        found.append(entry)
    return found


def _documents(
    manifest: Manifest,
    *,
    entries: Mapping[str, Sequence[Entry]],
    source_cards: Mapping[str, cards.SourceCard],
    balanced: Ledger,
    job: Job,
) -> dict[str, str]:
    """Path → text of everything in the release that is computed from the manifest and the cards."""
    schemas = {
        "data": release_schema(job),
        "provenance": provenance_schema(job),
        "ledger": DROPPED,
    } | ({"ledger/lines": LINES} if job.counts_lines else {})
    found = {
        "DATA_DICTIONARY.md": data_dictionary.render(schemas, schema_version=SCHEMA_VERSION),
        "LICENSES.md": release_card.render_licenses(manifest, source_cards),
        "ledger/summary.json": _to_json(balanced.rows()),
        "ledger/unevaluated.json": _to_json(_count_unevaluated(entries["decide"])),
    }
    for lang in job.config.decide.languages:
        found[f"cards/{lang}.md"] = language_card.render_language_card(manifest, lang, source_cards)
    for uid in source_cards:
        found[f"cards/sources/{uid}.md"] = storage.read_bytes(storage.join(job.cards, f"{uid}.md")).decode()
    return found


def _to_json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _count_unevaluated(entries: Sequence[Entry]) -> dict[str, dict[str, dict[str, int]]]:
    """Source → language → signal → documents whose rule was not evaluated because the signal is null."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for entry in entries:
        for lang, counts in entry.facts["unevaluated"].items():
            found.setdefault(entry.unit.source, {}).setdefault(lang, Counter()).update(counts)
    return {uid: {lang: dict(counts) for lang, counts in langs.items()} for uid, langs in found.items()}


def _remove_strays(paths: set[str], *, job: Job) -> None:
    """What an interrupted or superseded publish left in the staging folder."""
    for path in storage.list_tree(job.staging):
        if path not in paths:
            storage.remove(storage.join(job.staging, path))
