"""Law 3: read = kept + dropped at every stage, in documents and bytes, or there is no release."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from layers import storage
from layers.entries import Count, Entry, entry_url, read_entries
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.errors import RunError, UnitsFailed
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.measure import part
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.publish import shard

Line = tuple[str, str, str, str, str, str]
"""layer, source, flow, declared language, language, reason"""


def write_corpus(folder: Path, **changes: Any) -> Path:
    """The small corpus with a gzip file that ends in the middle: a tail of unknown length."""
    config: Path = small_corpus.write_corpus(folder, changes={"max_bad_fraction": 0.5} | changes)
    cut = folder / "data" / "rows.jsonl.gz"
    cut.write_bytes(cut.read_bytes()[:-2000])
    return config


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conservation")
    runners.run(make_plan(write_corpus(folder)))
    return folder


def read_layer(layer: Path, *, pattern: str) -> dict[str, list[dict[str, Any]]]:
    """Source → rows of all its Arrow files in a layer, which lie as <source>/<file>."""
    by_source: dict[str, list[dict[str, Any]]] = {uid: [] for uid in small_corpus.SOURCES}
    for path in sorted(layer.glob(pattern)):
        by_source[path.parent.name] += read_table(str(path)).to_pylist()
    return by_source


def size(text: str) -> int:
    return len(text.encode())


def count_files(out: Path) -> Counter[tuple[Line, str]]:
    """(ledger line, documents or bytes) → number, counted slowly from the rows of every file."""
    totals: Counter[tuple[Line, str]] = Counter()

    def add(layer: str, uid: str, flow: str, *, bytes: int, lang: str = "", **more: str) -> None:
        line = (layer, uid, flow, more.get("declared", ""), lang, more.get("reason", ""))
        totals[line, "documents"] += 1
        totals[line, "bytes"] += bytes

    for uid, rows in read_layer(out / "raw", pattern="*/*.documents-*.arrow").items():
        for row in rows:
            declared = row["lang_declared"] or ""
            add("raw", uid, "kept", declared=declared, bytes=row["length"])
            add("raw", uid, "text", declared=declared, bytes=size(row["text"]))
            add("measured", uid, "read", bytes=size(row["text"]))
    for uid, rows in read_layer(out / "raw", pattern="*/*.rejected.arrow").items():
        for row in rows:
            add("raw", uid, "dropped", reason=row["reason"], bytes=row["length"] or 0)
    texts = read_layer(out / "measured", pattern="*/*.text.arrow")
    signals = read_layer(out / "measured", pattern="*/*.signals.arrow")
    decisions = read_layer(out / "decisions", pattern="*/*.decisions.arrow")
    for uid in small_corpus.SOURCES:
        for text, signal, decision in zip(texts[uid], signals[uid], decisions[uid], strict=True):
            assert text["doc_id"] == signal["doc_id"] == (decision["key_id"] or decision["doc_id"])
            edited, lang = size(text["text"]), signal["lang"]
            add("measured", uid, "kept", declared=text["lang_declared"] or "", lang=lang, bytes=edited)
            add("decisions", uid, "read", lang=lang, bytes=edited)
            flow = "kept" if decision["keep"] else "dropped"
            add("decisions", uid, flow, lang=lang, reason=decision["reason"] or "", bytes=edited)
    for path in (out / "release" / "data").glob("*/*/*.arrow"):
        for row in read_table(str(path)).to_pylist():
            add("release", row["source"], "kept", lang=row["lang"], bytes=size(row["text"]))
            assert (row["lang"], row["source"]) == (path.parts[-3], path.parts[-2])
    return totals


def summary(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        (folder / "out" / "release" / "ledger" / "summary.json").read_bytes()
    )
    return rows


def test_the_whole_ledger_is_what_the_files_hold(folder: Path) -> None:
    """Every line but bytes that are no document (framing, edited) and raw's read, which sums them up."""
    told: Counter[tuple[Line, str]] = Counter()
    for row in summary(folder):
        if row["flow"] in ("framing", "edited") or (row["layer"], row["flow"]) == ("raw", "read"):
            continue
        line = (row["layer"], row["source"], row["flow"], row["lang_declared"], row["lang"], row["reason"])
        told[line, "documents"] += 1 if row["documents"] is None else row["documents"]
        told[line, "bytes"] += row["bytes"]
    assert +told == +count_files(folder / "out")


