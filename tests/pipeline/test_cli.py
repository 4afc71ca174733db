"""The command line as people use it: stages, trial runs, exit codes, Ctrl-C, and what it prints."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result

import layers.compiling
from filters.kernels import compiling
from layers import storage
from layers.shards import read_table
from pipeline.beam.lock import lock_output
from pipeline.cli import main

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
RUNNER = CliRunner()


def rhizotron(*arguments: object) -> Result:
    return RUNNER.invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in a path with spaces, run by one command."""
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("cli") / "a path with spaces")
    result = rhizotron("run", path)
    assert result.exit_code == 0, result.output
    return path


def release_of(config: Path) -> dict[str, str]:
    return small_corpus.tree_digests(config.parent / "out" / "release")


def doc_ids(config: Path, lang: str) -> list[str]:
    paths = sorted((config.parent / "out" / "release" / "data" / lang).glob("*/*.arrow"))
    return [row["doc_id"] for path in paths for row in read_table(str(path)).to_pylist()]


def test_stages_one_after_another_equal_the_whole_run(config: Path, tmp_path: Path) -> None:
    for stage in ("ingest", "measure", "decide", "publish"):
        result = rhizotron(stage, config, "--out", tmp_path / "out")
        assert result.exit_code == 0, result.output
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == release_of(config)


@pytest.mark.parametrize("stage", ["measure", "decide", "publish"])
def test_a_stage_without_the_one_before_names_it(stage: str, config: Path, tmp_path: Path) -> None:
    result = rhizotron(stage, config, "--out", tmp_path / "out")
    assert result.exit_code == 6
    assert "run the ingest stage first" in result.output
    assert "Traceback" not in result.output


def test_the_first_run_of_a_version_says_that_it_compiles(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "kernels are compiled, once on this machine and version"
    monkeypatch.setenv("RHIZOTRON_CACHE", str(tmp_path / "cache"))
    layers.compiling.cache_folder.cache_clear()
    try:
        (compiling.cache_folder() / "html.slim_page-1.py311.nbi").touch()  # no kernel of measure
        for compiled in (False, True):
            result = rhizotron("measure", config, "--out", tmp_path / "out")
            assert (message in result.output) is not compiled
            assert message not in rhizotron("decide", config, "--out", tmp_path / "out").output
            (compiling.cache_folder() / "signals").mkdir(exist_ok=True)
            (compiling.cache_folder() / "signals" / "text.count_texts-1.py311.nbi").touch()
    finally:
        layers.compiling.cache_folder.cache_clear()


def test_the_first_look_of_a_version_says_that_it_compiles(tmp_path: Path) -> None:
    page = f"<html><body><article><p>{'The well was dug by farmers. ' * 20}</p></article></body></html>"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "well.html").write_text(page)
    message = "what `fast` needs is compiled, once on this machine and version"
    source = {"card": "health_json", "type": "html", "paths": ["pages/*.html"]}
    # each in a process of its own: one that has the kernel in memory compiles nothing
    environment = ENVIRONMENT | {"RHIZOTRON_CACHE": str(tmp_path / "cache")}
    for extractor, told in (("precise", False), ("fast", True), ("fast", False)):
        changes = {"sources": [source | {"options": {"extractor": extractor}}]}
        path = small_corpus.write_corpus(tmp_path, changes=changes)
        command = [sys.executable, "-m", "pipeline.cli", "peek", str(path), "health_json"]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert "The well was dug" in result.stdout
        assert (message in result.stderr) is told


def test_what_is_wrong_with_the_corpus_file_exits_with_2(tmp_path: Path) -> None:
    path = small_corpus.write_corpus(tmp_path, changes={"unit_byte": 1, "max_bad_fraction": 2})
    for command in ("plan", "run", "status", "clean", "dropped"):
        result = rhizotron(command, path)
        assert result.exit_code == 2
        assert "$.unit_byte: unknown field; did you mean 'unit_bytes'?" in result.output
        assert "$.max_bad_fraction" in result.output
    assert rhizotron("run", tmp_path / "nowhere.yaml").exit_code == 2
    assert rhizotron("run", path, "--unknown-option").exit_code == 2


def test_too_many_bad_records_exit_with_3(tmp_path: Path) -> None:
    result = rhizotron("run", small_corpus.write_corpus(tmp_path, changes={"max_bad_fraction": 0}))
    assert result.exit_code == 3
    assert "health_json: 4 of 91 records are unreadable" in result.output


def test_an_output_in_use_exits_with_5(config: Path) -> None:
    from pipeline.plan.make import make_plan

    with lock_output(make_plan(config).job):
        for command in ("run", "clean"):
            result = rhizotron(command, config)
            assert result.exit_code == 5
            assert f"is in use by process {os.getpid()}" in result.output


