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
from layers.columns import column
from layers.document import make_field
from layers.entries import Count, Entry, Unit, fingerprint
from layers.index import LayerIndex, gather
from layers.layer import Layer
from pipeline.config.lines import LineRule
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.count.sorted_keys import bucket_offsets, count_partitions, group_by_key, read_partition
from pipeline.stages.raw_parts import RawPart, part_name

CONTENT_VERSION = 1

MAX_PARTITION_ROWS = 2 << 20
"""Counted lines that one task merges, on average: 300 MB with all copies (docs/lines.md)."""
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
    counted: str = ""
    """Which index of the counts they are ranges of."""

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
    raw = job.raw.require(unit.whole)
    rule = _rule(unit.source, job=job)
    name = part_name(unit.part or 0)
    key = count_fingerprint(raw.files[name].sha256, rule=rule)
    entry = job.line_counts.current(unit, key=key)
    if entry is not None:
        return entry
    tally = LineTally(rule)
    first_row = 0
    batches = job.raw.batches(raw, name, columns=["text", "url"])
    for batch in task_progress.count_texts(batches):
        tally.add(batch, first_row=first_row)
        first_row += len(batch)
    counted, sites = tally.tables()
    with job.line_counts.commit(unit, key=key) as commit:
        commit.write("lines", iter(counted.to_batches()), schema=COUNTED)
        commit.write("sites", iter(sites.to_batches()), schema=SITES)
        size = raw.facts["parts"][unit.part or 0]
        read = Count("read", documents=size["rows"], bytes=size["text_bytes"])
        return commit.commit([read], facts={"offsets": bucket_offsets(counted["key"].to_numpy())})


def count_fingerprint(raw_sha256: str, *, rule: LineRule) -> str:
    """Everything that a part's counts depend on: its text, and which lines are counted in what."""
    return fingerprint(
        stage="count",
        version=[CONTENT_VERSION, line_hashes.CONTENT_VERSION],
        input=raw_sha256,
        scope=rule.scope,
        sites=line_hashes.describe_sites() if rule.scope == "site" else None,
        min_chars=rule.min_chars,
    )


def count_keys(parts: Iterable[RawPart], *, job: Job) -> dict[Unit, str]:
    """Part → fingerprint of its counts, for parts of sources with a rule."""
    rules = {source: job.line_rule(source) for source in job.specs}
    return {
        part.unit: count_fingerprint(part.sha256, rule=rule)
        for part in parts
        if (rule := rules[part.unit.source]) is not None
    }


def counted_index(parts: Iterable[RawPart], *, job: Job) -> LayerIndex:
    """Gather the up-to-date counts of the parts of sources with a rule; raises MissingEntry naming one."""
    keys = count_keys(parts, job=job)
    return gather(job.line_counts, keys=keys, index=job.indexes, rows_of="lines")


def read_counted(index: LayerIndex) -> dict[str, list[Entry]]:
    """Source → its counts, in unit order."""
    counted: dict[str, list[Entry]] = {}
    for entry in index.entries():
        counted.setdefault(entry.unit.source, []).append(entry)
    return counted


def key_ranges(source: str, *, counted: Sequence[Entry], index: str = "") -> list[KeyRange]:
    """The tasks that find a source's repeated lines; index: which index its counts are of."""
    rows = sum(entry.files["lines"].rows for entry in counted)
    count = count_partitions(rows, max_rows=MAX_PARTITION_ROWS)
    return [KeyRange(source, place, count, index) for place in range(count)]


def find_repeated(task: KeyRange, *, job: Job) -> Entry:
    """Merge one range of keys of all parts of a source; an up-to-date entry is returned as it is."""
    rule = _rule(task.source, job=job)
    index = LayerIndex(job.indexes, layer=job.line_counts, key=task.counted)
    start, stop = index.source_units(task.source)
    counted = list(index.entries(start=start, stop=stop))
    key = repeated_fingerprint(task, counted=counted, rule=rule)
    entry = job.lines.current(task.unit, key=key)
    if entry is not None:
        return entry
    table = merge_range(task, counted=counted, rule=rule, layer=job.line_counts)
    with job.lines.commit(task.unit, key=key) as commit:
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


def repeated_keys(counted: Mapping[str, Sequence[Entry]], *, job: Job) -> dict[Unit, str]:
    """The units of the repeated lines of every source → their fingerprints, from the counts of its parts."""
    return {
        task.unit: repeated_fingerprint(task, counted=entries, rule=_rule(source, job=job))
        for source, entries in counted.items()
        for task in key_ranges(source, counted=entries)
    }


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
        found = line_hashes.hash_removable_lines(
            batch.column("text"), min_chars=self._rule.min_chars, sites=sites
        )
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


def merge_range(task: KeyRange, *, counted: Sequence[Entry], rule: LineRule, layer: Layer) -> pa.Table:
    """The REPEATED rows of a range of keys, from counts in a layer."""
    tables, part_of = [COUNTED.empty_table()], [np.zeros(0, np.int32)]
    for index, table in _ranges(task, counted=counted, layer=layer):
        tables.append(table)
        part_of.append(np.full(len(table), index, np.int32))
    stacked = pa.concat_tables(tables)
    lines = group_by_key(
        stacked["key"].to_numpy(),
        sums={name: stacked[name].to_numpy() for name in ("lines", "documents")},
        firsts={
            "site": stacked["site"].to_numpy(),
            "first_row": stacked["first_row"].to_numpy(),
            "part": np.concatenate(part_of),
        },
    )
    repeated = (lines["lines"] >= rule.min_count) & (lines["documents"] >= rule.min_documents)
    if rule.min_share:
        sites, totals = _count_documents(counted, layer=layer)
        share = lines["documents"] / totals[np.searchsorted(sites, lines["site"])]
        repeated &= share >= rule.min_share
    rows = {name: values[repeated] for name, values in lines.items()}
    names = pa.array([entry.unit.name for entry in counted], pa.string())
    first_unit = names.take(pa.array(rows["part"]))
    columns = [rows["key"], rows["lines"], rows["documents"], first_unit, rows["first_row"]]
    return pa.Table.from_arrays([pa.array(values) for values in columns], schema=REPEATED)


def _ranges(task: KeyRange, *, counted: Sequence[Entry], layer: Layer) -> Iterator[tuple[int, pa.Table]]:
    for index, entry in enumerate(counted):
        table = read_partition(
            layer.open(entry, "lines"),
            offsets=entry.facts["offsets"],
            partition=task.index,
            partitions=task.count,
        )
        if table is not None:
            yield index, table


def _count_documents(counted: Sequence[Entry], *, layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """(sites, sorted; documents of each) of a source."""
    tables = [layer.table(entry, "sites") for entry in counted]
    stacked = pa.concat_tables([SITES.empty_table(), *tables])
    sites = group_by_key(
        column(stacked, "site").to_numpy(), sums={"documents": stacked["documents"].to_numpy()}, firsts={}
    )
    return sites["key"], sites["documents"]
