"""What the steps of all stages are made of: a DoFn that knows the job, a step that spreads tasks, the layers.

Each step lists the tasks of a stage, does one, or checks what was done.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import apache_beam as beam

from filters import languages
from layers import plugins
from layers.entries import Unit
from layers.index import LayerIndex
from layers.plugins import PluginError
from pipeline.beam import coders
from pipeline.beam.lock import has_driver
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.decide.distributed.clustering import Clustering
from pipeline.stages.failures import attempt
from pipeline.stages.raw_parts import PartTask, RawPart, list_parts
from pipeline.stages.units import PlannedUnit, read_units

_R = TypeVar("_R")

coders.register()


class JobFn(beam.DoFn):
    """A DoFn that knows the job and nothing else; it does nothing once nobody waits for the job."""

    stage = ""

    def __init_subclass__(cls) -> None:
        process = cls.process

        @functools.wraps(process)  # Beam reads the types
        def process_for_driver(self: "JobFn", element: Any) -> Iterator[Any]:
            # to fail would have a cluster begin anew, as often as it may
            if has_driver(self.job):
                yield from process(self, element)

        cls.process = process_for_driver  # type: ignore[method-assign, assignment]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    def __dir__(self) -> list[str]:
        # Beam reads the signature of every method that it finds here, some 330 times a graph, and looks for
        # state and timers. Nothing here has any; a third of a run that has nothing to do went there.
        return ["process", "setup", "start_bundle", "finish_bundle", "teardown"]

    def display_data(self) -> dict[str, str]:
        """What a runner's page shows of a step."""
        config = self.job.config
        return {"stage": self.stage, "corpus": f"{config.name} {config.version}", "output": self.job.output}

    def attempt(self, task: str, work: Callable[[], _R], *, unit: Unit | None = None) -> _R:
        """Do the work of a task with what is the job's own; it is told how far it is, and why it failed."""
        with task_progress.track(self.stage, task=task, unit=unit, job=self.job):
            return attempt(self.stage, task=task, job=self.job, work=lambda: self._with_own(work))

    def _with_own(self, work: Callable[[], _R]) -> _R:
        use_own(self.job)
        return work()


def use_own(job: Job) -> None:
    """Make the plugins and language files of a job those of this process.

    Raises ConfigError when code of a plugin is not the plan's.
    """
    languages.activate(job.languages)
    try:
        plugins.activate(job.plugins)
    except PluginError as error:
        raise ConfigError("plugins", problems=error.problems) from error


class Spread(beam.PTransform):
    """One number → list tasks → spread them → work → one number when all are done."""

    def __init__(self, tasks: beam.DoFn, work: beam.DoFn) -> None:
        super().__init__()
        self._tasks = tasks
        self._work = work

    def expand(self, done: beam.PCollection[int]) -> beam.PCollection[int]:
        return (
            done
            | "List" >> beam.ParDo(self._tasks)
            | "Spread" >> beam.Reshuffle()
            | "Work" >> beam.ParDo(self._work)
            | "Barrier" >> beam.CombineGlobally(_sum).with_output_types(int)
        )


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)


def planned(job: Job) -> list[PlannedUnit]:
    """The units of the plan, as the driver stored them."""
    return read_units(job.plan_url)


def read_parts(job: Job) -> list[RawPart]:
    """The parts of raw/, as last gathered."""
    return list(list_parts(LayerIndex.latest(job.raw, index=job.indexes).entries()))


def largest_first(parts: Iterable[RawPart]) -> list[PartTask]:
    """The tasks of parts: the local runner deals them round-robin."""
    return [PartTask(part.unit) for part in sorted(parts, key=lambda part: -part.text_bytes)]


def read_measured(job: Job) -> LayerIndex:
    """The index of measured/, as last gathered."""
    return LayerIndex.latest(job.measured, index=job.indexes)


def make_clustering(job: Job) -> Clustering:
    """The plan of clustering of what was measured last."""
    return Clustering.make(read_measured(job), job=job)
