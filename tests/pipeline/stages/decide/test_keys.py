"""Ids that hold: which keys have several texts, and the ids of their documents, whatever the order."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from layers.columns import Halves, binary, halves
from layers.document import make_text_id
from pipeline.stages.decide.keys import find_shared, find_witnesses, pair_key_and_text, rows_of_keys
from pipeline.stages.decide.verdicts import Documents

Pair = tuple[int, int | None]
"""Key, hash of the text (None: nothing is left of it)."""
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(1, 3)), max_size=12)


def digest(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(8, "big") * 2


def to_halves(values: list[int | None]) -> Halves:
    return halves(pa.array([digest(value) for value in values], pa.binary(16)))


def make_documents(pairs: list[Pair]) -> Documents:
    n = len(pairs)
    return Documents(
        doc_id=to_halves([key for key, _ in pairs]),
        exact=to_halves([text for _, text in pairs]),
        exact_valid=None,
        scope=None,
        rank=np.zeros(n, np.uint64),
        locator=np.arange(n),
        passes=np.ones(n, bool),
    )


def expected_ids(pairs: list[Pair]) -> list[tuple[bytes, bytes | None]]:
    """(doc_id, key_id) of each document."""
    texts = defaultdict(set)
    for key, text in pairs:
        texts[key].add(text)
    ids: list[tuple[bytes, bytes | None]] = []
    for key, text in pairs:
        plain = digest(key)
        assert plain is not None
        shared = len(texts[key]) > 1
        ids.append((make_text_id(plain, exact_hash=digest(text)), plain) if shared else (plain, None))
    return ids


def separate(pairs: list[Pair]) -> list[tuple[bytes, bytes | None]]:
    documents = make_documents(pairs).separate_keys()
    key_id, is_shared, _ = documents.shared.spread(slice(0, len(pairs)))
    columns = (binary(documents.doc_id), binary(key_id, valid=is_shared))
    return [*zip(*(each.to_pylist() for each in columns), strict=True)]


@given(PAIRS)
def test_every_document_of_a_key_of_several_texts_has_an_id_of_key_and_text(pairs: list[Pair]) -> None:
    assert separate(pairs) == expected_ids(pairs)


@given(PAIRS, st.randoms(use_true_random=False))
def test_no_id_depends_on_the_order(pairs: list[Pair], random: object) -> None:
    order = [*range(len(pairs))]
    random.shuffle(order)  # type: ignore[attr-defined]
    ids = separate(pairs)
    assert separate([pairs[place] for place in order]) == [ids[place] for place in order]


@given(PAIRS)
def test_two_documents_have_one_id_where_key_and_text_are_equal(pairs: list[Pair]) -> None:
    ids = [doc_id for doc_id, _ in separate(pairs)]
    documents = make_documents(pairs)
    same = binary(pair_key_and_text(documents.doc_id, exact=documents.exact)).to_pylist()
    for i, one in enumerate(pairs):
        for j, other in enumerate(pairs):
            assert (ids[i] == ids[j]) == (same[i] == same[j]) == (one == other)


@given(PAIRS)
def test_the_first_of_a_shared_key_is_one_document(pairs: list[Pair]) -> None:
    shared = make_documents(pairs).separate_keys().shared
    keys = [key for row, key in enumerate(pairs) if row in shared.rows]
    firsts = [pairs[row][0] for row in shared.rows[shared.is_first]]
    assert sorted(firsts) == sorted({key for key, _ in keys})
    assert shared.rows.tolist() == sorted(shared.rows)


@given(PAIRS, st.lists(st.integers(0, 12), max_size=3))
def test_two_witnesses_of_each_group_tell_which_keys_are_shared(pairs: list[Pair], cuts: list[int]) -> None:
    """What the distributed path exchanges gives what the direct path sees of all documents at once."""
    documents = make_documents(pairs)
    bounds = sorted({0, *(min(cut, len(pairs)) for cut in cuts), len(pairs)})
    groups = [(documents.doc_id, documents.exact)] if len(bounds) == 1 else []
    starts = [0] if groups else bounds[:-1]
    for start, stop in pairwise(bounds):
        part = slice(start, stop)
        groups.append(
            (
                (documents.doc_id[0][part], documents.doc_id[1][part]),
                (documents.exact[0][part], documents.exact[1][part]),
            )
        )
    told = []
    for start, (key, exact) in zip(starts, groups, strict=True):
        rows = find_witnesses(key, exact=exact)
        assert np.bincount(rows_to_codes(key, rows=rows), minlength=1).max() <= 2
        told.append(start + rows)
    rows = np.sort(np.concatenate(told))
    key, exact = ((half[0][rows], half[1][rows]) for half in (documents.doc_id, documents.exact))
    shared, is_first = find_shared(key, exact=exact)
    everything, first_of_all = find_shared(documents.doc_id, exact=documents.exact)
    assert rows_of_keys(documents.doc_id, rows=rows[shared]).tolist() == everything.tolist()
    assert rows[shared[is_first]].tolist() == everything[first_of_all].tolist()


def rows_to_codes(key: Halves, *, rows: np.ndarray) -> np.ndarray:
    return np.unique(key[1][rows], return_inverse=True)[1]


def test_an_id_of_key_and_text_stays_what_it_was() -> None:
    """Ids of published documents: a change here breaks every removal list and citation."""
    assert make_text_id(b"k" * 16, exact_hash=b"t" * 16).hex() == "ec33098c758cd68466f417bdb31d3b0e"
    assert make_text_id(b"k" * 16, exact_hash=None) == make_text_id(b"k" * 16, exact_hash=bytes(16))
