"""The public transforms in a pipeline of somebody else: same rows, same decisions, however batched."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import small_corpus
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, is_empty

from filters import base
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions
from layers.document import DOCUMENT, REJECTED
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.beam.runners import make_local_runner
from pipeline.config.measure import MeasureConfig
from pipeline.plan.make import make_plan
from pipeline.stages.decide.verdicts import DUPLICATE_RULES, DUPLICATES
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.measure.measurer import Measurer
from pipeline.transforms import Deduplicate, Measure, ReadSource

FIELDS = {"text": "text", "id": "id", "lang": "lang", "url": "url"}


def read_rows(folder: Path, **changes: Any) -> ReadSource:
    arguments: dict[str, Any] = {
        "type": "jsonl",
        "root": str(folder),
        "paths": ["data/rows.jsonl"],
        "license": "CC0-1.0",
        "fields": FIELDS,
    }
    return ReadSource("health_json", **(arguments | changes))


def write_ipc(batch: pa.RecordBatch, *, folder: str) -> None:
    """One file per batch, named by its content, so that worker processes can report what they saw."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    content = sink.getvalue().to_pybytes()
    (Path(folder) / f"{hashlib.sha256(content).hexdigest()}.arrow").write_bytes(content)


def written(folder: Path) -> pa.Table:
    tables = [pa.ipc.open_file(path.read_bytes()).read_all() for path in sorted(folder.glob("*.arrow"))]
    return pa.concat_tables(tables)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    small_corpus.write_corpus(folder)
    return folder


@pytest.fixture(scope="module")
def outputs(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pa.Table]:
    """All five outputs of one pipeline that runs in this process."""
    return run_all(corpus, folder=tmp_path_factory.mktemp("in-process"), workers=1)


def run_all(corpus: Path, *, folder: Path, workers: int) -> Mapping[str, pa.Table]:
    names = ("documents", "rejected", "measured", "failed", "decided")
    for name in names:
        (folder / name).mkdir()
    runner, options = make_local_runner(workers=workers)
    with beam.Pipeline(runner=runner, options=PipelineOptions(options)) as pipeline:
        documents, rejected = pipeline | read_rows(corpus, unit_bytes=40_000)
        measured, failed = documents | Measure()
        decided = measured | Deduplicate()
        for name, rows in zip(names, (documents, rejected, measured, failed, decided), strict=True):
            rows | f"Write {name}" >> beam.Map(write_ipc, folder=str(folder / name))
    return {name: written(folder / name) for name in names if any((folder / name).iterdir())}


def in_order(table: pa.Table) -> pa.Table:
    return table.sort_by([("container", "ascending"), ("offset", "ascending")]).combine_chunks()


def decide(batches: Sequence[pa.RecordBatch], **options: Any) -> pa.RecordBatch:
    (decided,) = batches | Deduplicate(**options)
    return decided


def test_every_record_is_a_document_or_a_rejected_row(corpus: Path, outputs: Mapping[str, pa.Table]) -> None:
    lines = (corpus / "data" / "rows.jsonl").read_bytes().splitlines()
    assert len(outputs["documents"]) + len(outputs["rejected"]) == len(lines)
    assert outputs["documents"].schema == DOCUMENT
    assert outputs["rejected"].schema == REJECTED
    assert sorted(outputs["rejected"]["reason"].to_pylist()) == sorted(small_corpus.DEFECTS)


