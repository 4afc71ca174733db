"""Signs of lists, numbers and wrongly decoded text equal those that an obvious reader counts."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.unicode_tables import LETTER, MARK, SPACE, classes, simple_lower
from filters.language_id.segments import count_signs_of
from tests.kernels.reference_damage import mojibake

LETTERS = "abcABC éÉñßǅ ىب क्षि 中 1२ ,;| '’- Ã©â€™ðŸ˜‚à¤• \u0301\u00a0"


def kind(character: str) -> str:
    bits = classes()[ord(character)]
    if bits & LETTER:
        return "L" if simple_lower()[ord(character)] == ord(character) else "C"
    return "-" if bits & MARK or character in "'-’" else "."


def count(text: str, *, min_separators: int = 1) -> list[int]:
    digits, separators = sum(c in "0123456789" for c in text), sum(map(text.count, ",;|"))
    capitals = sum("A" <= c <= "Z" for c in text)
    odd = re.search("[\u00c0-\u00ff][\u0080-\u00bf\u0100-\U0010ffff]", text)
    if not odd and not min_separators <= separators <= capitals:
        return [digits, separators, 0, 0, 0, 0]
    words = re.findall("[LC][LC-]*", "".join(map(kind, text)))
    bare = [word.replace("-", "") for word in words]
    damaged = place = 0
    for i in range(len(text)):
        if i >= place and (sequence := mojibake(text, i)):
            place = i + len(sequence)
        damaged += i < place
    return [
        digits,
        separators,
        sum(classes()[ord(c)] & SPACE == 0 for c in text),
        damaged,
        len(words),
        sum(word[0] == "C" and word[1:2] != "C" for word in bare),
    ]


@given(st.one_of(st.text(st.sampled_from(LETTERS), max_size=40), st.text(max_size=40)), st.integers(1, 4))
def test_signs_are_those_of_the_slow_reader(text: str, min_separators: int) -> None:
    lines = pa.array(["x", text], pa.large_string())
    signs = count_signs_of(lines, min_separators=min_separators)[1].tolist()
    assert signs == count(text, min_separators=min_separators)


@pytest.mark.parametrize("length", [254, 255, 256, 510, 511, 1000])
def test_lines_longer_than_a_byte_counts_are_counted_whole(length: int) -> None:
    for text in ("1" * length, "," * length + "A" * length, "B;" * length):
        assert count_signs_of(pa.array([text], pa.large_string()), min_separators=1)[0].tolist() == count(
            text
        )


def test_a_list_needs_its_separators() -> None:
    text = "Ada, Eve, Obi"
    signs = [
        count_signs_of(pa.array([text], pa.large_string()), min_separators=least)[0].tolist()
        for least in (2, 3)
    ]
    assert signs == [[0, 2, 11, 0, 3, 3], [0, 2, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("", [0, 0, 0, 0, 0, 0]),
        ("2 pommes, 3 poires, été", [2, 2, 0, 0, 0, 0]),
        ("Ada Obi, JEAN-Luc d'Arc; B 12", [2, 2, 24, 0, 5, 3]),
        ("Ã©tÃ© 中", [0, 0, 6, 4, 3, 1]),
    ],
)
def test_signs_of_short_lines(text: str, signs: list[int]) -> None:
    assert (
        count_signs_of(pa.array([text], pa.large_string()), min_separators=1)[0].tolist()
        == signs
        == count(text)
    )


def test_bytes_that_are_no_text_are_counted_and_leave_neighbours_alone() -> None:
    raw = [b"Ada, Eve", b"\xf4\xff\xc3", b"Ada, Eve"]
    offsets = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    lines = pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(offsets), pa.py_buffer(b"".join(raw)))
    first, _, last = count_signs_of(lines, min_separators=1).tolist()
    assert first == last == count("Ada, Eve")
