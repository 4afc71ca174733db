"""Running a plan: options, the local runner and its second attempts, and what a signal ends."""

import logging
import resource
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

import apache_beam as beam
import grpc  # type: ignore[import-untyped]
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineState

from layers import trees
from layers.listing import mark_output
from layers.stages import NAMES
from pipeline.beam import graph, remote, worker
from pipeline.beam.interrupts import Interruption, interrupt_on_signals
from pipeline.beam.lock import Lock, has_driver, lock_output
from pipeline.beam.mend import MAX_MENDED, forget_missing, stages_to_mend, warn_of_damage
from pipeline.beam.options import JobOptions
from pipeline.beam.proxy import bypass_proxy
from pipeline.beam.run_record import now, record_run
from pipeline.beam.work import use_own
from pipeline.beam.worker_watch import CANNOT_CONNECT, WatchedEnvironment, end_workers
from pipeline.errors import Interrupted, RunError, UnitsFailed
from pipeline.job import Job
from pipeline.plan.estimate import estimate
from pipeline.plan.make import Plan, write_units
from pipeline.stages.decide.path import is_distributed
from pipeline.stages.failures import Failure, clear_failures, read_failures
from pipeline.stages.ingest_checks import forget_changed_inputs
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.task_progress import forget_progress

MAX_ATTEMPTS = 4
"""FnApiRunner fails the whole job when a worker dies; what is missing is submitted three times more."""

OPEN_FILES = 20
OPEN_FILES_PER_WORKER = 6
"""Of a driver, which was seen with 18 and 5 for each worker."""


def run(
    plan: Plan,
    *,
    stages: Sequence[str] = NAMES,
    runner: str = "local",
    verify_inputs: bool = False,
    beam_args: Sequence[str] = (),
) -> bool:
    """Run the stages until they are complete → True; False: the runner has only stored the job (a template).

    Raises a RunError that says what to do; and Interrupted after SIGINT, SIGTERM or SIGHUP, with no worker
    process left, and a job that runs elsewhere cancelled, or named in the lock that then stays.
    """
    remote.check_plugins(plan, runner=runner, beam_args=beam_args)
    if runner == "dataflow":
        remote.check_places(plan, beam_args=beam_args)
    use_own(plan.job)
    with (
        interrupt_on_signals(end_workers) as interruption,
        lock_output(plan.job) as lock,
        forget_progress(plan.job),
        bypass_proxy(),
    ):
        mark_output(plan.job.output)
        for each in class_jobs(plan.job):
            trees.recover_tree(each.release)
        write_units(plan)
        if verify_inputs:
            forget_changed_inputs(plan.units, job=plan.job)
        driver = _Driver(plan, stages, runner, beam_args, interruption, lock)
        started = now()
        # a cluster does a failed unit again by itself
        has_job = driver.run(attempts=MAX_ATTEMPTS if runner == "local" else 1)
        if has_job and "publish" in stages:
            workers = _local_workers(plan) if runner == "local" else None
            for each in class_jobs(plan.job):
                record_run(each, runner=runner, workers=workers, stages=stages, started=started)
        return has_job


