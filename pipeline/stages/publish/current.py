"""What a release is made from, and whether the one that is there is still it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from filters import languages
from filters.hashes.lines import describe_sites
from governance.manifest import NAME, Manifest
from governance.manifest import sha256 as digest
from governance.removals.ledger import version_numbers
from governance.removals.public_list import render_list
from layers import storage, trees
from layers.document import SCHEMA_VERSION
from layers.entries import Entry, fingerprint
from layers.index import LayerIndex
from pipeline.errors import RunError
from pipeline.job import Job
from pipeline.stages.publish.classes import IndexOfSources, class_names
from pipeline.stages.publish.cut import Indexes, ShardTask
from pipeline.stages.publish.manifest import code_version, released_config
from pipeline.stages.publish.release_key import check_release, promote_key, read_key
from pipeline.stages.publish.shard import CONTENT_VERSION as PUBLISH_VERSION
from pipeline.stages.publish.shard import publish_fingerprint
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
        removals=digest(render_removals(job) or b""),
        **({"gated": job.gated} if job.gated else {}),
        sites=describe_sites(),
        reviews={lang: [each.model_dump() for each in found] for lang, found in job.reviews.items()},
        entries=[layers.raw.key, layers.measured.key, layers.decided.key],
    )


def render_removals(job: Job) -> bytes | None:
    """The public list of what was removed; None where that is nothing."""
    return render_list(ledger_of(job), corpus=job.config.name, version=job.config.version)
