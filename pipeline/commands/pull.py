"""`rhizotron pull`: a release fetched from the Hugging Face Hub."""

import click

from pipeline.commands.hub import MAX_NAMED, open_repository
from pipeline.commands.options import Command
from pipeline.terminal.echo import echo, echo_json


@click.command(cls=Command)
@click.argument("version", metavar="OWNER/NAME@TAG")
@click.option("--out", "target", required=True, metavar="FOLDER", help="Where it goes; must be empty.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def pull(version: str, target: str, as_json: bool) -> None:
    """Fetch a release from the Hub, checked against its manifest; run again after an interruption.

    FOLDER appears when all of it is there; until then it is in FOLDER.partial.
    """
    from pipeline.delivery import pull as delivery
    from pipeline.terminal.live import show_bytes

    name, revision = delivery.split_id(version)
    repository = open_repository(name, writes=False)
    with show_bytes("pull") as advance:
        done = delivery.pull(repository, revision, target=target, advance=advance)
    if as_json:
        echo_json({"repository": repository.name, **vars(done)}, indent=2)
        return
    echo(f"{repository.name}@{revision}, commit {done.commit}")
    echo(f"{done.files:,} files, {done.bytes:,} bytes with the manifest's digests; {done.fetched:,} fetched")
    echo(f"SHA-256 of manifest.json: {done.manifest_sha256}")
    if done.ignored:
        echo(f"left there, since the manifest does not list them: {', '.join(done.ignored[:MAX_NAMED])}")
