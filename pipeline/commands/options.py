"""What several commands share: how they begin, and options."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


class Command(click.Command):
    """A command of its own process, which needs no pandas; what prints its help does not come here."""

    def invoke(self, ctx: click.Context) -> Any:
        from layers.columns import postpone_pandas

        postpone_pandas()
        return super().invoke(ctx)


class DefaultGroup(click.Group):
    """What begins with the name of no command is for the one that is the default."""

    command_class = Command
    default: str

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *self.get_help_option_names(ctx)):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def release_options(command: _F) -> _F:
    """RELEASE, and what chooses the release of a corpus file."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="Of a corpus file: the trial's release."),
        click.option("--out", "output", help="Of a corpus file: folder or URL that the release lies in."),
        click.argument("release"),
    ):
        command = option(command)
    return command


def watch_options(command: _F) -> _F:
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Show Beam's log."),
        click.option("--log", metavar="FILE", help="Append Beam's log and the progress to FILE."),
        click.option(
            "--progress",
            type=click.Choice(["auto", "bars", "lines", "json", "none"]),
            default="auto",
            show_default=True,
            help="On standard error; auto: bars on a terminal, else lines every 30 s.",
        ),
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


def document_options(command: _F) -> _F:
    """DOC_ID, and the corpus or output that it is of."""
    for option in (
        click.option(
            "--limit", type=click.IntRange(min=1), help="The trial of at most N documents per source."
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; without CORPUS it says whose."
        ),
        click.argument("corpus", required=False, type=click.Path()),
        click.argument("doc_id"),
    ):
        command = option(command)
    return command
