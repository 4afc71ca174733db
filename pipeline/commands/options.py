"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def corpus_options(command: _F) -> _F:
    for option in (
        click.option(
            "--limit", type=click.IntRange(min=1), help="Trial run: at most N documents per source."
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; default: `output` of the file."
        ),
        click.argument("corpus", type=click.Path(dir_okay=False)),
    ):
        command = option(command)
    return command
