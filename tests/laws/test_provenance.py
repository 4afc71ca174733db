"""What a release says about its making: date, environment, operations, failed values; what is beside it."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
import rfc8785
import small_corpus

from governance.manifest import Manifest
from governance.run_record import RunRecord
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.errors import ConfigError
from pipeline.plan.make import Plan, make_plan

CHANGES: dict[str, Any] = {"released": "2026-11-29", "lines": {"min_count": 2, "min_chars": 5}}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A run with repeated lines, edits that change texts, and documents that fail every kind of rule."""
    rows = [row | {"text": f"{row['text']} &amp; more  \nShare this page"} for row in small_corpus.records()]
    folder = tmp_path_factory.mktemp("provenance")
    made = make_plan(small_corpus.write_corpus(folder, rows=rows, changes=CHANGES))
    runners.run(made)
    return made


@pytest.fixture(scope="module")
def manifest(plan: Plan) -> Manifest:
    return Manifest.from_json(Path(plan.job.release, "manifest.json").read_bytes())


def test_the_manifest_is_canonical_json_and_lists_every_other_file(plan: Plan, manifest: Manifest) -> None:
    release = Path(plan.job.release)
    data = (release / "manifest.json").read_bytes()
    assert rfc8785.dumps(json.loads(data)) == data
    files = small_corpus.tree_digests(release)
    del files["manifest.json"]
    assert {output.path: output.sha256 for output in manifest.outputs} == files
    for output in manifest.outputs:
        assert (output.rows is None) == (not output.path.endswith(".arrow"))
        assert output.bytes == (release / output.path).stat().st_size
    del files["README.md"]
    lines = sorted(f"{digest}  {path}\n".encode() for path, digest in files.items())
    assert hashlib.sha256(b"".join(lines)).hexdigest() == manifest.merkle_root


def test_its_date_is_the_corpus_files_else_that_of_source_date_epoch(
    plan: Plan, manifest: Manifest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert manifest.released == "2026-11-29"
    corpus = small_corpus.write_corpus(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert make_plan(corpus).job.released is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert make_plan(corpus).job.released == "2023-11-14"
    dated = small_corpus.write_corpus(tmp_path / "dated", changes={"released": "2026-02-28"})
    assert make_plan(dated).job.released == "2026-02-28"
    for wrong in ("yesterday", "-1", "1.5"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH is"):
            make_plan(corpus)
    for number, value in enumerate((20261129, "2026-02-29", "soon", True)):
        with pytest.raises(ConfigError, match=r"\$\.released"):
            make_plan(small_corpus.write_corpus(tmp_path / str(number), changes={"released": value}))


def test_a_number_that_canonical_json_cannot_hold_is_an_error_of_the_plan(tmp_path: Path) -> None:
    corpus = small_corpus.write_corpus(tmp_path, changes={"unit_bytes": 2**53})
    with pytest.raises(ConfigError, match=r"\$\.unit_bytes: .* canonical JSON"):
        make_plan(corpus)


def test_clock_host_and_commit_are_beside_the_release_and_change_nothing_of_it(plan: Plan) -> None:
    beside = Path(plan.job.output, "run.json")
    record = RunRecord.from_json(beside.read_bytes())
    assert record is not None
    digest = hashlib.sha256(Path(plan.job.release, "manifest.json").read_bytes()).hexdigest()
    assert (record.manifest_sha256, record.runner) == (digest, "local")
    assert record.started <= record.ended
    before = small_corpus.tree_digests(Path(plan.job.release))
    runners.run(plan)  # nothing to do: the record is of the run that made it
    assert RunRecord.from_json(beside.read_bytes()) == record
    shutil.rmtree(plan.job.release)
    beside.write_bytes(b"{}")
    runners.run(plan)
    assert small_corpus.tree_digests(Path(plan.job.release)) == before
    again = RunRecord.from_json(beside.read_bytes())
    assert again is not None
    assert again.manifest_sha256 == digest
    for text in (record.host, record.started, record.code.commit):
        assert text is None or text.encode() not in Path(plan.job.release, "manifest.json").read_bytes()


def test_edits_are_counted_as_the_texts_of_the_layers_say(plan: Plan, manifest: Manifest) -> None:
    """Edit by edit: documents that it changed, and bytes that all of them together removed."""
    changed, removed = Counter[str](), 0
    for path in Path(plan.job.output, "measured").rglob("*.signals.arrow"):
        for row in read_table(str(path)).select(["edits", "edit_bytes"]).to_pylist():
            assert len(row["edits"]) == len(row["edit_bytes"])
            changed.update(row["edits"])
            removed += sum(row["edit_bytes"])
    edits = [operation for operation in manifest.operations if operation.stage == "measure"]
    counted = {op.name: sum(flow.documents_changed or 0 for flow in op.flows) for op in edits}
    assert {"repeated_lines", "unescape"} <= {name for name, documents in counted.items() if documents}
    assert +Counter(counted) == changed
    assert list(counted) == ["repeated_lines", *plan.job.config.measure.edits]
    ledger = manifest.to_ledger()
    assert sum(flow.bytes_removed for op in edits for flow in op.flows) == removed
    assert removed == ledger.total("bytes", "measured", "edited", "repeated_lines")


def test_every_failed_rule_has_the_value_that_failed_and_the_sidecar_has_all_others(
    plan: Plan, manifest: Manifest
) -> None:
    limits = {
        (lang, reason): limit
        for lang, listed in manifest.thresholds.items()
        for limit in listed
        for reason in limit.reasons
    }
    seen = Counter[str]()
    for uid in manifest.sources:
        dropped = read_table(f"{plan.job.release}/ledger/{uid}.arrow")
        signals = read_table(f"{plan.job.release}/ledger/signals/{uid}.arrow")
        decided = dropped.filter(pc.equal(dropped["stage"], "decide")).to_pylist()
        assert [row["doc_id"] for row in decided] == signals["doc_id"].to_pylist()
        assert not {"text", "exact_hash"} & {*signals.schema.names}
        for row, measured in zip(decided, signals.to_pylist(), strict=True):
            assert [failure["rule"] for failure in row["failed"]] == row["reasons"]
            for failure in row["failed"]:
                seen[failure["rule"]] += 1
                limit = limits.get((row["lang"], failure["rule"]))
                if limit is not None:
                    assert failure["value"] == measured[limit.signal]
                    assert failure["limit"] in (limit.min, limit.max)
                elif failure["rule"] == "near_duplicate":
                    assert (failure["value"], failure["limit"]) == (row["kept_similarity"], 0.8)
                else:
                    assert (failure["value"], failure["limit"]) == (None, None)
        others = dropped.filter(pc.not_equal(dropped["stage"], "decide"))
        assert others["failed"].null_count == len(others)
    assert {"near_duplicate", "exact_duplicate", "word_repetition_ratio_above_max"} <= {*seen}
    assert any(rule.endswith("_below_min") for rule in seen)
