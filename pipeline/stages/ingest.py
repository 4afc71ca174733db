"""ingest: one source unit → raw/, its text as extracted and where it came from.

A unit that cannot be split (a compressed file) may be long; it is written as several parts of
about unit_bytes of text, and each part is a unit of the next stage.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

import sources
from layers import storage
from layers.commit import UnitCommit
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, Unit, entry_url, fingerprint, read_entry
from layers.shard_writer import rebatch
from layers.shards import text_lengths
from pipeline.errors import MissingLayer, TooManyBadRecords
from pipeline.job import Job
from pipeline.stages.units import PlannedUnit
from sources.base import RecordLog, SourceSpec

CONTENT_VERSION = 1


def ingest_unit(planned: PlannedUnit, *, job: Job) -> Entry:
    """Read one unit into raw/; an up-to-date entry is returned as it is."""
    unit, spec = planned.unit, job.specs[planned.unit.source]
    key = ingest_fingerprint(planned, job=job)
    entry = read_entry(job.raw, unit=unit)
    if entry is not None and entry.fingerprint == key:
        return entry
    log = RecordLog(unit)
    tally = _Tally()
    with UnitCommit(job.raw, unit=unit, fingerprint=key) as commit:
        batches = _Limited(
            rebatch(sources.load(spec.type).read(unit, spec=spec, log=log), schema=DOCUMENT),
            limit=planned.limit,
        )
        parts = _Parts(tally.count(iter(batches)), part_bytes=spec.unit_bytes)
        for part, rows in enumerate(parts):
            commit.write(part_name(part), rows, schema=DOCUMENT)
        rejected = log.rejected_batch()
        if batches.cut_at is not None:  # the reader was ahead of a trial run's limit
            rejected = rejected.filter(np.asarray(rejected["offset"]) < batches.cut_at)
        commit.write("rejected", iter([rejected]), schema=REJECTED)
        counts = [*tally.counts(), *_count_rejected(rejected)]
        counts += _count_read(
            counts, container_bytes=None if batches.cut_at is not None else log.container_bytes
        )
        return commit.commit(
            counts,
            facts={"parts": parts.sizes, "input": _digest(planned, spec=spec)}
            | ({"lost_values": dict(sorted(log.lost_values.items()))} if log.lost_values else {}),
        )


def ingest_fingerprint(planned: PlannedUnit, *, job: Job) -> str:
    """Everything that a raw unit's bytes depend on; the source's place is not among it."""
    spec = asdict(job.specs[planned.unit.source])
    for location in ("root", "batch_bytes"):
        del spec[location]
    return fingerprint(
        stage="ingest",
        version=[CONTENT_VERSION, sources.content_version(spec["type"])],
        unit=asdict(planned.unit),
        spec=spec,
        file=[planned.file_bytes, planned.file_mark],
        limit=planned.limit,
    )


def part_name(part: int) -> str:
    return f"documents-{part:05d}"


def raw_entry(unit: Unit, *, job: Job) -> Entry:
    """The entry of the raw unit that a part belongs to; raises MissingLayer."""
    entry = read_entry(job.raw, unit=unit.whole)
    if entry is None:
        raise MissingLayer(f"{unit} has no entry in {job.raw}; run the ingest stage first")
    return entry


def raw_parts(planned: Sequence[PlannedUnit], *, job: Job) -> list[Unit]:
    """The units of the measure stage: every non-empty part of every planned unit, in unit order."""
    return list_parts(raw_entries(planned, job=job))


def list_parts(entries: Iterable[Entry]) -> list[Unit]:
    """The non-empty parts of raw units, in the order of the entries."""
    return [
        entry.unit.with_part(part)
        for entry in entries
        for part, size in enumerate(entry.facts["parts"])
        if size["rows"]
    ]


def raw_entries(planned: Sequence[PlannedUnit], *, job: Job) -> list[Entry]:
    """The up-to-date raw entries of the planned units; raises MissingLayer naming a missing one."""
    entries = []
    for item in planned:
        entry = read_entry(job.raw, unit=item.unit)
        if entry is None or entry.fingerprint != ingest_fingerprint(item, job=job):
            raise MissingLayer(f"{item.unit} is not in {job.raw}; run the ingest stage first")
        entries.append(entry)
    return sorted(entries, key=lambda entry: entry.unit.order)


def forget_changed_inputs(planned: Sequence[PlannedUnit], *, job: Job) -> list[tuple[str, str]]:
    """Hash every input again; remove the entries of changed files and return (source, uri) of each.

    The quick check trusts size and modification time (or etag); this does not. A file whose
    digest was never committed counts as changed. Call it with the output locked.
    """
    known: dict[tuple[str, str], str | None] = {}
    for item in planned:
        entry = read_entry(job.raw, unit=item.unit)
        digest = known.setdefault((item.unit.source, item.unit.uri), None)
        if digest is None and entry is not None and entry.fingerprint == ingest_fingerprint(item, job=job):
            known[item.unit.source, item.unit.uri] = (entry.facts["input"] or {}).get("sha256")
    changed = [
        (source, uri)
        for (source, uri), digest in known.items()
        if digest != storage.digest_file(storage.join(job.specs[source].root, uri))[0]
    ]
    for item in planned:
        if (item.unit.source, item.unit.uri) in changed:
            storage.remove(entry_url(job.raw, unit=item.unit))
    return changed


def check_bad_records(entries: Sequence[Entry], *, max_bad_fraction: float) -> None:
    """Raise TooManyBadRecords when a source's unreadable share is above the budget (inclusive)."""
    read: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for entry in entries:
        for count in entry.counts:
            if count.flow == "read":
                read[entry.unit.source] += count.documents or 0
            elif count.flow == "dropped":
                # an unreadable tail counts as one record: how many it held is not known
                bad[entry.unit.source] += 1 if count.documents is None else count.documents
                reasons.setdefault(entry.unit.source, Counter())[count.reason] += count.documents or 1
    over = [uid for uid in sorted(bad) if bad[uid] > max_bad_fraction * max(read[uid], 1)]
    if over:
        lines = [
            f"{uid}: {bad[uid]} of {read[uid]} records are unreadable "
            f"({', '.join(f'{reason} {n}' for reason, n in reasons[uid].most_common())})"
            for uid in over
        ]
        raise TooManyBadRecords(
            "\n".join(lines)
            + f"\nmax_bad_fraction is {max_bad_fraction}; see them with `rhizotron dropped`, "
            "mend the files or raise the budget in the corpus file"
        )


