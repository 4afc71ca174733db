"""count: raw/ → line_counts/, the sorted line keys of each part, → lines/, those that a source repeats.

The first half is one task per part, the second one per source and range of keys: what is merged is
16 to 40 bytes per distinct line, never text, and a task holds one range of it. Both are layers like
any other, so a killed run resumes. Counting reads raw/ rather than the source: a changed rule reads
no source again, and a corpus without one pays nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from filters.hashes import lines as line_hashes
from layers import storage
from layers.columns import column
from layers.commit import UnitCommit
from layers.document import make_field
from layers.entries import Count, Entry, Unit, fingerprint, read_entry
from layers.shards import read_shard, read_table
from pipeline.config.lines import LineRule
from pipeline.errors import MissingLayer
from pipeline.job import Job
from pipeline.stages.count.sorted_keys import bucket_offsets, count_partitions, group_by_key, read_partition
from pipeline.stages.ingest import part_name, raw_entry

CONTENT_VERSION = 1

MAX_PARTITION_ROWS = 2 << 20
"""Counted lines that one task merges, on average: 300 MB with all copies (docs/dedup.md)."""
_MAX_PENDING_ROWS = 1 << 20
"""Counts of batches that wait to be summed."""

COUNTED = pa.schema(
    [
        make_field("key", pa.uint64(), "Hash of the normalised line, mixed with its site.", nullable=False),
        make_field("site", pa.uint64(), "Hash of the site; 0: counted by source.", nullable=False),
        make_field("lines", pa.int64(), "Times that the line stands in the part.", nullable=False),
        make_field("documents", pa.int64(), "Documents of the part that hold it.", nullable=False),
        make_field("first_row", pa.int64(), "First row of raw/ that holds it.", nullable=False),
    ]
)
SITES = pa.schema(
    [
        COUNTED.field("site"),
        make_field("documents", pa.int64(), "Documents of the site in the part.", nullable=False),
    ]
)
REPEATED = pa.schema(
    [
        COUNTED.field("key"),
        make_field("lines", pa.int64(), "Times that the line stands in the source or site.", nullable=False),
        make_field("documents", pa.int64(), "Documents that hold it.", nullable=False),
        make_field("first_unit", pa.string(), "Part that holds it first.", nullable=False),
        make_field("first_row", pa.int64(), "Row of that part.", nullable=False),
    ]
)


@dataclass(frozen=True)
class KeyRange:
    """One of `count` equal ranges of the keys of a source."""

    source: str
    index: int
    count: int

    @property
    def unit(self) -> Unit:
        return Unit(self.source, "lines", part=self.index)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "KeyRange":
        return cls(**json.loads(data))

    def __str__(self) -> str:
        return f"lines of {self.source}, range {self.index} of {self.count}"


def count_part(unit: Unit, *, job: Job) -> Entry:
    """Count the lines of one raw part; an up-to-date entry is returned as it is."""
    raw = raw_entry(unit, job=job)
    rule = _rule(unit.source, job=job)
    key = count_fingerprint(unit, raw=raw, rule=rule)
    entry = read_entry(job.line_counts, unit=unit)
    if entry is not None and entry.fingerprint == key:
        return entry
    shard = raw.files[part_name(unit.part or 0)]
    tally = LineTally(rule)
    first_row = 0
    for batch in read_shard(storage.join(job.raw, shard.path), columns=["text", "url"]):
        tally.add(batch, first_row=first_row)
        first_row += len(batch)
    counted, sites = tally.tables()
    with UnitCommit(job.line_counts, unit=unit, fingerprint=key) as commit:
        commit.write("lines", iter(counted.to_batches()), schema=COUNTED)
        commit.write("sites", iter(sites.to_batches()), schema=SITES)
        size = raw.facts["parts"][unit.part or 0]
        read = Count("read", documents=size["rows"], bytes=size["text_bytes"])
        return commit.commit([read], facts={"offsets": bucket_offsets(counted["key"].to_numpy())})


def count_fingerprint(unit: Unit, *, raw: Entry, rule: LineRule) -> str:
    """Everything that a part's counts depend on: its text, and which lines are counted in what."""
    return fingerprint(
        stage="count",
        version=[CONTENT_VERSION, line_hashes.CONTENT_VERSION],
        input=raw.files[part_name(unit.part or 0)].sha256,
        scope=rule.scope,
        sites=line_hashes.describe_sites() if rule.scope == "site" else None,
        min_chars=rule.min_chars,
    )


