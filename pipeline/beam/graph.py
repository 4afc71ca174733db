"""The stages as one Beam pipeline: reads like the recipe, computes nothing.

Every stage is tasks → workers → one barrier. A barrier is a count of finished tasks; behind it the entries
of the layer are gathered into its index, from which the next stage lists its tasks, so no text and no entry
travels between stages.
"""

from collections.abc import Sequence
from importlib import import_module

import apache_beam as beam

from layers.stages import NAMES, stages_from
from pipeline.job import Job


def build(
    pipeline: beam.Pipeline, *, job: Job, stages: Sequence[str] = NAMES, distributed: bool = False
) -> None:
    """Add the stages to a pipeline, in their fixed order; stages left out must have run before.

    What they made is checked all the same. distributed: duplicates are clustered in steps of tasks.
    """
    done = pipeline | "Start" >> beam.Create([0])
    for name in stages_from(NAMES[0], to=tuple(stages)):
        steps = import_module(f"pipeline.beam.stages.{name}")
        if name in stages and job.has_stage(name):
            done = steps.add(done, job=job, distributed=distributed)
        if hasattr(steps, "check"):
            done = steps.check(done, job=job)
