"""What running tasks tell: read while they run, gone when they end, and without effect on anything else."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import small_corpus

from layers.entries import Unit
from pipeline.job import Job
from pipeline.plan.make import make_plan
from pipeline.stages import task_progress
from pipeline.stages.ingest import ingest_unit
from pipeline.stages.task_progress import TaskReport, forget_progress, read_progress, track
from sources.base import RecordLog, SourceSpec
from sources.jsonl import read

TEXTS = pa.record_batch({"text": pa.array(["one", "zwei", "trois"], pa.large_string())})


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr(task_progress, "INTERVAL_SECONDS", 0.01)
    return make_plan(small_corpus.write_corpus(tmp_path)).job


def wait_for(told: Callable[[], list[TaskReport]]) -> list[TaskReport]:
    """What is told, once something is."""
    while not (reports := told()):
        time.sleep(0.005)
    return reports


def test_a_task_tells_what_it_counts_and_nothing_once_it_has_ended(job: Job) -> None:
    unit = Unit("health_json", "data/rows.jsonl", 0, 10, 1)

    def told() -> list[TaskReport]:
        return [report for report in read_progress(job) if report.documents == 6 and report.steps_done == 1]

    with track("measure", task=str(unit), unit=unit, job=job):
        assert list(task_progress.count_texts(iter([TEXTS, TEXTS]))) == [TEXTS, TEXTS]
        steps = task_progress.count_steps([1, 2], steps=2)
        assert [next(steps), next(steps)] == [1, 2]
        (report,) = wait_for(told)
    assert (report.stage, report.task, report.unit) == ("measure", str(unit), unit)
    assert (report.documents, report.bytes, report.position) == (6, 2 * len("onezweitrois"), None)
    assert (report.steps_done, report.steps) == (1, 2)
    assert read_progress(job) == []


def test_threads_of_a_process_tell_of_one_task_each(job: Job) -> None:
    both, end = threading.Barrier(3), threading.Event()

    def work(name: str) -> None:
        with track("measure", task=name, unit=None, job=job):
            task_progress.advance(TEXTS["text"] if name == "a" else TEXTS["text"][:1])
            both.wait()
            end.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    both.wait()
    reports = wait_for(lambda: found if len(found := read_progress(job)) == 2 else [])
    end.set()
    for thread in threads:
        thread.join()
    assert {report.task: report.documents for report in reports} == {"a": 3, "b": 1}
    assert len({report.worker for report in reports}) == 1
    assert read_progress(job) == []


def test_a_task_that_fails_tells_nothing_any_more(job: Job) -> None:
    with pytest.raises(ValueError, match="broken"), track("ingest", task="t", unit=None, job=job):
        wait_for(lambda: read_progress(job))
        raise ValueError("broken")
    assert read_progress(job) == []


def test_what_a_killed_run_told_is_forgotten(job: Job) -> None:
    left = Path(job.progress) / "host-1.json"
    left.parent.mkdir(parents=True)
    left.write_text(json.dumps({"worker": "host-1", "tasks": []}), "utf-8")
    with forget_progress(job):
        assert not left.exists()
    assert not left.parent.exists()


def test_an_object_store_gets_no_file(job: Job) -> None:
    remote = type(job)(**{**vars(job), "output": "memory://bucket/out"})
    before = threading.active_count()
    with track("ingest", task="t", unit=None, job=remote):
        assert threading.active_count() == before
    assert read_progress(remote) == []


def test_functions_of_a_stage_by_themselves_tell_nothing(job: Job) -> None:
    assert list(task_progress.count_texts(iter([TEXTS]))) == [TEXTS]
    task_progress.follow(lambda: task_progress.Reading(1, bytes=2, documents=3))
    assert read_progress(job) == []


def test_told_or_not_an_entry_is_the_same(job: Job, tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "corpus.yaml")
    plain = ingest_unit(plan.units[0], job=job)
    other = make_plan(tmp_path / "corpus.yaml", output=str(tmp_path / "other"))
    with track("ingest", task="t", unit=plan.units[0].unit, job=other.job):
        assert ingest_unit(other.units[0], job=other.job) == plain


@pytest.mark.parametrize("compressed", [False, True])
def test_a_reader_tells_its_place_in_the_file(compressed: bool, tmp_path: Path) -> None:
    lines = b"".join(b'{"text": "text number %d"}\n' % number for number in range(100_000))
    data = gzip.compress(lines, mtime=0) if compressed else lines
    name = "rows.jsonl.gz" if compressed else "rows.jsonl"
    (tmp_path / name).write_bytes(data)
    spec = SourceSpec("uid", "jsonl", str(tmp_path), "MIT", fields={"text": "text"}, batch_bytes=1 << 16)
    log = RecordLog(Unit("uid", name))

    def places() -> Iterator[int]:
        for _ in read(log.unit, spec=spec, log=log):
            assert log.position is not None
            yield log.position

    found = [*places()]
    assert found == sorted(found)
    assert 0 < found[0] < len(data)
    assert found[-1] == len(data)
