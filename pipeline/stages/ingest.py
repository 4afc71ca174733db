"""ingest: one source unit → raw/, its text as extracted and where it came from.

A unit that cannot be split (a compressed file) may be long; it is written as several parts of
about unit_bytes of text, and each part is a unit of the next stage.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
import pyarrow as pa

import sources
from governance.reasons import REMOVED
from layers.commit import UnitCommit
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, fingerprint
from layers.index import LayerIndex, gather
from layers.shard_writer import rebatch
from layers.shards import text_lengths
from pipeline.job import Job
from pipeline.stages import removals, task_progress
from pipeline.stages.nulls import NullTally
from pipeline.stages.raw_parts import part_name
from pipeline.stages.reading import Reading
from pipeline.stages.remover import Remover, find_new, iterate
from pipeline.stages.units import PlannedUnit

CONTENT_VERSION = 5


def ingest_unit(planned: PlannedUnit, *, job: Job) -> Entry:
    """Read one unit into raw/; an up-to-date entry is returned as it is.

    Raises InputChanged, and commits nothing, where a file is not what was planned before and after reading.
    """
    unit, key = planned.unit, ingest_fingerprint(planned, job=job)
    entry = job.raw.current(unit, key=key) or _prune(planned, job=job)
    if entry is not None:
        return entry
    spec = job.specs[unit.source]
    tally, nulls, remover = _Tally(), NullTally(spec), Remover.of_job(unit.source, job=job)
    with job.raw.commit(unit, key=key) as commit:
        with commit.open("rejected", schema=REJECTED) as rejected:
            lists = job.url_lists_of(spec.uid)
            terms = job.reservations[spec.uid]
            reading = Reading(planned, spec=spec, write_rejected=rejected.write, lists=lists, terms=terms)
            task_progress.follow(lambda: reading.progress(documents=tally.documents))
            batches = rebatch(reading.batches(), schema=DOCUMENT)
            parts = _Parts(batches, part_bytes=spec.unit_bytes, remover=remover)
            for part, rows in enumerate(parts):
                commit.write(part_name(part), nulls.count(tally.count(rows)), schema=DOCUMENT)
        _write_removed(commit, remover=remover)
        counts = [*tally.counts(), *reading.dropped(), *remover.counts()]
        counts += _count_read(counts, container_bytes=reading.container_bytes)
        facts = {
            "parts": parts.sizes,
            "inputs": reading.inputs,
            "unreadable_tails": reading.unreadable_tails,
            "lost_values": reading.lost_values,
            "reservations": reading.reservations,
            "nulls": nulls.counts(),
        } | remover.facts()
        entry = commit.commit(
            counts, facts=facts, fingerprint=remover.key(_base_fingerprint(planned, job=job))
        )
    removals.write_note(entry, job=job, pruned={})
    return entry


def _prune(planned: PlannedUnit, *, job: Job) -> Entry | None:
    """A unit that was read before, without what new rules of the ledger of removals are about.

    Its bytes are those that reading it again gives. None: it has to be read.
    """
    unit, base = planned.unit, _base_fingerprint(planned, job=job)
    found = find_new(base, unit=unit, job=job, documents=part_name)
    if found is None or isinstance(found, Entry):
        return found
    remover, old, spec = found, job.raw.require(unit), job.specs[unit.source]
    tally, nulls = _Tally(), NullTally(spec)
    sizes, pruned = [], {}
    removed = removals.removed_ordinals(old)
    with job.raw.commit(unit, key=base) as commit:
        commit.write("rejected", job.raw.batches(old, "rejected"), schema=REJECTED)
        for part, size in enumerate(old.facts["parts"]):
            name = part_name(part)
            taken = _Pruning(
                job.raw.batches(old, name),
                part=part,
                remover=remover,
                rows=size["rows"],
                removed=removed.get(part, np.zeros(0, np.int64)),
            )
            record = commit.write(name, nulls.count(tally.count(iter(taken))), schema=DOCUMENT)
            sizes.append(taken.size)
            if not taken.redacted:
                pruned[record.sha256] = {"from": old.files[name].sha256, "rows": taken.dropped}
        _write_removed(commit, remover=remover)
        stay = [count for count in old.counts if count.flow in ("read", "framing")]
        stay += [count for count in old.counts if count.flow == "dropped" and count.reason != REMOVED]
        facts = {**old.facts, "parts": sizes, "nulls": nulls.counts()} | remover.facts()
        entry = commit.commit(
            [*tally.counts(), *stay, *remover.counts()], facts=facts, fingerprint=remover.key(base)
        )
    removals.write_note(entry, job=job, pruned=pruned)
    return entry


def _write_removed(commit: UnitCommit, *, remover: Remover) -> None:
    if remover.documents:
        commit.write(removals.FILE, remover.batches(), schema=REJECTED)


class _Pruning:
    """The batches of a part without what goes, and what went."""

    def __init__(
        self,
        batches: Iterator[pa.RecordBatch],
        *,
        part: int,
        remover: Remover,
        rows: int,
        removed: np.ndarray,
    ) -> None:
        self._batches = iterate(batches, removed=removed, rows=rows)
        self._part, self._remover = part, remover
        self.size = {"rows": 0, "text_bytes": 0}
        self.dropped: list[int] = []
        """Rows of the part as it was."""
        self.redacted = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        start = 0
        for batch, ordinals in self._batches:
            kept = self._remover.split(batch, part=self._part, ordinals=ordinals)
            self.dropped += (start + kept.dropped).tolist()
            self.redacted |= kept.is_redacted
            _add_size(self.size, kept.batch)
            start += len(batch)
            if len(kept.batch):
                yield kept.batch


def ingest_fingerprint(planned: PlannedUnit, *, job: Job) -> str:
    """Everything that a raw unit's bytes depend on; of removals, what hit it."""
    return removals.unit_key(_base_fingerprint(planned, job=job), unit=planned.unit, job=job)


