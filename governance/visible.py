"""Strangers' text made fit to be shown: what would act on a terminal or turn a line around is named."""

import json
import re
from typing import Any

CONTROLS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what changes the direction of text
    "\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"  # line ends, and what is not seen
    "\ud800-\udfff"  # halves of a pair, which cannot be encoded
    "\U000e0000-\U000e0fff"  # tags
)
"""Of a character class: what is never written raw where somebody looks at it."""
_IN_TEXT = re.compile(f"[{CONTROLS}]")
_IN_LINE = re.compile(f"[\t\n{CONTROLS}]")


def visible(text: str) -> str:
    """Text of several lines whose control characters are shown: ␛ for ESC, <U+202E> for an override."""
    return _IN_TEXT.sub(_name, text)


def visible_line(text: str) -> str:
    """The same as one line: newlines are ␊ and tabs ␉, so that a name cannot pretend to be two."""
    return _IN_LINE.sub(_name, text)


def visible_json(value: Any, *, indent: int | None = None) -> str:
    """JSON of the same value in which those characters are escapes; what is no JSON becomes its str."""
    text = json.dumps(value, ensure_ascii=False, default=str, indent=indent)
    return _IN_TEXT.sub(_escape, text)


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