def counted_entries(parts: Iterable[Unit], *, job: Job) -> dict[str, list[Entry]]:
    """Source → up-to-date counts of its parts, in unit order; raises MissingLayer naming a missing one.

    Sources without a rule are left out.
    """
    found: dict[str, list[Entry]] = {}
    raws: dict[Unit, Entry] = {}
    for unit in sorted(parts, key=lambda unit: unit.order):
        rule = job.line_rule(unit.source)
        if rule is None:
            continue
        if unit.whole not in raws:
            raws[unit.whole] = raw_entry(unit, job=job)
        entry = read_entry(job.line_counts, unit=unit)
        if entry is None or entry.fingerprint != count_fingerprint(unit, raw=raws[unit.whole], rule=rule):
            raise MissingLayer(f"{unit} is not in {job.line_counts}; run the count stage first")
        found.setdefault(unit.source, []).append(entry)
    return found


def key_ranges(source: str, *, counted: Sequence[Entry]) -> list[KeyRange]:
    """The tasks that find a source's repeated lines."""
    rows = sum(entry.files["lines"].rows for entry in counted)
    count = count_partitions(rows, max_rows=MAX_PARTITION_ROWS)
    return [KeyRange(source, index, count) for index in range(count)]


def find_repeated(task: KeyRange, *, counted: Sequence[Entry], job: Job) -> Entry:
    """Merge one range of keys of all parts of a source; an up-to-date entry is returned as it is."""
    rule = _rule(task.source, job=job)
    key = repeated_fingerprint(task, counted=counted, rule=rule)
    entry = read_entry(job.lines, unit=task.unit)
    if entry is not None and entry.fingerprint == key:
        return entry
    table = merge_range(task, counted=counted, rule=rule, layer_url=job.line_counts)
    with UnitCommit(job.lines, unit=task.unit, fingerprint=key) as commit:
        commit.write("repeated", iter(table.to_batches()), schema=REPEATED)
        return commit.commit([], facts={"ranges": task.count})


def repeated_fingerprint(task: KeyRange, *, counted: Sequence[Entry], rule: LineRule) -> str:
    """Everything that the repeated lines of a range depend on: the counts of all parts, and the rule."""
    return fingerprint(
        stage="lines",
        version=CONTENT_VERSION,
        range=[task.index, task.count],
        rule=rule.model_dump(mode="json", exclude={"keep"}),
        inputs=[[entry.unit.name, entry.digests] for entry in counted],
    )


def repeated_entries(counted: Mapping[str, Sequence[Entry]], *, job: Job) -> dict[str, list[Entry]]:
    """Source → up-to-date entries of its repeated lines; raises MissingLayer naming a missing range."""
    found: dict[str, list[Entry]] = {}
    for source, entries in counted.items():
        rule = _rule(source, job=job)
        for task in key_ranges(source, counted=entries):
            entry = read_entry(job.lines, unit=task.unit)
            if entry is None or entry.fingerprint != repeated_fingerprint(task, counted=entries, rule=rule):
                raise MissingLayer(f"{task} is not in {job.lines}; run the count stage first")
            found.setdefault(source, []).append(entry)
    return found


def _rule(source: str, *, job: Job) -> LineRule:
    rule = job.line_rule(source)
    if rule is None:
        raise AssertionError(f"no lines are counted in {source}")
    return rule


class LineTally:
    """Lines of a part, summed batch by batch: memory grows with distinct lines, not with lines."""

    def __init__(self, rule: LineRule) -> None:
        self._rule = rule
        self._pending: list[dict[str, np.ndarray]] = []
        self._pending_rows = 0
        self._sites: list[np.ndarray] = []

    def add(self, batch: pa.RecordBatch, *, first_row: int) -> None:
        by_site = self._rule.scope == "site"
        sites = line_hashes.hash_sites(batch.column("url")) if by_site else None
        self._sites.append(np.zeros(len(batch), np.uint64) if sites is None else sites[sites != 0])
        found = line_hashes.hash_lines(batch.column("text"), min_chars=self._rule.min_chars, sites=sites)
        counted = found.sites != 0 if by_site else slice(None)
        self._pending.append(_count_lines(found.keys[counted], found.rows[counted], found.sites[counted]))
        self._pending[-1]["first_row"] += first_row
        self._pending_rows += len(self._pending[-1]["key"])
        if self._pending_rows > _MAX_PENDING_ROWS:
            self._pending, self._pending_rows = [_sum(self._pending)], 0

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """(COUNTED, SITES), both sorted."""
        sites, documents = np.unique(
            np.concatenate([np.zeros(0, np.uint64), *self._sites]), return_counts=True
        )
        return (
            pa.Table.from_pydict(_sum(self._pending), schema=COUNTED),
            pa.Table.from_pydict({"site": sites, "documents": documents}, schema=SITES),
        )


