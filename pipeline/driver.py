"""A whole command: plan, check the disk, run with progress, report."""

from collections.abc import Sequence

from pipeline import reports, runners
from pipeline.graph import STAGES
from pipeline.plan import Plan, check_disk, estimate, make_plan
from pipeline.progress import show_progress


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
    plan = make_plan(corpus, output=output, limit=limit, workers=workers)
    if not ignore_disk:
        check_disk(estimate(plan))
    with show_progress(plan):
        done = runners.run(
            plan, stages=stages, runner=runner, verify_inputs=verify_inputs, beam_args=beam_args
        )
    if not done:
        reports.print_stored_job(plan.job)
    elif "publish" in stages:
        reports.print_release(plan.job)
    return plan
