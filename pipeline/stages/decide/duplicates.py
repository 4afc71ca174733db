"""Who duplicates whom among n documents, and who stays: arrays in, arrays out.

Exact copies collapse first, to the first in rank of each text. What bands connect of them is a component;
inside it they are compared (`comparison`), in blocks of whole components.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.hashes.minhash import CompareLimits, similarity_of_equal
from layers.columns import take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.comparison import (
    BINS,
    Cut,
    Units,
    bin_signatures,
    block_units,
    compare,
    count_uncompared,
)
from pipeline.stages.decide.verdicts import Documents, Verdicts

_CHUNK = 1 << 19
"""Documents that are looked at together where a temporary array would be of all of them."""

Signatures = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Ascending places of documents → (packed minima, uint8 [n, permutations]; whether there are any)."""


@dataclass(frozen=True)
class Pieces:
    """Documents of components that were cut because they are too large: ascending places, piece of each."""

    rows: np.ndarray
    number: np.ndarray
    """Pieces of all components are numbered through."""

    @classmethod
    def none(cls) -> "Pieces":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Duplicates:
    """What was found about n documents. size and smallest stand at the root, the first of a component."""

    root: np.ndarray
    size: np.ndarray
    smallest: np.ndarray
    """Index of the document whose doc_id names the component."""
    repeated: np.ndarray
    """An earlier document has the same doc_id."""
    copy_of: np.ndarray
    """Index of the first in rank of the documents of one text; −1: set aside."""
    kept: np.ndarray
    """Index of the document that stays for it; −1: none does."""
    equal: np.ndarray
    """At those of copy_of that go: bytes of the signature that are as in the kept one's."""
    kept_size: np.ndarray
    """At a document that stays: it and what goes for it."""
    uncompared: list[tuple[int, int, int]]
    """(root, pieces, pairs across pieces) of each component that was cut."""


def find_duplicates(
    documents: Documents,
    *,
    bands: Iterable[pa.UInt64Array | np.ndarray],
    signatures: Signatures | None,
    limits: CompareLimits,
) -> Duplicates:
    """Compare documents within their scope; signatures None: no near duplicates are looked for."""
    repeated = clusters.duplicate_keys(documents.doc_id, order=documents.locator)
    n = len(repeated)
    text = join_documents([], documents=documents)
    root = join_documents(bands, documents=documents, joined=text)
    size = clusters.set_sizes(root)
    smallest = clusters.choose_first(root, doc_id=documents.doc_id)
    eligible = documents.passes & ~repeated
    considered = None if documents.set_aside is None else ~documents.set_aside
    pieces, uncompared = Pieces.none(), list[tuple[int, int, int]]()
    if signatures is not None:
        pieces, uncompared = _cut_components(
            documents, root=root, size=size, signatures=signatures, limits=limits
        )
        _separate_pieces(text, pieces=pieces)
    first = clusters.choose_first(
        text, considered=considered, eligible=eligible, rank=documents.rank, doc_id=documents.doc_id
    )
    copy_of = first[text]
    del text, first
    if considered is not None:
        copy_of[~considered] = -1
    kept, equal = np.full(n, -1, root.dtype), np.zeros(n, np.uint8)
    if signatures is not None:
        for rows, piece in _blocks(copy_of, root=root, pieces=pieces, limits=limits):
            packed, worded = signatures(rows)
            units = Units(
                piece=piece,
                eligible=eligible[rows],
                rank=documents.rank[rows],
                doc_id=take(documents.doc_id, rows),
                packed=packed,
                worded=worded,
            )
            twin, same = compare(units, limits=limits)
            goes = np.flatnonzero(twin >= 0)
            kept[rows[goes]], equal[rows[goes]] = rows[twin[goes]], same[goes]
    _name_kept(kept, copy_of=copy_of, eligible=eligible)
    kept_size = clusters.set_sizes(kept)
    return Duplicates(root, size, smallest, repeated, copy_of, kept, equal, kept_size, uncompared)


def join_documents(
    bands: Iterable[pa.UInt64Array | np.ndarray], *, documents: Documents, joined: np.ndarray | None = None
) -> np.ndarray:
    """`clusters.cluster` of documents; joined: of a call without bands."""
    return clusters.cluster(
        bands,
        n=len(documents.passes),
        scope=documents.scope,
        exact=documents.exact,
        exact_valid=documents.exact_valid,
        joined=joined,
    )