def _count_lines(keys: np.ndarray, rows: np.ndarray, sites: np.ndarray) -> dict[str, np.ndarray]:
    """m lines in order of place → one row per key, as in COUNTED."""
    order = np.argsort(keys, kind="stable")
    again = np.zeros(len(keys), bool)  # the line has been seen in this document
    again[order[1:]] = (keys[order[1:]] == keys[order[:-1]]) & (rows[order[1:]] == rows[order[:-1]])
    sums = {"lines": np.ones(len(keys), np.int64), "documents": (~again).astype(np.int64)}
    return group_by_key(keys, sums=sums, firsts={"site": sites, "first_row": rows})


def _sum(counts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Counts of consecutive batches → one row per key; a document lies in one batch."""
    empty = {field.name: np.zeros(0, field.type.to_pandas_dtype()) for field in COUNTED}
    stacked = {name: np.concatenate([part[name] for part in (empty, *counts)]) for name in COUNTED.names}
    return group_by_key(
        stacked["key"],
        sums={name: stacked[name] for name in ("lines", "documents")},
        firsts={name: stacked[name] for name in ("site", "first_row")},
    )


def merge_range(task: KeyRange, *, counted: Sequence[Entry], rule: LineRule, layer_url: str) -> pa.Table:
    """The REPEATED rows of a range of keys, from counts in a layer."""
    tables, part_of = [COUNTED.empty_table()], [np.zeros(0, np.int32)]
    for index, table in _ranges(task, counted=counted, layer_url=layer_url):
        tables.append(table)
        part_of.append(np.full(len(table), index, np.int32))
    stacked = pa.concat_tables(tables)
    found = group_by_key(
        stacked["key"].to_numpy(),
        sums={name: stacked[name].to_numpy() for name in ("lines", "documents")},
        firsts={
            "site": stacked["site"].to_numpy(),
            "first_row": stacked["first_row"].to_numpy(),
            "part": np.concatenate(part_of),
        },
    )
    repeated = (found["lines"] >= rule.min_count) & (found["documents"] >= rule.min_documents)
    if rule.min_share:
        sites, totals = _count_documents(counted, layer_url=layer_url)
        share = found["documents"] / totals[np.searchsorted(sites, found["site"])]
        repeated &= share >= rule.min_share
    rows = {name: values[repeated] for name, values in found.items()}
    names = pa.array([entry.unit.name for entry in counted], pa.string())
    first_unit = names.take(pa.array(rows["part"]))
    columns = [rows["key"], rows["lines"], rows["documents"], first_unit, rows["first_row"]]
    return pa.Table.from_arrays([pa.array(values) for values in columns], schema=REPEATED)


def _ranges(task: KeyRange, *, counted: Sequence[Entry], layer_url: str) -> Iterator[tuple[int, pa.Table]]:
    for index, entry in enumerate(counted):
        table = read_partition(
            layer_url,
            entry.files["lines"],
            offsets=entry.facts["offsets"],
            partition=task.index,
            partitions=task.count,
        )
        if table is not None:
            yield index, table


def _count_documents(counted: Sequence[Entry], *, layer_url: str) -> tuple[np.ndarray, np.ndarray]:
    """(sites, sorted; documents of each) of a source."""
    tables = [read_table(storage.join(layer_url, entry.files["sites"].path)) for entry in counted]
    stacked = pa.concat_tables([SITES.empty_table(), *tables])
    found = group_by_key(
        column(stacked, "site").to_numpy(), sums={"documents": stacked["documents"].to_numpy()}, firsts={}
    )
    return found["key"], found["documents"]
