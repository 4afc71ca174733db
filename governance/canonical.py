"""Canonical JSON (RFC 8785): one value, one sequence of bytes, whatever the language that writes it."""

import json
from typing import Any

import rfc8785

MAX_INTEGER = (1 << 53) - 1
"""JSON's numbers are those of JavaScript, which holds no larger integer exactly."""


def to_canonical(value: Any) -> bytes:
    """The canonical bytes of what JSON can say; raises ValueError naming the place of what it cannot.

    That is an integer of 2^53 or more, NaN, infinity, or text that is no Unicode.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        place = _find_refused(value, place="$") or "$"
        raise ValueError(f"{place}: {error}; canonical JSON has no such value") from error


def from_canonical(data: bytes) -> Any:
    """The value of canonical bytes; raises ValueError where the bytes are not canonical.

    An integer of 2^53 or more can only have been a float, and is one again.
    """
    value = json.loads(data, parse_int=_parse_integer)
    if rfc8785.dumps(value) != data:
        raise ValueError("it is not canonical JSON (RFC 8785): its keys, numbers or white space were edited")
    return value


def _parse_integer(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= MAX_INTEGER else float(digits)


def _find_refused(value: Any, *, place: str) -> str | None:
    """The place of the first part of a value that cannot be written by itself."""
    parts = {}
    if isinstance(value, dict):
        parts = {f"{place}.{name}": part for name, part in value.items()}
    elif isinstance(value, list | tuple):
        parts = {f"{place}[{row}]": part for row, part in enumerate(value)}
    for where, part in parts.items():
        if found := _find_refused(part, place=where):
            return found
    try:
        rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        return place
    return None
