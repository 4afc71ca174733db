"""Lists of texts in Go sources of rules: what their authors say is no secret."""

import random
import re
from collections.abc import Iterator

from benchmarks.personal_data.patterns import make_example

_TOKEN = re.compile(
    r"`(?P<raw>[^`]*)`|\"(?P<quoted>(?:[^\"\\\n]|\\.)*)\"|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<name>[\w.]+)"
    r"|(?P<mark>[{}\[\]()+,:])|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_LIST = re.compile(r"\bfps\s*:?=\s*(?:\[\]string|map\[string\]string)\s*\{")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_SIZED = {
    "Hex": "[a-f0-9]",
    "Numeric": "[0-9]",
    "AlphaNumeric": "[a-z0-9]",
    "AlphaNumericExtended": r"[a-z0-9=_\-]",
    "AlphaNumericExtendedShort": "[a-z0-9_-]",
    "AlphaNumericExtendedLong": r"[a-z0-9\/=_\+\-]",
}
"""Functions of a number that make a pattern."""


def read_negatives(source: str, *, rng: random.Random) -> Iterator[str]:
    """Texts of the lists `fps` of a Go file; calls that make a value from a pattern are carried out."""
    for match in _LIST.finditer(source):
        yield from _items(source, match.end(), is_map="map[" in match[0], rng=rng)


def _items(source: str, start: int, *, is_map: bool, rng: random.Random) -> Iterator[str]:
    """Texts up to the brace that ends the list; an item with anything else in it is passed over."""
    depth = 0
    item: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(source, start):
        kind, text = str(match.lastgroup), match[0]
        depth += (text in "([{") - (text in ")]}") if kind == "mark" else 0
        is_end = kind == "mark" and ((text == "," and depth == 0) or depth < 0)
        if not is_end and kind not in ("comment", "space"):
            item.append((kind, match[kind]))
        if is_end:
            if is_map:
                colon = next((i for i, each in enumerate(item) if each == ("mark", ":")), -1)
                item = item[colon + 1 :]
            value = _evaluate(item, rng=rng) if item else None
            if value is not None:
                yield value
            item = []
        if depth < 0:
            return


def _evaluate(item: list[tuple[str, str]], *, rng: random.Random) -> str | None:
    """The text of an expression of strings, sums and calls; None for another."""
    parts: list[str] = []
    calls: list[str] = []
    for kind, text in item:
        if kind == "name":
            calls.append(text.rpartition(".")[2])
        elif kind in ("raw", "quoted"):
            value = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), text) if kind == "quoted" else text
            if calls and calls[-1] in _SIZED:
                value = f"{_SIZED[calls[-1]]}{{{value}}}"
            parts.append(make_example(value, rng=rng).text if calls else value)
        elif kind == "mark" and text == ")":
            calls = calls[:-1]
        elif (kind, text) not in (("mark", "("), ("mark", "+")):
            return None
    return "".join(parts)
