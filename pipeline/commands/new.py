"""`rhizotron new`: the files that a corpus starts with, and those of a language outside the 46."""

import re
from collections.abc import Mapping
from pathlib import Path

import click

from pipeline.commands.options import DefaultGroup
from pipeline.config.bundled import find_bundled
from pipeline.errors import InputError
from pipeline.terminal.echo import complain, echo

_CORPUS = """\
# A corpus: which sources, and what becomes of them. docs/reference/configuration.md lists every key.
name: {name}
version: "0.1.0"              # of the release
cards: cards                  # folder of source cards: who holds the text, under which licence
output: out                   # folder of layers and release
# publish: {{allow_unreviewed: true}}   # a release before anybody said `rhizotron card review`
sources:
  - card: {uid}               # cards/{uid}.md
    type: jsonl               # or json, csv, text, parquet, arrow
    paths: ["data/*.jsonl"]
    fields: {{text: text}}      # what your records call their text; also id, url, title, date, license, lang
    # lang: sw                # the language of all its documents, when no field says it
"""


class _NewGroup(DefaultGroup):
    """What names no command is the folder of a corpus: `rhizotron new FOLDER`."""

    default = "corpus"


@click.group(cls=_NewGroup)
def new() -> None:
    """Start a corpus, or the file of a language. `rhizotron new FOLDER` is `rhizotron new corpus FOLDER`."""


@new.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--source", "uid", default="my_source", show_default=True, help="uid of the first source.")
def corpus(folder: Path, uid: str) -> None:
    """Start a corpus in FOLDER: a corpus file and a source card to fill in. Nothing is overwritten."""
    for path in start_corpus(folder, uid=uid):
        echo(str(path))


@new.command()
@click.argument("tag")
@click.option(
    "--from",
    "paths",
    metavar="FILE",
    multiple=True,
    required=True,
    help="Clean documents: JSON lines, or .parquet; repeatable, each file a source.",
)
@click.option("--text", "text_field", default="text", show_default=True, help="Field of the text.")
@click.option("--to", "folder", default=".", show_default=True, help="Folder of the file TAG.yaml.")
def language(tag: str, paths: tuple[str, ...], text_field: str, folder: str) -> None:
    """Derive the file of a language outside the 46 from clean documents: stop words and limits.

    TAG is a BCP-47 tag. The recipes are those that made the files of the 46; half of the documents set the
    limits, and what these remove of the other half is printed. Nothing is overwritten.
    """
    from pipeline.commands import show_language
    from pipeline.inspect.new_language import derive_language

    path = Path(folder) / f"{tag}.yaml"
    if path.exists():
        raise InputError(f"{path} would be overwritten; move it away, or choose another folder by --to")
    made = derive_language(tag, paths=paths, text_field=text_field)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.text, encoding="utf-8")
    show_language.print_language(made, path=path)


@new.command()
@click.argument("type", required=False)
@click.option(
    "--from-hub",
    "name",
    metavar="OWNER/NAME[@REVISION]",
    help="Dataset of the Hugging Face Hub; a branch, tag or nothing is pinned to the commit it is now.",
)
@click.option("--config", metavar="NAME", help="Configuration, where the dataset has several.")
@click.option("--split", "splits", metavar="NAME", multiple=True, help="Split, repeatable.")
@click.option("--uid", help="Of the source; by default after the name.")
@click.option("--to", "folder", default=".", show_default=True, help="Folder of UID.source.yaml and cards/.")
def source(
    type: str | None,
    name: str | None,
    config: str | None,
    splits: tuple[str, ...],
    uid: str | None,
    folder: str,
) -> None:
    """Start a source type of your own, or the entry of a dataset of the Hub.

    TYPE: a module that reads it, a fixture, a test and a card, in a plugin folder, or in the project itself
    where --to is a checkout of it. --from-hub: the entry of a corpus file, and a draft of the card with
    quotes of the README; type and fields are guessed by a few files, no code of the dataset is run. Nothing
    is overwritten.
    """
    if (type is None) == (name is None):
        raise InputError("give the name of a new TYPE, or a dataset of the Hub by --from-hub")
    if name is None:
        assert type is not None
        _write_type(type, folder=Path(folder))
        return
    from layers.hub_errors import HubError
    from pipeline.commands.init import write_entry
    from pipeline.plan.from_hub import describe_dataset

    if uid is not None:
        check_uid(uid, option="--uid")
    try:
        made = describe_dataset(name, config=config, splits=splits, uid=uid)
    except HubError as error:
        raise InputError(str(error)) from error
    guess = made.guess
    entry = "\n".join(
        [
            "# For `sources` of a corpus file; fields are guesses (docs/reference/configuration.md).",
            "sources:",
            *write_entry(guess, root=made.revision.root),
        ]
    )
    write_new(
        {
            Path(folder) / f"{guess.uid}.source.yaml": f"{entry}\n",
            Path(folder) / "cards" / f"{guess.uid}.md": made.card,
        }
    )
    echo(entry)
    for type, count in made.others.items():
        complain(f"not taken: {count} file(s) of type {type}; a source has one type")
    echo(
        f"Written: {guess.uid}.source.yaml and cards/{guess.uid}.md in {folder}; {guess.files} file(s) match."
    )


def _write_type(type: str, *, folder: Path) -> None:
    import keyword

    import sources
    from pipeline.commands.new_source_type import make_files, next_steps

    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", type) or keyword.iskeyword(type):
        raise InputError(f"TYPE {type!r}: it is the name of a Python module: 2 to 31 of a-z, 0-9 and _")
    if type in sources.names():
        raise InputError(f"there is a source type {type} already; `rhizotron sources` lists all")
    files = make_files(type, folder=folder)
    write_new(files)
    for path in files:
        echo(str(path))
    echo("Next:")
    for step in next_steps(type, folder=folder):
        echo(f"  {step}")


def check_uid(uid: str, *, option: str) -> None:
    """Raise InputError for what no card may be called."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,63}", uid):
        raise InputError(f"{option} {uid!r}: write 3 to 64 of a-z, 0-9 and _, a letter first")


def write_new(contents: Mapping[Path, str] | Mapping[Path, bytes]) -> None:
    """Write files that do not exist yet; raises InputError before any is written."""
    existing = [str(path) for path in contents if path.exists()]
    if existing:
        raise InputError(f"{' and '.join(existing)} would be overwritten; choose another folder")
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def start_corpus(folder: Path, *, uid: str) -> list[Path]:
    """Write corpus.yaml and the card of one source; raises InputError for a bad uid or files that exist."""
    check_uid(uid, option="--source")
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).lstrip("-0123456789")[:63].rstrip("-")
    card = find_bundled("data_cards/TEMPLATE.md").read_text(encoding="utf-8")
    contents = {
        folder / "corpus.yaml": _CORPUS.format(name=name if len(name) > 1 else "my-corpus", uid=uid),
        folder / "cards" / f"{uid}.md": card.replace("uid: example_wiki ", f"uid: {uid} ", 1),
    }
    write_new(contents)
    return [*contents]
