"""docs/reference/commands.md: every command with its arguments and options, and the exit codes."""

import inspect
import re
from collections.abc import Iterator

import click

import pipeline.errors
from pipeline.errors import RunError

_HEAD = """# Commands and exit codes

This page is generated from the program; `rhizotron COMMAND --help` prints the same. CORPUS is a corpus file
([configuration.md](configuration.md)), RELEASE the folder of a release, OUT the output that both it and its
layers lie in. Where a command asks for one of the three, each of them will do: an output says of which corpus
file it is. A DOC_ID may stand before or behind it. Progress, warnings and errors go to standard error,
answers to standard output.
"""


def render(main: click.Group) -> str:
    """The page as Markdown, from the program's group of commands."""
    return _HEAD + "".join([*_list_exit_codes(), *_describe_group(main, name="rhizotron")])


def _list_exit_codes() -> Iterator[str]:
    codes: dict[int, list[str]] = {0: ["Done."], 2: ["The command line is wrong."]}
    # An error of one command ends with code 1 and exists once its module is loaded: it is not in the table.
    errors: list[type[RunError]] = [
        each
        for each in vars(pipeline.errors).values()
        if inspect.isclass(each) and issubclass(each, RunError)
    ]
    for error in sorted(errors, key=lambda error: (error.exit_code, error.__name__)):
        words = inspect.getdoc(error) or ""
        codes.setdefault(error.exit_code, []).append(" ".join(words.split("\n\n")[0].split()))
    for number, cause in ((129, "SIGHUP"), (130, "Ctrl-C"), (143, "SIGTERM")):
        codes[number] = [f"Interrupted by {cause}; nothing is half-written, and the same command goes on."]
    yield "\n## Exit codes\n\n| code | meaning |\n|---|---|\n"
    for code, meanings in sorted(codes.items()):
        yield f"| {code} | {' '.join(dict.fromkeys(meanings))} |\n"


def _describe_group(group: click.Group, *, name: str) -> Iterator[str]:
    described: dict[tuple[Record, ...], str] = {}
    for command in group.commands.values():
        full = f"{name} {command.name}"
        if isinstance(command, click.Group):
            yield from _describe_group(command, name=full)
        elif not command.hidden:
            yield from _describe_command(command, name=full, described=described)


Record = tuple[str, str]
"""An option as it is written, and what it means."""


def _describe_command(
    command: click.Command, *, name: str, described: dict[tuple[Record, ...], str]
) -> Iterator[str]:
    """The section of a command; options that another one has had are not told twice."""
    context = click.Context(command, info_name=name)
    yield f"\n## `{name}`\n\n`{' '.join(command.get_usage(context).removeprefix('Usage: ').split())}`\n\n"
    yield (
        "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n"))
        + "\n"
    )
    records = tuple(record for option in command.params if (record := _read_option(option, context=context)))
    if not records:
        return
    same = described.setdefault(records, name)
    if same != name:
        yield f"\nThe options are those of [`{same}`](#{same.replace(' ', '-')}).\n"
        return
    yield "\n| option | meaning |\n|---|---|\n"
    yield from (f"| {_cell(f'`{option}`')} | {_cell(meaning)} |\n" for option, meaning in records)


def _read_option(option: click.Parameter, *, context: click.Context) -> Record | None:
    """What `--help` says of an option; nothing of an argument, which the line of usage has."""
    record = option.get_help_record(context) if isinstance(option, click.Option) else None
    return None if record is None else (re.sub(r"(INTEGER|FLOAT) RANGE", "NUMBER", record[0]), record[1])


def _cell(text: str) -> str:
    return re.sub(r"\bx>=", "≥ ", " ".join(text.split())).replace("|", "\\|")