def _base_fingerprint(planned: PlannedUnit, *, job: Job) -> str:
    """The same without removals; the source's place is not among it."""
    spec = asdict(job.specs[planned.unit.source])
    for late in ("key_fields", "tag_fields", "extra"):
        if not spec[late]:
            del spec[late]  # what was read before there were any is still up to date
    lists = job.url_lists_of(planned.unit.source)
    for location in ("root", "batch_bytes"):
        del spec[location]
    return fingerprint(
        stage="ingest",
        version=[CONTENT_VERSION, sources.content_version(spec["type"])],
        unit=asdict(planned.unit),
        spec=spec,
        files=[asdict(file) for file in planned.files],
        limit=planned.limit,
        reservations=job.reservations[planned.unit.source].identity,
        **({"url_lists": [each.identity for each in lists]} if lists else {}),
    )


def raw_index(planned: Sequence[PlannedUnit], *, job: Job) -> LayerIndex:
    """Gather the up-to-date raw entries of the planned units; raises MissingEntry naming a missing one."""
    keys = {item.unit: ingest_fingerprint(item, job=job) for item in planned}
    return gather(job.raw, keys=keys, index=job.indexes)


class _Tally:
    """Counts documents on their way through."""

    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._container: Counter[str] = Counter()
        self._text: Counter[str] = Counter()

    @property
    def documents(self) -> int:
        return sum([*self._documents.values()])

    def count(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            langs = batch.column("lang_declared").dictionary_encode()
            codes = langs.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            lengths = batch.column("length").to_numpy()
            texts = text_lengths(batch.column("text"))
            for code in np.unique(codes):
                lang = "" if code < 0 else langs.dictionary[int(code)].as_py()
                rows = codes == code
                self._documents[lang] += int(rows.sum())
                self._container[lang] += int(lengths[rows].sum())
                self._text[lang] += int(texts[rows].sum())
            yield batch

    def counts(self) -> list[Count]:
        return [
            count
            for lang, documents in sorted(self._documents.items())
            for count in (
                Count("kept", lang_declared=lang, documents=documents, bytes=self._container[lang]),
                Count("text", lang_declared=lang, documents=documents, bytes=self._text[lang]),
            )
        ]


class _Parts:
    """Batches dealt into parts of at least part_bytes of text; an empty input is one empty part.

    Parts are cut as if nothing were removed: what goes of one leaves the others as they are.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch], *, part_bytes: int, remover: Remover) -> None:
        self._batches = batches
        self._part_bytes = part_bytes
        self._remover = remover
        self._next: pa.RecordBatch | None = None
        self.sizes: list[dict[str, int]] = []

    def __iter__(self) -> Iterator[Iterator[pa.RecordBatch]]:
        self._next = next(self._batches, None)
        while True:
            self.sizes.append({"rows": 0, "text_bytes": 0})
            yield self._part(self.sizes[-1])
            if self._next is None:
                return

    def _part(self, size: dict[str, int]) -> Iterator[pa.RecordBatch]:
        part, rows, text_bytes = len(self.sizes) - 1, 0, 0
        while self._next is not None and text_bytes < self._part_bytes:
            batch = self._next
            kept = self._remover.split(batch, part=part, ordinals=np.arange(rows, rows + len(batch))).batch
            rows += len(batch)
            text_bytes += int(text_lengths(batch.column("text")).sum())
            _add_size(size, kept)
            if len(kept):
                yield kept
            self._next = next(self._batches, None)


def _add_size(size: dict[str, int], batch: pa.RecordBatch) -> None:
    size["rows"] += len(batch)
    size["text_bytes"] += int(text_lengths(batch.column("text")).sum())


def _count_read(counts: Sequence[Count], *, container_bytes: int | None) -> list[Count]:
    """What was read, from the reader's own byte count; framing is what belongs to no record."""
    leaving = [count for count in counts if count.flow in ("kept", "dropped")]
    documents = sum(count.documents or 0 for count in leaving)
    accounted = sum(count.bytes for count in leaving)
    total = accounted if container_bytes is None else container_bytes
    if total < accounted:
        raise AssertionError(f"the reader counted {total} bytes, its records hold {accounted}")
    return [Count("read", documents=documents, bytes=total), Count("framing", bytes=total - accounted)]
