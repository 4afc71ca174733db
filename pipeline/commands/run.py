"""A whole command: plan, check the disk, run with progress, report."""

from collections.abc import Sequence

from filters.kernels.compiling import is_anything_compiled
from layers.stages import NAMES
from pipeline.beam import runners
from pipeline.commands import show, summary
from pipeline.commands.look import print_warnings
from pipeline.commands.verify import describe_damage
from pipeline.inspect.displays import make_display
from pipeline.inspect.progress import show_progress
from pipeline.plan.estimate import check_disk, estimate
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.publish.gates import check_gates
from pipeline.stages.publish.release_key import find_damage
from pipeline.terminal.echo import ProgressForm, complain
from sources.reading.listing import Asking


def execute(
    corpus: str,
    *,
    stages: Sequence[str] = NAMES,
    output: str | None = None,
    limit: int | None = None,
    runner: str = "local",
    workers: int | None = None,
    verify_inputs: bool = False,
    ignore_disk: bool = False,
    beam_args: Sequence[str] = (),
    progress: ProgressForm = "auto",
) -> Plan:
    """Run the stages of a corpus file and print what came of it; raises RunError."""
    plan = make_plan(
        corpus,
        output=output,
        limit=limit,
        workers=workers,
        looks="ingest" in stages,
        asking=Asking(notify=complain),
    )
    print_warnings(plan)
    if "publish" in stages:
        check_gates(plan.sources.cards, job=plan.job)
    if not ignore_disk:
        check_disk(estimate(plan))
    for job in class_jobs(plan.job) if "publish" in stages else ():
        damage = find_damage(job)
        if damage:
            complain(describe_damage(job.release, damage=damage))
    if runner == "local" and "measure" in stages and not is_anything_compiled():
        complain("kernels are compiled, once on this machine and version: the first minute measures little")
    with show_progress(plan, display=make_display(progress), stages=stages):
        done = runners.run(
            plan, stages=stages, runner=runner, verify_inputs=verify_inputs, beam_args=beam_args
        )
    if not done:
        show.print_stored_job(plan.job)
    elif "publish" in stages:
        summary.print_release(plan)
    return plan
