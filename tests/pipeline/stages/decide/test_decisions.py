"""From hashes and signatures to decisions, against a slow reference that compares every pair."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.minhash import CompareLimits, MinHashOptions, least_equal, similarity_of_equal
from layers.columns import halves
from layers.document import make_text_id
from pipeline.config.corpus import MAX_PRIORITIES
from pipeline.stages.decide.comparison import BINS, Cut, Units, compare, count_uncompared
from pipeline.stages.decide.duplicates import find_duplicates, make_verdicts
from pipeline.stages.decide.rank import (
    DAMAGE_BITS,
    MAX_DAY,
    MAX_WORDS,
    place_days,
    rank_documents,
    round_damage,
)
from pipeline.stages.decide.verdicts import DECISION, Documents, decision_table

BANDS, ROWS = 3, 2
OPTIONS = MinHashOptions(bands=BANDS, rows=ROWS)
Document = tuple[int, int | None, int, int, bool, bool, tuple[int, ...] | None]
"""id, exact hash, language, rank, passes, set aside, signature (None: no words)"""

DOCUMENTS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.none() | st.integers(0, 3),
        st.integers(0, 1),
        st.integers(0, 3),
        st.booleans() | st.just(True),
        st.sampled_from([False, False, True]),
        st.none() | st.tuples(*[st.integers(0, 2)] * (BANDS * ROWS)),
    ),
    max_size=14,
)
LIMITS = st.builds(
    CompareLimits,
    min_similarity=st.sampled_from([0.0, 0.5, 2 / 3, 1.0]),
    max_bucket_documents=st.integers(1, 3),
    max_cluster_documents=st.integers(3, 20),
    minhash=st.just(OPTIONS),
)
METHODS = {"duplicate_key": "key", "exact_duplicate": "exact_hash", "near_duplicate": "minhash"}


def identify(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(16, "big")


def identify_text(value: int | None) -> bytes | None:
    return None if value is None else identify(value + 1)  # 0 is what nothing is left of


def identify_all(documents: list[Document]) -> list[bytes]:
    """doc_id of each: of key and text where several texts have the key."""
    ids: list[bytes] = []
    for key, exact, *_ in documents:
        plain = identify(key)
        assert plain is not None
        is_shared = len({other[1] for other in documents if other[0] == key}) > 1
        ids.append(make_text_id(plain, exact_hash=identify_text(exact)) if is_shared else plain)
    return ids


def decide(documents: list[Document], *, limits: CompareLimits) -> pa.Table:
    columns = [list(column) for column in zip(*documents, strict=True)] or [[]] * 7
    ids, exact, lang, rank, passes, aside, signatures = columns
    n = len(documents)
    known = Documents(
        doc_id=halves(pa.array([identify(value) for value in ids], pa.binary(16))),
        exact=halves(pa.array([identify_text(value) for value in exact], pa.binary(16))),
        exact_valid=np.array([value is not None for value in exact], bool),
        scope=np.array(lang, np.int16),
        rank=np.array(rank, np.uint64),
        locator=np.arange(n),
        passes=np.array(passes, bool) & ~np.array(aside, bool),
        set_aside=np.array(aside, bool),
    ).separate_keys()
    worded = np.array([each is not None for each in signatures], bool)
    packed = np.array([each or (0,) * BANDS * ROWS for each in signatures], np.uint8).reshape(n, BANDS * ROWS)
    bands = [
        pa.array(
            [None if each is None else each[2 * b] << 8 | each[2 * b + 1] for each in signatures], pa.uint64()
        )
        for b in range(BANDS)
    ]
    found = find_duplicates(
        known, bands=bands, signatures=lambda rows: (packed[rows], worded[rows]), limits=limits
    )
    reasons = pa.array([[] if ok else ["words_below_min"] for ok in known.passes], pa.list_(pa.string()))
    return decision_table(
        make_verdicts(found, documents=known, part=slice(0, n), columns=BANDS * ROWS),
        lang=pa.array([f"l{code}" for code in lang], pa.string()),
        reasons=reasons,
        kept_source=pa.nulls(n, pa.string()),
        twin_sources=pa.nulls(n, pa.list_(pa.string())),
    )


def components(documents: list[Document]) -> list[set[int]]:
    component = [{i} for i in range(len(documents))]
    for i, a in enumerate(documents):
        for j, b in enumerate(documents[:i]):
            if a[2] == b[2] and ((a[1] is not None and a[1] == b[1]) or share_band(a[6], b[6])):
                union = component[i] | component[j]
                for member in union:
                    component[member] = union
    return component


def share_band(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    if one is None or other is None:
        return False
    return any(one[ROWS * b : ROWS * (b + 1)] == other[ROWS * b : ROWS * (b + 1)] for b in range(BANDS))


def estimate(one: tuple[int, ...], other: tuple[int, ...]) -> np.float32:
    equal = sum(a == b for a, b in zip(one, other, strict=True))
    k = BANDS * ROWS
    return np.float32(max(256 * equal - k, 0) / (255 * k))


def reference(documents: list[Document], *, limits: CompareLimits) -> list[dict[str, object]]:
    """Whole components; documents in rank order, each compared with those that stay before it."""
    n = len(documents)
    component, ids = components(documents), identify_all(documents)
    repeated = [ids[j] in ids[:j] for j in range(n)]
    able = [d[4] and not d[5] and not r for d, r in zip(documents, repeated, strict=True)]
    kept: list[int | None] = [None] * n
    similarity: list[float | None] = [None] * n
    first_of_text: dict[tuple[int, object], int] = {}
    buckets: dict[tuple[int, int, tuple[int, ...]], list[int]] = defaultdict(list)
    order = sorted(
        (i for i in range(n) if not documents[i][5]),
        key=lambda i: (not able[i], documents[i][3], ids[i], i),
    )
    for i in order:
        _, exact, lang, _, _, _, packed = documents[i]
        first = i if exact is None else first_of_text.setdefault((lang, exact), i)
        if first != i:  # a copy fares as the first of its text
            kept[i] = kept[first]
            similarity[i] = 1.0 if kept[i] == first else similarity[first]
            continue
        best: tuple[np.float32, int] | None = None
        if packed is not None:
            near = [j for b in range(BANDS) for j in buckets[lang, b, packed[ROWS * b : ROWS * (b + 1)]]]
            for j in sorted(set(near), key=order.index):
                other = documents[j][6]
                assert other is not None
                similar = estimate(packed, other)
                if similar >= np.float32(limits.min_similarity) and (best is None or similar > best[0]):
                    best = (similar, j)
        if best is not None:
            similarity[i], kept[i] = float(best[0]), best[1]
        elif able[i]:
            kept[i] = i
            for b in range(BANDS):
                if packed is not None:
                    bucket = buckets[lang, b, packed[ROWS * b : ROWS * (b + 1)]]
                    if len(bucket) < limits.max_bucket_documents:
                        bucket.append(i)
    rows: list[dict[str, object]] = []
    for i, (key, exact, lang, *_) in enumerate(documents):
        twin = kept[i]
        reasons = [] if documents[i][4] and not documents[i][5] else ["words_below_min"]
        if repeated[i]:
            reasons.append("duplicate_key")
        elif twin is not None and twin != i:
            copy = exact is not None and first_of_text[lang, exact] == twin
            reasons.append("exact_duplicate" if copy else "near_duplicate")
        rows.append(
            {
                "doc_id": ids[i],
                "key_id": None if ids[i] == identify(key) else identify(key),
                "lang": f"l{lang}",
                "keep": not reasons,
                "reason": reasons[0] if reasons else None,
                "reasons": reasons,
                "component_id": min(ids[j] for j in component[i]),
                "component_size": len(component[i]),
                "cluster_size": 0 if twin is None else kept.count(twin),
                "kept_doc_id": None if twin is None else ids[twin],
                "kept_source": None,
                "duplicate_method": next((METHODS[r] for r in reversed(reasons) if r in METHODS), None),
                "kept_similarity": None if twin == i else similarity[i],
                "twin_sources": None,
            }
        )
    return rows


@given(DOCUMENTS, LIMITS)
def test_decisions_are_those_of_the_slow_reference(documents: list[Document], limits: CompareLimits) -> None:
    whole = CompareLimits(limits.min_similarity, limits.max_bucket_documents, 100, OPTIONS)
    table = decide(documents, limits=whole)
    assert table.schema.equals(DECISION)
    assert table.to_pylist() == reference(documents, limits=whole)


@given(DOCUMENTS, LIMITS)
def test_only_verified_duplicates_go_whatever_is_cut(
    documents: list[Document], limits: CompareLimits
) -> None:
    rows = decide(documents, limits=limits).to_pylist()
    kept = {row["doc_id"] for row in rows if row["keep"]}
    for row in rows:
        if row["duplicate_method"] == "minhash":
            assert row["kept_doc_id"] in kept
            assert row["kept_similarity"] >= np.float32(limits.min_similarity)
        elif row["duplicate_method"] == "exact_hash":
            assert (row["kept_doc_id"] in kept, row["kept_similarity"]) == (True, 1.0)
    assert sum(row["cluster_size"] for row in rows if row["keep"]) == sum(
        row["kept_doc_id"] is not None for row in rows
    )


@given(DOCUMENTS, LIMITS)
def test_every_text_that_passes_has_a_document_that_stays(
    documents: list[Document], limits: CompareLimits
) -> None:
    """Of what passes all other rules nothing vanishes: it stays, or what it is a duplicate of does."""
    for row in decide(documents, limits=limits).to_pylist():
        if "words_below_min" not in row["reasons"] and "duplicate_key" not in row["reasons"]:
            assert row["kept_doc_id"] is not None


def signatures_with(equal: int, *, of: int) -> np.ndarray:
    """Two signatures that share the first band and so many bytes."""
    packed = np.zeros((2, of), np.uint8)
    packed[1, equal:] = 1
    return packed


@pytest.mark.parametrize("equal", [89, 90, 91, 112])
def test_a_similarity_exactly_at_the_minimum_goes(equal: int) -> None:
    options = MinHashOptions()
    exactly = float(similarity_of_equal(np.array([equal]), columns=112)[0])
    for similarity, goes in (
        (exactly, True),
        (float(np.nextafter(np.float32(exactly), np.float32(2))), False),
    ):
        assert least_equal(similarity, columns=112) == (equal if goes else equal + 1)
        twin, same = compare(
            Units(
                piece=np.zeros(2, np.int64),
                eligible=np.ones(2, bool),
                rank=np.array([1, 0], np.uint64),
                doc_id=(np.zeros(2, np.uint64), np.arange(2).astype(np.uint64)),
                packed=signatures_with(equal, of=112),
                worded=np.ones(2, bool),
            ),
            limits=CompareLimits(similarity, minhash=options),
        )
        assert (twin.tolist(), same.tolist()) == (([1, -1], [equal, 0]) if goes else ([-1, -1], [0, 0]))


def test_the_order_of_ranks() -> None:
    """Priority, damage, words (most), day; each only where those before are equal."""
    rows = [(0, 0, 9, 0), (0, 0, 9, 1), (0, 0, 8, 0), (0, 1, 99, 0), (1, 0, 999, 0)]
    priority, damage, words, day = np.array(rows).T
    ranks = rank_documents(priority=priority, damage=damage, words=words, day=day).tolist()
    assert ranks == sorted(ranks) and len({*ranks}) == len(rows)
    long = np.array([MAX_WORDS, MAX_WORDS + 1])
    none = np.zeros(2, np.int64)
    one, other = rank_documents(priority=none, damage=none, words=long, day=none).tolist()
    assert one == other


def test_a_rank_has_bits_for_so_many_priorities_and_no_more() -> None:
    last = np.array([MAX_PRIORITIES - 1])
    most, none = np.array([1 << 40]), np.zeros(1, np.int64)
    (rank,) = rank_documents(priority=last, damage=most, words=none, day=np.array([MAX_DAY])).tolist()
    assert rank == (1 << 64) - 1, "every bit is used"
    with pytest.raises(ValueError, match="places from 0 to 1023, not 1024"):
        rank_documents(priority=last + 1, damage=none, words=none, day=none)


@given(st.integers(0, 1 << 22), st.integers(0, 1 << 22))
def test_more_damage_is_never_a_smaller_rank(one: int, other: int) -> None:
    few, many = sorted([one, other])
    low, high = round_damage(np.array([few, many])).tolist()
    assert low <= high < 1 << DAMAGE_BITS
    assert (low < high) or many <= few + few // 256
    assert low == few or few >= 512


def test_the_order_of_days() -> None:
    """Newest or oldest first, by day; what has no date or one before year 1 is last."""
    day = 86_400
    dates = np.array([0, day - 1, day, -1, -719_162 * day, -719_162 * day - 1, 1 << 60, 0])
    valid = np.array([True] * 7 + [False])
    newest = place_days(dates, valid=valid, preferred="newest")
    oldest = place_days(dates, valid=valid, preferred="oldest")
    assert oldest.tolist() == [719_162, 719_162, 719_163, 719_161, 0, MAX_DAY, MAX_DAY, MAX_DAY]
    assert newest.tolist() == [*(MAX_DAY - 1 - oldest[:5]).tolist(), MAX_DAY, MAX_DAY, MAX_DAY]


@given(st.lists(st.tuples(st.integers(0, BINS - 1), st.integers(1, 30)), max_size=8), st.integers(1, 20))
def test_pieces_are_runs_of_bins_of_at_most_so_many(counted: list[tuple[int, int]], most: int) -> None:
    counts = np.zeros(BINS, np.int64)
    for place, count in counted:
        counts[place] += count
    cut = Cut.of_bins(counts, max_documents=most)
    sizes: dict[int, int] = defaultdict(int)
    for place in np.flatnonzero(counts).tolist():
        if counts[place] <= most:
            assert cut.pieces[place] == 1
            sizes[int(cut.first[place])] += int(counts[place])
        else:
            pieces = range(int(cut.first[place]), int(cut.first[place] + cut.pieces[place]))
            assert len(pieces) == -(-counts[place] // most)
            assert not {*pieces} & {*sizes}
            sizes.update(dict.fromkeys(pieces, most))
    assert all(size <= most for size in sizes.values())
    assert [*sizes] == sorted(sizes)


def test_pairs_across_pieces_are_counted() -> None:
    assert count_uncompared([]) == count_uncompared([5]) == 0
    assert count_uncompared([2, 3, 4]) == 2 * 3 + 2 * 4 + 3 * 4