@dataclass
class _Driver:
    """Submits one plan until its stages are complete."""

    plan: Plan
    stages: Sequence[str]
    runner: str
    beam_args: Sequence[str]
    interruption: Interruption
    lock: Lock
    result: PipelineResult | None = None

    def run(self, *, attempts: int) -> bool:
        job = self.plan.job
        attempt = mended = 0
        while True:
            clear_failures(job)
            try:
                has_job = self._submit()
            except BaseException as error:
                if self.interruption.error is not None:
                    raise self._end_job(self.interruption.error) from error
                if not isinstance(error, Exception):
                    raise
                failures = read_failures(job)
                damaged = {layer for failure in failures for layer in failure.damaged}
                if damaged and mended < MAX_MENDED:
                    mended += 1
                    forget_missing(damaged, job=job)
                    self.stages = stages_to_mend(damaged, stages=self.stages)
                    warn_of_damage(failures, stages=self.stages)
                    continue
                _raise_deliberate(failures, cause=error)
                if isinstance(error, RunError):
                    raise
                self._raise_unreachable(error)
                attempt += 1
                if attempt == attempts:
                    raise _exhausted(failures, error=error) from error
                logging.getLogger(__name__).warning(
                    "attempt %d failed, submitting what is missing: %s", attempt, error
                )
            else:
                clear_failures(job)  # of tasks that a runner tried again with success
                return has_job

    def _submit(self) -> bool:
        pipeline = build_pipeline(
            self.plan,
            stages=self.stages,
            runner=self.runner,
            beam_args=self.beam_args,
            job=self._job,
        )
        self.result = result = pipeline.run()
        has_job: bool = getattr(result, "has_job", True)
        if self.runner != "local" and has_job:
            self.interruption.handle_signals()  # before Beam's handler, which stops its job server first
            self.lock.name_job(self._describe())
        with remote.cancel_when_hopeless(result, job=self.plan.job):
            state = result.wait_until_finish()
        if state == PipelineState.CANCELLED:
            raise RuntimeError("the job was cancelled")
        if not has_driver(self._job):
            raise RunError(
                f"{self.lock.url} was removed or replaced while the job ran, which then did nothing"
            )
        return has_job

    @property
    def _job(self) -> Job:
        """As the tasks have it."""
        if self.runner == "local" or remote.is_template(self.beam_args):
            return self.plan.job
        return replace(self.plan.job, driver=self.lock.holder.token)

    def _describe(self) -> str:
        assert self.result is not None
        return remote.describe_job(self.result, runner=self.runner, beam_args=self.beam_args)

    def _end_job(self, error: Interrupted) -> Interrupted:
        """Cancel a job that runs elsewhere → what to raise; the lock stays where that is not certain."""
        if self.runner == "local":
            return error
        if self.result is None:
            return Interrupted(error.number, f"the job may have been submitted: look for it on {self.runner}")
        job = self._describe()
        try:
            problem = remote.cancel(self.result)
        except Interrupted:
            problem = "interrupted again before it had ended"
        if not problem or remote.has_own_server(self.runner, beam_args=self.beam_args):
            return Interrupted(error.number, f"{job} was cancelled. Run the same command to resume.")
        self.lock.leave()
        return Interrupted(
            error.number,
            f"{job} could not be cancelled ({problem}) and may go on. {self.lock.url} stays: when the job is "
            f"over, remove it and run the same command, which does what is missing",
        )

    def _raise_unreachable(self, error: Exception) -> None:
        """Raise a RunError where nobody answers at an address: the next attempt would wait as long again."""
        if isinstance(error, grpc.FutureTimeoutError):
            options = PipelineOptions([*self.beam_args]).view_as(PortableOptions)
            raise RunError(
                f"no job server answers at {options.job_endpoint} (waited {options.job_server_timeout} s); "
                "start it, or name another one: -- --job_endpoint=HOST:PORT"
            ) from error
        if CANNOT_CONNECT in str(error):
            raise RunError(str(error)[str(error).index(CANNOT_CONNECT) :].partition("\n")[0]) from error


def build_pipeline(
    plan: Plan, *, stages: Sequence[str], runner: str, beam_args: Sequence[str], job: Job
) -> beam.Pipeline:
    """The pipeline of a plan for a runner; job: as its tasks have it."""
    local, options = None, remote.RUNNERS.get(runner, [])
    if runner == "local":
        local, options = make_local_runner(workers=_local_workers(plan))
    options = [*options, *remote.resource_hints(plan, runner=runner, beam_args=beam_args), *beam_args]
    pipeline = beam.Pipeline(runner=local, options=JobOptions(options))
    distributed = is_distributed(plan.job.config, documents=estimate(plan).documents)
    graph.build(pipeline, job=job, stages=stages, distributed=distributed)
    return pipeline


def make_local_runner(*, workers: int) -> tuple[FnApiRunner, list[str]]:
    """FnApiRunner and its options: one worker is this process, more are processes of their own.

    Beam's own multi_processing mode hangs on a space in the interpreter's path, lets the workers log to the
    terminal and waits for dead ones; the same runner with our worker command, watched, does none of it.
    """
    if workers == 1:
        return FnApiRunner(), ["--direct_num_workers=1"]
    _check_open_files(workers)
    environment = WatchedEnvironment.from_command_string(f"exec {shlex.join(worker.command())}")
    return FnApiRunner(default_environment=environment), [f"--direct_num_workers={workers}"]


def _check_open_files(workers: int) -> None:
    """Raise RunError where gRPC would wait without end for a file descriptor."""
    needed = OPEN_FILES + OPEN_FILES_PER_WORKER * workers
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        raise RunError(
            f"{workers} workers need {needed} open files, and this process may have {allowed}: "
            "ulimit -n 1024, or --workers 1"
        )


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


def _exhausted(failures: Sequence[Failure], *, error: Exception) -> UnitsFailed:
    if not failures:
        return UnitsFailed(f"the runner failed without a failed unit: {str(error) or type(error).__name__}")
    lines = [f"{failure.stage}: {failure.task}: {failure.message}" for failure in failures]
    return UnitsFailed(f"{len(failures)} unit(s) failed in the last attempt:\n  " + "\n  ".join(lines))
