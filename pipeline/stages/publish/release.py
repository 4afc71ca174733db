"""The last step of publish: what is not a shard is staged, and the staged release put in place.

The release is staged as a whole; the old one stays until the new one is complete. A ledger
that does not balance raises here, so a run that lost a document has no release.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance import cards
from governance.make_manifest import add_outputs
from governance.manifest import NAME, README, SIGNATURE
from governance.removals.gates import gate_cards
from layers import storage, trees
from layers.entries import Entry
from layers.layer import MissingEntry
from pipeline.errors import TooMuchLost
from pipeline.job import CLASS_KEYS, Job
from pipeline.stages.publish.attribution import write_attribution
from pipeline.stages.publish.blocks import Finished
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.publish.conservation import balance_layers
from pipeline.stages.publish.current import Layers, is_current, release_fingerprint, removed_digest
from pipeline.stages.publish.cut import ShardTask, read_tasks
from pipeline.stages.publish.domains import count_domains, write_domains
from pipeline.stages.publish.dropped import write_all_dropped
from pipeline.stages.publish.dropped_signals import write_dropped_signals
from pipeline.stages.publish.gates import check_gates, check_licenses
from pipeline.stages.publish.manifest import build_manifest
from pipeline.stages.publish.masking import read_place_ids
from pipeline.stages.publish.pages import write_pages
from pipeline.stages.publish.release_key import (
    ReleaseKey,
    make_key,
    promote_key,
)
from pipeline.stages.publish.removed_lines import write_removed_lines
from pipeline.stages.publish.shard import is_staged, publish_fingerprint
from pipeline.stages.publish.sites import count_sites
from pipeline.stages.publish.twins import write_all_twins


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
    balanced = balance_layers(own, job=job)
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
    manifest = write_pages(manifest, decided=own.decided, source_cards=source_cards, job=job)
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


def _published_entries(tasks: Sequence[ShardTask], *, job: Job) -> list[Entry]:
    """The entries of the shards, each with its files staged; raises MissingEntry naming one that is not."""
    entries = []
    for task in tasks:
        entry = job.published.require(task.unit, key=publish_fingerprint(task, job=job))
        if not is_staged(entry, job=job):
            raise MissingEntry(job.published.name, task.unit, url=job.staging)
        entries.append(entry)
    return entries


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
