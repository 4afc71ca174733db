"""Removing the repeated lines of one part, before anything else is done to its text."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.hashes import lines as line_hashes
from layers.document import DOCUMENT, make_field
from layers.entries import Entry, Unit
from layers.shards import text_lengths
from pipeline.config.lines import LineRule
from pipeline.job import Job
from pipeline.stages.count.lines import REPEATED, KeyRange
from pipeline.stages.count.sorted_keys import find_keys, group_by_key

CONTENT_VERSION = 1

EDIT = "repeated_lines"
"""Name of the removal among a document's edits."""
MAX_EXAMPLE_CHARS = 200

REMOVED = pa.schema(
    [
        REPEATED.field("key"),
        make_field("lines", pa.int64(), "Lines that were removed.", nullable=False),
        make_field("documents", pa.int64(), "Documents that they were removed from.", nullable=False),
        make_field(
            "bytes", pa.int64(), "UTF-8 bytes that went with them, line ends included.", nullable=False
        ),
        make_field("example", pa.string(), "The first of them, up to 200 characters.", nullable=False),
    ]
)


@dataclass(frozen=True)
class RemovedLines:
    """m lines that were removed from a batch: key, row, bytes, and the text of each key's first."""

    keys: np.ndarray
    rows: np.ndarray
    sizes: np.ndarray
    examples: dict[int, str]

    @property
    def bytes(self) -> int:
        return int(self.sizes.sum())


@dataclass(frozen=True)
class RepeatedLines:
    """The repeated lines that one part holds: sorted keys, and the row that keeps each (−1: not here)."""

    rule: LineRule
    keys: np.ndarray
    keeping_rows: np.ndarray

    @classmethod
    def read(cls, unit: Unit, *, rule: LineRule, job: Job) -> "RepeatedLines":
        """Those of a raw part; its own counts say which of the source's repeated lines concern it."""
        counted = job.line_counts.require(unit)
        own = job.line_counts.table(counted, "lines", columns=["key"])["key"].to_numpy()
        keys, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for entry in read_ranges(unit.source, job=job):
            table = job.lines.table(entry, "repeated", columns=["key", "first_unit", "first_row"])
            hit, _ = find_keys(table["key"].to_numpy(), among=own)
            table = table.filter(pa.array(hit))
            is_here = np.array(table["first_unit"].to_pylist(), object) == unit.name
            keys.append(table["key"].to_numpy())
            rows.append(np.where(is_here, table["first_row"].to_numpy(), -1))
        return cls(rule, np.concatenate(keys), np.concatenate(rows))

    def remove(self, batch: pa.RecordBatch, *, first_row: int) -> tuple[pa.RecordBatch, RemovedLines]:
        """(the batch without its repeated lines, what was removed): n documents → n documents.

        first_row is the batch's place in its raw part.
        """
        texts = batch.column("text")
        if not len(self.keys):
            return batch, RemovedLines(np.zeros(0, np.uint64), *(np.zeros(0, np.int64),) * 2, {})
        by_site = self.rule.scope == "site"
        sites = line_hashes.hash_sites(batch.column("url")) if by_site else None
        found = line_hashes.hash_removable_lines(texts, min_chars=self.rule.min_chars, sites=sites)
        gone, place = find_keys(found.keys, among=self.keys)
        if by_site:
            gone &= found.sites != 0
        if self.rule.keep == "first":
            first = np.flatnonzero(gone & (self.keeping_rows[place] == first_row + found.rows))
            gone[first[np.unique(found.keys[first], return_index=True)[1]]] = False
        sizes = np.bincount(found.rows[gone], np.diff(found.spans[gone])[:, 0], minlength=len(texts))
        gone &= (sizes <= self.rule.max_share * text_lengths(texts))[found.rows]
        keys, rows, spans = found.keys[gone], found.rows[gone], found.spans[gone]
        kept = line_hashes.remove_lines(texts, rows=rows, spans=spans)
        removed = RemovedLines(
            keys, rows, spans[:, 1] - spans[:, 0], _examples(texts, keys=keys, spans=spans)
        )
        return batch.set_column(batch.schema.get_field_index("text"), DOCUMENT.field("text"), kept), removed


class Removals:
    """What was removed from the batches of one part, summed per line."""

    def __init__(self) -> None:
        self.bytes = 0
        empty = {name: np.zeros(0, np.uint64 if name == "key" else np.int64) for name in REMOVED.names[:4]}
        self._counts = [empty]
        self._examples: dict[int, str] = {}

    def add(self, removed: RemovedLines) -> None:
        self.bytes += removed.bytes
        self._counts.append(_count(removed))
        self._examples = removed.examples | self._examples

    def table(self) -> pa.Table:
        """The REMOVED rows, by key."""
        stacked = {name: np.concatenate([part[name] for part in self._counts]) for name in REMOVED.names[:4]}
        keys = stacked.pop("key")
        found = group_by_key(keys, sums=stacked, firsts={})
        examples = pa.array([self._examples[key] for key in found["key"].tolist()], pa.string())
        return pa.Table.from_arrays([*map(pa.array, found.values()), examples], schema=REMOVED)


def read_ranges(source: str, *, job: Job) -> list[Entry]:
    """The entries of a source's repeated lines, as they are; raises MissingEntry where one is missing."""
    first = job.lines.require(KeyRange(source, 0, 1).unit)
    count = int(first.facts["ranges"])
    return [first, *(job.lines.require(KeyRange(source, place, count).unit) for place in range(1, count))]


def digests(source: str, *, job: Job) -> list[object]:
    """Digests of a source's repeated lines, range by range; none where it has no rule."""
    return [] if job.line_rule(source) is None else [entry.digests for entry in read_ranges(source, job=job)]


def describe(rule: LineRule) -> dict[str, object]:
    """What the removal depends on, beside a part and the repeated lines, for fingerprints."""
    return {
        "version": [CONTENT_VERSION, line_hashes.CONTENT_VERSION],
        "rule": rule.model_dump(mode="json", include={"scope", "min_chars", "max_share", "keep"}),
        "sites": line_hashes.describe_sites() if rule.scope == "site" else None,
    }


def _examples(texts: pa.LargeStringArray, *, keys: np.ndarray, spans: np.ndarray) -> dict[int, str]:
    """Key → its first line in the batch, ends stripped."""
    distinct, first = np.unique(keys, return_index=True)
    data = texts.buffers()[2]
    lines = (
        # four bytes are the longest character; one that the cut splits is left out
        data[start : min(stop, start + 4 * MAX_EXAMPLE_CHARS)].to_pybytes().decode("utf-8", "ignore")
        for start, stop in spans[first].tolist()
    )
    return {key: line.strip()[:MAX_EXAMPLE_CHARS] for key, line in zip(distinct.tolist(), lines, strict=True)}


def _count(removed: RemovedLines) -> dict[str, np.ndarray]:
    order = np.lexsort((removed.rows, removed.keys))
    keys, rows = removed.keys[order], removed.rows[order]
    is_new = np.ones(len(keys), np.int64)
    is_new[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    sums = {"lines": np.ones(len(keys), np.int64), "documents": is_new, "bytes": removed.sizes[order]}
    return group_by_key(keys, sums=sums, firsts={})
