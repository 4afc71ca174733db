"""What a stage's task does around the stage's function, and how its failure is remembered."""

import json
import traceback
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import TypeVar

from layers import storage
from layers.damage import set_aside
from layers.entries import Unit
from layers.layer import MissingEntry
from layers.refusals_to_write import describe_refusal
from layers.shards import DamagedFile
from layers.stages import writer_of
from pipeline.errors import MissingLayer, RunError
from pipeline.job import Job

_R = TypeVar("_R")


@dataclass(frozen=True)
class Failure:
    """Why a task failed, as the driver and `status` show it."""

    stage: str
    task: str
    message: str
    exit_code: int | None
    """Of a deliberate RunError; None for anything else, which is worth another attempt."""
    traceback: str
    damaged: tuple[str, ...] = ()
    """Layers of which a file was damaged; it is set aside, and the stage that makes it has to run again."""


def attempt(stage: str, *, task: str, job: Job, work: Callable[[], _R]) -> _R:
    """Run work; a failure is written beside the layers before it is raised, since runners garble it."""
    try:
        return work()
    except MissingEntry as error:
        missing = MissingLayer(describe_missing(error))
        _remember(stage, task=task, error=missing, job=job)
        raise missing from error
    except DamagedFile as error:
        _remember(stage, task=task, error=error, job=job, damaged=set_aside(error))
        raise
    except Exception as error:
        _remember(stage, task=task, error=error, job=job)
        raise


def describe_missing(error: MissingEntry) -> str:
    """What is missing, and the stage that makes it."""
    return f"{error}; run the {writer_of(error.layer)} stage first"


def _remember(stage: str, *, task: str, error: Exception, job: Job, damaged: Collection[str] = ()) -> None:
    failure = Failure(
        stage=stage,
        task=task,
        message=describe_refusal(error) or str(error) or type(error).__name__,
        exit_code=error.exit_code if isinstance(error, RunError) else None,
        traceback=traceback.format_exc(),
        damaged=tuple(sorted(damaged)),
    )
    name = Unit(stage, task).name
    storage.write_bytes(
        storage.join(job.failures, f"{stage}-{name}.json"), json.dumps(asdict(failure)).encode()
    )


def read_failures(job: Job) -> list[Failure]:
    """Failures of the last attempt, in stage and task order."""
    names = [name for name in storage.list_tree(job.failures) if name.endswith(".json")]
    failures = [json.loads(storage.read_bytes(storage.join(job.failures, name))) for name in names]
    return [Failure(**failure | {"damaged": tuple(failure["damaged"])}) for failure in failures]


def clear_failures(job: Job) -> None:
    storage.remove(job.failures)
