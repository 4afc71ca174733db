"""Jobs that run elsewhere: what their runners are called, what they must reach, and how they are ended."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    SetupOptions,
    WorkerOptions,
)
from apache_beam.runners.runner import PipelineResult, PipelineState

from layers import storage
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.plan.estimate import WORKER_BASE_BYTES, estimate
from pipeline.plan.make import Plan
from pipeline.stages.failures import read_failures

WATCH_SECONDS = 2.0
"""Between two looks at the failures of a job that runs elsewhere."""

CANCEL_SECONDS = 60.0
"""For a job to end when it was cancelled; a cluster first ends its tasks."""

_KEEP_WORKERS = "--environment_cache_millis=600000"
"""Job servers end a Python worker after each step and start another, unless told to keep it between them."""

RUNNERS = {
    "prism": ["--runner=PrismRunner"],
    "flink": ["--runner=FlinkRunner", _KEEP_WORKERS],
    "portable": ["--runner=PortableRunner", _KEEP_WORKERS],
    "spark": ["--runner=SparkRunner", _KEEP_WORKERS],
    # everything that is pickled is imported by name, so there is no session to save
    "dataflow": ["--runner=DataflowRunner", "--no_save_main_session"],
}


def check_places(plan: Plan, *, beam_args: Sequence[str]) -> None:
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


@contextmanager
def cancel_when_hopeless(result: PipelineResult, *, job: Job) -> Iterator[None]:
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


def describe_job(result: PipelineResult, *, runner: str, beam_args: Sequence[str]) -> str:
    """The job's id and where it runs, as a person looks for it."""
    # Dataflow has a method, Beam's portable runners an attribute of its own
    named: Any = getattr(result, "job_id", None) or getattr(result, "_job_id", "")
    job_id = named() if callable(named) else named
    endpoint = PipelineOptions([*beam_args]).view_as(PortableOptions).job_endpoint
    return " ".join(["the", runner, "job", str(job_id), *([f"at {endpoint}"] if endpoint else [])])


def is_template(beam_args: Sequence[str]) -> bool:
    """Whether the job is stored, for others to run at any time."""
    return bool(PipelineOptions([*beam_args]).view_as(GoogleCloudOptions).template_location)


def has_own_server(runner: str, *, beam_args: Sequence[str]) -> bool:
    """Whether the job ends with this process: Prism is a child of it, unless it is asked at an address."""
    return runner == "prism" and not PipelineOptions([*beam_args]).view_as(PortableOptions).job_endpoint


def cancel(result: PipelineResult) -> str:
    """Cancel a job and wait until it is over → empty, or why it may go on."""
    problem = ["it was still running after a minute"]

    def ask() -> None:
        try:
            result.cancel()
            while not PipelineState.is_terminal(result.state):
                time.sleep(0.2)
            problem.clear()
        except Exception as error:
            problem[0] = str(error).partition("\n")[0] or type(error).__name__

    # in a thread: a job server that does not answer is waited for without end
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CANCEL_SECONDS)
    return "".join(problem)


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


def resource_hints(plan: Plan, *, runner: str, beam_args: Sequence[str]) -> list[str]:
    """min_ram of workers elsewhere, as `plan` tells it, unless the user says something else.

    One for the whole pipeline: steps with different hints are different environments, each with workers of
    its own, and two hints made four local workers of two. Workers on this machine get none.
    """
    if runner in ("local", "prism") or any("min_ram" in argument for argument in beam_args):
        return []
    needs = estimate(plan)
    return [f"--resource_hint=min_ram={max(needs.worker_bytes, WORKER_BASE_BYTES + needs.decide_bytes)}B"]
