"""`rhizotron sign`: the signature of a release, beside its manifest."""

import click

from pipeline.commands.options import Command, release_options
from pipeline.terminal.echo import echo


@click.command(cls=Command)
@release_options
@click.option(
    "--key", required=True, type=click.Path(), help="Private key of OpenSSH, or a public one of the agent."
)
def sign(release: str, output: str | None, limit: int | None, key: str) -> None:
    """Sign the manifest of a release by ssh-keygen, namespace rhizotron: manifest.json.sig beside it.

    RELEASE is the folder or URL of a release, the output that it lies in, or a corpus file. Anybody checks it
    with `rhizotron verify RELEASE --allowed-signers FILE`.
    """
    from pipeline.commands import places
    from pipeline.inspect.signature import sign_release

    release = places.find_release(release, output=output, limit=limit)
    echo(f"signed: {sign_release(release, key=key)}")
