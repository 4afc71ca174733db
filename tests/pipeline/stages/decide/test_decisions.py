"""From hashes and verdicts to decisions, against a slow reference that compares every pair."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from layers.columns import halves
from pipeline.stages.decide.verdicts import DECISION, Documents, decision_table, find_duplicates, verdicts

Document = tuple[int, int | None, int, int, int, bool, int | None]
"""id, exact hash, language, length, priority, passes, band"""

DOCUMENTS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.none() | st.integers(0, 3),
        st.integers(0, 1),
        st.integers(0, 3),
        st.integers(0, 1),
        st.booleans(),
        st.none() | st.integers(0, 3),
    ),
    max_size=12,
)


METHODS = {"duplicate_key": "key", "exact_duplicate": "exact_hash", "near_duplicate": "minhash"}


def identify(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(16, "big")


def decide(
    documents: list[Document], *, min_similarity: float | None = None, similar: float = 0.5
) -> pa.Table:
    """similar is what every near duplicate is said to be."""
    columns = [list(column) for column in zip(*documents, strict=True)] or [[]] * 7
    ids, exact, lang, length, priority, passes, band = columns
    n = len(documents)
    known = Documents(
        doc_id=halves(pa.array([identify(value) for value in ids], pa.binary(16))),
        exact=halves(pa.array([identify(value) for value in exact], pa.binary(16))),
        exact_valid=np.array([value is not None for value in exact], bool),
        scope=np.array(lang, np.int16),
        length=np.array(length, np.int64),
        locator=np.arange(n),
        priority=np.array(priority, np.int64),
        passes=np.array(passes, bool),
    )
    found = find_duplicates(known, bands=[pa.array(band, pa.uint64())])
    reasons = pa.array([[] if ok else ["words_below_min"] for ok in passes], pa.list_(pa.string()))
    return decision_table(
        verdicts(found, documents=known, part=slice(0, n)),
        lang=pa.array([f"l{code}" for code in lang], pa.string()),
        reasons=reasons,
        kept_source=pa.nulls(n, pa.string()),
        similarity=np.full(n, similar, np.float32),
        twin_sources=pa.nulls(n, pa.list_(pa.string())),
        min_similarity=min_similarity,
    )


def reference(documents: list[Document]) -> list[dict[str, object]]:
    n = len(documents)
    cluster = [{i} for i in range(n)]
    for i in range(n):
        for j in range(i):
            a, b = documents[i], documents[j]
            equal = (a[1] is not None and a[1] == b[1]) or (a[6] is not None and a[6] == b[6])
            if a[2] == b[2] and equal:
                union = cluster[i] | cluster[j]
                for member in union:
                    cluster[member] = union
    rows: list[dict[str, object]] = []
    for i, (key, exact, lang, _, _, passes, _) in enumerate(documents):
        repeated = [any(documents[k][0] == documents[j][0] for k in range(j)) for j in range(n)]
        able = [j for j in cluster[i] if documents[j][5] and not repeated[j]]
        best = min(able, key=lambda j: (documents[j][4], -documents[j][3], documents[j][0]), default=None)
        reasons = [] if passes else ["words_below_min"]
        if repeated[i]:
            reasons.append("duplicate_key")
        elif best is not None and best != i:
            same = exact is not None and exact == documents[best][1]
            reasons.append("exact_duplicate" if same else "near_duplicate")
        rows.append(
            {
                "doc_id": identify(key),
                "lang": f"l{lang}",
                "keep": not reasons,
                "reason": reasons[0] if reasons else None,
                "reasons": reasons,
                "cluster_id": identify(min(documents[j][0] for j in cluster[i])),
                "cluster_size": len(cluster[i]),
                "kept_doc_id": None if best is None else identify(documents[best][0]),
                "kept_source": None,
                "duplicate_method": next((METHODS[r] for r in reversed(reasons) if r in METHODS), None),
                "kept_similarity": 0.5,
                "twin_sources": None,
            }
        )
    return rows


@given(DOCUMENTS)
def test_decisions_are_those_of_the_slow_reference(documents: list[Document]) -> None:
    table = decide(documents)
    assert table.schema.equals(DECISION)
    assert table.to_pylist() == reference(documents)


@given(DOCUMENTS)
def test_near_duplicates_below_the_minimum_stay_and_nothing_else_changes(documents: list[Document]) -> None:
    expected = [
        {
            **row,
            "reasons": reasons,
            "keep": not reasons,
            "reason": reasons[0] if reasons else None,
            "duplicate_method": None if row["duplicate_method"] == "minhash" else row["duplicate_method"],
        }
        for row in decide(documents).to_pylist()
        for reasons in [[reason for reason in row["reasons"] if reason != "near_duplicate"]]
    ]
    assert decide(documents, min_similarity=0.51).to_pylist() == expected
    for known in (0.5, float("nan")):  # what is at the minimum or not known is no ground to stay
        assert decide(documents, min_similarity=0.5, similar=known)["reasons"].equals(
            decide(documents)["reasons"]
        )


@given(DOCUMENTS)
def test_a_cluster_with_a_document_that_passes_keeps_one(documents: list[Document]) -> None:
    rows = decide(documents).to_pylist()
    first_of_key = {key: i for i, (key, *_) in reversed(list(enumerate(documents)))}
    for row in rows:
        kept = [
            r for r in rows if r["cluster_id"] == row["cluster_id"] and r["lang"] == row["lang"] and r["keep"]
        ]
        able = [
            i
            for i, r in enumerate(rows)
            if (r["cluster_id"], r["lang"]) == (row["cluster_id"], row["lang"])
            and documents[i][5]
            and first_of_key[documents[i][0]] == i
        ]
        assert bool(kept) is bool(able)