def test_every_line_of_the_inputs_is_read_once(folder: Path) -> None:
    read = {row["source"]: row for row in summary(folder) if (row["layer"], row["flow"]) == ("raw", "read")}
    lines = (folder / "data" / "rows.jsonl").read_bytes()
    pages = [path.read_bytes() for path in (folder / "data").glob("*.txt")]
    assert read["health_json"]["documents"] == len(lines.splitlines())
    assert read["health_json"]["bytes"] == len(lines)
    assert read["health_text"]["documents"] == len(pages)
    assert read["health_text"]["bytes"] == sum(map(len, pages))


def test_documents_and_bytes_balance_at_every_stage_and_source(folder: Path) -> None:
    totals: Counter[tuple[str, str, str, str]] = Counter()
    for row in summary(folder):
        for measure_name in ("documents", "bytes"):
            totals[row["layer"], row["source"], row["flow"], measure_name] += row[measure_name] or 0
    for uid in small_corpus.SOURCES:
        for unit in ("documents", "bytes"):

            def total(layer: str, *flows: str, uid: str = uid, unit: str = unit) -> int:
                return sum(totals[layer, uid, flow, unit] for flow in flows)

            assert total("raw", "read") == total("raw", "kept", "dropped", "framing")
            assert (
                total("raw", "text")
                == total("measured", "read")
                == total("measured", "kept", "dropped", "edited")
            )
            assert (
                total("measured", "kept")
                == total("decisions", "read")
                == total("decisions", "kept", "dropped")
            )
            assert total("decisions", "kept") == total("release", "kept")


def test_the_matrix_of_declared_and_assigned_languages_is_that_of_the_rows(folder: Path) -> None:
    matrix = Counter[tuple[str, str, str]]()
    for uid, rows in read_layer(folder / "out" / "measured", pattern="*/*.signals.arrow").items():
        matrix.update((uid, row["lang_declared"] or "", row["lang"]) for row in rows)
    assert matrix == {
        (row["source"], row["lang_declared"], row["lang"]): row["documents"]
        for row in summary(folder)
        if (row["layer"], row["flow"]) == ("measured", "kept")
    }
    assert matrix["health_json", "en", "de"] == 1


def test_an_unreadable_tail_is_one_row_of_unknown_records(folder: Path) -> None:
    tails = [row for row in summary(folder) if row["documents"] is None]
    assert [(row["source"], row["flow"], row["reason"]) for row in tails] == [
        ("health_gzip", "dropped", "truncated")
    ]
    (row,) = (
        read_table(str(folder / "out" / "release" / "ledger" / "health_gzip.arrow"))
        .filter(pa.compute.field("reason") == "truncated")
        .to_pylist()
    )
    assert (row["records"], row["container"], row["stage"]) == (None, "data/rows.jsonl.gz", "ingest")
    before = read_layer(folder / "out" / "raw", pattern="*/*.documents-*.arrow")["health_gzip"]
    assert 0 < len(before) < 45, "records before the tail are read"


Change = Callable[[Count], Count]


def tamper(layer_url: str, *, flow: str, change: Change) -> Entry:
    """Change the first count of a flow in an entry on disk, as a fault of the disk or a person would."""
    for entry in read_entries(layer_url):
        for index, count in enumerate(entry.counts):
            if count.flow == flow and count.documents:
                counts = (*entry.counts[:index], change(count), *entry.counts[index + 1 :])
                tampered = dataclasses.replace(entry, counts=counts)
                storage.write_bytes(entry_url(layer_url, unit=entry.unit), tampered.to_json())
                return tampered
    raise AssertionError(f"no {flow} in {layer_url}")


