"""Large-star and small-star over partitions against SciPy, on shapes that make rounds long or wide."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed.partitions import hash_partitions
from pipeline.stages.decide.distributed.stars import Edges, large_star, small_star, star_centres

PARTITIONS = 7


def deal(edges: Edges) -> list[Edges]:
    """Edges to the partition of the document that they go out from."""
    partition = hash_partitions(edges.one, count=PARTITIONS)
    return [Edges(edges.one[partition == p], edges.other[partition == p]) for p in range(PARTITIONS)]


def gather(parts: list[Edges]) -> Edges:
    return Edges(np.concatenate([p.one for p in parts]), np.concatenate([p.other for p in parts]))


def rounds(pairs: np.ndarray, *, n: int) -> tuple[np.ndarray, int]:
    """(smallest member of each number's component, rounds) as the steps compute them."""
    parts = deal(Edges(pairs[:, 0], pairs[:, 1]).both_ways())
    for number in range(100):
        starred = [large_star(part) for part in parts]
        if not sum(unsettled for _, unsettled in starred):
            label = np.arange(n)
            for part in parts:
                document, centre = star_centres(part)
                label[document] = centre
            return label, number
        edges = gather([found for found, _ in starred])
        assert (edges.one > edges.other).all()
        parts = deal(gather([small_star(part) for part in deal(edges)]).both_ways())
    raise AssertionError("no fixed point in 100 rounds")


def components(pairs: np.ndarray, *, n: int) -> np.ndarray:
    """The same by SciPy."""
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, names = connected_components(graph, directed=False)
    smallest = np.full(names.max() + 1, n)
    np.minimum.at(smallest, names, np.arange(n))
    return smallest[names]


def unions(pairs: np.ndarray, *, n: int) -> np.ndarray:
    """The same by the kernels of the direct path."""
    label = np.arange(n)
    members, smallest = clusters.join_pairs(pairs[:, 0], pairs[:, 1])
    label[members] = smallest
    return label


def clean(pairs: np.ndarray) -> np.ndarray:
    """Links say something of two documents."""
    return pairs[pairs[:, 0] != pairs[:, 1]].astype(np.int64)


GENERATOR = np.random.default_rng(3)
N = 20_000
SHAPES = {
    "chain": np.stack([np.arange(N - 1), np.arange(1, N)], 1),
    "reversed chain": np.stack([np.arange(N - 1, 0, -1), np.arange(N - 2, -1, -1)], 1),
    "shuffled chain": np.lib.stride_tricks.sliding_window_view(GENERATOR.permutation(N), 2),
    "zigzag chain": np.lib.stride_tricks.sliding_window_view(
        np.stack([np.arange(N // 2), N - 1 - np.arange(N // 2)], 1).reshape(-1), 2
    ),
    "star around the last": np.stack([np.full(N - 1, N - 1), np.arange(N - 1)], 1),
    "clique": np.array(list(nx.complete_graph(300).edges)),
    "binary tree": np.stack([np.arange(1, N), (np.arange(1, N) - 1) // 2], 1),
    "grid": np.array([(a * 140 + b, c * 140 + d) for (a, b), (c, d) in nx.grid_2d_graph(140, 140).edges]),
    "many small": GENERATOR.integers(0, N, (N // 3, 2)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_the_components_of_scipy(shape: str) -> None:
    pairs = clean(SHAPES[shape])
    label, count = rounds(pairs, n=N)
    assert np.array_equal(label, components(pairs, n=N))
    assert np.array_equal(unions(pairs, n=N), label)
    assert count <= 2 * np.log2(N), "the authors found the logarithm, and prove its square"


@pytest.mark.parametrize("n", [1_500_000, 500_000])
def test_a_million_random_edges(n: int) -> None:
    """Near the threshold of a giant component, and above it."""
    pairs = clean(np.random.default_rng(n).integers(0, n, (1_000_000, 2)))
    expected = components(pairs, n=n)
    assert np.array_equal(rounds(pairs, n=n)[0], expected)
    assert np.array_equal(unions(pairs, n=n), expected)


def test_a_long_path_in_random_order() -> None:
    n = 300_000
    pairs = clean(np.lib.stride_tricks.sliding_window_view(np.random.default_rng(1).permutation(n), 2))
    label, count = rounds(pairs, n=n)
    assert not label.any()
    assert count <= 2 * np.log2(n)


def test_numbers_beyond_32_bits() -> None:
    pairs = clean(SHAPES["many small"][:2000])
    far = Edges(*(pairs.T.astype(np.int64) + (1 << 40)))
    near = Edges(*pairs.T.astype(np.int64))
    for step in (star_centres, lambda edges: vars(small_star(edges)).values()):
        assert [(values - (1 << 40)).tolist() for values in step(far.both_ways())] == [
            values.tolist() for values in step(near.both_ways())
        ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_small_graphs(pairs: list[tuple[int, int]]) -> None:
    found = clean(np.array(pairs, np.int64).reshape(-1, 2))
    graph = nx.Graph(found.tolist())
    graph.add_nodes_from(range(13))
    smallest = {node: min(part) for part in nx.connected_components(graph) for node in part}
    label, _ = rounds(found, n=13)
    assert label.tolist() == [smallest[node] for node in range(13)]
    assert unions(found, n=13).tolist() == label.tolist()
