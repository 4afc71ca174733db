"""Law 7: a run killed at any stage, started again, does what is missing and gives the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_corpus

from layers import storage
from layers.entries import Entry, read_entries
from pipeline.beam import runners
from pipeline.inspect.rubbish import clean
from pipeline.inspect.status import Watch, committed
from pipeline.plan.make import make_plan

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
MOMENTS = {
    "ingest": ("raw/*/*.json", 1),
    "measure": ("measured/*/*.json", 2),
    "decide": ("decisions/*/*.json", 1),
    "publish": ("published/*/*.json", 2),
}
"""Stage → the first file of it, and how many processes work: one does all in the driver and starts sooner."""


def start(config: Path, *, workers: int = 2) -> subprocess.Popen[bytes]:
    """`rhizotron run` as a process group of its own; two workers or more are processes."""
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), "--workers", str(workers)]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def kill_when(folder: Path, *, pattern: str, process: subprocess.Popen[bytes]) -> None:
    """SIGKILL driver and workers as soon as a file matches."""
    while process.poll() is None and not list((folder / "out").glob(pattern)):
        time.sleep(0.002)
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    runners.run(make_plan(small_corpus.write_corpus(folder)))
    return small_corpus.tree_digests(folder / "out" / "release")


@pytest.mark.parametrize("stage", MOMENTS)
def test_a_run_killed_in_a_stage_resumes_to_the_same_bytes(
    stage: str, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes={"local": {"max_in_process_bytes": 0}})
    pattern, workers = MOMENTS[stage]
    kill_when(tmp_path, pattern=pattern, process=start(config, workers=workers))
    plan = make_plan(config, workers=workers)
    before = {entry.unit: modified(plan.job.raw.url, entry) for entry in committed(plan)["ingest"]}
    runners.run(plan)
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed
    after = {entry.unit: modified(plan.job.raw.url, entry) for entry in committed(plan)["ingest"]}
    assert {unit: after[unit] for unit in before} == before, "a committed unit was done again"
    assert [path for path in storage.list_tree(plan.job.release) if storage.TEMPORARY_PREFIX in path] == []


LINES = {"lines": {"min_count": 2, "min_chars": 5}}


@pytest.fixture(scope="module")
def undisturbed_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that counted lines."""
    folder = tmp_path_factory.mktemp("lines")
    runners.run(make_plan(small_corpus.write_corpus(folder, changes=LINES)))
    return folder


@pytest.mark.parametrize(("pattern", "workers"), [("line_counts/*/*.json", 2), ("lines/*/*.json", 1)])
def test_a_run_killed_while_it_counts_lines_resumes_to_the_same_bytes(
    pattern: str, workers: int, undisturbed_lines: Path, tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=LINES | {"local": {"max_in_process_bytes": 0}})
    kill_when(tmp_path, pattern=pattern, process=start(config, workers=workers))
    plan = make_plan(config, workers=workers)
    before = {entry.unit: modified(plan.job.line_counts.url, entry) for entry in committed(plan)["count"]}
    assert before
    runners.run(plan)
    clean(plan)  # what the killed process was writing
    for layer in ("line_counts", "lines", "release"):
        assert small_corpus.tree_digests(tmp_path / "out" / layer) == small_corpus.tree_digests(
            undisturbed_lines / "out" / layer
        )
    after = {entry.unit: modified(plan.job.line_counts.url, entry) for entry in committed(plan)["count"]}
    assert {unit: after[unit] for unit in before} == before, "a committed part was counted again"


def modified(layer_url: str, entry: Entry) -> int:
    return os.stat(f"{layer_url}/{entry.unit.source}/{entry.unit.name}.json").st_mtime_ns


def test_a_killed_worker_is_survived(undisturbed: dict[str, str], tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path, changes={"local": {"max_in_process_bytes": 0}})
    process = start(config)
    while process.poll() is None and not list((tmp_path / "out").glob("raw/*/*.json")):
        time.sleep(0.002)
    workers = [
        int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_worker(int(pid), of=process.pid)
    ]
    os.kill(workers[0], signal.SIGKILL)
    assert process.wait(timeout=300) == 0
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed


def is_worker(pid: int, *, of: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"pipeline.beam.worker" in command and os.getsid(pid) == of
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_second_run_changes_nothing(undisturbed: dict[str, str], tmp_path: Path) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    runners.run(plan)
    layers = {
        layer: small_corpus.tree_digests(tmp_path / "out" / layer)
        for layer in ("raw", "measured", "decisions")
    }
    runners.run(plan)
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed
    for layer, digests in layers.items():
        assert small_corpus.tree_digests(tmp_path / "out" / layer) == digests


def test_a_changed_threshold_redoes_decide_and_publish_only(tmp_path: Path) -> None:
    runners.run(make_plan(small_corpus.write_corpus(tmp_path)))
    layers = ("raw", "measured")
    before = {
        path: path.stat().st_mtime_ns for layer in layers for path in (tmp_path / "out" / layer).rglob("*.*")
    }
    stricter = {"decide": {"thresholds": {"all": {"words": {"min": 100}}}}}
    plan = make_plan(small_corpus.write_corpus(tmp_path, changes=stricter))
    status = Watch(plan).update()
    assert status["measure"].complete
    assert not status["decide"].complete
    runners.run(plan)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    reasons = {c.reason for entry in read_entries(plan.job.decisions.url) for c in entry.counts}
    assert "words_below_min" in reasons


def test_a_changed_file_is_ingested_again_and_only_that(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    runners.run(make_plan(config))
    entries = {entry.unit: entry for entry in read_entries(str(tmp_path / "out" / "raw"))}
    page = tmp_path / "data" / "page0.txt"
    page.write_text(page.read_text(encoding="utf-8") + "\nSentensi moja zaidi.", encoding="utf-8")
    runners.run(make_plan(config))
    again = {entry.unit: entry for entry in read_entries(str(tmp_path / "out" / "raw"))}
    assert [unit.uri for unit in again if again[unit] != entries[unit]] == ["data/page0.txt"]


def test_a_file_changed_behind_the_clock_is_found_by_hashing(tmp_path: Path) -> None:
    from pipeline.stages.ingest_checks import forget_changed_inputs

    config = small_corpus.write_corpus(tmp_path)
    plan = make_plan(config)
    runners.run(plan)
    page = tmp_path / "data" / "page0.txt"
    stat = page.stat()
    page.write_bytes(page.read_bytes().replace(b"a", b"e"))
    os.utime(page, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert Watch(plan).update()["ingest"].complete
    assert forget_changed_inputs(plan.units, job=plan.job) == [("health_text", "data/page0.txt")]
    assert not Watch(plan).update()["ingest"].complete
