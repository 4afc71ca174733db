"""Captures of one page: of documents with one canonical URL, the latest stays."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from layers.columns import Halves

REASON = "url_duplicate"
METHOD = "url"
NO_DATE = np.iinfo(np.int64).min
"""Earlier than every date."""


@dataclass(frozen=True)
class Captures:
    """What n documents are compared by: canonical URL (valid: it has one), time and bytes of text."""

    url: Halves
    valid: np.ndarray
    time: np.ndarray
    length: np.ndarray

    @classmethod
    def empty(cls, n: int) -> "Captures":
        """n documents without URL, to be filled in."""
        url = (np.zeros(n, np.uint64), np.zeros(n, np.uint64))
        return cls(url, np.zeros(n, bool), np.full(n, NO_DATE, np.int64), np.zeros(n, np.int64))


def find_latest(captures: Captures, *, eligible: np.ndarray, doc_id: Halves) -> np.ndarray:
    """Index of the capture that stays, for each of n documents that does not: −1 for all others.

    Of the eligible documents of one URL the latest stays, then the longest, then the smallest doc_id.
    Documents that are not eligible are no captures of anything.
    """
    latest = np.full(len(eligible), -1, np.int64)
    rows = np.flatnonzero(captures.valid & eligible)
    high, low = captures.url[0][rows], captures.url[1][rows]
    # ~ instead of −: descending without overflow at the smallest number
    latest_first, longest_first = ~captures.time[rows], ~captures.length[rows]
    order = np.lexsort((doc_id[1][rows], doc_id[0][rows], longest_first, latest_first, low, high))
    rows, high, low = rows[order], high[order], low[order]
    is_first = np.ones(len(rows), bool)
    is_first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    firsts = rows[is_first][np.cumsum(is_first) - 1]
    latest[rows[~is_first]] = firsts[~is_first]
    return latest


def name_twins(table: pa.Table, *, rows: np.ndarray, kept_doc_id: pa.Array) -> pa.Table:
    """A DECISION table in which the duplicates at rows name the document that stays for them.

    kept_source already is that document's.
    """
    if not len(rows):
        return table
    places = np.arange(len(table))
    places[rows] = len(table) + np.arange(len(rows))
    take = pa.array(places)
    replaced = {
        "kept_doc_id": kept_doc_id,
        "duplicate_method": pa.array([METHOD] * len(rows), pa.string()),
        "kept_similarity": pa.nulls(len(rows), pa.float32()),
    }
    for name, values in replaced.items():
        column = pa.concat_arrays([*table[name].chunks, values]).take(take)
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    return table
