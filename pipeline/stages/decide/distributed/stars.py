"""Connected components in rounds over partitions of edges: large-star and small-star.

Kiveris et al. 2014, Connected components in MapReduce and beyond. A round relinks every document's
neighbours to the smallest of them; at the fixed point every component is a star around its smallest
member. A step takes the edges of one partition and returns edges for the next, as arrays; there are
never more than there were.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Edges:
    """m pairs of document numbers."""

    one: np.ndarray
    other: np.ndarray

    def both_ways(self) -> "Edges":
        """Each pair in both directions, so that each end finds it in its own partition."""
        return Edges(np.concatenate([self.one, self.other]), np.concatenate([self.other, self.one]))


def large_star(edges: Edges) -> tuple[Edges, int]:
    """(larger neighbours of each document → the smallest neighbour or itself, documents not yet in a star).

    edges hold every neighbour of every document in `one`. When no document of any partition is
    without its star, the fixed point is reached: each is the centre, or has the centre as its only
    neighbour. Results point from the larger number to the smaller.
    """
    one, other = _distinct(edges)
    first, group = _groups(one)
    smallest = np.minimum(one[first], other[first])[group]
    larger = other > one
    smaller = np.bincount(group, weights=~larger, minlength=len(first))
    greater = np.bincount(group, weights=larger, minlength=len(first))
    unsettled = int(((smaller > 1) | ((smaller > 0) & (greater > 0))).sum())
    return Edges(other[larger], smallest[larger]), unsettled


def small_star(edges: Edges) -> Edges:
    """Each document and its smaller neighbours → the smallest of them.

    edges point from a larger number to a smaller, all of a document's together.
    """
    one, other = _distinct(edges)
    first, group = _groups(one)
    smallest = other[first]
    rest = other != smallest[group]
    return Edges(np.concatenate([one[first], other[rest]]), np.concatenate([smallest, smallest[group][rest]]))


def star_centres(edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    """(documents in ascending order, the centre of each one's star) at the fixed point."""
    one, other = _distinct(edges)
    first, _ = _groups(one)
    return one[first], np.minimum(one[first], other[first])


def _distinct(edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    """The different pairs, sorted."""
    if len(edges.one) and max(edges.one.max(), edges.other.max()) < 1 << 32:
        # both in one integer: sorts five times as fast
        packed = np.sort(edges.one.astype(np.uint64) << np.uint64(32) | edges.other.astype(np.uint64))
        packed = packed[np.append(True, packed[1:] != packed[:-1])]
        return (packed >> np.uint64(32)).astype(np.int64), (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.lexsort((edges.other, edges.one))
    one, other = edges.one[order], edges.other[order]
    fresh = np.ones(len(one), bool)
    fresh[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return one[fresh], other[fresh]


def _groups(one: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first place of each run of equal numbers, the run of each place)."""
    starts = np.ones(len(one), bool)
    starts[1:] = one[1:] != one[:-1]
    return np.flatnonzero(starts), np.cumsum(starts) - 1
