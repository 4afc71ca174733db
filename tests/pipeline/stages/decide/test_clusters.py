"""Components against networkx, the first document of a set against a plain search."""

from itertools import pairwise
from random import Random

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.decide import clusters


def cluster(bands: list[list[int | None]], *, scope: list[int], exact: list[int | None]) -> list[int]:
    """Clusters of documents given as plain lists; an exact hash is a 128-bit integer."""
    halves = np.array([[(h or 0) >> 64, (h or 0) & (2**64 - 1)] for h in exact], np.uint64).reshape(-1, 2)
    found: list[int] = clusters.cluster(
        [pa.array(band, pa.uint64()) for band in bands],
        n=len(scope),
        scope=np.array(scope, np.int32),
        exact=(halves[:, 0], halves[:, 1]),
        exact_valid=np.array([h is not None for h in exact], bool),
    ).tolist()
    return found


def components(bands: list[list[int | None]], *, scope: list[int], exact: list[int | None]) -> list[int]:
    """The same by all pairs and networkx."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(scope)))
    for values in [*bands, exact]:
        for i in range(len(scope)):
            for j in range(i):
                if values[i] is not None and values[i] == values[j] and scope[i] == scope[j]:
                    graph.add_edge(i, j)
    smallest = {i: min(part) for part in nx.connected_components(graph) for i in part}
    return [smallest[i] for i in range(len(scope))]


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[list[int | None]], list[int], list[int | None]]:
    n = draw(st.integers(0, 30))
    # few values, so that there are hot ones; extremes beside them
    value = st.one_of(st.none(), st.integers(0, 12), st.just(2**64 - 1))
    bands = draw(st.lists(st.lists(value, min_size=n, max_size=n), max_size=4))
    scope = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    wide = st.one_of(st.none(), st.integers(0, 5), st.integers(0, 5).map(lambda h: h << 64 | 1))
    return bands, scope, draw(st.lists(wide, min_size=n, max_size=n))


@given(documents())
def test_clusters_are_connected_components(
    data: tuple[list[list[int | None]], list[int], list[int | None]],
) -> None:
    bands, scope, exact = data
    assert cluster(bands, scope=scope, exact=exact) == components(bands, scope=scope, exact=exact)


@pytest.mark.parametrize("shape", ["chain", "star", "clique", "reversed_chain", "shuffled_chain"])
def test_shapes_of_a_thousand_are_one_cluster(shape: str) -> None:
    """In a chain the documents at places i and i + 1 share band i % 2."""
    n = 1000
    place = np.arange(n)
    if shape == "reversed_chain":
        place = place[::-1]
    if shape == "shuffled_chain":
        place = np.random.default_rng(7).permutation(n)
    even, odd = np.empty(n, np.uint64), np.empty(n, np.uint64)
    if shape == "star":  # document 0 is alone in linking the odd ones with the even ones
        odd_ones = np.arange(n) % 2 == 1
        even[:] = np.where(odd_ones, 1, np.arange(n) + n)
        odd[:] = np.where(odd_ones, np.arange(n) + n, 3)
        even[0] = 1
    elif shape == "clique":
        even[:] = odd[:] = 5
    else:
        even[place], odd[place] = np.arange(n) // 2, (np.arange(n) + 1) // 2 + n
    found = clusters.cluster(
        [even, odd],
        n=n,
        scope=np.zeros(n, np.int32),
        exact=(np.zeros(n, np.uint64), np.zeros(n, np.uint64)),
        exact_valid=np.zeros(n, bool),
    )
    assert found.tolist() == [0] * n


def test_no_document_and_one_document() -> None:
    assert cluster([[]], scope=[], exact=[]) == []
    assert cluster([[7]], scope=[0], exact=[7]) == [0]


def test_scopes_and_nulls_do_not_join() -> None:
    assert cluster([[1, 1, 1, None, None]], scope=[0, 1, 0, 0, 0], exact=[None] * 5) == [0, 1, 0, 3, 4]
    assert cluster([], scope=[0, 0, 1, 0], exact=[9, 9, 9, None]) == [0, 0, 2, 3]


def test_exact_hashes_need_both_halves() -> None:
    assert cluster([], scope=[0] * 4, exact=[1 << 64, 1 << 64 | 1, 1, 1 << 64]) == [0, 1, 2, 0]


def test_slices_of_bands_are_read_from_their_offset() -> None:
    band = pa.array([5, 1, None, 1, 5], pa.uint64()).slice(1, 3)
    none = np.zeros(3, np.uint64)
    found = clusters.cluster(
        [band], n=3, scope=np.zeros(3, np.int32), exact=(none, none), exact_valid=np.zeros(3, bool)
    )
    assert found.tolist() == [0, 1, 0]


def test_wrong_bands_are_refused() -> None:
    none = np.zeros(2, np.uint64)
    for band, error in [(pa.array([1, 2], pa.int32()), TypeError), (pa.array([1], pa.uint64()), ValueError)]:
        with pytest.raises(error, match="band 0"):
            clusters.cluster(
                [band], n=2, scope=np.zeros(2, np.int32), exact=(none, none), exact_valid=np.zeros(2, bool)
            )


Member = tuple[int, bool, bool, int, int]
"""Set, considered, eligible, rank, doc_id."""


def first(members: list[Member]) -> list[int]:
    """choose_first over documents given as tuples; sets are named by any number."""
    smallest: dict[int, int] = {}
    for index, member in enumerate(members):
        smallest.setdefault(member[0], index)
    ids = [member[4] for member in members]
    root = np.array([smallest[member[0]] for member in members], np.int64)
    best = clusters.choose_first(
        root,
        considered=np.array([member[1] for member in members], bool),
        eligible=np.array([member[2] for member in members], bool),
        rank=np.array([member[3] for member in members], np.uint64),
        doc_id=(np.array([i >> 64 for i in ids], np.uint64), np.array([i % 2**64 for i in ids], np.uint64)),
    )
    found: list[int] = best[root].tolist()
    return found


def search(members: list[Member]) -> list[int]:
    """The same by a plain search."""
    best: dict[int, int] = {}

    def key(member: Member) -> tuple[bool, int, bytes]:
        return not member[2], member[3], member[4].to_bytes(16, "big")

    for index, member in enumerate(members):
        chosen = best.get(member[0])
        if member[1] and (chosen is None or key(member) < key(members[chosen])):
            best[member[0]] = index
    return [best.get(member[0], -1) for member in members]


member_lists = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.integers(0, 2), st.integers(0, 2**128 - 1)),
    max_size=30,
    unique_by=lambda member: member[4],
)


@given(member_lists)
def test_first_documents_equal_a_plain_search(members: list[Member]) -> None:
    assert first(members) == search(members)


@given(member_lists, st.randoms(use_true_random=False))
def test_the_first_document_does_not_depend_on_arrival(members: list[Member], random: Random) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)

    def chosen(arrived: list[Member]) -> dict[int, int | None]:
        pairs = zip(arrived, first(arrived), strict=True)
        return {member[4]: arrived[index][4] if index >= 0 else None for member, index in pairs}

    assert chosen(members) == chosen(shuffled)


def test_set_sizes() -> None:
    """They stand at the root; what is in no set is not counted."""
    assert clusters.set_sizes(np.array([0, 1, 0, 3, 0])).tolist() == [3, 1, 0, 1, 0]
    assert clusters.set_sizes(np.array([-1, 1, 1])).tolist() == [0, 2, 0]
    assert clusters.set_sizes(np.zeros(0, np.int64)).tolist() == []


@given(st.lists(st.sampled_from([0, 1, 2, 1 << 64, 1 << 64 | 1, 2**128 - 1]), max_size=20), st.booleans())
def test_duplicate_keys_are_all_but_the_earliest(ids: list[int], reverse: bool) -> None:
    halves = (np.array([i >> 64 for i in ids], np.uint64), np.array([i % 2**64 for i in ids], np.uint64))
    order = np.arange(len(ids))[::-1] if reverse else np.arange(len(ids))
    earlier = [
        any(ids[j] == ids[i] and order[j] < order[i] for j in range(len(ids))) for i in range(len(ids))
    ]
    assert clusters.duplicate_keys(halves, order=order).tolist() == earlier
    if not reverse:
        assert clusters.duplicate_keys(halves).tolist() == earlier


def test_memory_grows_with_no_more_than_two_bands() -> None:
    sizes = [clusters.bytes_per_document(bands) for bands in (0, 1, 2, 14)]
    assert [after - before for before, after in pairwise(sizes)] == [8, 8, 0]
