"""The named fields of a WARC record, one by one, or at once where records before had the same names."""

import re

_FOLD = re.compile(r"\r?\n[ \t]+(?=\S)")
_FIELD = re.compile(r"^([^\s:]+)[ \t]*:[ \t]*([^\n]*)", re.MULTILINE)
_VERSION = re.compile(r"WARC/\d+\.\d+")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_MAX_SHAPES = 8
_MAX_MADE = 64
"""Shapes that are made for a file: to make one takes 80 times as long as to read a header by it."""
_MAX_NAMES = 40


def parse_fields(head: bytes) -> dict[str, str]:
    """Name in lower case → value; of a name that is there twice the first counts."""
    text = head.decode("utf-8", "replace")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    return {name.lower(): value.rstrip(" \t\r") for name, value in reversed(_FIELD.findall(text))}


class HeaderShapes:
    """Headers with the same names in the same order, as the records of one crawler have them.

    One regular expression for all names takes less than half the time of parse_fields, and gives the same.
    """

    def __init__(self) -> None:
        self._shapes: list[tuple[re.Pattern[str], list[str]]] = []
        self._made = 0

    def read(self, head: bytes) -> dict[str, str] | None:
        """The fields of a header up to and with its blank line; None: it is written in an unusual way."""
        text = head.decode("utf-8", "replace")
        for pattern, names in self._shapes:
            match = pattern.fullmatch(text)
            if match is not None:
                return dict(zip(names, match.groups(), strict=False))  # as many; to see that takes 0.6 µs
        shape = _make_shape(text) if self._made < _MAX_MADE else None
        self._made += 1
        match = None if shape is None else shape[0].fullmatch(text)
        if shape is None or match is None:
            return None
        self._shapes = [*self._shapes, shape][-_MAX_SHAPES:]
        return dict(zip(shape[1], match.groups(), strict=True))


def _make_shape(text: str) -> tuple[re.Pattern[str], list[str]] | None:
    """A pattern for headers with these names, and the names in lower case; None: it is no usual one."""
    version, *lines = text.split("\r\n")
    names = [line.partition(":")[0] for line in lines[:-2]]
    lowered = [name.lower() for name in names]
    if len({*lowered}) < len(lowered) or len(names) > _MAX_NAMES:
        return None
    if not (_VERSION.fullmatch(version) and all(map(_NAME.fullmatch, names))):
        return None
    fields = "".join(rf"\r\n{re.escape(name)}: (?=\S)(.*)(?<![ \t\r])" for name in names)
    return re.compile(rf"{re.escape(version)}{fields}\r\n\r\n"), lowered