def test_plan_prints_and_writes_nothing(tmp_path: Path) -> None:
    path = small_corpus.write_corpus(tmp_path)
    before = small_corpus.tree_digests(tmp_path)
    result = rhizotron("plan", path)
    assert result.exit_code == 0
    assert all(uid in result.output for uid in small_corpus.SOURCES)
    assert "memory" in result.output
    assert small_corpus.tree_digests(tmp_path) == before


def test_status_says_what_is_done_and_what_is_missing(config: Path, tmp_path: Path) -> None:
    result = rhizotron("status", config)
    assert result.exit_code == 0
    assert "release: none" not in result.output
    assert rhizotron("ingest", config, "--out", tmp_path).exit_code == 0
    assert "release: none yet" in rhizotron("status", config, "--out", tmp_path).output


def test_a_trial_run_reads_at_most_so_many_documents_per_source(config: Path, tmp_path: Path) -> None:
    result = rhizotron("run", config, "--out", tmp_path / "o", "--limit", 7)
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "o-trial-7" / "release" / "ledger" / "summary.json").read_bytes())
    kept = {uid: 0 for uid in small_corpus.SOURCES}
    for row in rows:
        if (row["layer"], row["flow"]) == ("raw", "kept"):
            kept[row["source"]] += row["documents"]
    assert kept == {"health_json": 7, "health_gzip": 7, "health_text": 2}


def test_explain_as_text_and_as_json(config: Path) -> None:
    doc_id = doc_ids(config, "fr")[0]
    text = rhizotron("explain", doc_id, config)
    assert text.exit_code == 0
    for word in ("source", "origin", "language", "rule", "decision", "kept", "CC0-1.0"):
        assert word in text.output
    (life,) = json.loads(rhizotron("explain", doc_id, config, "--json").output)
    assert (life["doc_id"], life["language"]["lang"], life["decision"]["keep"]) == (doc_id, "fr", True)
    assert Path(life["release"]["shard"]).exists()
    unknown = rhizotron("explain", "0" * 32, config)
    assert (unknown.exit_code, "no document" in unknown.output) == (1, True)
    assert "32 hexadecimal digits" in rhizotron("explain", "xyz", config).output


def dropped(config: Path, *arguments: object) -> list[dict[str, Any]]:
    result = rhizotron("dropped", config, "--json", "-n", 1000, *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_dropped_lists_what_the_ledger_counts(config: Path) -> None:
    summary = json.loads((config.parent / "out" / "release" / "ledger" / "summary.json").read_bytes())
    everything = sum(row["documents"] for row in summary if row["flow"] == "dropped")
    rows = dropped(config)
    assert len(rows) == everything
    assert {row["reason"] for row in dropped(config, "--reason", "broken_json")} == {"broken_json"}
    assert {row["lang"] for row in dropped(config, "--lang", "fr")} == {"fr"}
    assert {row["stage"] for row in dropped(config, "--stage", "ingest")} == {"ingest"}
    text = rhizotron("dropped", config, "-n", 1, "--reason", "exact_duplicate")
    assert (text.exit_code, "exact_duplicate" in text.output) == (0, True)


def test_what_follows_two_dashes_goes_to_beam(config: Path, tmp_path: Path) -> None:
    from unittest.mock import patch

    from apache_beam.options.pipeline_options import PipelineOptions

    seen: list[list[str]] = []
    init = PipelineOptions.__init__

    def record(self: PipelineOptions, flags: Any = None, **kwargs: Any) -> None:
        seen.append(list(flags or []))
        init(self, flags, **kwargs)

    with patch.object(PipelineOptions, "__init__", record):
        result = rhizotron("ingest", config, "--out", tmp_path, "--", "--job_name=mine", "--no_such_flag=1")
    assert result.exit_code == 0, result.output
    assert any({"--job_name=mine", "--no_such_flag=1"} <= set(flags) for flags in seen)


def test_an_interrupted_run_leaves_nothing_half_written_and_resumes(config: Path, tmp_path: Path) -> None:
    path = small_corpus.write_corpus(tmp_path / "again", changes={"unit_bytes": 2_000})
    command = [sys.executable, "-m", "pipeline.cli", "run", str(path)]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        start_new_session=True,
        # a shell's background jobs ignore SIGINT, and so do their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    out = path.parent / "out"
    while process.poll() is None and not list(out.glob("raw/*/*.json")):
        time.sleep(0.002)
    assert process.poll() is None, "the run ended before it could be interrupted"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"Run the same command to resume" in errors
    assert b"Traceback" not in errors
    assert [name for name in storage.list_tree(str(out)) if storage.TEMPORARY_PREFIX in name] == []
    assert not (out / "release").exists()
    result = rhizotron("run", path)
    assert result.exit_code == 0, result.output
    assert (out / "release" / "manifest.json").exists()


def test_a_folder_that_cannot_be_made_is_named_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    place = tmp_path / "file" / "cards"
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "card", "new", "my_source", "--to", str(place)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"rhizotron: {place} cannot be written or read: a part of its path is a file; "
        "choose another place, then give the same command again\n"
    )