def test_every_file_is_read_however_small(tmp_path: Path) -> None:
    for number in range(7):
        rows = [json.dumps({"text": f"Roots of file {number}."}), "broken"]
        (tmp_path / f"{number}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    for name in ("documents", "rejected"):
        (tmp_path / name).mkdir()
    reading = read_rows(tmp_path, paths=["*.jsonl"], fields={"text": "text"})
    with beam.Pipeline(runner=make_local_runner(workers=1)[0]) as pipeline:
        for name, rows in zip(("documents", "rejected"), pipeline | reading, strict=True):
            rows | f"Write {name}" >> beam.Map(write_ipc, folder=str(tmp_path / name))
    files = [f"{number}.jsonl" for number in range(7)]
    assert in_order(written(tmp_path / "documents"))["container"].to_pylist() == files
    assert in_order(written(tmp_path / "rejected"))["container"].to_pylist() == files


def test_measured_rows_are_the_documents_with_the_columns_of_the_measure_stage(
    outputs: Mapping[str, pa.Table],
) -> None:
    measured, documents = in_order(outputs["measured"]), in_order(outputs["documents"])
    kept = [name for name in DOCUMENT.names if name != "text"]
    assert measured.select(kept) == documents.select(kept)
    rows = documents.to_batches()[0]
    edited, signals, bands = transform_measurer().measure(rows)
    names = [*signals.schema.names, *bands.schema.names]
    assert measured.schema.names == list(
        dict.fromkeys([*DOCUMENT.names, *(name for name in names if name != "raw_row")])
    )
    for batch in (edited, signals.drop_columns(["raw_row"]), bands):
        for name in batch.schema.names:
            assert measured[name].to_pylist() == batch[name].to_pylist(), name


def transform_measurer() -> Measurer:
    return Measurer(
        edits=tuple(MeasureConfig().edits),
        personal_data=MeasureConfig().kinds,
        signals=base.default_signals(),
        model=DEFAULT_MODEL,
        max_sample_bytes=SegmentOptions().max_sample_bytes,
        minhash=MinHashOptions(),
    )


@pytest.mark.parametrize("rows", [1, 7])
def test_measured_rows_do_not_depend_on_batches(outputs: Mapping[str, pa.Table], rows: int) -> None:
    whole = in_order(outputs["documents"]).to_batches()[0]
    batches = [whole.slice(start, rows) for start in range(0, len(whole), rows)]
    measured = [batch for batch in batches | beam_measured(Measure())]
    assert in_order(pa.Table.from_batches(measured)) == in_order(outputs["measured"])


def beam_measured(measure: Measure) -> beam.PTransform:
    """Only the first output, so that a list of batches can be measured at once."""
    return beam.ptransform_fn(lambda batches: (batches | measure)[0])()


def test_decisions_do_not_depend_on_batches_or_order(outputs: Mapping[str, pa.Table]) -> None:
    expected = outputs["decided"].combine_chunks().to_batches()[0]
    assert expected.schema == DUPLICATES
    rows = outputs["measured"].combine_chunks()
    for seed, size in [(1, 1), (2, 13), (3, len(rows))]:
        shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(len(rows))))
        batches = shuffled.combine_chunks().to_batches(max_chunksize=size)
        assert decide(batches) == expected


