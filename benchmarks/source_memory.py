"""Peak memory and CPU time of reading one large generated file, of the reader and of each of its children.

    python -m benchmarks.source_memory warc 2000000000 --pages FOLDER --option extractor=fast
    python -m benchmarks.source_memory wet.gz 2000000000
    python -m benchmarks.source_memory json 2000000000
    python -m benchmarks.source_memory body 1000000000

`warc`: the pages of a folder (`*.html`, `*.html.gz`) over and over, each a record; `wet`: records of 6 kB;
`.gz` makes either one gzip member. `json`: an array of objects of 1 kB; `body`: a WARC whose first record has
a body of that size, before two short ones. Bytes are those of the file without compression.
"""

import gzip
import json
import os
import resource
import tempfile
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import click

import sources
from benchmarks import report
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec

SENTENCE = "A sentence of words that are not all the same, as number {} says. "
_BLOCK_BYTES = 1 << 20


def warc_record(number: int, *, block: bytes, type: str = "conversion") -> bytes:
    """A record; a response has its HTTP header in the block."""
    mime = "text/plain" if type == "conversion" else "application/http; msgtype=response"
    head = (
        f"WARC/1.0\r\nWARC-Type: {type}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012d}>\r\n"
        f"WARC-Target-URI: https://example.org/{number}\r\nContent-Type: {mime}\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def write_response(body: bytes) -> bytes:
    """A page as HTTP brings it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def list_pages(folder: Path) -> list[bytes]:
    """The pages of a folder; raises ClickException where there is none."""
    paths = sorted([*folder.rglob("*.html"), *folder.rglob("*.html.gz")])
    pages = [path.read_bytes() for path in paths]
    if not pages:
        raise click.ClickException(f"no *.html or *.html.gz below {folder}")
    return [gzip.decompress(page) if page[:2] == b"\x1f\x8b" else page for page in pages]


def pieces(kind: str, *, size: int, pages: list[bytes]) -> Iterator[bytes]:
    """The bytes of a file of this kind without compression, about `size`."""
    if kind == "json":
        yield b"["
    elif kind == "body":
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {size}\r\n\r\n<p>".encode()
        record = warc_record(0, block=b"", type="response").replace(
            b"Content-Length: 0", b"Content-Length: %d" % (len(head) + size - 3)
        )
        yield record[:-4] + head
        words = (SENTENCE.format(0).encode() * (_BLOCK_BYTES // len(SENTENCE)))[:_BLOCK_BYTES]
        for left in range(size - 3, 0, -len(words)):
            yield words[:left]
        yield b"\r\n\r\n"
        short = write_response(b"<p>" + SENTENCE.format(1).encode() * 9)
        yield from (warc_record(number, block=short, type="response") for number in (1, 2))
        return
    written = 0
    for number in count():
        if kind == "json":
            text = SENTENCE.format(number) * 15
            piece = b", " * (number > 0) + json.dumps({"id": str(number), "text": text}).encode()
        elif kind == "warc":
            block = write_response(pages[number % len(pages)])
            piece = warc_record(number, block=block, type="response")
        else:
            piece = warc_record(number, block=SENTENCE.format(number).encode() * 90)
        written += len(piece)
        yield piece
        if written >= size:
            break
    if kind == "json":
        yield b"]"


def read_file(path: Path, *, type: str, options: dict[str, object]) -> tuple[int, int]:
    """(documents, rejected records) of a file, nothing of which is kept."""
    fields = {"text": "text", "id": "id"} if type == "json" else {}
    spec = SourceSpec("benchmark", type, str(path.parent), "NOASSERTION", fields=fields, options=options)
    log = RecordLog(Unit("benchmark", path.name))
    documents = sum(len(batch) for batch in sources.load(type).read(log.unit, spec=spec, log=log))
    return documents, len(log.rejected)


def list_child_peaks() -> list[float]:
    """Largest resident sizes of the children that live, in MB."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            values = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if int(values["PPid"]) == os.getpid() and "VmHWM" in values:
            peaks.append(int(values["VmHWM"].split()[0]) * 1024 / report.MEGABYTE)
    return peaks


@click.command()
@click.argument("kind", type=click.Choice(["warc", "warc.gz", "wet", "wet.gz", "json", "body", "body.gz"]))
@click.argument("size", type=int)
@click.option("--pages", type=click.Path(exists=True, path_type=Path), help="A folder of pages, for warc.")
@click.option("--option", "given", multiple=True, help="Of the source type, NAME=VALUE.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the file is made and removed again.")
def main(kind: str, size: int, pages: Path | None, given: tuple[str, ...], folder: Path | None) -> None:
    """Write a file, read it in this process and say what that took."""
    name, _, compression = kind.partition(".")
    held = list_pages(pages) if pages is not None else []
    if name == "warc" and not held:
        raise click.ClickException("warc needs --pages")
    options: dict[str, object] = {}
    for each in given:
        key, _, value = each.partition("=")
        options[key] = int(value) if value.isdigit() else value
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        suffix = {"json": "json", "wet": "warc.wet"}.get(name, "warc")
        path = Path(temporary) / f"data.{suffix}{'.gz' if compression else ''}"
        pack = zlib.compressobj(1, zlib.DEFLATED, 31)
        with path.open("wb") as file:
            for piece in pieces(name, size=size, pages=held):
                file.write(pack.compress(piece) if compression else piece)
            file.write(pack.flush() if compression else b"")
        del held
        before = resource.getrusage(resource.RUSAGE_SELF)
        documents, rejected = read_file(path, type="json" if name == "json" else "warc", options=options)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    children = ", ".join(f"{peak:.0f} MB" for peak in list_child_peaks()) or "none"
    click.echo(
        f"{kind} {size:,}: {documents:,} documents, {rejected:,} rejected, {seconds:.0f} CPU-seconds, peak "
        f"{used.ru_maxrss * 1024 / report.MEGABYTE:.0f} MB (before {before.ru_maxrss * 1024 / 1e6:.0f}), "
        f"children {children}"
    )


if __name__ == "__main__":
    main()