def lose_a_document(count: Count) -> Count:
    return dataclasses.replace(count, documents=(count.documents or 0) - 1)


def lose_a_byte(count: Count) -> Count:
    return dataclasses.replace(count, bytes=count.bytes - 1)


def refuse(plan: Plan, *, match: str) -> None:
    """Running the plan fails with exit code 8."""
    with pytest.raises(RunError, match=match) as caught:
        runners.run(plan)
    assert caught.value.exit_code == 8


@pytest.fixture
def released(tmp_path: Path) -> Path:
    runners.run(make_plan(small_corpus.write_corpus(tmp_path)))
    return tmp_path


def test_a_changed_count_is_found_and_the_old_release_stays(released: Path) -> None:
    old = small_corpus.tree_digests(released / "out" / "release")
    for layer, flow, change in (
        ("raw", "read", lose_a_document),
        ("raw", "text", lose_a_byte),
        ("measured", "kept", lose_a_document),
        ("decisions", "dropped", lose_a_document),
        ("decisions", "dropped", lose_a_byte),
    ):
        plan = make_plan(small_corpus.write_corpus(released))
        url = str(released / "out" / layer)
        before = {entry.unit: entry for entry in read_entries(url)}
        tampered = tamper(url, flow=flow, change=change)
        refuse(plan, match="the ledger does not balance")
        assert small_corpus.tree_digests(released / "out" / "release") == old
        storage.write_bytes(entry_url(url, unit=tampered.unit), before[tampered.unit].to_json())
    runners.run(make_plan(small_corpus.write_corpus(released)))
    assert small_corpus.tree_digests(released / "out" / "release") == old


def test_a_changed_count_of_a_shard_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.stages.publish import release

    plan = make_plan(small_corpus.write_corpus(tmp_path))

    def stop(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(release, "finish", stop)
        patched.setattr(runners, "MAX_ATTEMPTS", 1)
        with pytest.raises(UnitsFailed):
            runners.run(plan)
    tamper(plan.job.published.url, flow="kept", change=lose_a_document)
    refuse(plan, match=r"decisions → release of health_gzip, lang \w+: .* \(difference \+1\)")
    assert not (tmp_path / "out" / "release").exists()


def test_a_shard_that_lost_a_row_has_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_rows = shard._kept_rows

    def lose_the_last(*args: Any, **kwargs: Any) -> Any:
        for columns in kept_rows(*args, **kwargs):
            yield {name: column.slice(0, max(len(column) - 1, 0)) for name, column in columns.items()}

    monkeypatch.setattr(shard, "_kept_rows", lose_the_last)
    refuse(make_plan(small_corpus.write_corpus(tmp_path)), match="decisions → release")
    assert not (tmp_path / "out" / "release").exists()


def test_a_measure_that_lost_a_row_has_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def lose_the_last(*args: Any, **kwargs: Any) -> Any:
        for batches in measure_batches(*args, **kwargs):
            yield tuple(batch.slice(0, max(len(batch) - 1, 0)) for batch in batches)

    monkeypatch.setattr(part, "measure_batches", lose_the_last)
    refuse(make_plan(small_corpus.write_corpus(tmp_path)), match="measured of health_json: read")
    assert not (tmp_path / "out" / "release").exists()


def test_a_document_counted_twice_has_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_rows = shard._kept_rows

    def repeat_the_last(*args: Any, **kwargs: Any) -> Any:
        for columns in kept_rows(*args, **kwargs):
            yield columns
            yield {name: column.slice(max(len(column) - 1, 0)) for name, column in columns.items()}

    monkeypatch.setattr(shard, "_kept_rows", repeat_the_last)
    refuse(make_plan(small_corpus.write_corpus(tmp_path)), match=r"difference -1")
