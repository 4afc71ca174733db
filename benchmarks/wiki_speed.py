"""How fast pages of a wiki's dump become text on one core, beside mwparserfromhell alone in a loop.

    python -m benchmarks.wiki_speed DUMP --repeats 3

DUMP is a `pages-articles` file. Characters of wikitext are counted; the parser alone is given the wikitext of
the pages that become documents, without reading the dump.
"""

from collections.abc import Callable
from pathlib import Path

import click

import sources
from benchmarks import report
from benchmarks.speed import time_rounds
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec
from sources.reading.wikitext.dump import Site, read_page
from sources.reading.wikitext.pages import read_range
from sources.reading.xml_elements import Element


def read_dump(dump: Path) -> set[str]:
    """Keys of the documents of a dump."""
    spec = SourceSpec("benchmark", "mediawiki", str(dump.parent), "NOASSERTION")
    log = RecordLog(Unit("benchmark", dump.name))
    batches = sources.load("mediawiki").read(log.unit, spec=spec, log=log)
    return {key.rpartition(":")[2] for batch in batches for key in batch["record_id"].to_pylist()}


def read_wikitext(dump: Path, *, keys: set[str]) -> list[str]:
    """Wikitext of the pages whose numbers are among some."""
    unit = Unit("benchmark", dump.name)
    elements = read_range(
        str(dump), unit=unit, encoding="utf-8", max_page_bytes=16 << 20, log=RecordLog(unit)
    )
    pages = [read_page(each.raw, site=Site()) for each in elements if isinstance(each, Element)]
    return [page.text for page in pages if page.page_id in keys]


@click.command()
@click.argument("dump", type=click.Path(exists=True, path_type=Path))
@click.option("--repeats", type=int, default=3, show_default=True)
def main(dump: Path, repeats: int) -> None:
    """Million characters of wikitext per CPU-second."""
    import mwparserfromhell

    texts = read_wikitext(dump, keys=read_dump(dump))
    millions = sum(map(len, texts)) / 1e6
    works: dict[str, Callable[[], object]] = {
        "mwparserfromhell.parse alone": lambda: [mwparserfromhell.parse(text) and None for text in texts],
        "the same and strip_code": lambda: [mwparserfromhell.parse(text).strip_code() for text in texts],
        "source type mediawiki, from the file": lambda: read_dump(dump),
    }
    click.echo(
        f"{report.heading()}\n\n{len(texts):,} pages, {millions:.1f} M characters, best of {repeats}\n"
    )
    click.echo("| reader | M characters per CPU-second | of the parser alone |\n|---|---:|---:|")
    speeds: list[float] = []
    for name, work in works.items():
        speeds.append(millions / time_rounds(work, repeats=repeats)[1])
        click.echo(f"| {name} | {speeds[-1]:.2f} | {speeds[-1] / speeds[0]:.2f} |")


if __name__ == "__main__":
    main()
