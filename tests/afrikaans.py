"""Afrikaans, a language outside the 46, in paragraphs: four addresses that the demo carries (CC BY 4.0)."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "examples" / "demo" / "data" / "sona_za" / "addresses.jsonl"
MIN_WORDS = 35
"""Of a paragraph; it ends with a sentence."""


@cache
def addresses() -> tuple[tuple[str, ...], ...]:
    """The paragraphs of each address in Afrikaans, in order of its date."""
    return tuple(
        tuple(_paragraphs(row["text"]))
        for line in _FILE.read_bytes().split(b"\n")
        if b'/afr"' in line
        for row in [json.loads(line)]
    )


def _paragraphs(text: str) -> Iterator[str]:
    """The source lost the space between many sentences."""
    paragraph: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s*(?=[A-ZŉŊ’'‘“])", text):
        paragraph.append(sentence)
        if sum(len(each.split()) for each in paragraph) >= MIN_WORDS:
            yield " ".join(paragraph)
            paragraph = []


def write_clean(path: Path, *, count: int = 3) -> Path:
    """JSON lines of the paragraphs of the first addresses."""
    rows = [{"text": text} for address in addresses()[:count] for text in address]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path
