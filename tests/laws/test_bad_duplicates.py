"""Law 8 for duplicates: odd collections and damaged files."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import small_corpus

from filters.hashes.lines import hash_lines
from filters.hashes.minhash import MinHashOptions, band_hashes, signatures
from layers import storage
from layers.document import make_doc_id
from layers.entries import Entry, read_entries
from layers.shards import DamagedFile, read_table
from pipeline.beam import runners
from pipeline.beam.work import make_clustering, read_measured
from pipeline.config.lines import LineRule
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.count.lines import LineTally
from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed.steps import run_steps, run_task

SOURCES = [
    {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/rows.jsonl"],
        "fields": {"text": "text", "id": "id", "lang": "lang"},
    }
]
TEXT = small_corpus.PARAGRAPHS["sw"][0]


def run(folder: Path, *, texts: list[str], path: str, keys: list[str] | None = None) -> list[dict[str, Any]]:
    """Decisions about documents of one language, without other rules. keys: their ids, else all differ."""
    names = keys or [f"{n:05d}" for n in range(len(texts))]
    rows = [{"id": name, "text": text, "lang": "sw"} for name, text in zip(names, texts, strict=True)]
    clustering = {"path": path, "documents_per_partition": 100}
    changes = {
        "sources": SOURCES,
        "decide": {"quality": False, "clustering": clustering},
        "max_bad_fraction": 1.0,
        "unit_bytes": 20_000,
    }
    plan = make_plan(small_corpus.write_corpus(folder, rows=rows, changes=changes))
    runners.run(plan, stages=("ingest", "measure"))
    if path == "direct":
        runners.run(plan, stages=("decide",))
    else:
        run_steps(make_clustering(plan.job))
    entries = read_entries(plan.job.decisions.url)
    tables = [
        read_table(storage.join(plan.job.decisions.url, entry.files["decisions"].path)) for entry in entries
    ]
    return [row for table in tables for row in table.to_pylist()]


@pytest.mark.parametrize("path", ["direct", "distributed"])
def test_all_documents_identical(path: str, tmp_path: Path) -> None:
    n = 300
    rows = run(tmp_path, texts=[TEXT] * n, path=path)
    assert len(rows) == n
    assert {row["cluster_size"] for row in rows} == {n}
    (kept,) = [row for row in rows if row["keep"]]
    assert kept["doc_id"] == min(row["doc_id"] for row in rows), "equal priority, equal length"
    assert kept["twin_sources"] == ["health_json"]
    assert {(r["reason"], r["kept_similarity"], r["kept_doc_id"]) for r in rows if r is not kept} == {
        ("exact_duplicate", 1.0, kept["doc_id"])
    }


@pytest.mark.parametrize("path", ["direct", "distributed"])
def test_all_documents_without_a_word(path: str, tmp_path: Path) -> None:
    """Empty texts have no hash, so they duplicate nothing; symbols have one, and no signature."""
    rows = run(tmp_path, texts=["", "  ", "…", "€", "€ €", "€€"], path=path)
    by_id = {row["doc_id"]: row for row in rows}
    found = [by_id[make_doc_id("health_json", record_id=f"{n:05d}")] for n in range(6)]
    assert [row["component_size"] for row in found] == [1, 1, 1, 1, 2, 2]
    assert {row["kept_similarity"] for row in found} == {None}, "none is in a language, so none stays"


@pytest.mark.parametrize("path", ["direct", "distributed"])
def test_one_document(path: str, tmp_path: Path) -> None:
    (row,) = run(tmp_path, texts=[TEXT], path=path)
    assert (row["keep"], row["cluster_size"], row["twin_sources"]) == (True, 1, None)
    assert row["component_id"] == row["kept_doc_id"] == row["doc_id"]


@pytest.mark.parametrize("path", ["direct", "distributed"])
def test_chains_and_templates_lose_only_what_is_similar_to_what_stays(path: str, tmp_path: Path) -> None:
    """100 windows of one text, each 89 % of the next, and 200 pages that share 55 % of their words."""
    words = [f"kwamba{n // 100:03d}katika{n % 100:02d}" for n in range(20_000)]
    chain = [" ".join(words[7 * n : 7 * n + 120]) for n in range(100)]
    head, own = words[1000:1110], [words[2000 + 90 * n : 2090 + 90 * n] for n in range(200)]
    pages = [" ".join([*head, *each]) for each in own]
    rows = run(tmp_path, texts=chain + pages, path=path)
    number = {make_doc_id("health_json", record_id=f"{n:05d}"): n for n in range(300)}
    kept = {number[row["doc_id"]] for row in rows if row["keep"]}
    assert kept >= {*range(100, 300)}, "J = 0.38: no page goes"
    assert 25 <= len(kept & {*range(100)}) <= 45
    for row in rows:
        if not row["keep"]:
            assert row["reason"] == "near_duplicate" and row["kept_similarity"] >= np.float32(0.8)
            assert abs(number[row["doc_id"]] - number[row["kept_doc_id"]]) <= 2
            assert number[row["kept_doc_id"]] in kept


def test_a_key_shared_by_a_thousand_texts(tmp_path: Path) -> None:
    """All stay, under an id each, in whatever units and order; copies of one of them are copies."""
    texts = [" ".join(f"w{30 * n + word:05d}" for word in range(30)) for n in range(1000)]
    shared, single = [*texts, *texts[:3]], [TEXT, TEXT]
    keys = ["k"] * len(shared) + ["single"] * len(single)
    rows = run(tmp_path / "direct", texts=shared + single, keys=keys, path="direct")
    assert run(tmp_path / "distributed", texts=shared + single, keys=keys, path="distributed") == rows
    key, plain = (make_doc_id("health_json", record_id=name) for name in ("k", "single"))
    of_key = [row for row in rows if row["key_id"] == key]
    assert len(of_key) == 1003
    assert len({row["doc_id"] for row in of_key} - {key}) == 1000
    reasons = Counter(reason for row in of_key for reason in row["reasons"])
    reasons.pop("language_undetermined", None)  # numbered words are in none, another rule than this
    assert reasons == {"duplicate_key": 3}
    others = [(row["doc_id"], row["key_id"], row["reason"]) for row in rows if row not in of_key]
    assert others == [(plain, None, None), (plain, None, "duplicate_key")]
    backwards = run(tmp_path / "back", texts=shared[::-1], keys=["k"] * 1003, path="distributed")
    assert {row["doc_id"] for row in backwards} == {row["doc_id"] for row in of_key}


def test_a_million_documents_of_one_line() -> None:
    """Ten thousand different lines, a hundred times each: equal texts and no others are joined."""
    kinds, n = 10_000, 1_000_000
    lines = pa.array([f"one line number {number}" for number in range(kinds)], pa.large_string())
    which = np.random.default_rng(1).integers(0, kinds, n)
    options = MinHashOptions()
    hashes = band_hashes(lines.take(pa.array(which)), langs=pa.nulls(n, pa.string()), options=options)
    none = np.zeros(n, np.uint64)
    found = clusters.cluster(
        hashes.columns[: options.bands],
        n=n,
        scope=None,
        exact=(none, none),
        exact_valid=np.zeros(n, bool),
    )
    first = np.full(kinds, n)
    np.minimum.at(first, which, np.arange(n))
    assert np.array_equal(found, first[which])


def test_the_lines_of_a_million_documents_of_one_line() -> None:
    """Every line is counted as often as it stands, in as many documents."""
    kinds, n, batch_rows = 10_000, 1_000_000, 4096
    lines = pa.array([f"one line number {number}" for number in range(kinds)], pa.large_string())
    which = np.random.default_rng(1).integers(0, kinds, n)
    texts = lines.take(pa.array(which))
    tally = LineTally(LineRule(min_chars=1))
    for start in range(0, n, batch_rows):
        batch = texts.slice(start, batch_rows)
        tally.add(pa.record_batch({"text": batch, "url": pa.nulls(len(batch), pa.string())}), first_row=start)
    counted, _ = tally.tables()
    times = np.bincount(which, minlength=kinds)
    keys = hash_lines(lines).keys
    found = {row["key"]: (row["lines"], row["documents"]) for row in counted.to_pylist()}
    assert found == {int(key): (count, count) for key, count in zip(keys, times.tolist(), strict=True)}


def test_one_document_of_200_megabytes() -> None:
    """Its signature is that of its shingles, however often they are repeated."""
    words = " ".join(f"w{number}" for number in range(20_000)) + " "
    length = len(words.encode())
    times = -(-200_000_000 // length)
    texts = pa.array([words * times, words * 2], pa.large_string())
    assert len(texts[0].as_buffer()) >= 200_000_000
    long, short = signatures(texts, langs=pa.nulls(2, pa.string()), options=MinHashOptions())
    assert np.array_equal(long, short)


@pytest.fixture
def measured(tmp_path: Path) -> tuple[Plan, Entry]:
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    runners.run(plan, stages=("ingest", "measure"))
    return plan, read_entries(plan.job.measured.url)[0]


@pytest.mark.parametrize("path", ["direct", "distributed"])
@pytest.mark.parametrize("file", ["bands", "signals"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_a_damaged_shard_is_named_and_measured_again(
    path: str, file: str, damage: str, measured: tuple[Plan, Entry], tmp_path: Path
) -> None:
    plan, entry = measured
    shard = storage.local_path(storage.join(plan.job.measured.url, entry.files[file].path))
    whole = shard.read_bytes()
    middle = len(whole) // 2
    if damage == "missing":
        shard.unlink()
    else:  # a flipped bit of a hash is no error of Arrow or zstd
        rest = bytes([whole[middle] ^ 1]) + whole[middle + 1 :] if damage == "flipped" else b""
        shard.write_bytes(whole[:middle] + rest)
    what = {"missing": "is missing", "flipped": "does not have the bytes", "cut": "were committed"}[damage]
    with pytest.raises(DamagedFile, match=rf"{shard.name} .*{what}"):
        if path == "direct":
            from pipeline.stages.decide.direct import decide

            decide(read_measured(plan.job), job=plan.job)
        else:
            clustering = make_clustering(plan.job)
            for task in clustering.next_tasks():
                run_task(clustering, task)
    runners.run(plan)
    assert shard.read_bytes() == whole
    assert (tmp_path / "out" / "release" / "manifest.json").exists()
