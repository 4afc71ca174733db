"""`rhizotron withdraw`: a removal applied to a repository of the Hugging Face Hub."""

from typing import TYPE_CHECKING

import click

from pipeline.commands.hub import (
    count_changes,
    load_verified,
    open_repository,
    say_changes,
    writing_options,
)
from pipeline.commands.options import Command, release_options
from pipeline.terminal.echo import echo, echo_json

if TYPE_CHECKING:
    from pipeline.delivery.withdraw import Withdrawal


@click.command(cls=Command)
@release_options
@click.option("--from", "name", required=True, metavar="OWNER/NAME", help="Dataset repository of the Hub.")
@writing_options
@click.option("--keep-tag", "keep_tags", multiple=True, metavar="TAG", help="A version without the rows.")
@click.option(
    "--squash/--no-squash", default=True, show_default=True, help="Make one commit of the history of main."
)
def withdraw(
    release: str,
    output: str | None,
    limit: int | None,
    name: str,
    tag: str | None,
    keep_tags: tuple[str, ...],
    squash: bool,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Apply a removal at the Hub: commit the rewritten files, delete the old ones out of the history.

    RELEASE is the release after `rhizotron remove`. Tags of versions with a file of rows that it does not
    have are deleted, and all large files that it does not have, for good; --keep-tag spares a version.
    Printed last is what remains elsewhere, for a person to deal with.
    """
    from pipeline.delivery import withdraw as delivery
    from pipeline.delivery.push import Wishes, check_plan
    from pipeline.terminal.live import show_bytes

    loaded = load_verified(release, output=output, limit=limit)
    repository = open_repository(name, writes=not dry_run)
    wishes = Wishes(tag=tag, message=message)
    planned = delivery.plan_withdrawal(loaded, repository=repository, wishes=wishes, keep_tags=keep_tags)
    commit = None
    if not dry_run:
        with show_bytes("withdraw") as advance:
            commit = delivery.withdraw(planned, squash=squash, message=message, advance=advance)
    _print(planned, commit=commit, remains=delivery.list_remains(planned, squashed=squash), as_json=as_json)
    check_plan(planned.push)


def _print(planned: "Withdrawal", *, commit: str | None, remains: list[str], as_json: bool) -> None:
    """What was done, or would be where there is no commit."""
    plan = planned.push
    if as_json:
        echo_json(
            {
                "repository": plan.repository.name,
                "commit": commit,
                "tag": plan.tag,
                **count_changes(plan.changes),
                "deleted_tags": planned.tags,
                "deleted_objects": [each.file_oid for each in planned.objects],
                "remains": remains,
                "problems": plan.problems,
            },
            indent=2,
        )
        return
    verb = "would be deleted" if commit is None else "deleted"
    echo(f"{plan.release.name}: {say_changes(plan.changes)}")
    echo(f"tags {verb}: {', '.join(planned.tags) or 'none'}")
    echo(f"large files {verb} for good: {len(planned.objects):,}, {planned.object_bytes:,} bytes")
    for each in planned.objects:
        echo(f"  {each.filename} {each.file_oid}")
    echo(f"tag: {plan.tag}" if commit is None else f"commit {commit}, tag {plan.tag}")
    echo("what remains elsewhere:")
    for line in remains:
        echo(f"  {line}")
