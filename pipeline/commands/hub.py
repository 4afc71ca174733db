"""What `push`, `withdraw` and `pull` share: their options, and a release and a repository to work on."""

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.commands.options import add_options
from pipeline.errors import DamagedRelease, InputError
from pipeline.terminal.echo import complain

if TYPE_CHECKING:
    from pipeline.delivery.files import Changes, LocalRelease
    from pipeline.delivery.repository import HubRepository

_F = TypeVar("_F", bound=Callable[..., Any])

MAX_NAMED = 20
"""Mismatches of a release that is not sent; `verify` names them all."""


def writing_options(command: _F) -> _F:
    return add_options(
        command,
        click.option("--json", "as_json", is_flag=True, help="Machine-readable."),
        click.option("--message", metavar="TEXT", help="Of the commit; default: name, version and manifest."),
        click.option("--tag", metavar="VERSION", help="Default: the release's version."),
        click.option("--dry-run", is_flag=True, help="Print what would be done; nothing is sent."),
    )


def load_verified(release: str, *, output: str | None, limit: int | None) -> "LocalRelease":
    """A release that is what its manifest says; raises DamagedRelease, InputError."""
    from pipeline.commands import places
    from pipeline.delivery.files import LocalRelease
    from pipeline.inspect.verify.release import verify
    from pipeline.terminal.live import show_bytes

    place = places.find_release(release, output=output, limit=limit)
    with show_bytes("verify") as advance:
        answer = verify(place, workers=os.cpu_count() or 1, advance=advance)
    if answer.mismatches:
        named = "".join(f"\n  {str(mismatch)[:300]}" for mismatch in answer.mismatches[:MAX_NAMED])
        more = len(answer.mismatches) - MAX_NAMED
        raise DamagedRelease(
            f"{place} is not sent: {len(answer.mismatches)} mismatch(es) with its manifest{named}"
            + (f"\n  and {more} more: `rhizotron verify {shlex.quote(str(place))}`" if more > 0 else "")
        )
    return LocalRelease.load(place)


def open_repository(name: str, *, writes: bool) -> "HubRepository":
    """A repository to be asked; raises InputError where it is to be written without a token."""
    from huggingface_hub import constants, get_token

    from pipeline.delivery.patience import Patience, quiet_client
    from pipeline.delivery.repository import HubRepository

    quiet_client()
    repository = HubRepository(name, patience=Patience(tell=complain))
    if writes and get_token() is None:
        raise InputError(
            f"{repository.name}: there is no token: set HF_TOKEN to one of {constants.ENDPOINT} that may "
            f"write to {repository.name.split('/')[0]}"
        )
    return repository


def say_changes(changes: "Changes") -> str:
    return ", ".join(f"{number:,} {what}" for what, number in count_changes(changes).items())


def count_changes(changes: "Changes") -> dict[str, int]:
    return {what: len(paths) for what, paths in list_changes(changes).items()}


def list_changes(changes: "Changes") -> dict[str, tuple[str, ...]]:
    return {
        "new": changes.new,
        "changed": changes.changed,
        "same": changes.same,
        "deleted": changes.deleted,
    }