def _blocks(
    copy_of: np.ndarray, *, root: np.ndarray, pieces: Pieces, limits: CompareLimits
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(ascending places of units, the piece of each): whole pieces, those of one text left out."""
    n = len(root)
    is_unit = np.zeros(n, bool)
    for start in range(0, n, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        is_unit[chunk] = copy_of[chunk] == np.arange(start, min(start + _CHUNK, n))
    count = clusters.set_sizes(np.where(is_unit, root, -1))
    rows = _nonzero(is_unit, where=lambda chunk: count[root[chunk]] > 1)
    piece = root[rows].astype(np.int64)
    if len(pieces.rows):
        place = np.minimum(np.searchsorted(pieces.rows, rows), len(pieces.rows) - 1)
        cut = pieces.rows[place] == rows
        piece[cut] = n + pieces.number[place[cut]]
    order = np.argsort(piece, kind="stable")
    stops = np.append(np.flatnonzero(piece[order[1:]] != piece[order[:-1]]) + 1, len(rows))
    block, first = block_units(n, limits=limits), 0
    while first < len(rows):
        inside = np.searchsorted(stops, [first, first + block], side="right")
        stop = int(stops[max(inside[0], inside[1] - 1)])
        yield _block(order[first:stop], rows=rows, piece=piece)
        first = stop


def _block(chosen: np.ndarray, *, rows: np.ndarray, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.sort(chosen)
    return rows[chosen], piece[chosen]


def _nonzero(values: np.ndarray, *, where: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Places where values and a condition hold, looked at in chunks."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(values), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        found.append(start + np.flatnonzero(values[chunk] & where(chunk)))
    return np.concatenate(found).astype(clusters.index_type(len(values)))


def _name_kept(kept: np.ndarray, *, copy_of: np.ndarray, eligible: np.ndarray) -> None:
    """From what stays for each unit to what stays for each document, in place."""
    n = len(kept)
    first = kept.copy()
    for start in range(0, n, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        unit = copy_of[chunk]
        twin = np.where(unit >= 0, first[unit], -1)
        stays = (unit >= 0) & eligible[unit]
        kept[chunk] = np.where(twin >= 0, twin, np.where(stays, unit, -1))


def _cut_components(
    documents: Documents, *, root: np.ndarray, size: np.ndarray, signatures: Signatures, limits: CompareLimits
) -> tuple[Pieces, list[tuple[int, int, int]]]:
    """The pieces of components of more than max_cluster_documents, and what is not compared for it."""
    most = limits.max_cluster_documents
    if not (size > most).any():
        return Pieces.none(), []
    rows = _nonzero(np.ones(len(root), bool), where=lambda chunk: size[root[chunk]] > most)
    bins = np.empty(len(rows), np.int32)
    for start in range(0, len(rows), _CHUNK):
        bins[start : start + _CHUNK] = bin_signatures(
            signatures(rows[start : start + _CHUNK])[0], limits=limits
        )
    number, uncompared, count = np.empty(len(rows), np.int64), [], 0
    order = np.argsort(root[rows], kind="stable")
    ends = np.flatnonzero(np.diff(root[rows][order])) + 1
    for chosen in np.split(order, ends):
        component = int(root[rows[chosen[0]]])
        counts = np.bincount(bins[chosen], minlength=BINS)
        cut = Cut.of_bins(counts, max_documents=most)
        piece = cut.place(bins[chosen], text=text_keys(documents, rows=rows[chosen]))
        sizes = np.bincount(piece)
        number[chosen] = count + piece
        count += len(sizes)
        occupied = sizes[sizes > 0].tolist()
        if len(occupied) > 1:  # else it is of one text
            uncompared.append((component, len(occupied), count_uncompared(occupied)))
    return Pieces(rows, number), uncompared


def text_keys(documents: Documents, *, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact hashes of documents, of those that have none the ids."""
    exact, ids = take(documents.exact, rows), take(documents.doc_id, rows)
    valid = documents.exact_valid
    if valid is None:
        return exact
    return np.where(valid[rows], exact[0], ids[0]), np.where(valid[rows], exact[1], ids[1])


def _separate_pieces(text: np.ndarray, *, pieces: Pieces) -> None:
    """Copies that lie in different pieces are copies of different units, in place."""
    if len(pieces.rows):
        pairs = np.stack([text[pieces.rows].astype(np.int64), pieces.number], axis=1)
        _, first, place = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        text[pieces.rows] = pieces.rows[first[place.reshape(-1)]]


def make_verdicts(found: Duplicates, *, documents: Documents, part: slice, columns: int) -> Verdicts:
    """What was found about documents part. columns: bytes of a signature."""
    root, kept, unit = found.root[part], found.kept[part], found.copy_of[part]
    has_kept = kept >= 0
    target = np.maximum(kept, 0)
    is_kept = kept == np.arange(part.start, part.stop)
    is_copy = has_kept & (kept == unit)
    similarity = np.full(len(root), np.nan, np.float32)
    similarity[is_copy & ~is_kept] = 1
    near = np.flatnonzero(has_kept & ~is_copy)
    similarity[near] = similarity_of_equal(found.equal[unit[near]], columns=columns)
    sizes = np.where(has_kept, found.kept_size[target], 0) if len(found.kept) else kept
    key_id, has_shared_key, is_first_of_key = documents.shared.spread(part)
    return Verdicts(
        doc_id=take(documents.doc_id, part),
        key_id=key_id,
        has_shared_key=has_shared_key,
        is_first_of_key=is_first_of_key,
        repeated=found.repeated[part],
        component_id=take(documents.doc_id, found.smallest[root]),
        component_size=found.size[root].astype(np.int64),
        cluster_size=sizes.astype(np.int64),
        kept_doc_id=take(documents.doc_id, target),
        has_kept=has_kept,
        is_kept=is_kept,
        is_copy=is_copy,
        similarity=similarity,
    )
