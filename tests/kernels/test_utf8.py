"""Characters are read, found and counted in UTF-8 as Python does it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels import utf8
from layers.compiling import kernel

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@kernel
def find_start(values: np.ndarray, first: int, place: int) -> int:
    return utf8.find_character_start(values, first, place)


def decode(data: bytes) -> list[int]:
    """All code points of the bytes; nothing outside them is read."""
    values, i, code_points = np.frombuffer(data + b"\xbf\xbf\xbf", np.uint8), 0, []
    while i < len(data):
        code_point, i = utf8.decode_utf8(values, i, len(data))
        code_points.append(int(code_point))
    assert i == len(data)
    return code_points


@given(TEXTS)
def test_decoding_equals_python(text: str) -> None:
    assert decode(text.encode()) == [ord(character) for character in text]


@pytest.mark.parametrize("edge", ["\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff"])
def test_decoding_at_the_edges_of_each_length(edge: str) -> None:
    assert decode(edge.encode()) == [ord(edge)]


@given(st.binary(max_size=40))
def test_broken_utf8_stays_within_bounds(data: bytes) -> None:
    assert all(code_point <= 0x10FFFF for code_point in decode(data))


def test_a_cut_character_is_the_replacement_character() -> None:
    assert decode("a漢".encode()[:-1]) == [ord("a"), 0xFFFD]


@given(TEXTS)
def test_every_byte_leads_back_to_its_character(text: str) -> None:
    values = np.frombuffer(b"\xbf" + text.encode(), np.uint8)
    starts = [
        1 + len(text[:place].encode()) for place, character in enumerate(text) for _ in character.encode()
    ]
    assert [find_start(values, 1, place) for place in range(1, len(values))] == starts


def test_nothing_before_the_first_place_is_read() -> None:
    values = np.frombuffer("€".encode(), np.uint8)
    assert [find_start(values, first, 2) for first in (0, 1, 2)] == [0, 1, 2]


@given(TEXTS, TEXTS)
def test_characters_are_counted(before: str, text: str) -> None:
    values = np.frombuffer((before + text).encode(), np.uint8)
    assert utf8.count_chars(values, len(before.encode()), len(values)) == len(text)
