"""The command lines of a block, and whether the programs that they call know their options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli import main
from tests.docs.pages import ROOT, Block

_SEPARATORS = frozenset({";", "&&", "||", "|", "&", "(", ")"})


def split_commands(block: Block) -> Iterator[list[str]]:
    """The words of each command; comments, here-documents and redirections are left out."""
    text = re.sub(r"<<'?(\w+)'?.*?\n\1$", "", block.text, flags=re.DOTALL | re.MULTILINE)
    for line in text.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in _SEPARATORS:
                words.append(word)
            elif words:
                yield words
                words = []


def find_mistakes(words: list[str]) -> Iterator[str]:
    """What is wrong with a command: it does not exist, or does not know an option."""
    program, arguments = words[0], words[1:]
    if program == "rhizotron":
        yield from _mistakes_of_click(arguments)
    elif program == "python" and arguments[:1] == ["-m"]:
        yield from _mistakes_of_script(
            ROOT / Path(*arguments[1].split(".")), arguments[2:], module=arguments[1]
        )
    elif program in ("python", "sh") and arguments and not arguments[0].startswith("-"):
        yield from _mistakes_of_script(ROOT / arguments[0], arguments[1:], module=None)


def _mistakes_of_click(arguments: list[str]) -> Iterator[str]:
    command: click.Command = main
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        default = getattr(command, "default", None)
        if default is None or arguments[0] in command.commands:
            name, *arguments = arguments
        else:
            name = default
        if name not in command.commands:
            yield f"rhizotron has no command {name}"
            return
        command = command.commands[name]
    try:
        command.make_context(command.name, [*arguments])
    except click.UsageError as error:
        yield f"rhizotron {command.name}: {error.format_message()}"


def _mistakes_of_script(path: Path, arguments: list[str], *, module: str | None) -> Iterator[str]:
    """Options are looked for in the text of the script: to ask it would cost its imports."""
    candidates = [path, path.with_suffix(".py"), path / "__main__.py"]
    scripts = [candidate for candidate in candidates if candidate.is_file()]
    if not scripts:
        if module is None or module.split(".")[0] in ("benchmarks", "tools", "tests", "pipeline", "filters"):
            yield f"there is no {path.relative_to(ROOT)}"
        return
    text = scripts[0].read_text(encoding="utf-8")
    for shared in re.findall(r"^from ([\w.]+) import .*\badd_arguments\b", text, re.MULTILINE):
        text += (ROOT / shared.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    if "parse_known_args" in text:  # the others are Beam's
        return
    for argument in arguments:
        option = argument.split("=")[0]
        if option.startswith("--") and f'"{option}"' not in text and scripts[0].suffix == ".py":
            yield f"{scripts[0].relative_to(ROOT)} has no option {option}"
