"""`rhizotron personal-data`: the detectors alone, on lines of one's own."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from layers import strict_json
from pipeline.commands.options import Command
from pipeline.errors import InputError
from pipeline.terminal.echo import complain, open_output

BATCH_BYTES = 1 << 22
"""Of lines that are looked through at once."""


_HALF_PAIR = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
"""The shape of a BCP-47 tag; one that is well formed and unknown has no territories."""


class _Line(NamedTuple):
    id: Any
    text: str
    lang: str | None


@click.group(name="personal-data")
def personal_data() -> None:
    """Personal data and secrets: what the detectors find."""


def _read_kinds(_: click.Context, __: click.Parameter, value: str | None) -> frozenset[str]:
    from filters.personal_data.kinds import DEFAULT_MASKED, KINDS

    if value is None:
        return frozenset(DEFAULT_MASKED)
    chosen = {name.strip() for name in value.split(",") if name.strip()}
    if unknown := sorted(chosen - KINDS.keys()):
        raise click.BadParameter(f"no kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return frozenset(chosen)


@personal_data.command(cls=Command)
@click.argument("file", metavar="FILE.jsonl")
@click.option("--out", metavar="FILE", help="Where the lines go; default: standard output.")
@click.option(
    "--mask",
    "masked",
    metavar="KIND,…",
    callback=_read_kinds,
    help="Kinds that a release would mask; default: those of a corpus file that says nothing.",
)
def scan(file: str, out: str | None, masked: frozenset[str]) -> None:
    """Print the spans of each line of FILE, or of standard input for -, as one line of JSON.

    A line of FILE has id, text and lang, a BCP-47 tag that may be null or absent: it decides which
    territories' numbers are looked for. Spans have start and end in code points, kind, detector, and
    whether a release would mask them. Values are never printed. A FILE that ends in .gz, .bz2, .xz or .zst
    is decompressed.
    """
    name = "standard input" if file == "-" else file
    answers = _scan_lines(_read_lines(file, name=name), name=name, masked=masked)
    if out is None:
        write = open_output()
        for answer in answers:
            write(answer)
        return
    with _replacing(out) as target:
        for answer in answers:
            target.write(answer)


@contextmanager
def _replacing(path: str) -> Iterator[Any]:
    """A file that takes a place only when it is complete."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        target = open(temporary, "wb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    try:
        with target:
            yield target
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _read_lines(file: str, *, name: str) -> Iterator[bytes]:
    """Lines of a file or of standard input, without their ends."""
    from pipeline.language_id import identify

    chunks = identify.read_stream(sys.stdin.buffer, name=name) if file == "-" else identify.read_file(file)
    started: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        started.append(first)
        if others:
            yield b"".join(started)
            yield from others[:-1]
            started = [others[-1]]
    if last := b"".join(started):
        yield last


def _parse(line: bytes, *, place: str) -> _Line:
    """Raises InputError that names the place and what is wrong."""
    if not line.strip():
        raise InputError(f"{place}: no JSON (an empty line: take it out)")
    try:
        # of a repeated key the first value would not be looked through
        record = strict_json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: byte {error.start + 1} is no UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: no JSON ({error}); a line is an object with id, text and lang") from error
    if not isinstance(record, dict):
        raise InputError(f"{place}: no JSON object; a line is an object with id, text and lang")
    identity, text, lang = record.get("id"), record.get("text"), record.get("lang")
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise InputError(f"{place}: id must be a string or an integer")
    if not isinstance(text, str):
        raise InputError(f"{place}: text must be a string")
    if lang is not None and not (isinstance(lang, str) and _TAG.fullmatch(lang)):
        raise InputError(f"{place}: lang must be a BCP-47 tag such as sw, or null")
    if _HALF_PAIR.search(text):
        raise InputError(f"{place}: text has half of a surrogate pair, which is no character")
    return _Line(identity, text, lang)


def _scan_lines(lines: Iterable[bytes], *, name: str, masked: frozenset[str]) -> Iterator[bytes]:
    """A line of JSON for each line, batch by batch."""
    batch: list[_Line] = []
    size = number = 0
    for number, line in enumerate(lines, start=1):
        try:
            batch.append(_parse(line, place=f"{name}, line {number}"))
        except InputError:
            yield from _scan_batch(batch, masked=masked)
            raise
        size += len(line)
        if size >= BATCH_BYTES:
            yield from _scan_batch(batch, masked=masked)
            batch, size = [], 0
    yield from _scan_batch(batch, masked=masked)
    if number == 0:
        complain(f"warning: {name} has no lines: nothing was looked through")


def _scan_batch(batch: Sequence[_Line], *, masked: frozenset[str]) -> Iterator[bytes]:
    if not batch:
        return
    import pyarrow as pa

    from filters.personal_data.find import find_spans
    from governance.visible import visible_json

    texts = pa.array([line.text for line in batch], pa.large_string())
    spans = find_spans(texts, languages=[line.lang for line in batch])
    for line, of_line in zip(batch, spans.to_pylist(), strict=True):
        answer = {"id": line.id, "spans": _in_code_points(of_line, text=line.text, masked=masked)}
        yield f"{visible_json(answer)}\n".encode()


def _in_code_points(
    spans: Sequence[dict[str, Any]], *, text: str, masked: frozenset[str]
) -> list[dict[str, Any]]:
    """Spans of bytes, in order → what the command prints of them."""
    if not spans:
        return []
    raw = b"" if text.isascii() else text.encode()
    printed = []
    byte = point = 0
    for span in spans:
        ends = []
        for position in (span["start"], span["end"]):
            point += len(raw[byte:position].decode()) if raw else position - byte
            byte = position
            ends.append(point)
        printed.append(
            {
                "start": ends[0],
                "end": ends[1],
                "kind": span["kind"],
                "detector": span["detector"],
                "masked": span["kind"] in masked,
            }
        )
    return printed
