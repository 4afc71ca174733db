"""`rhizotron init`: from a folder of files to a corpus file and drafts of cards, with what was guessed."""

import re
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from governance.visible import visible_line
from pipeline.commands.options import Command
from pipeline.errors import InputError
from pipeline.terminal.echo import complain, echo

if TYPE_CHECKING:
    from pipeline.plan.guess import Guess


@click.command(cls=Command)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Look at the files of FOLDER; write a corpus file and a draft of a card for each source in it.

    Types and fields are guessed, and shown; what is not known is written as unknown. Nothing is overwritten.
    """
    from pipeline.plan.guess import guess_sources

    folder = folder.resolve()
    try:
        guesses, unknown = guess_sources(str(folder))
    except FileNotFoundError as error:
        raise InputError(f"{folder} has no file to look at: {error}") from error
    for uri in [*unknown][:20]:
        complain(visible_line(f"not taken: {uri}: {unknown[uri]}"))
    if not guesses:
        raise InputError(f"{folder} has no file of a type that is known; `rhizotron sources` lists them")
    for path in _write(folder, guesses=guesses):
        echo(str(path))
    for guess in guesses:
        paths = guess.paths[0] + " …" * (len(guess.paths) > 1)
        echo(visible_line(f"{guess.uid}: {guess.files} file(s) {paths}, type {guess.type}"))
        for name, value in guess.options.items():
            echo(f"  {name}: {dumps(value)} (fewer rows cannot be read than without)")
        for role, reason in guess.reasons.items():
            echo(visible_line(f"  {role:<8}{guess.fields.get(role, '–')} ({reason})"))
    echo("Next: look with `rhizotron peek`; say in cards/ who holds the text and under which licence.")


def _write(folder: Path, *, guesses: Sequence["Guess"]) -> list[Path]:
    from governance.cards.draft import draft_card

    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).lstrip("-0123456789")[:63].rstrip("-")
    contents = {folder / "corpus.yaml": _corpus(name if len(name) > 1 else "my-corpus", guesses=guesses)}
    for guess in guesses:
        contents[folder / "cards" / f"{guess.uid}.md"] = draft_card(guess.uid)
    existing = [str(path) for path in contents if path.exists()]
    if existing:
        raise InputError(f"{' and '.join(existing)} would be overwritten; move or remove what you have")
    for path, text in contents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*contents]


def _corpus(name: str, *, guesses: Sequence["Guess"]) -> str:
    lines = [
        "# Written by `rhizotron init`; types and fields are guesses (docs/reference/configuration.md).",
        f"name: {name}",
        'version: "0.1.0"',
        "cards: cards                  # drafts: what nobody has said yet is unknown there",
        "output: out",
        "# publish: {allow_unreviewed: true}  # a release before anybody said `rhizotron card review`",
        "sources:",
    ]
    for guess in guesses:
        lines += write_entry(guess)
    return "\n".join(lines) + "\n"


def write_entry(guess: "Guess", *, root: str = "") -> list[str]:
    """The lines of a source in a corpus file, with what was guessed and why."""
    lines = [f"  - card: {guess.uid}", f"    type: {guess.type}"]
    if root:
        lines.append(f"    root: {dumps(root)}")
    lines.append(f"    paths: {dumps(guess.paths, ensure_ascii=False)}")
    if guess.reasons:
        lines.append("    fields:" if guess.fields else "    fields: {}")
        for role, reason in guess.reasons.items():
            field = guess.fields.get(role)
            mapped = f"{role}: {dumps(field, ensure_ascii=False)}" if field else f"# {role}: ?"
            lines.append(visible_line(f"      {mapped}    # {reason}"))
    if guess.options:
        lines.append(f"    options: {dumps(guess.options)}    # fewer rows cannot be read than without")
    if "lang" not in guess.fields:
        lines.append("    # lang: unknown; the language of all its documents, as `sw`, if it is one")
    for other in [*guess.others][:20]:
        lines.append(visible_line(f"    # not taken: {other} ({guess.others[other]})"))
    return lines
