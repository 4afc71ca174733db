"""What of a release is computed from its manifest and its cards, and the manifest that lists it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from governance import cards
from governance.make_manifest import add_outputs
from governance.manifest import NAME, README, Manifest, Output
from governance.manifest import sha256 as digest
from governance.pages import release_card
from governance.pages.release_pages import card_path, render_pages, to_json
from governance.removals.public_list import list_path
from layers import storage
from layers.entries import Entry
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages.publish.current import render_removals
from pipeline.stages.publish.dropped import DROPPED
from pipeline.stages.publish.dropped_signals import signals_schema
from pipeline.stages.publish.removed_lines import LINES
from pipeline.stages.publish.schemas import table_schemas
from pipeline.stages.publish.twins import TWINS


def write_pages(
    manifest: Manifest,
    *,
    decided: LayerIndex,
    source_cards: Mapping[str, cards.SourceCard],
    job: Job,
) -> Manifest:
    """Write all that is computed from the manifest and the cards → the manifest that lists it, as written."""
    schemas = table_schemas(job) | {"ledger": DROPPED, "ledger/signals": signals_schema(job)}
    if job.counts_lines:
        schemas |= {"ledger/lines": LINES}
    schemas |= {"twins": TWINS}
    texts = render_pages(manifest, source_cards, schemas=schemas)
    pages = {path: text.encode() for path, text in texts.items()}
    listed = render_removals(job)
    if listed is not None:
        pages[list_path(job.config.name, job.config.version)] = listed
    pages["ledger/unevaluated.json"] = to_json(_count_unevaluated(decided.entries())).encode()
    for uid in source_cards:
        pages[card_path(uid)] = storage.read_bytes(storage.join(job.cards, f"{uid}.md"))
    manifest = add_outputs(manifest, [_write(path, data, job=job) for path, data in pages.items()])
    readme = release_card.render_readme(manifest, source_cards).encode()
    manifest = add_outputs(manifest, [_write(README, readme, job=job)])
    storage.write_bytes(storage.join(job.staging, NAME), manifest.to_json())
    return manifest


def _write(path: str, data: bytes, *, job: Job) -> Output:
    storage.write_bytes(storage.join(job.staging, path), data)
    return Output(path=path, sha256=digest(data), bytes=len(data))


def _count_unevaluated(entries: Iterable[Entry]) -> dict[str, dict[str, dict[str, int]]]:
    """Source → language → signal → documents whose rule was not evaluated because the signal is null."""
    totals: dict[str, dict[str, Counter[str]]] = {}
    for entry in entries:
        for lang, counts in entry.facts["unevaluated"].items():
            totals.setdefault(entry.unit.source, {}).setdefault(lang, Counter()).update(counts)
    return {uid: {lang: dict(counts) for lang, counts in langs.items()} for uid, langs in totals.items()}
