"""Do two searches for near duplicates put the same documents together, and where not, why?

Documents are numbered 0 … n − 1. A group is what the clusters of both sides connect; where each side has it
as one cluster, they agree. Where not, every link that one side made and the other lacks is looked at: how
similar are the two texts, exactly, as each side reads them?
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.stages.decide.clusters import join_pairs

CHANCE = 0.03
"""Similarities that differ by less are called equal: which side found the pair is then chance."""
KINDS = ("short", "numbers", "marks", "punctuation", "words", "chance")
"""Why a link is missing, the first that holds: one text is too short for a signature; the normalisation of
numbers, of accents and other non-spacing marks, or of punctuation; other cuts into words; chance."""
LIMITS = (0.0, 0.6, 0.7, 0.8, 0.9)

Similarities = Mapping[str, float]
"""Exact Jaccard similarities of a pair: `here`, `all` (there), and there without one step: `numbers` …"""


@dataclass(frozen=True)
class Groups:
    """Groups of at least two documents that either side connects."""

    alike: tuple[tuple[int, ...], ...]
    """Members of the groups that are one cluster on both sides."""
    differ: tuple[tuple[int, ...], ...]
    """Members of the others."""
    removed: tuple[int, int]
    """Documents that each side drops: all but one of a cluster."""

    @property
    def agreement(self) -> float:
        return len(self.alike) / max(len(self.alike) + len(self.differ), 1)

    @property
    def documents(self) -> tuple[int, ...]:
        """All members of all groups, in order."""
        return tuple(sorted(document for group in (*self.alike, *self.differ) for document in group))


@dataclass
class Difference:
    """Why the sides differ: groups by their first kind of missing link, and links by kind."""

    groups: Counter[str] = field(default_factory=Counter)
    links: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Side that made the link (`first`, `second`) → kind → links."""


def find_groups(first: np.ndarray, second: np.ndarray) -> Groups:
    """Compare two clusterings: the cluster's name (any integer) of each document, twice."""
    n = len(first)
    number = np.arange(n)
    group = number.copy()
    for names in (first, second):  # join each document with the first of its cluster, then both joins
        _, head, inverse = np.unique(names, return_index=True, return_inverse=True)
        joined, smallest = join_pairs(group, group[head[inverse]])
        group = smallest[np.searchsorted(joined, group)]
    members: dict[int, list[int]] = defaultdict(list)
    for document, name in enumerate(group.tolist()):
        members[name].append(document)
    alike, differ = [], []
    for documents in members.values():
        if len(documents) == 1:
            continue
        if len(set(first[documents].tolist())) == 1 and len(set(second[documents].tolist())) == 1:
            alike.append(tuple(documents))
        else:
            differ.append(tuple(documents))
    removed = (n - len(np.unique(first)), n - len(np.unique(second)))
    return Groups(tuple(alike), tuple(differ), removed)


def bottleneck(members: Sequence[int], similarity: Callable[[int, int], float]) -> float:
    """The least similarity that must be crossed to connect all members: of a maximum spanning tree (Prim)."""
    nearest = {member: similarity(members[0], member) for member in members[1:]}
    weakest = 1.0
    while nearest:
        next_member = max(nearest, key=lambda member: nearest[member])
        weakest = min(weakest, nearest.pop(next_member))
        for member in nearest:
            nearest[member] = max(nearest[member], similarity(next_member, member))
    return weakest


def count_by_similarity(groups: Groups, *, similarity: Callable[[int, int], float]) -> list[tuple[int, int]]:
    """(groups, groups cut alike) whose bottleneck lies from each of LIMITS up to the next."""
    counts = [[0, 0] for _ in LIMITS]
    for same, members in ((1, groups.alike), (0, groups.differ)):
        for group in members:
            place = int(np.searchsorted(LIMITS, bottleneck(group, similarity), side="right")) - 1
            counts[place][0] += 1
            counts[place][1] += same
    return [(both, same) for both, same in counts]


def disputed_links(
    links: Iterable[tuple[int, int]], *, other: np.ndarray, inside: set[int]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Links between documents that the other side keeps apart, by the pair of the other side's clusters."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for a, b in links:
        if a in inside and other[a] != other[b]:
            pair = (int(other[a]), int(other[b]))
            found[min(pair), max(pair)].append((a, b))
    return found


def name_kind(similar: Similarities, *, shingles: tuple[int, int]) -> str:
    """Why one side lacks a link; shingles are those of both texts on the side that signs no short text."""
    if min(shingles) == 0:
        return "short"
    gap = abs(similar["here"] - similar["all"])
    if gap < CHANCE:
        return "chance"
    rest = {name: abs(similar["here"] - similar[name]) for name in ("numbers", "marks", "punctuation")}
    best = min(rest, key=lambda name: rest[name])
    return best if rest[best] < gap / 2 else "words"


def explain(
    groups: Groups,
    *,
    clusters: Mapping[str, np.ndarray],
    links: Mapping[str, Sequence[tuple[int, int]]],
    compare: Callable[[int, int], tuple[Similarities, tuple[int, int]]],
) -> Difference:
    """Name the kind of every missing link: clusters and links of the sides `first` and `second`.

    Of several links between two clusters the one with the most similar texts counts.
    """
    found = Difference()
    of_group = {document: number for number, members in enumerate(groups.differ) for document in members}
    kinds: dict[int, set[str]] = defaultdict(set)
    for side, other in (("first", "second"), ("second", "first")):
        disputed = disputed_links(links[side], other=clusters[other], inside=set(of_group))
        for pairs in disputed.values():
            compared = [(compare(a, b), a) for a, b in sorted(set(pairs))]
            (similar, shingles), a = max(
                compared, key=lambda item: max(item[0][0]["here"], item[0][0]["all"])
            )
            kind = name_kind(similar, shingles=shingles)
            found.links[side][kind] += 1
            kinds[of_group[a]].add(kind)
    for number in range(len(groups.differ)):
        found.groups[next((kind for kind in KINDS if kind in kinds[number]), "unexplained")] += 1
    return found
