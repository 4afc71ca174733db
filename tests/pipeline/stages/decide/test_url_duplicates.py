"""Of the captures of one page the latest stays, then the longest, then the smallest doc_id."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import small_corpus
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.decide.urls import NO_DATE, Captures, find_latest

document = st.tuples(
    st.sampled_from([None, 1, 2]),  # URL
    st.sampled_from([NO_DATE, -5, 0, 7]),
    st.integers(0, 2),  # length
    st.booleans(),  # eligible
)


@given(st.lists(document, max_size=20), st.randoms())
def test_the_latest_is_that_of_the_slow_reference(documents: list[Any], shuffled: Any) -> None:
    n = len(documents)
    ids = shuffled.sample(range(n), n)
    valid = np.array([url is not None for url, *_ in documents], bool)
    url = np.array([url or 0 for url, *_ in documents], np.uint64)
    times, lengths = (np.array([each[place] for each in documents], np.int64) for place in (1, 2))
    captures = Captures((url, url), valid, times, lengths)
    found = find_latest(
        captures,
        eligible=np.array([ok for *_, ok in documents], bool),
        doc_id=(np.zeros(n, np.uint64), np.array(ids, np.uint64)),
    )
    expected = []
    for index, (page, _, _, eligible) in enumerate(documents):
        rivals = [other for other in range(n) if documents[other][0] == page and documents[other][3]]
        best = max(rivals, key=lambda other: (*documents[other][1:3], -ids[other]), default=-1)
        expected.append(best if page is not None and eligible and best != index else -1)
    assert found.tolist() == expected


def texts(count: int) -> list[str]:
    return [text for text in small_corpus.PARAGRAPHS["en"] if len(text) > 300][:count]


def capture(id: str, url: str | None, date: str | None, text: str) -> dict[str, Any]:
    return {"id": id, "lang": "en", "url": url, "date": date, "text": text}


def make(folder: Path, **decide: Any) -> Plan:
    first, second, third, fourth = texts(4)
    rows = [
        capture("old", "http://example.org/a?x=1&y=2", "2019-01-01", first + " " + third),
        capture("new", "https://example.org/a?y=2&x=1#top", "20210101000000", second),
        capture("fails", "https://example.org/a?x=1&y=2", "2024-01-01", "Short."),
        capture("twin", None, None, second + " And one more sentence that makes it longer."),
        capture("twin-upper", "https://example.org/b", "2020", second.upper()),
        capture("undated", "https://example.org/c", None, third + " " + fourth),
        capture("dated", "https://example.org/c", "1969", fourth),
        capture("alone", "https://example.org/d", "2020", first),
    ]
    config = small_corpus.write_corpus(
        folder,
        rows=rows,
        changes={
            "decide": {"url_duplicates": True, "thresholds": {"all": {"words": {"min": 20}}}} | decide,
            "max_bad_fraction": 1,
        },
    )
    text = config.read_text("utf-8").replace("url: url", "url: url\n    date: date", 1)
    config.write_text(text, encoding="utf-8")
    return make_plan(config)


def decisions(plan: Plan) -> dict[str, dict[str, Any]]:
    runners.run(plan, stages=("ingest", "measure", "decide"))
    found = {}
    for path in Path(plan.job.decisions.url, "health_json").glob("*.decisions.arrow"):
        places = read_table(f"{plan.job.measured.url}/health_json/{path.name.replace('decisions', 'text')}")
        for record, row in zip(
            places["record_id"].to_pylist(), read_table(str(path)).to_pylist(), strict=True
        ):
            found[record] = row
    return found


@pytest.mark.parametrize("path", ["direct", "distributed"])
def test_earlier_captures_name_the_document_that_stays(path: str, tmp_path: Path) -> None:
    found = decisions(make(tmp_path, clustering={"path": path, "documents_per_partition": 3}))
    names = {row["doc_id"]: record for record, row in found.items()}
    told = {
        record: (row["reason"], names.get(row["kept_doc_id"]), row["duplicate_method"])
        for record, row in found.items()
    }
    assert told == {
        # the latest capture that passes is a duplicate itself: named is the document in the release
        "old": ("url_duplicate", "twin", "url"),
        "new": ("near_duplicate", "twin", "minhash"),
        "twin": (None, "twin", None),
        "twin-upper": ("near_duplicate", "twin", "minhash"),
        "fails": ("words_below_min", None, None),
        "undated": ("url_duplicate", "dated", "url"),
        "dated": (None, "dated", None),
        "alone": (None, "alone", None),
    }
    assert {row["kept_source"] for row in found.values()} == {"health_json", None}
    assert found["old"]["kept_similarity"] is None


def test_without_the_switch_no_url_is_compared(tmp_path: Path) -> None:
    found = decisions(make(tmp_path, url_duplicates=False))
    assert found["old"]["reason"] is None
    assert found["undated"]["reason"] is None


def crawl(folder: Path, *, path: str) -> Plan:
    """Real paragraphs as a crawl in two sources: pages captured several times, copied, and without URL."""
    generator = random.Random(3)
    texts = [(lang, text) for lang, found in sorted(small_corpus.PARAGRAPHS.items()) for text in found]
    rows = []
    for number in range(300):
        lang, text = generator.choice(texts)
        url = generator.choice([None, *(f"https://example.org/{page}" for page in range(60))])
        date = generator.choice([None, "2019", "2020-05-01", "20210101000000"])
        rows.append({"id": f"r{number}", "lang": lang, "url": url, "date": date, "text": text})
    rows.append({**rows[1], "text": "The same key again.", "date": "2026"})
    half = len(rows) // 2
    config = small_corpus.write_corpus(
        folder,
        rows=rows[:half],
        changes={
            "decide": {
                "url_duplicates": True,
                "clustering": {"path": path, "documents_per_partition": 40},
            },
            "max_bad_fraction": 1,
        },
    )
    others = [
        {
            "key": row["id"],
            "body": row["text"],
            "language": row["lang"],
            "url": row["url"],
            "date": row["date"],
        }
        for row in rows[half:]
    ]
    data = b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in others)
    small_corpus.put(folder / "data" / "rows.jsonl.gz", gzip.compress(data + b"\n", mtime=0))
    settings = yaml.safe_load(config.read_text("utf-8"))
    for source in settings["sources"][:2]:
        source["fields"] |= {"url": "url", "date": "date"}
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return make_plan(config)


def test_both_paths_agree_about_captures(tmp_path: Path) -> None:
    direct, distributed = (crawl(tmp_path / path, path=path) for path in ("direct", "distributed"))
    for plan in (direct, distributed):
        runners.run(plan, stages=("ingest", "measure", "decide"))
    found, expected = (
        small_corpus.tree_digests(Path(plan.job.decisions.url)) for plan in (distributed, direct)
    )
    assert found == expected
    table = pa.concat_tables(
        [read_table(str(path)) for path in sorted(Path(direct.job.decisions.url).rglob("*.decisions.arrow"))]
    )
    rows = table.to_pylist()
    captures = [row for row in rows if row["duplicate_method"] == "url"]
    kept = {row["doc_id"] for row in rows if row["keep"]}
    assert len(captures) > 50
    assert {row["kept_doc_id"] for row in captures} <= kept, "what is named is in the release"
    sources = {Path(path).parent.name for path in expected}
    assert {row["kept_source"] for row in captures} == sources, "across sources"
    latest_in_cluster = [row for row in captures if row["kept_doc_id"] in clustered(rows)]
    assert latest_in_cluster and len(latest_in_cluster) < len(captures), "both ways of an answer are taken"


def clustered(rows: list[dict[str, Any]]) -> set[bytes]:
    return {row["doc_id"] for row in rows if row["cluster_size"] > 1}
