"""`rhizotron new`: the files that a corpus starts with."""

import re
from pathlib import Path

import click

from pipeline.commands.bundled import find_bundled
from pipeline.errors import InputError
from pipeline.terminal.echo import echo

_CORPUS = """\
# A corpus: which sources, and what becomes of them. docs/reference/configuration.md lists every key.
name: {name}
version: "0.1.0"              # of the release
cards: cards                  # folder of source cards: who holds the text, under which licence
output: out                   # folder of layers and release
sources:
  - card: {uid}               # cards/{uid}.md
    type: jsonl               # or json, csv, text, parquet, arrow
    paths: ["data/*.jsonl"]
    fields: {{text: text}}      # what your records call their text; also id, url, title, date, license, lang
    # lang: sw                # the language of all its documents, when no field says it
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--source", "uid", default="my_source", show_default=True, help="uid of the first source.")
def new(folder: Path, uid: str) -> None:
    """Start a corpus in FOLDER: a corpus file and a source card to fill in. Nothing is overwritten."""
    for path in start_corpus(folder, uid=uid):
        echo(str(path))


def start_corpus(folder: Path, *, uid: str) -> list[Path]:
    """Write corpus.yaml and the card of one source; raises InputError for a bad uid or files that exist."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,63}", uid):
        raise InputError(f"--source {uid!r}: write 3 to 64 of a-z, 0-9 and _, a letter first")
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).lstrip("-0123456789")[:63].rstrip("-")
    card = find_bundled("data_cards/TEMPLATE.md").read_text(encoding="utf-8")
    contents = {
        folder / "corpus.yaml": _CORPUS.format(name=name if len(name) > 1 else "my-corpus", uid=uid),
        folder / "cards" / f"{uid}.md": card.replace("uid: example_wiki ", f"uid: {uid} ", 1),
    }
    existing = [str(path) for path in contents if path.exists()]
    if existing:
        raise InputError(f"{' and '.join(existing)} would be overwritten; choose another folder")
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*contents]
