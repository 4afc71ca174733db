"""What several commands share: how they begin, and options."""

from collections.abc import Callable
from functools import wraps
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


def add_options(command: _F, *options: Callable[[_F], _F]) -> _F:
    """The command with options and arguments; the last one comes first in its help."""
    for option in options:
        command = option(command)
    return command


def release_options(command: _F) -> _F:
    """RELEASE, and what chooses the release of a corpus file."""
    return add_options(
        command,
        click.option("--limit", type=click.IntRange(min=1), help="Of a corpus file: the trial's release."),
        click.option("--out", "output", help="Of a corpus file: folder or URL that the release lies in."),
        click.argument("release"),
    )


def watch_options(command: _F) -> _F:
    return add_options(
        command,
        click.option("-v", "--verbose", is_flag=True, help="Show Beam's log."),
        click.option("--log", metavar="FILE", help="Append Beam's log and the progress to FILE."),
        click.option(
            "--progress",
            type=click.Choice(["auto", "bars", "lines", "json", "none"]),
            default="auto",
            show_default=True,
            help="On standard error; auto: bars on a terminal, else lines every 30 s.",
        ),
    )


def corpus_options(command: _F, *, makes: bool = False) -> _F:
    """CORPUS, or an output or release that says of which corpus file it is; makes: what makes an output."""

    @wraps(command)
    def ask(*, corpus: str, output: str | None, limit: int | None, **options: Any) -> Any:
        from pipeline.commands import places

        corpus, output, limit = places.find_corpus(corpus, output=output, limit=limit, makes=makes)
        return command(corpus=corpus, output=output, limit=limit, **options)

    made: Any = add_options(
        ask,
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            help="Trial: at most N documents per source, in OUT-trial-N.",
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; default: `output` of the file."
        ),
        click.argument("corpus"),
    )
    return made


def run_options(command: _F) -> _F:
    """CORPUS of what makes layers or a release: its output need not be there."""
    return corpus_options(command, makes=True)


def document_options(command: _F) -> _F:
    """DOC_ID, and the corpus, output or release that it is of; in either order."""

    @wraps(command)
    def ask(*, doc_id: str, corpus: str | None, output: str | None, limit: int | None, **options: Any) -> Any:
        from pipeline.commands import places

        if corpus is not None:
            doc_id, corpus = places.tell_apart(doc_id, corpus)
        corpus, output, limit = places.find_corpus(corpus, output=output, limit=limit)
        return command(doc_id=doc_id, corpus=corpus, output=output, limit=limit, **options)

    made: Any = add_options(
        ask,
        click.option(
            "--limit", type=click.IntRange(min=1), help="The trial of at most N documents per source."
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; without CORPUS it says whose."
        ),
        click.argument("corpus", required=False),
        click.argument("doc_id"),
    )
    return made