def test_two_worker_processes_give_the_same(
    corpus: Path, outputs: Mapping[str, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # workers import this module
    found = run_all(corpus, folder=tmp_path, workers=2)
    assert set(found) == set(outputs)
    for name, table in outputs.items():
        assert in_order(found[name]) == in_order(table), name


def test_decisions_are_those_of_a_whole_run(tmp_path: Path) -> None:
    """With rules that nothing fails but a foreign language, the run and the transform agree on every row."""
    changes = {
        "decide": {"quality": False},
        "local": {"workers": 1},
        "sources": [
            {"card": "health_json", "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": FIELDS},
            {
                "card": "health_gzip",
                "type": "jsonl",
                "paths": ["data/*.gz"],
                "fields": {"text": "body", "id": "key", "lang": "language"},
            },
        ],
    }
    rows = small_corpus.records()
    plan = make_plan(small_corpus.write_corpus(tmp_path, rows=[*rows, rows[1]], changes=changes))
    runners.run(plan)
    layers = [tmp_path / "out" / layer for layer in ("measured", "decisions")]
    batches = [batch for batch in measured_rows(layers[0])]
    decided = pa.Table.from_batches([decide(batches)])
    paths = sorted(layers[1].rglob("*.decisions.arrow"))
    of_run = pa.concat_tables([read_table(str(path)) for path in paths])
    by_key = [("doc_id", "ascending"), ("reason", "ascending")]
    shared = [
        "doc_id",
        "component_id",
        "component_size",
        "cluster_size",
        "kept_doc_id",
        "kept_similarity",
    ]
    targeted = of_run.filter(pc.field("reason").is_null() | pc.field("reason").isin(DUPLICATE_RULES))
    assert_keys(decided, of_run=of_run)
    ids = pc.is_in(decided["doc_id"], value_set=targeted["doc_id"].combine_chunks())
    columns = [*shared, "keep", "reason"]
    found = decided.filter(ids).sort_by(by_key).select(columns).to_pylist()
    assert found == targeted.sort_by(by_key).select(columns).to_pylist()
    assert set(DUPLICATE_RULES) == {row["reason"] for row in found} - {None}


def assert_keys(decided: pa.Table, *, of_run: pa.Table) -> None:
    """The same documents have the same keys: where a run says null, it is the doc_id."""
    keys = pc.coalesce(of_run["key_id"], of_run["doc_id"]).to_pylist()
    expected = sorted(zip(of_run["doc_id"].to_pylist(), keys, strict=True))
    pairs = sorted(zip(decided["doc_id"].to_pylist(), decided["key_id"].to_pylist(), strict=True))
    assert pairs == expected
    assert sum(one != other for one, other in pairs) == 2, "of one key"


def measured_rows(layer: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a measured layer as the transforms hand them on."""
    for path in sorted(layer.rglob("*.text.arrow")):
        stem = str(path).removesuffix(".text.arrow")
        parts = [read_table(f"{stem}.{name}.arrow") for name in ("text", "signals", "bands")]
        columns = {name: part[name] for part in parts for name in part.schema.names}
        yield from pa.table(columns).combine_chunks().to_batches()


def test_a_document_that_makes_a_signal_raise_is_a_row_of_the_second_output(
    outputs: Mapping[str, pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, where the signals can be given a defect."""
    documents = in_order(outputs["documents"]).to_batches()[0]
    roots = base.load_signals("roots")
    original = roots.measure

    def measure(batch: pa.RecordBatch, **how: Any) -> pa.RecordBatch:
        if pc.any(pc.match_substring(batch["text"], "Click here")).as_py():
            raise ZeroDivisionError("a defect")
        return original(batch, **how)

    monkeypatch.setattr(roots, "measure", measure)
    failed: list[pa.RecordBatch] = [documents] | beam.ptransform_fn(lambda rows: (rows | Measure())[1])()
    measured: list[pa.RecordBatch] = [documents] | beam_measured(Measure())
    (error,) = pa.Table.from_batches(failed, schema=REJECTED).to_pylist()
    assert (error["reason"], error["record_id"], error["records"]) == ("error:roots", "spam", 1)
    assert error["detail"].startswith("ZeroDivisionError: a defect (at measure, line ")
    rest = in_order(outputs["measured"]).filter(pc.field("record_id") != "spam")
    assert in_order(pa.Table.from_batches(measured)) == rest.combine_chunks()


def test_the_stage_and_the_transform_halve_batches_with_one_function(
    outputs: Mapping[str, pa.Table],
) -> None:
    documents = in_order(outputs["documents"]).to_batches()[0]
    errors: list[dict[str, object]] = []
    ((text, _, _),) = measure_batches(
        iter([documents]), measurer=transform_measurer(), errors=errors, lost=[]
    )
    assert (len(text), errors) == (len(documents), [])


def test_nothing_in_gives_nothing_out() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        documents = pipeline | beam.Create([], reshuffle=False).with_output_types(pa.RecordBatch)
        measured, failed = documents | Measure()
        assert_that(measured, is_empty(), label="measured")
        assert_that(failed, is_empty(), label="failed")
        assert_that(measured | Deduplicate(), is_empty(), label="decided")


def test_only_hashes_and_places_are_shuffled(outputs: Mapping[str, pa.Table]) -> None:
    options = MinHashOptions(bands=3)
    rows = outputs["measured"].combine_chunks().to_batches()
    (kept,) = rows | Deduplicate(minhash=options)
    assert kept.schema == DUPLICATES
    with pytest.raises(Exception, match="needs the columns \\['exact_hash'\\], which Measure"):
        _ = [rows[0].drop_columns(["exact_hash"])] | Deduplicate()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "jsonlines"}, r"\$\.type: unknown source type 'jsonlines'; did you mean 'jsonl'\?"),
        ({"fields": {"txt": "body"}}, r"\$\.fields: unknown role 'txt'; did you mean 'text'\?"),
        ({"options": {"colour": "red"}}, r"colour"),
        ({"paths": []}, r"\$\.paths: "),
        ({"paths": "data/*.jsonl"}, r"paths is the string 'data/\*\.jsonl'; give a list"),
        ({"license": "CC BY"}, r"names a family, not a licence"),
        ({"unit_bytes": 0}, r"unit_bytes is 0; it must be at least 1"),
    ],
)
def test_wrong_arguments_of_a_source_are_told_at_once(
    tmp_path: Path, changes: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_rows(tmp_path, **changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edits": ["unicode_nfd"]}, r"\$\.edits: unknown edit 'unicode_nfd'; did you mean 'unicode_nfc'\?"),
        ({"signals": ["root"]}, r"\$\.signals: unknown signals 'root'; did you mean 'roots'\?"),
        ({"max_sample_bytes": 0}, r"\$\.language_id\.max_sample_bytes: "),
    ],
)
def test_wrong_arguments_of_measure_are_told_at_once(arguments: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Measure(**arguments)


def test_files_that_are_not_there_are_told_before_anything_runs(tmp_path: Path) -> None:
    pipeline = beam.Pipeline(runner="FnApiRunner")
    with pytest.raises(FileNotFoundError, match="matches no file"):
        pipeline | read_rows(tmp_path)


def test_a_batch_without_a_column_is_told_with_its_name() -> None:
    batch = pa.RecordBatch.from_pylist([json.loads('{"text": "x"}')])
    with pytest.raises(Exception, match="batch lacks columns \\['doc_id'"):
        _ = [batch] | beam_measured(Measure())
