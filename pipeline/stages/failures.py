"""What a stage's task does around the stage's function, and how its failure is remembered."""

import json
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeVar

from layers import storage
from layers.entries import Unit
from pipeline.errors import RunError
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


def attempt(stage: str, *, task: str, job: Job, work: Callable[[], _R]) -> _R:
    """Run work; a failure is written beside the layers before it is raised, since runners garble it."""
    try:
        return work()
    except Exception as error:
        failure = Failure(
            stage=stage,
            task=task,
            message=str(error) or type(error).__name__,
            exit_code=error.exit_code if isinstance(error, RunError) else None,
            traceback=traceback.format_exc(),
        )
        name = Unit(stage, task).name
        storage.write_bytes(
            storage.join(job.failures, f"{stage}-{name}.json"), json.dumps(asdict(failure)).encode()
        )
        raise


def read_failures(job: Job) -> list[Failure]:
    """Failures of the last attempt, in stage and task order."""
    names = [name for name in storage.list_tree(job.failures) if name.endswith(".json")]
    return [Failure(**json.loads(storage.read_bytes(storage.join(job.failures, name)))) for name in names]


def clear_failures(job: Job) -> None:
    storage.remove(job.failures)
