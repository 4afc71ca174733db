"""`rhizotron push`: a release put into a repository of the Hugging Face Hub."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.hub import (
    count_changes,
    list_changes,
    load_verified,
    open_repository,
    say_changes,
    writing_options,
)
from pipeline.commands.options import Command, release_options
from pipeline.terminal.echo import complain, echo, echo_json

if TYPE_CHECKING:
    from pipeline.delivery.new_bytes import NewBytes
    from pipeline.delivery.push import Pushed, PushPlan
    from pipeline.delivery.reading import Gate


@click.command(cls=Command)
@release_options
@click.option("--to", "name", required=True, metavar="OWNER/NAME", help="Dataset repository of the Hub.")
@writing_options
@click.option("--private/--public", default=None, help="Default: as it is; a new repository is private.")
@click.option("--gated", type=click.Choice(["auto", "manual"]), help="Who asks for access gets it, or waits.")
@click.option("--pull-request", is_flag=True, help="By way of a pull request that is merged at the end.")
@click.option("--force", is_flag=True, help="Replace other content; publish against what cards say.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With --dry-run: folder with what the Hub has, as a pull gives it, to compare chunks with.",
)
def push(
    release: str,
    output: str | None,
    limit: int | None,
    name: str,
    tag: str | None,
    private: bool | None,
    gated: "Gate | None",
    pull_request: bool,
    dry_run: bool,
    message: str | None,
    force: bool,
    against: Path | None,
    as_json: bool,
) -> None:
    """Put a release into a dataset repository of the Hub: gated first, one commit, a tag.

    RELEASE is the folder of a release, the output that it lies in, or a corpus file. It is verified first.
    The token is that of HF_TOKEN or `hf auth login`; HF_ENDPOINT names another Hub. Files that are there
    already are not sent, so a push that was interrupted is run again.
    """
    from pipeline.delivery import push as delivery
    from pipeline.terminal.live import show_bytes

    loaded = load_verified(release, output=output, limit=limit)
    repository = open_repository(name, writes=not dry_run)
    wishes = delivery.Wishes(
        tag=tag, gate=gated, private=private, pull_request=pull_request, force=force, message=message
    )
    plan = delivery.plan_push(loaded, repository=repository, wishes=wishes)
    if dry_run:
        _print_plan(plan, new_bytes=_estimate(plan, against=against), as_json=as_json)
        delivery.check_plan(plan)
        return
    for warning in plan.warnings:
        complain(warning)
    with show_bytes("push") as advance:
        done = delivery.push(plan, wishes=wishes, tell=complain, advance=advance)
    _print_pushed(plan, done=done, as_json=as_json)


def _estimate(plan: "PushPlan", *, against: Path | None) -> "NewBytes":
    from pipeline.delivery.new_bytes import estimate
    from pipeline.terminal.live import show_bytes

    with show_bytes("chunks") as advance:
        return estimate(plan.release.folder, plan.changes.written, earlier=against, advance=advance)


def _print_pushed(plan: "PushPlan", *, done: "Pushed", as_json: bool) -> None:
    if as_json:
        echo_json(
            {
                "repository": plan.repository.name,
                "commit": done.commit,
                "tag": done.tag,
                "pull_request": done.number,
                **count_changes(plan.changes),
            },
            indent=2,
        )
        return
    what = say_changes(plan.changes) if done.is_new else "there already, nothing was sent"
    echo(f"{plan.release.name}: {what}")
    echo(f"{plan.repository.url}/tree/{done.tag}")
    echo(f"commit {done.commit}, tag {done.tag}")


def _print_plan(plan: "PushPlan", *, new_bytes: "NewBytes", as_json: bool) -> None:
    from governance.manifest import README

    release, changes, state = plan.release, plan.changes, plan.state
    readme_bytes = release.files[README].bytes if README in release.files else 0
    if as_json:
        echo_json(
            {
                "repository": plan.repository.name,
                "exists": state is not None,
                "head": state.head if state else None,
                "tag": plan.tag,
                "gate_to_set": plan.gate,
                **list_changes(changes),
                "bytes": new_bytes.written,
                "new_bytes": new_bytes.new,
                "new_bytes_note": new_bytes.note,
                "readme_bytes": readme_bytes,
                "problems": plan.problems,
                "warnings": plan.warnings,
            },
            indent=2,
        )
        return
    there = f"at commit {state.head[:12]}" if state else "not there yet, will be private"
    echo(f"{release.name} to {plan.repository.url} ({there})")
    for what in ("new", "changed", "deleted"):
        for path in list_changes(changes)[what]:
            size = f" {release.files[path].bytes:,}" if path in release.files else ""
            echo(f"  {what:8}{path}{size}")
    echo(f"files: {say_changes(changes)}")
    echo(f"bytes of new and changed files: {new_bytes.written:,}")
    echo(f"bytes new after deduplication: {new_bytes.new:,} ({new_bytes.note})")
    is_valid = not any(problem.startswith(README) for problem in plan.problems)
    echo(f"{README}: {readme_bytes:,} bytes, {'valid' if is_valid else 'not valid'} by the Hub's rules")
    for warning in plan.warnings:
        echo(f"  {warning}")
    gate = f"{plan.gate}, set before any data" if plan.gate else (state and state.gated) or "none"
    echo(f"gate: {gate}")
    echo(f"tag: {plan.tag}")
