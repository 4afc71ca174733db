"""A whole command: plan, check the disk, run with progress, report."""

from collections.abc import Sequence

from pipeline import reports, runners
from pipeline.graph import STAGES
from pipeline.ingest import ingest_fingerprint
from pipeline.layers import storage
from pipeline.layers.entries import entry_url, read_entry
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
    if verify_inputs:
        forget_changed_inputs(plan)
    with show_progress(plan):
        runners.run(plan, stages=stages, runner=runner, beam_args=beam_args)
    if "publish" in stages:
        reports.print_release(plan.job)
    return plan


def forget_changed_inputs(plan: Plan) -> list[tuple[str, str]]:
    """Hash every input again; remove the entries of changed files and return (source, uri) of each.

    The quick check trusts size and modification time (or etag); this does not.
    """
    job = plan.job
    changed: list[tuple[str, str]] = []
    for item in plan.units:
        entry = read_entry(job.raw, unit=item.unit)
        if (
            entry is None
            or entry.fingerprint != ingest_fingerprint(item, job=job)
            or not entry.facts["input"]
        ):
            continue
        digest, _ = storage.digest_file(storage.join(job.specs[item.unit.source].root, item.unit.uri))
        if digest != entry.facts["input"]["sha256"]:
            changed.append((item.unit.source, item.unit.uri))
    for item in plan.units:
        if (item.unit.source, item.unit.uri) in changed:
            storage.remove(entry_url(job.raw, unit=item.unit))
    return changed
