"""`rhizotron verify`, and what it and `run` print about damage to a release."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import Command, release_options
from pipeline.errors import DamagedRelease
from pipeline.terminal.echo import echo, echo_json

if TYPE_CHECKING:
    from pipeline.inspect.verify.result import Verification

MAX_NAMED = 20
"""Files that a message names; `verify` names them all."""


@click.command(cls=Command)
@release_options
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one per core",
    help="Files that are checked at a time.",
)
@click.option("--texts", is_flag=True, help="Also hash every text again: takes twice as long.")
@click.option(
    "--allowed-signers",
    metavar="FILE",
    help="Who may have signed it, as ssh-keygen(1) has it; without a good signature of one: exit code 9.",
)
@click.option(
    "--personal-data",
    "personal_data",
    is_flag=True,
    help="Search every document for personal data that should be masked, not a sample of large shards.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def verify(
    release: str,
    output: str | None,
    limit: int | None,
    workers: int,
    texts: bool,
    allowed_signers: str | None,
    personal_data: bool,
    as_json: bool,
) -> None:
    """Check a release by nothing but itself; exit code 9 where something is not as it says.

    RELEASE is the folder or URL of a release, the output that it lies in, or a corpus file.

    Computed again: size and SHA-256 of every file; rows, ids, their order in the sidecars, bytes of text; the
    ledger from its rows; placeholders of personal data, and that a sample of texts has no more of it; counts
    of duplicates; README, cards and the other pages.
    """
    from pipeline.commands import places
    from pipeline.inspect.verify.release import verify as verify_release
    from pipeline.terminal.live import show_bytes

    release = places.find_release(release, output=output, limit=limit)
    with show_bytes("verify") as advance:
        answer = verify_release(
            release,
            texts=texts,
            personal_data=personal_data,
            workers=workers,
            allowed_signers=allowed_signers,
            advance=advance,
        )
    if as_json:
        echo_json(answer.to_json(), indent=2)
    else:
        _print(answer)
    if answer.mismatches:
        raise DamagedRelease(f"{len(answer.mismatches)} mismatch(es) in {release}")


def describe_damage(release: str, *, damage: Mapping[str, str]) -> str:
    """What happened to a release that is about to be mended; damage is by path."""
    named = [f"  {_cut(path)}: {what}" for path, what in list(damage.items())[:MAX_NAMED]]
    more = [f"  and {len(damage) - MAX_NAMED} more"] if len(damage) > MAX_NAMED else []
    head = f"{len(damage)} file(s) of {release} are missing or changed, and are published again:"
    return "\n".join([head, *named, *more])


def _cut(text: str) -> str:
    """Text of strangers at a length that a message can hold."""
    return text if len(text) <= 300 else f"{text[:300]}…"


def _print(answer: "Verification") -> None:
    for mismatch in answer.mismatches:
        echo(_cut(str(mismatch)))
    for left_out in answer.not_compared:
        echo(_cut(str(left_out)))
    made_by = f", made by {answer.made_by}" if answer.made_by else ""
    echo(_cut(f"{answer.name or answer.release}{made_by}"))
    echo(f"{answer.files:,} files, {answer.bytes:,} bytes, {answer.documents:,} documents")
    echo(f"SHA-256 of manifest.json: {answer.manifest_sha256}")
    if answer.signed_by:
        echo(_cut(f"signed by {answer.signed_by}"))
    if not answer.mismatches:
        echo("everything that was compared is as the manifest says")
