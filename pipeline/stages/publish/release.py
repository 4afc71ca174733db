"""The last step of publish: ledger, cards, README, manifest, and the change of release.

The release is staged as a whole; the old one stays until the new one is complete. A ledger
that does not balance raises here, so a run that lost a document has no release.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from filters import languages
from filters.hashes.lines import describe_sites
from governance import cards
from governance.balance import LostDocuments, balance
from governance.ledger import Ledger
from governance.make_manifest import add_outputs
from governance.manifest import NAME, README, SIGNATURE, Manifest, Output
from governance.manifest import sha256 as digest
from governance.pages import release_card
from governance.pages.release_pages import card_path, render_pages, to_json
from governance.removals.gates import gate_cards
from governance.removals.ledger import version_numbers
from governance.removals.public_list import list_path, render_list
from layers import storage, trees
from layers.document import SCHEMA_VERSION
from layers.entries import Count, Entry, fingerprint
from layers.index import LayerIndex
from layers.layer import MissingEntry
from pipeline.errors import RunError, TooMuchLost, Unbalanced
from pipeline.job import CLASS_KEYS, Job
from pipeline.stages.publish.attribution import write_attribution
from pipeline.stages.publish.blocks import Finished
from pipeline.stages.publish.classes import IndexOfSources, class_jobs, class_names
from pipeline.stages.publish.cut import Indexes, ShardTask, read_tasks
from pipeline.stages.publish.domains import count_domains, write_domains
from pipeline.stages.publish.dropped import DROPPED, write_all_dropped
from pipeline.stages.publish.dropped_signals import signals_schema, write_dropped_signals
from pipeline.stages.publish.gates import check_gates, check_licenses
from pipeline.stages.publish.manifest import build_manifest, code_version, released_config
from pipeline.stages.publish.masking import read_place_ids
from pipeline.stages.publish.release_key import (
    ReleaseKey,
    check_release,
    make_key,
    promote_key,
    read_key,
)
from pipeline.stages.publish.removed_lines import LINES, write_removed_lines
from pipeline.stages.publish.schemas import table_schemas
from pipeline.stages.publish.shard import CONTENT_VERSION as PUBLISH_VERSION
from pipeline.stages.publish.shard import is_staged, publish_fingerprint
from pipeline.stages.publish.sites import count_sites
from pipeline.stages.publish.twins import TWINS, write_all_twins
from pipeline.stages.removals import effects, ledger_of


@dataclass(frozen=True)
class Layers:
    """The layers that a release is made from, by their indexes, and the entries of its shards."""

    raw: LayerIndex
    measured: LayerIndex
    decided: LayerIndex
    published: Sequence[Entry] = ()
    elsewhere: Sequence[Entry] = ()
    """The entries of the shards of other classes, where each has a release of its own."""

    @classmethod
    def latest(cls, job: Job) -> "Layers":
        """As they were last gathered, which this job did when it planned the shards."""
        raw, measured, decided = (
            LayerIndex.latest(layer, index=job.indexes) for layer in (job.raw, job.measured, job.decisions)
        )
        return cls(raw, measured, decided)

    @property
    def indexes(self) -> Indexes:
        return Indexes(self.measured, self.decided)

    def of_sources(self, job: Job) -> "Layers":
        """The layers with the entries and counts of the sources of a job."""
        raw, measured, decided = (
            IndexOfSources.make(index, job=job) for index in (self.raw, self.measured, self.decided)
        )
        return replace(self, raw=raw, measured=measured, decided=decided)


@dataclass(frozen=True)
class Staged:
    """A complete release that waits to be put in place."""

    job: Job
    key: ReleaseKey


def finish(*, job: Job) -> None:
    """Stage every release that is not there as it must be; then, one after the other, put them in place.

    Raises before anything is replaced where one of them cannot be published.
    """
    jobs = class_jobs(job)
    waiting = [each for each in jobs if not is_current(Layers.latest(each), tasks=read_tasks(each), job=each)]
    for staged in [_stage(each, among=job) for each in waiting]:
        _put_in_place(staged)
    remove_others(jobs, job=job)


def _stage(job: Job, *, among: Job) -> Staged:
    """Balance the ledger and write what is not a shard; among: the job of the releases of all classes."""
    tasks, layers = read_tasks(job), Layers.latest(job)
    key = release_fingerprint(layers, tasks=tasks, job=job)
    others = [task for task in read_tasks(among) if task.release_class != job.release_class]
    layers = replace(
        layers,
        published=_published_entries(tasks, job=job),
        elsewhere=[
            among.published.require(task.unit, key=publish_fingerprint(task, job=among)) for task in others
        ],
    )
    own = layers.of_sources(job)
    balanced = _balance(own, job=job)
    written_cards = {uid: cards.read_card(job.cards, uid) for uid in sorted(job.specs)}
    source_cards = gate_cards(written_cards, gated=job.gated)
    check_gates(source_cards, job=job)
    place_ids = read_place_ids(layers.indexes, job=job)
    dropped = write_all_dropped(raw=layers.raw, indexes=layers.indexes, place_ids=place_ids, job=job)
    dropped += [write_dropped_signals(uid, indexes=layers.indexes, job=job) for uid in sorted(job.specs)]
    dropped += write_all_twins(layers.indexes, place_ids=place_ids, job=job)
    dropped += [
        write_removed_lines(uid, measured=layers.measured, job=job)
        for uid in sorted(job.specs)
        if job.line_rule(uid)
    ]
    finished = Finished(
        own.raw,
        measured=own.measured,
        decided=own.decided,
        published=layers.published,
        balanced=balanced,
        source_cards=source_cards,
        domains=count_domains(layers.published, job=job),
    )
    sites = count_sites(own.indexes, job=job)
    manifest = build_manifest(finished, dropped=dropped, sites=sites, job=job)
    check_licenses(manifest, cards=source_cards, job=job)
    if manifest.losses and job.config.fail_on_loss:
        listed = "".join(f"\n  {loss}" for loss in manifest.losses)
        raise TooMuchLost(
            f"more than max_loss ({job.config.max_loss:g}) was lost to one cause:{listed}\n"
            "The release stays as it was. See what went (rhizotron dropped), raise max_loss, or set "
            "fail_on_loss to false"
        )
    attributed = write_attribution(layers.published, cards=source_cards, job=job)
    manifest = add_outputs(manifest, [attributed, write_domains(finished.domains, job=job)])
    manifest = _write_pages(manifest, decided=own.decided, source_cards=source_cards, job=job)
    next_key = make_key(key, listed=manifest, removals=removed_digest(layers, job=job))
    _remove_strays({*next_key.files}, job=job)
    return Staged(job, next_key)


def _put_in_place(staged: Staged) -> None:
    """Make a staged release the release."""
    job, next_key = staged.job, staged.key
    storage.remove(job.release_key_url)  # while files change, no key vouches for them
    storage.write_bytes(job.next_key_url, next_key.to_json())
    paths = {*next_key.files, *_keep_signature(job)}
    trees.replace_tree(job.staging, job.release, paths=paths, last=(README, NAME, SIGNATURE))
    promote_key(job)


def find_others(jobs: Sequence[Job], *, job: Job) -> list[str]:
    """URLs of what is left of the releases of another split: files, and keys."""
    wanted = {each.release_class for each in jobs}
    paths = [] if wanted == {""} else storage.list_tree(job.release)
    others = [storage.join(job.release, path) for path in paths if path.partition("/")[0] not in wanted]
    keys = storage.list_tree(job.place(CLASS_KEYS))
    others += [
        storage.join(job.place(CLASS_KEYS), path) for path in keys if path.partition("/")[0] not in wanted
    ]
    if job.is_split:
        others += [url for url in (job.release_key_url, job.next_key_url) if storage.exists(url)]
    return others


def remove_others(jobs: Sequence[Job], *, job: Job) -> None:
    """Remove what is left of the releases of another split, once those of this one are in place."""
    for url in find_others(jobs, job=job):
        storage.remove(url)


def is_current(layers: Layers, *, tasks: Sequence[ShardTask], job: Job) -> bool:
    """True when the release is whole and nothing that it depends on has changed."""
    promote_key(job)
    key = read_key(job)
    return (
        key is not None
        and key.fingerprint == release_fingerprint(layers, tasks=tasks, job=job)
        and check_release(key, job=job)
    )


def removed_digest(layers: Layers, *, job: Job) -> str:
    """Digest of what removals took out of the units, and of what they gated; empty: nothing."""
    if job.removals is None:
        return ""
    entries = layers.of_sources(job).raw.entries()
    found = [[entry.unit.order, effects(entry)] for entry in entries if effects(entry)]
    if job.gated:
        return fingerprint(effects=found, gated=job.gated)
    return fingerprint(effects=found) if found else ""


def check_version(layers: Layers, *, job: Job) -> None:
    """Raise RunError where a release that lacks what the last one has would not be a new major version."""
    key, url = read_key(job), storage.join(job.release, NAME)
    if not storage.exists(url) or (job.removals is None and not (key and key.removals)):
        return
    if (key.removals if key else "") == removed_digest(layers, job=job):
        return
    last, version = Manifest.from_json(storage.read_bytes(url)).version, job.config.version
    if version_numbers(version)[0] <= version_numbers(last)[0]:
        raise RunError(
            f"removals changed since release {last}: {version} is no new major version; set `version` of the "
            f"corpus file to {version_numbers(last)[0] + 1}.0.0 or more. The release stays as it was"
        )


def reuse_shard(task: ShardTask, *, job: Job) -> None:
    """Stage the files of a shard that the release has already; what is damaged or stale there stays there."""
    entry = job.published.current(task.unit, key=publish_fingerprint(task, job=job))
    if entry is None:
        return
    for record in entry.files.values():
        released, target = storage.join(job.release, record.path), job.published.join(record.path)
        is_missing = storage.exists(released) and not storage.exists(target)
        if is_missing and storage.digest_file(released) == (record.sha256, record.bytes):
            trees.link(released, target)


def _balance(layers: Layers, *, job: Job) -> Ledger:
    try:
        return balance(
            {
                "raw": _counts(layers.raw),
                "measured": _counts(layers.measured),
                "decisions": _counts(layers.decided),
                "release": [
                    *((entry.unit.source, count) for entry in layers.published for count in entry.counts),
                    *_count_elsewhere(layers.elsewhere, job=job),
                ],
            }
        )
    except LostDocuments as error:
        raise Unbalanced(str(error)) from error


def _count_elsewhere(entries: Iterable[Entry], *, job: Job) -> Iterator[tuple[str, Count]]:
    """What other classes publish of the sources of a job, before anything is masked."""
    for entry in entries:
        if entry.unit.source in job.specs:
            documents = sum(count.documents or 0 for count in entry.counts if count.flow == "kept")
            size = sum(count.bytes for count in entry.counts)
            yield (
                entry.unit.source,
                Count("other_class", lang=entry.unit.uri, documents=documents, bytes=size),
            )


def _counts(index: LayerIndex) -> Iterator[tuple[str, Count]]:
    for row in index.counts().drop_columns(["unknown"]).to_pylist():
        yield row.pop("source"), Count(**row)


def release_fingerprint(layers: Layers, *, tasks: Sequence[ShardTask], job: Job) -> str:
    """Everything that a release depends on: its shards, its cards and what is printed about it.

    Whole entries are among it, counts included: a changed count must meet the balance again.
    """
    return fingerprint(
        code=code_version().model_dump(),
        version=[PUBLISH_VERSION, SCHEMA_VERSION],
        shards=[[task.path, task.inputs] for task in tasks],
        config=released_config(job),
        of_class=[job.release_class, class_names(job)],
        released=job.released,
        cards=dict(job.card_digests),
        skipped={uid: dict(counts) for uid, counts in job.skipped.items()},
        languages=languages.digest(),
        removals=digest(_render_list(job) or b""),
        **({"gated": job.gated} if job.gated else {}),
        sites=describe_sites(),
        reviews={lang: [each.model_dump() for each in found] for lang, found in job.reviews.items()},
        entries=[layers.raw.key, layers.measured.key, layers.decided.key],
    )


def _published_entries(tasks: Sequence[ShardTask], *, job: Job) -> list[Entry]:
    """The entries of the shards, each with its files staged; raises MissingEntry naming one that is not."""
    entries = []
    for task in tasks:
        entry = job.published.require(task.unit, key=publish_fingerprint(task, job=job))
        if not is_staged(entry, job=job):
            raise MissingEntry(job.published.name, task.unit, url=job.staging)
        entries.append(entry)
    return entries


def _write_pages(
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
    listed = _render_list(job)
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


def _render_list(job: Job) -> bytes | None:
    """The public list of what was removed; None where that is nothing."""
    return render_list(ledger_of(job), corpus=job.config.name, version=job.config.version)


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


def _keep_signature(job: Job) -> list[str]:
    """Stage the signature of the release that is there, if it is of the same manifest: one is mended."""
    try:
        signature = storage.read_bytes(storage.join(job.release, SIGNATURE))
        old = storage.read_bytes(storage.join(job.release, NAME))
    except FileNotFoundError:
        return []
    if old != storage.read_bytes(storage.join(job.staging, NAME)):
        return []
    storage.write_bytes(storage.join(job.staging, SIGNATURE), signature)
    return [SIGNATURE]


def _remove_strays(paths: set[str], *, job: Job) -> None:
    """What an interrupted or superseded publish left in the staging folder."""
    for path in storage.list_tree(job.staging):
        if path not in paths:
            storage.remove(storage.join(job.staging, path))
