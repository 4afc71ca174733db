"""Running a plan: options, the lock, the local runner and its second attempts."""

import fcntl
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, SetupOptions, WorkerOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineState

from layers import storage
from layers.listing import mark_output
from pipeline.beam import graph
from pipeline.beam.work import use_plugins
from pipeline.beam.worker_watch import WatchedEnvironment
from pipeline.errors import ConfigError, OutputLocked, RunError, UnitsFailed
from pipeline.job import Job
from pipeline.plan.estimate import estimate
from pipeline.plan.make import Plan, write_units
from pipeline.stages.decide.path import is_distributed
from pipeline.stages.failures import Failure, clear_failures, read_failures
from pipeline.stages.ingest import forget_changed_inputs

MAX_ATTEMPTS = 4
"""FnApiRunner fails the whole job when a worker dies; what is missing is submitted three times more."""

WATCH_SECONDS = 2.0
"""Between two looks at the failures of a job that runs elsewhere."""

_KEEP_WORKERS = "--environment_cache_millis=600000"
"""Job servers end a Python worker after each step and start another, unless told to keep it between them."""

PORTABLE_RUNNERS = {
    "prism": ["--runner=PrismRunner"],
    "flink": ["--runner=FlinkRunner", _KEEP_WORKERS],
    "portable": ["--runner=PortableRunner", _KEEP_WORKERS],
    "spark": ["--runner=SparkRunner", _KEEP_WORKERS],
    # everything that is pickled is imported by name, so there is no session to save
    "dataflow": ["--runner=DataflowRunner", "--no_save_main_session"],
}


def run(
    plan: Plan,
    *,
    stages: Sequence[str] = graph.STAGES,
    runner: str = "local",
    verify_inputs: bool = False,
    beam_args: Sequence[str] = (),
) -> bool:
    """Run the stages until they are complete → True; False: the runner has only stored the job (a template).

    Raises a RunError that says what to do.
    """
    check_plugins(plan, runner=runner, beam_args=beam_args)
    if runner == "dataflow":
        check_remote(plan, beam_args=beam_args)
    use_plugins(plan.job)
    with lock_output(plan.job), _remember_interrupt() as interrupted:
        mark_output(plan.job.output)
        storage.recover_tree(plan.job.release)
        write_units(plan)
        if verify_inputs:
            forget_changed_inputs(plan.units, job=plan.job)
        # a cluster does a failed unit again by itself
        attempts = MAX_ATTEMPTS if runner == "local" else 1
        attempt = 0
        while True:
            attempt += 1
            clear_failures(plan.job)
            pipeline = _build(plan, stages=stages, runner=runner, beam_args=beam_args)
            try:
                result = pipeline.run()
                with _cancel_when_hopeless(result, job=plan.job):
                    state = result.wait_until_finish()
                if state == PipelineState.CANCELLED:
                    raise RuntimeError("the job was cancelled")
                clear_failures(plan.job)  # of tasks that a runner tried again with success
                return getattr(result, "has_job", True)
            except Exception as error:
                if interrupted.is_set():
                    raise KeyboardInterrupt from error
                failures = read_failures(plan.job)
                _raise_deliberate(failures, cause=error)
                if attempt == attempts:
                    raise _exhausted(failures, error=error) from error
                logging.getLogger(__name__).warning(
                    "attempt %d failed, submitting what is missing: %s", attempt, error
                )


@contextmanager
def _remember_interrupt() -> Iterator[threading.Event]:
    """Set when Ctrl-C was pressed: Beam makes a RuntimeError of it, which looks worth another attempt."""
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if before is not signal.default_int_handler or not in_main_thread:  # somebody else's business
        yield pressed
        return

    def remember(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, remember)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _build(plan: Plan, *, stages: Sequence[str], runner: str, beam_args: Sequence[str]) -> beam.Pipeline:
    local, options = None, PORTABLE_RUNNERS.get(runner, [])
    if runner == "local":
        local, options = make_local_runner(workers=_local_workers(plan))
    pipeline = beam.Pipeline(runner=local, options=PipelineOptions([*options, *beam_args]))
    distributed = is_distributed(plan.job.config, documents=estimate(plan).documents)
    graph.build(pipeline, job=plan.job, stages=stages, distributed=distributed)
    return pipeline