class _Tally:
    """Counts documents on their way through."""

    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._container: Counter[str] = Counter()
        self._text: Counter[str] = Counter()

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


class _Limited:
    """At most limit rows of the batches; cut_at is the offset after the last one when it cut."""

    def __init__(self, batches: Iterator[pa.RecordBatch], *, limit: int | None) -> None:
        self._batches = batches
        self._left = limit
        self.cut_at: int | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        last = 0
        for batch in self._batches:
            if self._left is not None and len(batch) > self._left:
                batch = batch.slice(0, self._left)
                if len(batch):
                    last = batch["offset"][-1].as_py() + 1
                    yield batch
                self.cut_at = last
                return
            if self._left is not None:
                self._left -= len(batch)
            if len(batch):
                last = batch["offset"][-1].as_py() + 1
                yield batch


class _Parts:
    """Batches dealt into parts of at least part_bytes of text; an empty input is one empty part."""

    def __init__(self, batches: Iterator[pa.RecordBatch], *, part_bytes: int) -> None:
        self._batches = batches
        self._part_bytes = part_bytes
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
        while self._next is not None and size["text_bytes"] < self._part_bytes:
            batch = self._next
            size["rows"] += len(batch)
            size["text_bytes"] += int(text_lengths(batch.column("text")).sum())
            yield batch
            self._next = next(self._batches, None)


def _count_rejected(rejected: pa.RecordBatch) -> list[Count]:
    return [
        Count("dropped", reason=row["reason"], documents=row["records"], bytes=row["length"] or 0)
        for row in rejected.select(["reason", "records", "length"]).to_pylist()
    ]


def _count_read(counts: Sequence[Count], *, container_bytes: int | None) -> list[Count]:
    """What was read, from the reader's own byte count; framing is what belongs to no record."""
    leaving = [count for count in counts if count.flow in ("kept", "dropped")]
    documents = sum(count.documents or 0 for count in leaving)
    accounted = sum(count.bytes for count in leaving)
    total = accounted if container_bytes is None else container_bytes
    if total < accounted:
        raise AssertionError(f"the reader counted {total} bytes, its records hold {accounted}")
    return [Count("read", documents=documents, bytes=total), Count("framing", bytes=total - accounted)]


def _digest(planned: PlannedUnit, *, spec: SourceSpec) -> dict[str, object] | None:
    """SHA-256 of the whole file, computed by the unit that holds its first byte."""
    if planned.unit.start:
        return None
    try:
        digest, size = storage.digest_file(storage.join(spec.root, planned.unit.uri))
    except OSError as error:
        return {"uri": planned.unit.uri, "bytes": planned.file_bytes, "sha256": None, "error": str(error)}
    return {"uri": planned.unit.uri, "bytes": size, "sha256": digest}


@dataclass(frozen=True)
class PartTask:
    """One raw part to measure."""

    unit: Unit

    def to_json(self) -> bytes:
        return json.dumps(asdict(self.unit)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PartTask":
        return cls(Unit(**json.loads(data)))
