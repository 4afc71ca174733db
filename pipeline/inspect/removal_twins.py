"""Twins of documents that go: near duplicates that stay, and what was dropped for them and may come back."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.entries import Entry
from pipeline.inspect.removal_matches import Found, Twin
from pipeline.job import Job

DECISIONS = [
    "doc_id",
    "key_id",
    "lang",
    "keep",
    "kept_doc_id",
    "kept_source",
    "duplicate_method",
    "kept_similarity",
]


class FindShard(Protocol):
    """The shard that has a row of a measured part; empty: none."""

    def __call__(self, place: int, row: int, *, source: str, lang: str) -> str: ...


def find_twins(
    found: Collection[Found], *, parts: Iterable[tuple[int, Entry, Entry]], shard_of: FindShard, job: Job
) -> tuple[tuple[Twin, ...], tuple[Twin, ...]]:
    """(near duplicates that stay, dropped documents that may come back, those asked for included).

    parts: place in the indexes, measured and decided entry of each.
    """
    if not found:
        return (), ()
    gone = {each.doc_id for each in found if each.doc_id}
    kept_of_gone = {each.kept_doc_id for each in found if each.kept_doc_id} - gone
    near, returning = [], []
    for place, measured, decided in parts:
        decisions = job.decisions.table(decided, "decisions", columns=DECISIONS)
        source = measured.unit.source
        for row in _in(decisions["kept_doc_id"], gone):
            twin = _twin(decisions, row, source=source, gone=gone)
            if twin.doc_id != twin.of:
                shard = shard_of(place, row, source=source, lang=twin.lang)
                first = f"{twin.lang}/{source}/train-00000-of-00001.{job.config.publish.format}"
                returning.append(replace(twin, shard="" if twin.asked_for else shard or first))
        for row in _in(decisions["kept_doc_id"], kept_of_gone):
            twin = _twin(decisions, row, source=source, gone=gone)
            if not twin.asked_for:
                near.append(twin)
    key = lambda twin: (twin.of, twin.source, twin.doc_id)  # noqa: E731
    return tuple(sorted(near, key=key)), tuple(sorted(returning, key=key))


def _twin(decisions: pa.Table, row: int, *, source: str, gone: set[str]) -> Twin:
    doc_id = decisions["doc_id"][row].as_py().hex()
    return Twin(
        doc_id=doc_id,
        source=source,
        lang=decisions["lang"][row].as_py(),
        of=_hex(decisions["kept_doc_id"][row].as_py()),
        method=decisions["duplicate_method"][row].as_py() or "",
        similarity=decisions["kept_similarity"][row].as_py(),
        asked_for=doc_id in gone,
    )


def _in(values: pa.ChunkedArray, ids: Iterable[str]) -> list[int]:
    listed = pa.array([bytes.fromhex(each) for each in sorted(ids)], pa.binary(16))
    return find_true(pc.is_in(values, value_set=listed)) if len(listed) else []


def find_true(mask: pa.ChunkedArray | pa.Array) -> list[int]:
    """The places at which a mask is true."""
    whole = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    return [int(row) for row in np.flatnonzero(pc.fill_null(whole, False).to_numpy(zero_copy_only=False))]


def _hex(value: bytes | None) -> str:
    return "" if value is None else value.hex()
