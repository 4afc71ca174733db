"""Lines of the demo corpus that cannot become documents: what broken exports and downloads leave behind."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from examples.demo.make.dirt import DirtMap

Row = dict[str, Any]
"""A record as its source writes it."""


def _dump(row: object) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def _cut_short(row: Row, text: str) -> bytes:
    return _dump(row)[:-20].decode(errors="ignore").encode()


def _with_number(row: Row, text: str) -> bytes:
    return _dump(row | {text: 42})


def _without_text(row: Row, text: str) -> bytes:
    return _dump({name: value for name, value in row.items() if name != text})


def _with_invalid_bytes(row: Row, text: str) -> bytes:
    marked = row | {text: row[text][:200] + "\0" + row[text][200:]}
    return _dump(marked).replace(b"\\u0000", b"\xe9\xff")


def _with_lone_surrogate(row: Row, text: str) -> bytes:
    return _dump(row | {text: row[text][:300] + "\0"}).replace(b"\\u0000", b"\\ud83d")


def _array(row: Row, text: str) -> bytes:
    return _dump([row[text][:80]])


def _error_page(row: Row, text: str) -> bytes:
    return b"<html><head><title>502 Bad Gateway</title></head></html>"


def _nothing(row: Row, text: str) -> bytes:
    return b""


_BROKEN: Mapping[str, Sequence[tuple[str, Callable[[Row, str], bytes]]]] = {
    "tico19/documents.jsonl.zst": (
        ("broken_json", _cut_short),
        ("wrong_type", _with_number),
        ("missing_text", _without_text),
    ),
    "sona_za/addresses.jsonl": (
        ("broken_json", _cut_short),
        ("invalid_utf8", _with_invalid_bytes),
        ("blank_line", _nothing),
    ),
    "libreoffice_help/pages.jsonl.xz": (
        ("lone_surrogate", _with_lone_surrogate),
        ("wrong_type", _with_number),
    ),
    "pratham_books/stories.jsonl.gz": (
        ("not_an_object", _array),
        ("not_json", _error_page),
        ("missing_text", _without_text),
    ),
}
"""File → kinds of lines that are no records, and how to make one from a record and its text field."""


def insert_broken_lines(
    lines: Sequence[bytes],
    *,
    rows: Sequence[Row],
    names: Mapping[str, str],
    file: str,
    dirt: DirtMap,
    rng: random.Random,
) -> list[bytes]:
    """n lines → those lines with three broken ones of each kind that _BROKEN lists for the file."""
    marked: list[tuple[str | None, bytes]] = [(None, line) for line in lines]
    for kind, make in _BROKEN.get(file, ()):
        for _ in range(3):
            row = dict(rng.choice(rows))
            row[names["id"]] = f"{rng.getrandbits(40):010x}"
            row[names["text"]] = row[names["text"]][:1500]
            marked.insert(rng.randrange(len(marked)), (kind, make(row, names["text"])))
    for number, (kind_of_line, _) in enumerate(marked, 1):
        if kind_of_line is not None:
            dirt.setdefault(kind_of_line, {}).setdefault(file, []).append(f"line:{number}")
    return [line for _, line in marked]
