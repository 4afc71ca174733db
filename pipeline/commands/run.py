"""A whole command: plan, check the disk, run with progress, report."""

from collections.abc import Sequence

from pipeline.beam import runners
from pipeline.beam.graph import STAGES
from pipeline.commands import show
from pipeline.commands.look import print_warnings
from pipeline.inspect.progress import show_progress
from pipeline.plan.estimate import check_disk, estimate
from pipeline.plan.make import Plan, make_plan


def execute(
    corpus: str,
    *,
    stages: Sequence[str] = STAGES,
    output: str | None = None,
    limit: int | None = None,
    runner: str = "local",
    workers: int | None = None,
    verify_inputs: bool = False,
    ignore_disk: bool = False,
    beam_args: Sequence[str] = (),
) -> Plan:
    """Run the stages of a corpus file and print what came of it; raises RunError."""
    plan = make_plan(corpus, output=output, limit=limit, workers=workers, looks="ingest" in stages)
    print_warnings(plan)
    if not ignore_disk:
        check_disk(estimate(plan))
    with show_progress(plan):
        done = runners.run(
            plan, stages=stages, runner=runner, verify_inputs=verify_inputs, beam_args=beam_args
        )
    if not done:
        show.print_stored_job(plan.job)
    elif "publish" in stages:
        show.print_release(plan.job)
    return plan
