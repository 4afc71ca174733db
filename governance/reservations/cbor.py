"""The part of CBOR (RFC 8949) that assertions of C2PA are written in; bounded, tags mean nothing."""

import json
import struct
from typing import Any

_MAX_DEPTH = 16
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}


class BrokenValue(ValueError):
    """No value that is read: cut, too deep, of indefinite length or of another kind."""


def loads(data: bytes) -> Any:
    """The first value in the bytes; raises BrokenValue."""
    return _read(data, 0, depth=_MAX_DEPTH)[0]


def loads_json(data: bytes) -> Any:
    """A value in JSON; raises ValueError."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise BrokenValue("too deep") from error


def _read(data: bytes, place: int, *, depth: int) -> tuple[Any, int]:
    """(value, where the next begins)."""
    if place >= len(data) or not depth:
        raise BrokenValue("cut or too deep")
    major, info = data[place] >> 5, data[place] & 31
    if major == 7:
        return _read_simple(data, place + 1, info=info)
    count, place = _read_count(data, place + 1, info=info)
    if major in (0, 1):
        return (count if major == 0 else -1 - count), place
    if major in (2, 3):
        if place + count > len(data):
            raise BrokenValue("cut")
        raw = data[place : place + count]
        return (raw if major == 2 else raw.decode("utf-8", "replace")), place + count
    if major == 6:
        return _read(data, place, depth=depth - 1)
    if count > len(data):
        raise BrokenValue("it says that it has more items than bytes")
    items: list[Any] = []
    for _ in range(count * (2 if major == 5 else 1)):
        item, place = _read(data, place, depth=depth - 1)
        items.append(item)
    if major == 4:
        return items, place
    keys = [key if isinstance(key, (str, int, bytes)) else repr(key) for key in items[::2]]
    return dict(zip(keys, items[1::2], strict=True)), place


def _read_count(data: bytes, place: int, *, info: int) -> tuple[int, int]:
    if info < 24:
        return info, place
    if info > 27:
        raise BrokenValue("of indefinite length")
    size = 1 << (info - 24)
    if place + size > len(data):
        raise BrokenValue("cut")
    return int.from_bytes(data[place : place + size], "big"), place + size


def _read_simple(data: bytes, place: int, *, info: int) -> tuple[Any, int]:
    if info in _SIMPLE:
        return _SIMPLE[info], place
    if info in _FLOATS:
        size, form = _FLOATS[info]
        if place + size <= len(data):
            return struct.unpack_from(form, data, place)[0], place + size
    raise BrokenValue("cut or of an unknown kind")
