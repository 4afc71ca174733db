"""Ids that hold: where a source gives one key to different texts, each document is known by its text too.

Arrays in, arrays out. A key is what measure calls doc_id, the digest of source and natural key. Which of its
documents are read first has no part in it: all documents of such a key get ids of key and exact hash.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from layers.columns import Halves, binary, halves, take
from layers.document import DOC_ID_BYTES, make_text_id
from pipeline.stages.decide import clusters

_CHUNK = 1 << 19
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
"""Odd numbers, so that a product by one loses nothing."""


@dataclass(frozen=True)
class SharedKeys:
    """Documents of keys that several texts have: ascending places, and of each the key and a flag."""

    rows: np.ndarray
    key_id: Halves
    is_first: np.ndarray
    """True at one document of each key, the first of all."""

    @classmethod
    def none(cls) -> "SharedKeys":
        empty = np.zeros(0, np.uint64)
        return cls(np.zeros(0, np.int64), (empty, empty), np.zeros(0, bool))

    def spread(self, part: slice) -> tuple[Halves, np.ndarray, np.ndarray]:
        """(key, whether it is shared, whether it is the first of its key) of each document of part."""
        low, high = np.searchsorted(self.rows, [part.start, part.stop])
        inside, n = slice(int(low), int(high)), part.stop - part.start
        rows = self.rows[inside] - part.start
        key = (np.zeros(n, np.uint64), np.zeros(n, np.uint64))
        is_shared, is_first = np.zeros(n, bool), np.zeros(n, bool)
        for values, own in zip(key, take(self.key_id, inside), strict=True):
            values[rows] = own
        is_shared[rows], is_first[rows] = True, self.is_first[inside]
        return key, is_shared, is_first


def find_shared(
    key: Halves, *, exact: Halves, known: frozenset[bytes] = frozenset()
) -> tuple[np.ndarray, np.ndarray]:
    """(ascending places of the documents whose key several texts have, whether each is the first of its key).

    exact: hash of the text, 0 where nothing is left of it; known: keys that several texts had before some
    were removed, so that the ids of the others stay. n documents → at most n places.
    """
    root, other = _compare_keys(key, exact=exact)
    is_shared = np.zeros(len(root), bool)
    is_shared[root[other]] = True
    if known:
        is_shared[root[_find_keys(key, known=known)]] = True
    rows = [np.zeros(0, np.int64)]
    for start in range(0, len(root), _CHUNK):
        rows.append(start + np.flatnonzero(is_shared[root[start : start + _CHUNK]]))
    shared = np.concatenate(rows)
    return shared, root[shared] == shared


def _find_keys(key: Halves, *, known: frozenset[bytes]) -> np.ndarray:
    """Places of the documents with a known key."""
    high, _ = halves(pa.array(sorted(known), pa.binary(DOC_ID_BYTES)))
    places = np.flatnonzero(np.isin(key[0], high))
    ids = binary(take(key, places)).to_pylist()
    return places[np.array([each in known for each in ids], bool)]


def find_witnesses(key: Halves, *, exact: Halves) -> np.ndarray:
    """Ascending places of at most two documents of each key, of different texts where it has several.

    So whether documents elsewhere share a key with another text can be told from few of them.
    """
    root, other = _compare_keys(key, exact=exact)
    _, first = np.unique(root[other], return_index=True)
    firsts = np.flatnonzero(root == np.arange(len(root)))
    return np.sort(np.concatenate([firsts, other[first]]))


def rows_of_keys(key: Halves, *, rows: np.ndarray) -> np.ndarray:
    """Ascending places of all documents with the key of one of those at rows."""
    root = clusters.cluster([], n=len(key[0]), scope=None, exact=key)
    is_wanted = np.zeros(len(root), bool)
    is_wanted[root[rows]] = True
    return np.flatnonzero(is_wanted[root])


def _compare_keys(key: Halves, *, exact: Halves) -> tuple[np.ndarray, np.ndarray]:
    """(place of the first document of each one's key, ascending places of those of another text than it)."""
    root = clusters.cluster([], n=len(key[0]), scope=None, exact=key)
    others = [np.zeros(0, np.int64)]
    for start in range(0, len(root), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        first = root[chunk]
        differs = (exact[0][chunk] != exact[0][first]) | (exact[1][chunk] != exact[1][first])
        others.append(start + np.flatnonzero(differs))
    return root, np.concatenate(others)


def pair_key_and_text(key: Halves, *, exact: Halves) -> Halves:
    """128 bits that are equal where key and exact hash are, as both are digests."""
    high, low = (half ^ hashed * odd for half, hashed, odd in zip(key, exact, _MIX, strict=True))
    return high, low


def text_ids(key: Halves, *, exact: Halves) -> Halves:
    """The ids of n documents whose key several texts have: `make_text_id` of key and exact hash."""
    ids = (np.empty(len(key[0]), np.uint64), np.empty(len(key[0]), np.uint64))
    for start in range(0, len(key[0]), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        keys, hashes = (binary(take(each, chunk)).to_pylist() for each in (key, exact))
        digests = [make_text_id(one, exact_hash=each) for one, each in zip(keys, hashes, strict=True)]
        ids[0][chunk], ids[1][chunk] = halves(pa.array(digests, pa.binary(DOC_ID_BYTES)))
    return ids
