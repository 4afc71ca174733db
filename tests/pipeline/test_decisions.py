"""From hashes and verdicts to decisions, against a slow reference that compares every pair."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decisions import DECISION, decision_table, find_duplicates

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


def identify(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(16, "big")


def decide(documents: list[Document]) -> pa.Table:
    columns = [list(column) for column in zip(*documents, strict=True)] or [[]] * 7
    ids, exact, lang, length, priority, passes, band = columns
    langs = pa.array([f"l{code}" for code in lang], pa.string())
    found = find_duplicates(
        doc_id=pa.array([identify(value) for value in ids], pa.binary(16)),
        exact=pa.array([identify(value) for value in exact], pa.binary(16)),
        lang=langs,
        length=np.array(length, np.int64),
        locator=np.arange(len(documents)),
        priority=np.array(priority, np.int64),
        passes=np.array(passes, bool),
        bands=[pa.array(band, pa.uint64())],
    )
    reasons = pa.array([[] if ok else ["words_below_min"] for ok in passes], pa.list_(pa.string()))
    return decision_table(found, part=slice(0, len(documents)), lang=langs, reasons=reasons)


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
            }
        )
    return rows


@given(DOCUMENTS)
def test_decisions_are_those_of_the_slow_reference(documents: list[Document]) -> None:
    table = decide(documents)
    assert table.schema.equals(DECISION)
    assert table.to_pylist() == reference(documents)


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
