"""Law 4: the same inputs and config give the same bytes, whoever works and however rows arrive."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import small_corpus

from layers import storage
from layers.shard_writer import Rebatcher, rebatch
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.count import lines as count

LINES = {"lines": {"min_count": 2, "min_chars": 10, "max_share": 1.0, "keep": "first"}}
"""So strict that copies of a paragraph lose all but the first."""


def release(
    folder: Path,
    *,
    change: Callable[[Plan], Plan] = lambda plan: plan,
    config: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Path → digest of a release made in folder."""
    plan = change(make_plan(small_corpus.write_corpus(folder, changes=config)))
    runners.run(plan)
    return small_corpus.tree_digests(folder / "out" / "release")


def reverse_units(plan: Plan) -> None:
    """As write_units, in the opposite order."""
    lines = [item.to_json() for item in reversed(plan.units)]
    storage.write_bytes(plan.job.plan_url, b"\n".join(lines))


def with_batch_bytes(plan: Plan, batch_bytes: int) -> Plan:
    """The plan with readers that give other batches."""
    specs = {uid: dataclasses.replace(spec, batch_bytes=batch_bytes) for uid, spec in plan.job.specs.items()}
    return dataclasses.replace(plan, job=dataclasses.replace(plan.job, specs=specs))


def with_local(plan: Plan, **changes: int) -> Plan:
    local = plan.job.config.local.model_copy(update=changes)
    config = plan.job.config.model_copy(update={"local": local})
    return dataclasses.replace(plan, job=dataclasses.replace(plan.job, config=config))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return release(tmp_path_factory.mktemp("once"))


def test_the_release_has_data_provenance_ledger_and_cards(expected: dict[str, str]) -> None:
    assert {path.split("/")[0] for path in expected} == {
        "data",
        "provenance",
        "ledger",
        "cards",
        "README.md",
        "ATTRIBUTION.tsv",
        "LICENSES.md",
        "LICENSE.md",
        "CITATION.cff",
        "STATISTICS.md",
        "croissant.json",
        "eu_training_content.json",
        "eu_training_content.md",
        "top_domains.csv",
        "twins",
        "DATA_DICTIONARY.md",
        "manifest.json",
    }


def test_another_place_on_disk_gives_the_same_bytes(expected: dict[str, str], tmp_path: Path) -> None:
    assert release(tmp_path / "a path with spaces") == expected


def test_worker_processes_give_the_same_bytes(expected: dict[str, str], tmp_path: Path) -> None:
    """Three; two count repeated lines below."""
    three = release(tmp_path, change=lambda plan: with_local(plan, workers=3, max_in_process_bytes=0))
    assert three == expected


@pytest.mark.parametrize("batch_bytes", [1, 5_000])
def test_other_batch_sizes_of_the_readers_give_the_same_bytes(
    expected: dict[str, str], tmp_path: Path, batch_bytes: int
) -> None:
    assert release(tmp_path, change=lambda plan: with_batch_bytes(plan, batch_bytes)) == expected


def test_other_batch_sizes_of_the_stages_give_the_same_rows(
    expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards are cut at fixed row counts; with other cuts every value must still be the same."""
    for cutter in (Rebatcher.__init__, rebatch):
        smaller = {**(cutter.__kwdefaults__ or {}), "max_rows": 3, "max_bytes": 10_000}
        monkeypatch.setattr(cutter, "__kwdefaults__", smaller)
    again = release(tmp_path)
    assert sorted(again) == sorted(expected)
    ledger = "ledger/summary.json"
    assert again[ledger] == expected[ledger]


def test_another_order_of_arrival_gives_the_same_bytes(
    expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "write_units", reverse_units)
    assert release(tmp_path) == expected


def test_a_manifest_holds_no_time_and_no_path_of_the_machine(
    expected: dict[str, str], tmp_path: Path
) -> None:
    release(tmp_path)
    text = (tmp_path / "out" / "release" / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["name"] == "small"


def test_repeated_lines_are_the_same_whoever_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = release(tmp_path / "once", config=LINES)
    assert read_table(str(tmp_path / "once/out/release/ledger/lines/health_json.arrow")).num_rows > 0
    assert release(tmp_path / "batches", change=lambda plan: with_batch_bytes(plan, 1), config=LINES) == once
    two = release(
        tmp_path / "workers",
        change=lambda plan: with_local(plan, workers=2, max_in_process_bytes=0),
        config=LINES,
    )
    assert two == once
    monkeypatch.setattr(runners, "write_units", reverse_units)
    monkeypatch.setattr(count, "MAX_PARTITION_ROWS", 8)  # several ranges of keys
    assert release(tmp_path / "reversed", config=LINES) == once
