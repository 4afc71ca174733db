"""Which documents of a component stay: in rank order, one goes only if similar enough to one that stays.

Similarity is estimated from signatures, never from text; those that a document is compared with share a
band with it. Connectivity alone removes nothing. Both paths of decide call `compare` on whole components, or
on pieces of components that are too large for one task.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from filters.hashes.minhash import CompareLimits, least_equal
from filters.kernels import twins
from layers.columns import Halves

BLOCK_UNITS = 4_000_000
"""Fewer are compared in one block, so that the signatures of 10 million documents are read once."""
BINS = 1 << 16
"""Values of the first band are dealt into so many bins, in order, before an oversize component is cut."""

_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@dataclass(frozen=True)
class Units:
    """n documents that are compared: of exact copies one each."""

    piece: np.ndarray
    """Units of one number are compared with each other."""
    eligible: np.ndarray
    """False: it may go, but nothing goes for it."""
    rank: np.ndarray
    doc_id: Halves
    packed: np.ndarray
    """Signatures, uint8 [n, permutations]."""
    worded: np.ndarray
    """False: the text has no word, so it is compared with nothing."""


def block_units(n: int, *, limits: CompareLimits) -> int:
    """Units that the direct path compares at once, of n documents; each block reads all signatures again."""
    return min(n, max(limits.max_cluster_documents, BLOCK_UNITS, n // 16))


def bytes_per_unit(limits: CompareLimits) -> int:
    """Memory of `compare` for each unit: its signature, a copy while it is read, and its place and rank."""
    return 2 * limits.minhash.permutations + 6


def compare(units: Units, *, limits: CompareLimits) -> tuple[np.ndarray, np.ndarray]:
    """(place of the unit that stays for each of n, −1: none does; bytes equal in their signatures).

    Of several that are similar enough the most similar is named, then the first in rank.
    """
    n = len(units.piece)
    twin, equal = np.full(n, -1, np.int32), np.zeros(n, np.uint8)
    rows = np.flatnonzero(units.worded).astype(np.int32)
    high, low = units.doc_id
    order = rows[
        np.lexsort((low[rows], high[rows], units.rank[rows], ~units.eligible[rows], units.piece[rows]))
    ]
    piece = units.piece[order]
    bounds = np.concatenate([[0], np.flatnonzero(piece[1:] != piece[:-1]) + 1, [len(order)]])
    columns = limits.minhash.permutations
    twins.find_twins(
        order,
        bounds,
        units.eligible,
        units.packed,
        limits.minhash.bands,
        least_equal(limits.min_similarity, columns=columns),
        limits.max_bucket_documents,
        twin,
        equal,
    )
    return twin, equal


def bin_signatures(packed: np.ndarray, *, limits: CompareLimits) -> np.ndarray:
    """Bin of each signature by its first band: uint8 [n, permutations] → integers [n] below BINS."""
    value = np.full(len(packed), _FNV_BASIS)
    for k in range(limits.minhash.rows):
        value = (value ^ packed[:, k]) * _FNV_PRIME
    return (_mix(value) >> np.uint64(48)).astype(np.int64)


@dataclass(frozen=True)
class Cut:
    """How an oversize component is cut: of each bin its first piece, and how many pieces share it."""

    first: np.ndarray
    pieces: np.ndarray

    @classmethod
    def of_bins(cls, counts: np.ndarray, *, max_documents: int) -> "Cut":
        """Pieces are runs of bins, in order, of at most max_documents; a bin of more is dealt out by text.

        counts: documents of the component in each bin.
        """
        first, pieces = np.zeros(BINS, np.int64), np.ones(BINS, np.int64)
        number, size = 0, 0
        for place in np.flatnonzero(counts).tolist():
            count = int(counts[place])
            if size and size + count > max_documents:
                number, size = number + 1, 0
            first[place], pieces[place] = number, -(-count // max_documents)
            size += count
            if size >= max_documents:
                number, size = number + int(pieces[place]), 0
        return cls(first, pieces)

    def place(self, bins: np.ndarray, *, text: Halves) -> np.ndarray:
        """Piece of each of n documents. text: exact hashes, so that copies are together; else ids."""
        return self.first[bins] + (_mix(text[0] ^ text[1]) % self.pieces[bins].astype(np.uint64)).astype(
            np.int64
        )


def count_uncompared(sizes: Sequence[int]) -> int:
    """Pairs of documents that lie in different pieces of so many documents each."""
    return (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2


def _mix(values: np.ndarray) -> np.ndarray:
    """MurmurHash3's 64-bit finaliser."""
    mixed = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    result: np.ndarray = mixed ^ (mixed >> np.uint64(33))
    return result
