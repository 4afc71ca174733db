"""Archives of web pages beside resiliparse in a loop on the same pages, and conversions beside JSON lines.

    python -m benchmarks.warc_speed --pages FOLDER
    python -m benchmarks.warc_speed --pages FOLDER --texts DOCUMENTS

FOLDER holds pages (`*.html`, `*.html.gz`), DOCUMENTS are JSON lines with `text`, written as archives, plain
and a gzip member a record: of 2.6 kB, or with --bytes of more, as Common Crawl's of 6.4 kB are. CPU time of
reader and children together, the median of rounds in which all are measured one after the other, so that the
load of the machine is the same for all.
"""

import gzip
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import click
import orjson

from benchmarks import report
from benchmarks.html_quality import cpu_seconds
from benchmarks.source_memory import list_pages, warc_record, write_response
from benchmarks.speed import read_batches
from layers.entries import Unit
from sources import load
from sources.base import RecordLog, SourceSpec

_TEXT_CHARS = 3000
_MAX_TEXT_BYTES = 20_000_000


def write_archives(records: list[bytes], *, stem: str, folder: Path) -> dict[str, Path]:
    """The records as one plain file, and as one of a gzip member a record."""
    paths = {"plain": folder / f"{stem}.warc", "gzip": folder / f"{stem}.warc.gz"}
    paths["plain"].write_bytes(b"".join(records))
    paths["gzip"].write_bytes(b"".join(gzip.compress(record, 6) for record in records))
    return paths


def read_source(path: Path, *, type: str = "warc", options: dict[str, object] | None = None) -> int:
    """Documents of a file."""
    fields = {"text": "text", "id": "id"} if type == "jsonl" else {}
    spec = SourceSpec(
        "benchmark", type, str(path.parent), "NOASSERTION", fields=fields, options=options or {}
    )
    log = RecordLog(Unit("benchmark", path.name))
    return sum(len(batch) for batch in load(type).read(log.unit, spec=spec, log=log))


def extract_alone(pages: list[str]) -> None:
    """Resiliparse on texts that are decoded before."""
    from resiliparse.extract.html2text import extract_plain_text

    for page in pages:
        extract_plain_text(page, main_content=True)


def extract_records(path: Path) -> None:
    """FastWARC, resiliparse's detection of the encoding, its tree and text."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            body = record.reader.read()
            tree = HTMLTree.parse_from_bytes(body, detect_encoding(body) or "utf-8")
            extract_plain_text(tree, main_content=True)


def read_texts(path: Path) -> None:
    """FastWARC alone, read and decoded."""
    from fastwarc.warc import ArchiveIterator

    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            record.reader.read().decode()


def page_works(folder: Path, *, pages: list[bytes]) -> dict[str, Callable[[], object]]:
    """Name → what is timed."""
    records = [
        warc_record(number, block=write_response(page), type="response") for number, page in enumerate(pages)
    ]
    paths = write_archives(records, stem="pages", folder=folder)
    texts = [page.decode("utf-8", "replace") for page in pages]
    fast: dict[str, object] = {"extractor": "fast"}
    return {
        "FastWARC, detection and resiliparse, gzip": partial(extract_records, paths["gzip"]),
        "source type warc, fast, gzip": partial(read_source, paths["gzip"], options=fast),
        "FastWARC, detection and resiliparse, plain": partial(extract_records, paths["plain"]),
        "source type warc, fast, plain": partial(read_source, paths["plain"], options=fast),
        "resiliparse alone, decoded before": partial(extract_alone, texts),
    }


def text_works(folder: Path, *, texts: list[str]) -> dict[str, Callable[[], object]]:
    """Name → what is timed."""
    records = [warc_record(number, block=text.encode()) for number, text in enumerate(texts)]
    paths = write_archives(records, stem="texts", folder=folder)
    lines = folder / "texts.jsonl"
    rows = ({"id": str(number), "text": text} for number, text in enumerate(texts))
    lines.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    packed = folder / "texts.jsonl.gz"
    packed.write_bytes(gzip.compress(lines.read_bytes(), 6))
    return {
        "FastWARC, read and decoded, gzip": partial(read_texts, paths["gzip"]),
        "source type warc, WET, gzip": partial(read_source, paths["gzip"]),
        "source type warc, WET, plain": partial(read_source, paths["plain"]),
        "source type jsonl": partial(read_source, lines, type="jsonl"),
        "source type jsonl, gzip": partial(read_source, packed, type="jsonl"),
    }


def cut_texts(documents: Path) -> Iterator[str]:
    """Texts of a few thousand bytes, as pages have them."""
    for batch in read_batches(documents, max_text_bytes=_MAX_TEXT_BYTES):
        for text in batch["text"].to_pylist():
            for place in range(0, len(text), _TEXT_CHARS):
                yield text[place : place + _TEXT_CHARS]


def join_texts(texts: Iterable[str], *, size: int) -> Iterator[str]:
    """The same as texts of about so many bytes."""
    held: list[str] = []
    count = 0
    for text in texts:
        held.append(text)
        count += len(text.encode())
        if count >= size:
            yield "\n".join(held)
            held, count = [], 0


def measure(works: dict[str, Callable[[], object]], *, megabytes: float, rounds: int) -> None:
    """Print MB per CPU-second of each, and its speed beside the first."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for run in works.values():
        run()
    for _ in range(rounds):
        for name, run in works.items():
            start = cpu_seconds()
            run()
            times[name].append(cpu_seconds() - start)
    first = next(iter(times.values()))
    click.echo("| reader | MB per CPU-second | of the first |\n|---|---:|---:|")
    for name, each in times.items():
        ratio = statistics.median(one / other for one, other in zip(first, each, strict=True))
        click.echo(f"| {name} | {megabytes / statistics.median(each):.0f} | {ratio:.2f} |")


@click.command()
@click.option("--pages", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--texts", type=click.Path(exists=True, path_type=Path))
@click.option("--bytes", "size", type=int, help="Of a text, about.")
@click.option("--rounds", type=int, default=7, show_default=True)
def main(pages: Path, texts: Path | None, size: int | None, rounds: int) -> None:
    """Speeds of archives beside libraries alone."""
    click.echo(f"{report.heading()}\n")
    with tempfile.TemporaryDirectory() as name:
        held = list_pages(pages)
        megabytes = sum(map(len, held)) / report.MEGABYTE
        click.echo(f"{len(held):,} pages, {megabytes:.1f} MB\n")
        measure(page_works(Path(name), pages=held), megabytes=megabytes, rounds=rounds)
        if texts is not None:
            cut = list(cut_texts(texts) if size is None else join_texts(cut_texts(texts), size=size))
            megabytes = sum(len(text.encode()) for text in cut) / report.MEGABYTE
            click.echo(f"\n{len(cut):,} texts, {megabytes:.1f} MB\n")
            measure(text_works(Path(name), texts=cut), megabytes=megabytes, rounds=rounds)


if __name__ == "__main__":
    main()
