"""`rhizotron captures`: which captures of a web archive a corpus takes, from its index."""

import re
from pathlib import Path

import click

from governance.visible import visible_line
from pipeline.commands.options import Command
from pipeline.errors import InputError
from pipeline.terminal.echo import complain, echo

_MEANINGS = {
    "chosen": "chosen: the latest capture of each canonical URL",
    "other_capture": "other captures of these URLs",
    "other_site": "of other sites",
    "http_status": "of another status than 200",
    "mime_type": "neither HTML nor plain text",
    "language": "of other languages, or of none that the index names",
    "broken": "lines or rows that cannot be read",
}
_SUFFIX = re.compile(r"\.(cdxj?(\.gz)?|parquet)$")


@click.command(cls=Command)
@click.argument("indexes", nargs=-1, required=True)
@click.option("--site", "sites", multiple=True, required=True, help="A domain, or the beginning of a URL.")
@click.option("--language", "languages", multiple=True, help="ISO 639-3 code that the index must name.")
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="List to write."
)
def captures(
    indexes: tuple[str, ...], sites: tuple[str, ...], languages: tuple[str, ...], output: Path
) -> None:
    """Choose the captures of sites in INDEXES: paths or URLs of CDX, CDXJ or Common Crawl's Parquet files.

    Of a folder all such files below it are read.

    Written is a list for a source of type cdxj. Nothing is fetched but the indexes.
    """
    from layers import storage
    from sources.reading.capture_choice import Wanted, choose, make_prefixes

    try:
        prefixes = [prefix for site in sites for prefix in make_prefixes(site)]
        choice = choose(_list_indexes(indexes), wanted=Wanted(prefixes, languages=languages))
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error
    storage.write_bytes(str(output), b"".join(capture.to_line() for capture in choice.ordered()))
    for name, meaning in _MEANINGS.items():
        if choice.counts[name] or name == "chosen":
            echo(f"{choice.counts[name]:>9,}  {meaning}")
    for place in choice.broken:
        complain(visible_line(f"not read: {place}"))
    if choice.counts["broken"] > len(choice.broken):
        complain(f"not read: … and {choice.counts['broken'] - len(choice.broken):,} more")


def _list_indexes(indexes: tuple[str, ...]) -> list[str]:
    """The files that are meant; raises ValueError for a folder without any."""
    files: list[str] = []
    for index in indexes:
        below = [str(path) for path in sorted(Path(index).rglob("*")) if _SUFFIX.search(path.name)]
        if not below and Path(index).is_dir():
            raise ValueError(f"{index}: no .cdx, .cdxj or .parquet file below this folder")
        files += below if Path(index).is_dir() else [index]
    return files
