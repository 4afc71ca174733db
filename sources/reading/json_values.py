"""Cutting a JSON file into the values of its array, in bounded memory.

Brackets are counted, not matched, and nothing is parsed but the keys on the way to the array: whoever parses
a value says what is wrong inside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.problems import suggest
from sources.reading.json_records import BLANK
from sources.reading.json_tokens import CLOSE, COMMA, OPEN, Token, Tokenizer, Tokens
from sources.reading.lines import BYTE_ORDER_MARK, Damage

_SLICE_BYTES = 256 << 10
_MAX_LISTED_KEYS = 20


@dataclass(frozen=True)
class Value:
    """A value without the white space around it; it need not be valid."""

    offset: int
    raw: bytes


@dataclass(frozen=True)
class LongValue:
    """A value over the limit, counted but not kept."""

    offset: int
    length: int


Event = Value | LongValue | Damage

_SEEKING, _BEHIND = -1, -2
_ANY = -(1 << 62)


class ValueScanner:
    """Cuts chunks into values.

    Without a path, values follow one another in the file, and an array among them stands for its elements.
    With one, values are the elements of the array that lies there in each object of the file.
    """

    def __init__(self, *, max_value_bytes: int, path: Sequence[str] = ()) -> None:
        self.offset = 0
        """Byte of the file where the value that is not complete begins."""
        self.held = 0
        """Bytes of it so far, without white space behind."""
        self._total = 0
        self._max_value_bytes = max_value_bytes
        self._path = tuple(path)
        self._level = _SEEKING if path else 0
        """Depth at which values lie, or one of _SEEKING, _BEHIND."""
        self._depth = 0
        """While seeking: depth of the keys that are compared."""
        self._is_skipped = False
        """While seeking: whether the value that is open is not on the way."""
        self._keys: list[str] = []
        self._tokens = Tokenizer()
        self._position = 0
        self._buffer = BytesIO()
        self._risen = 0
        self._is_over = False
        """Whether there is no array."""

    def add(self, chunk: bytes) -> Iterator[Event]:
        """The values that this chunk completes; Damage is the last event."""
        for start in range(0, len(chunk), _SLICE_BYTES):
            data = chunk[start : start + _SLICE_BYTES]
            if not self._position and data.startswith(BYTE_ORDER_MARK):
                self._position = len(BYTE_ORDER_MARK)
                data = data[len(BYTE_ORDER_MARK) :]
            if not self._is_over:
                yield from self._add_slice(data)
            self._position += len(data)

    def finish(self) -> Iterator[Event]:
        """What stands at the end of the file: a last value, or Damage where something is not closed."""
        if self._is_over:
            return
        if self._tokens.depth or self._tokens.in_string:
            what = "a string" if self._tokens.in_string else "an object or array"
            detail = f"the file ends inside {what}; what begins at byte {self.offset} is not whole"
            yield Damage(self.offset, self.held, "truncated", detail)
        elif (last := self._take(b"", start=self._position)) is not None:
            yield last

    def _add_slice(self, data: bytes) -> Iterator[Event]:
        tokens = self._tokens.read(data)
        start = first = 0
        changes = True
        while changes and not self._is_over:
            changes, handle = False, self._seek if self._level == _SEEKING else self._cut
            for token in tokens.where(self._mask(tokens), first=first):
                before = self._level, self._depth, self._risen
                event, start = handle(data, tokens=tokens, start=start, token=token)
                if event is not None:
                    yield event
                if before != (self._level, self._depth, self._risen) or self._is_over:
                    first, changes = token.number + 1, True
                    break
        if not self._is_over:
            self._hold(data[start:], start=self._position + start)

    def _mask(self, tokens: Tokens) -> NDArray[np.bool_]:
        """The tokens that begin or end something at the present level."""
        if self._level == _BEHIND:
            return tokens.at(CLOSE, min_depth=_ANY, max_depth=0)
        if self._level == 0:
            return tokens.at(OPEN, min_depth=1, max_depth=1) | tokens.at(CLOSE, min_depth=_ANY, max_depth=0)
        if self._level == _SEEKING:
            depth = self._depth
            ends = tokens.at(COMMA, min_depth=depth, max_depth=depth)
            ends |= tokens.at(CLOSE, min_depth=_ANY, max_depth=depth)
            return ends | tokens.at(OPEN, min_depth=depth + 1, max_depth=depth + 1)
        ends = tokens.at(COMMA, min_depth=self._level, max_depth=self._level)
        return ends | tokens.at(CLOSE, min_depth=_ANY, max_depth=self._level - 1)

    def _cut(self, data: bytes, *, tokens: Tokens, start: int, token: Token) -> tuple[Event | None, int]:
        """(what ends at a token, where what follows begins)."""
        position = token.position
        byte = data[position : position + 1]
        if token.depth < 0 or (self._level > 0 and byte == b"}"):
            self._rise(tokens, token=token)
            return None, start
        if self._level == _BEHIND:
            self._level, self._depth = _SEEKING, 0
            return None, position + 1
        if self._level == 0 and byte == b"{":
            return None, start
        end = position + (byte == b"}")
        if byte == b"[":
            self._level = 1
        elif byte == b"]":
            self._level = _BEHIND if self._path else 0
        return self._take(data[start:end], start=self._position + start), position + 1

    def _rise(self, tokens: Tokens, *, token: Token) -> None:
        """Take a bracket that closes what was not opened as no bracket: it is part of a broken value."""
        tokens.depths[token.number :] += 1
        self._tokens.depth += 1
        self._risen += 1

    def _seek(self, data: bytes, *, tokens: Tokens, start: int, token: Token) -> tuple[Event | None, int]:
        """The same while the array is looked for: all that ends is the hope that there is one."""
        position = token.position
        if token.kind == OPEN:
            return self._enter(data[start:position], position=position, bracket=data[position]), position + 1
        self._reset(self._position + position + 1)
        self._is_skipped = False
        if token.kind == CLOSE and token.depth < self._depth:
            self._is_over = True
            name = ".".join(self._path)
            near = suggest(name, names=self._keys) or "; there are no objects or arrays"
            return self._damage(position, f"no array at {name!r}{near}"), start
        return None, position + 1

    def _enter(self, before: bytes, *, position: int, bracket: int) -> Event | None:
        """Go into an object or array that is on the way, or pass over it; before: the end of its key."""
        name = _read_key(self._buffer.getvalue() + before) if self._depth else ""
        self._reset(self._position + position + 1)
        path = ".".join([*self._path[: self._depth - 1], name]) if self._depth else ""
        if path and len(self._keys) < _MAX_LISTED_KEYS:
            self._keys.append(path)
        if self._depth and name != self._path[self._depth - 1]:
            self._is_skipped = True
            return None
        is_last = self._depth == len(self._path)
        if (bracket == ord("[")) != is_last:
            self._is_over = True
            what = "an object" if is_last else "an array"
            return self._damage(position, f"{repr(path) if path else 'the file'} is {what}")
        self._depth += 1
        if is_last:
            self._level = self._depth
        return None

    def _damage(self, position: int, detail: str) -> Damage:
        offset = self.offset if self.held else self._position + position
        return Damage(offset, self._position + position + 1 - offset, "unreadable", detail)

    def _hold(self, data: bytes, *, start: int) -> None:
        if self._is_skipped or self._level == _BEHIND:
            return
        if not self.held:
            size = len(data)
            data = data.lstrip(BLANK)
            self.offset = start + size - len(data)
        self._append(data)

    def _append(self, data: bytes) -> None:
        """Keep the first bytes of a value, up to the limit; held: how long it is without blanks behind."""
        solid = len(data.rstrip(BLANK))
        self.held = self._total + solid if solid else self.held
        self._total += len(data)
        if self.held > self._max_value_bytes:
            self._buffer = BytesIO()
        elif self._buffer.tell() < self._max_value_bytes:
            self._buffer.write(data[: self._max_value_bytes - self._buffer.tell()])

    def _take(self, data: bytes, *, start: int) -> Value | LongValue | None:
        """What is held, with its end; None for white space."""
        if not self.held:
            size = len(data)
            raw = data.lstrip(BLANK)
            self.offset, raw = start + size - len(raw), raw.rstrip(BLANK)
            self.held = len(raw)
        else:
            self._append(data)
            raw = self._buffer.getvalue()[: self.held]
        offset, length = self.offset, self.held
        self._reset(start + len(data))
        if length > self._max_value_bytes:
            return LongValue(offset, length)
        return Value(offset, raw) if raw else None

    def _reset(self, offset: int) -> None:
        self.offset, self.held, self._total = offset, 0, 0
        if self._buffer.tell():
            self._buffer = BytesIO()


def _read_key(text: bytes) -> str:
    """The key of `"key" :`, or nothing where it is none."""
    try:
        key = orjson.loads(text.strip(BLANK).removesuffix(b":"))
    except orjson.JSONDecodeError:
        return ""
    return key if type(key) is str else ""
