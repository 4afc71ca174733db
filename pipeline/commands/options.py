"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def release_options(command: _F) -> _F:
    """RELEASE, and what chooses the release of a corpus file."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="Of a corpus file: the trial's release."),
        click.option("--out", "output", help="Of a corpus file: folder or URL that the release lies in."),
        click.argument("release"),
    ):
        command = option(command)
    return command


def corpus_options(command: _F) -> _F:
    for option in (
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            help="Trial: at most N documents per source, in OUT-trial-N.",
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; default: `output` of the file."
        ),
        click.argument("corpus", type=click.Path(dir_okay=False)),
    ):
        command = option(command)
    return command