def check_plugins(plan: Plan, *, runner: str, beam_args: Sequence[str] = ()) -> None:
    """Raise ConfigError naming plugins in folders when workers of the runner have no such folder."""
    options = PipelineOptions([*beam_args]).view_as(PortableOptions)
    if runner == "local" or (runner != "dataflow" and options.environment_type == "LOOPBACK"):
        return  # workers are processes of this machine and user, or this one
    problems = [
        f"{plugin}: workers of the runner {runner} cannot import it: make a package of it (a pyproject.toml "
        "beside its sources/, edits/ and signals/ in a folder of the package's name), install that here and "
        "in the image of the workers (deploy/Dockerfile), and give `package: NAME` in place of `folder`"
        for plugin in plan.job.plugins
        if plugin.folder is not None
    ]
    if problems:
        raise ConfigError("plugins", problems=problems)


def check_remote(plan: Plan, *, beam_args: Sequence[str]) -> None:
    """Raise RunError naming every place that machines elsewhere cannot reach, and how they get our code."""
    job = plan.job
    places = {"--out": job.output, "cards": job.cards}
    places |= {f"root of source {uid}": spec.root for uid, spec in sorted(job.specs.items())}
    problems = [
        f"{what} is {url}, on this machine: put it where workers reach it, gs://BUCKET/..."
        for what, url in places.items()
        if not storage.is_remote(url)
    ]
    options = PipelineOptions([*beam_args])
    packages = options.view_as(SetupOptions)
    image = options.view_as(WorkerOptions).sdk_container_image
    if not (image or packages.extra_packages or packages.setup_file):
        problems.append(
            "workers would not have rhizotron: pass -- --sdk_container_image=IMAGE (deploy/Dockerfile) or "
            "--extra_package=dist/rhizotron-VERSION-py3-none-any.whl (python -m build --wheel)"
        )
    if problems:
        raise ConfigError("the job for dataflow", problems=problems)


def make_local_runner(*, workers: int) -> tuple[FnApiRunner, list[str]]:
    """FnApiRunner and its options: one worker is this process, more are processes of their own.

    Beam's own multi_processing mode hangs on a space in the interpreter's path, lets the workers log to the
    terminal and waits for dead ones; the same runner with our worker command, watched, does none of it.
    """
    if workers == 1:
        return FnApiRunner(), ["--direct_num_workers=1"]
    command = f"exec {shlex.quote(sys.executable)} -m pipeline.beam.worker"
    environment = WatchedEnvironment.from_command_string(command)
    return FnApiRunner(default_environment=environment), [f"--direct_num_workers={workers}"]


def _local_workers(plan: Plan) -> int:
    """Workers for the plan: small inputs are not worth the start of a process."""
    local = plan.job.config.local
    return 1 if estimate(plan).text_bytes <= local.max_in_process_bytes else local.workers


def _raise_deliberate(failures: Sequence[Failure], *, cause: Exception | None = None) -> None:
    """Raise the first failure that another attempt will not mend, if there is one."""
    for failure in failures:
        if failure.exit_code is not None:
            error = RunError(failure.message)
            error.exit_code = failure.exit_code or 1
            raise error from cause


@contextmanager
def _cancel_when_hopeless(result: PipelineResult, *, job: Job) -> Iterator[None]:
    """Cancel the job at the first deliberate failure: a cluster would try the task as often as it may."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            if any(failure.exit_code is not None for failure in read_failures(job)):
                result.cancel()
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _exhausted(failures: Sequence[Failure], *, error: Exception) -> UnitsFailed:
    if not failures:
        return UnitsFailed(f"the runner failed without a failed unit: {error}")
    lines = [f"{failure.stage}: {failure.task}: {failure.message}" for failure in failures]
    return UnitsFailed(f"{len(failures)} unit(s) failed in the last attempt:\n  " + "\n  ".join(lines))


@contextmanager
def lock_output(job: Job) -> Iterator[None]:
    """Keep two drivers off one output; the lock of a killed driver is free again."""
    if storage.is_remote(job.output):
        with _lock_remote(job):
            yield
        return
    with _open_lock(storage.local_path(job.output) / ".lock") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise OutputLocked(
                f"{job.output} is in use by process {handle.read().strip() or 'unknown'}"
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _open_lock(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+")
    except OSError as error:
        raise RunError(
            f"{path.parent} cannot be written to ({error.strerror}: {error.filename}); choose another --out"
        ) from error


@contextmanager
def _lock_remote(job: Job) -> Iterator[None]:
    """Object stores have no advisory locks: a lock object, which a killed driver leaves behind."""
    url = storage.join(job.output, ".lock")
    if storage.exists(url):
        owner = storage.read_bytes(url).decode()
        raise OutputLocked(f"{job.output} is in use by {owner}; if that driver is dead, remove {url}")
    storage.write_bytes(url, f"{os.uname().nodename} process {os.getpid()}".encode())
    try:
        yield
    finally:
        storage.remove(url)
