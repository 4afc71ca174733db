"""What bytes, tags and attributes of HTML mean to `sources.kernels.html`."""

from collections.abc import Mapping

import numpy as np

from layers.compiling import kernel_without_references as kernel
from layers.compiling import load_word, trailing_zeros

DASH, SLASH, LESS, GREATER, EQUALS, MARK, QUESTION, AMPERSAND, DOUBLE_QUOTE, SINGLE_QUOTE = b"-/<>=!?&\"'"
SPACE, ENDS_NAME, ENDS_ATTRIBUTE, ENDS_VALUE = 1, 2, 4, 8
BYTES = np.zeros(256, np.uint8)
"""Byte → which of the above it is or does."""
BYTES[list(b" \t\n\f\r")] = SPACE | ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE
BYTES[list(b"/>")] |= ENDS_NAME | ENDS_ATTRIBUTE
BYTES[ord("=")] |= ENDS_ATTRIBUTE
BYTES[ord(">")] |= ENDS_VALUE

(
    META,
    LIST,
    BODY,
    HEAD,
    FOREIGN,
    SELECT,
    PREFORMATTED,
    UNREADABLE,
    SCRIPT,
    STYLE,
    TEXT_ONLY,
    TEXTAREA,
    WHOLE,
    BLOCK,
    INTEGRATION,
) = range(1, 16)
"""Kinds of tags. UNREADABLE: what follows is no HTML as elsewhere. TEXT_ONLY: it holds no tags. WHOLE: the
parser looks at its attributes. BLOCK: it ends SVG. INTEGRATION: in SVG it may hold HTML."""
_TAGS = dict.fromkeys((b"title", b"xmp", b"iframe", b"noembed", b"noframes"), TEXT_ONLY)
_TAGS |= {b"meta": META, b"ul": LIST, b"body": BODY, b"head": HEAD, b"svg": FOREIGN, b"math": FOREIGN}
_TAGS |= {b"select": SELECT, b"pre": PREFORMATTED, b"listing": PREFORMATTED, b"textarea": TEXTAREA}
_TAGS |= {b"script": SCRIPT, b"style": STYLE, b"plaintext": UNREADABLE, b"frameset": UNREADABLE}
# formatting elements: the parser looks for three that are equal
_TAGS |= dict.fromkeys(b"b big code em i nobr s small strike strong tt u".split(), WHOLE)
_TAGS |= dict.fromkeys((b"html", b"input", b"font", b"annotation-xml", b"template"), WHOLE)
_TAGS |= dict.fromkeys((b"div", b"p", b"span", b"li", b"table", b"img"), BLOCK)
_TAGS |= dict.fromkeys(b"foreignobject desc mi mo mn ms mtext".split(), INTEGRATION)
CLASS, KEPT, ROLE, STYLES, TARGET = range(1, 6)
"""Kinds of attributes: those that resiliparse's rules look at, and of links to licences."""
_ATTRIBUTES = dict.fromkeys(b"id hidden rel itemprop aria-hidden aria-expanded".split(), KEPT)
_ATTRIBUTES |= dict.fromkeys((b"data-ad", b"data-advertisement", b"data-text-ad"), KEPT)
_ATTRIBUTES |= {b"class": CLASS, b"role": ROLE, b"style": STYLES, b"href": TARGET, b"content": TARGET}
_WORD_BYTES = 8
_FACTOR = np.uint64(0xCD613E30D8F16ADF)
"""By which no two names above come to one place of their table."""
_SHIFT = np.uint64(55)
_ONES, _HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_LOWER_CASE = np.uint64(0x2020202020202020)


def _make_table(names: Mapping[bytes, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first eight bytes, length, kind) of names, each where find_kind looks for it."""
    words, lengths, kinds = np.zeros(512, np.uint64), np.zeros(512, np.int64), np.zeros(512, np.int64)
    for name, kind in names.items():
        word = int.from_bytes(name[:_WORD_BYTES], "little")
        key = (word * int(_FACTOR) & (1 << 64) - 1) >> int(_SHIFT)
        assert not kinds[key], f"{name!r} shares its place: choose another factor"
        words[key], lengths[key], kinds[key] = word, len(name), kind
    return words, lengths, kinds


TAG_WORDS, TAG_LENGTHS, TAG_KINDS = _make_table(_TAGS)
ATTRIBUTE_WORDS, ATTRIBUTE_LENGTHS, ATTRIBUTE_KINDS = _make_table(_ATTRIBUTES)


@kernel
def find_byte(values: np.ndarray, start: int, stop: int, wanted: int) -> int:
    """Where a byte stands first between two places; stop: nowhere."""
    pattern = np.uint64(wanted) * _ONES
    place = start
    while place + 8 <= stop:
        mixed = load_word(values, np.int64(place)) ^ pattern
        found = (mixed - _ONES) & ~mixed & _HIGHEST
        if found:
            return place + int(trailing_zeros(found) >> 3)
        place += 8
    while place < stop and values[place] != wanted:
        place += 1
    return min(place, stop)


@kernel
def lower_word(values: np.ndarray, start: int, stop: int) -> np.uint64:
    """The first eight bytes between two places, letters in lower case."""
    size = min(stop - start, 8)
    if start + 8 <= len(values):
        word = load_word(values, np.int64(start)) | _LOWER_CASE
        return word if size == 8 else word & ((np.uint64(1) << np.uint64(8 * size)) - np.uint64(1))
    word = np.uint64(0)
    for place in range(size):
        word |= np.uint64(values[start + place] | 32) << np.uint64(8 * place)
    return word


@kernel
def find_tag_kind(word: np.uint64, length: int) -> int:
    """The kind of a tag, 0 for one of none; of long names the first eight bytes count, and the length."""
    key = np.int64((word * _FACTOR) >> _SHIFT)
    return TAG_KINDS[key] if TAG_WORDS[key] == word and TAG_LENGTHS[key] == length else 0


@kernel
def find_attribute_kind(word: np.uint64, length: int) -> int:
    """The kind of an attribute, 0 for one of none."""
    key = np.int64((word * _FACTOR) >> _SHIFT)
    return ATTRIBUTE_KINDS[key] if ATTRIBUTE_WORDS[key] == word and ATTRIBUTE_LENGTHS[key] == length else 0


@kernel
def starts_with(values: np.ndarray, place: int, stop: int, name: np.ndarray) -> bool:
    """Whether a name in lower case stands there before stop, in whatever case."""
    if place + len(name) > stop:
        return False
    for index in range(len(name)):  # noqa: SIM110 (a kernel)
        if values[place + index] | 32 != name[index]:
            return False
    return True


@kernel
def contains(values: np.ndarray, start: int, stop: int, name: np.ndarray) -> bool:
    """Whether a name in lower case stands between two places, in whatever case."""
    for place in range(start, stop - len(name) + 1):
        if values[place] | 32 == name[0] and starts_with(values, place, stop, name):
            return True
    return False


@kernel
def is_end_tag(values: np.ndarray, place: int, name: np.ndarray) -> bool:
    """Whether `</name` stands at a place of `<`."""
    after = place + 2 + len(name)
    return (
        after < len(values)
        and values[place + 1] == SLASH
        and starts_with(values, place + 2, after, name)
        and BYTES[values[after]] & ENDS_NAME != 0
    )


def as_name(name: bytes) -> np.ndarray:
    """A name as the kernels take it."""
    return np.frombuffer(name, np.uint8)
