"""One driver at a time: a lock says who holds it and how it is removed, on disks and in object stores."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
import small_corpus
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from layers import storage
from pipeline.beam import graph
from pipeline.beam.lock import has_driver, lock_output
from pipeline.errors import OutputLocked
from pipeline.job import Job
from pipeline.plan.make import make_plan, write_units

LEFT = "the flink job 7f3a at localhost:8099"


@pytest.fixture(params=["disk", "object store"])
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Job]:
    remote = f"memory://{tmp_path.name}"
    output = remote if request.param == "object store" else str(tmp_path / "out")
    yield make_plan(small_corpus.write_corpus(tmp_path), output=output).job
    storage.remove(remote)


def lock_url(job: Job) -> str:
    return storage.join(job.output, ".lock")


def test_the_second_of_two_drivers_is_told_who_the_first_is(job: Job) -> None:
    with lock_output(job):
        with pytest.raises(OutputLocked) as refused, lock_output(job):
            pass
        assert f"{job.output} is in use by process {os.getpid()} of " in str(refused.value)
        assert f" on {socket.gethostname()}, since 20" in str(refused.value)
        with pytest.raises(OutputLocked), lock_output(job):
            pass  # the one that was refused has not removed the other's lock
    with lock_output(job):
        pass


def test_a_lock_is_free_again_after_an_error(job: Job) -> None:
    with pytest.raises(KeyboardInterrupt), lock_output(job):
        raise KeyboardInterrupt
    with lock_output(job):
        pass


def test_the_lock_of_a_job_that_goes_on_stays_until_it_is_removed(job: Job) -> None:
    with lock_output(job) as lock:
        lock.name_job(LEFT)
        lock.leave()
    with pytest.raises(OutputLocked) as refused, lock_output(job):
        pass
    assert f"{job.output} may still be written to by {LEFT}, which " in str(refused.value)
    assert str(refused.value).endswith(f"remove the lock: rm {lock_url(job)}")
    storage.remove(lock_url(job))
    with lock_output(job):
        pass


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


@pytest.mark.parametrize("job", ["object store"], indirect=True)
def test_a_stale_lock_object_says_who_and_how_it_is_removed(job: Job) -> None:
    stale = {
        "host": socket.gethostname(),
        "process": ended_process(),
        "user": "ada",
        "since": "2026-01-02 03:04:05 UTC",
        "token": "0",
        "job": LEFT,
    }
    storage.write_bytes(lock_url(job), json.dumps(stale).encode())
    with pytest.raises(OutputLocked) as refused, lock_output(job):
        pass
    assert str(refused.value) == (
        f"{job.output} is in use by process {stale['process']} of ada on {stale['host']}, since "
        f"2026-01-02 03:04:05 UTC, for {LEFT} (no such process is running any more); if that driver is dead, "
        f"remove its lock: rm {lock_url(job)}"
    )
    assert json.loads(storage.read_bytes(lock_url(job))) == stale


@pytest.mark.parametrize("job", ["object store"], indirect=True)
def test_a_lock_that_somebody_else_has_taken_over_is_not_removed(job: Job) -> None:
    with lock_output(job):
        storage.remove(lock_url(job))
        storage.create_bytes(lock_url(job), b"another driver")
    assert storage.read_bytes(lock_url(job)) == b"another driver"
    with pytest.raises(OutputLocked, match="in use by another driver"), lock_output(job):
        pass


def test_a_job_has_a_driver_until_that_gives_up_the_output(job: Job) -> None:
    with lock_output(job) as lock:
        task = replace(job, driver=lock.holder.token)
        assert has_driver(task)
        lock.name_job(LEFT)
        assert has_driver(task)
    assert not has_driver(task)
    assert has_driver(job), "it works for whoever asks"
    with lock_output(job):
        assert not has_driver(task)


def test_a_job_that_was_left_running_goes_on(job: Job) -> None:
    with lock_output(job) as lock:
        lock.leave()
    assert has_driver(replace(job, driver=lock.holder.token))


def test_a_job_without_a_driver_ends_and_does_nothing(tmp_path: Path) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    write_units(plan)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    graph.build(pipeline, job=replace(plan.job, driver="of a driver that is gone"))
    pipeline.run().wait_until_finish()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"plan.json", "corpus.json"}
