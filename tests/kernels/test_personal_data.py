"""The scan kernel of personal data: its numbers are those of a slow, obvious reference."""

import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import personal_data as kernel
from filters.kernels import personal_data_shapes as shapes
from filters.kernels.compiling import text_buffers
from tests.hard_texts import HARD_TEXTS

GAPS = {chr(point) for point in range(0x10000) if shapes.GAPS[point]}


def scan(*texts: str) -> list[tuple[int, int, bytes]]:
    """(text, kind, bytes) of each candidate."""
    values, offsets = text_buffers(pa.array(texts, pa.large_string()))
    return [
        (text, kind, values[start:end].tobytes())
        for text, kind, start, end in kernel.find_candidates(values, offsets).tolist()
    ]


def numbers(text: str) -> list[str]:
    """Runs of digits with at most three marks of six bytes between two."""
    found = []
    at = 0
    while at < len(text):
        if unicodedata.decimal(text[at], None) is None:
            at += 1
            continue
        end = at
        count = 0
        while True:
            while end < len(text) and unicodedata.decimal(text[end], None) is not None:
                end += 1
                count += 1
            gap = re.match(r".{0,3}?(?=\d)", text[end : end + 4], re.DOTALL)
            marks = gap[0] if gap else ""
            if not marks or not set(marks) <= GAPS or len(marks.encode()) > shapes.MAX_GAP_BYTES:
                break
            end += len(marks)
        if count >= shapes.MIN_DIGITS:
            found.append(text[at:end])
        at = end
    return found


def numbers_of_kernel(text: str) -> list[str]:
    found = [raw.decode() for _, kind, raw in scan(text) if kind == kernel.NUMBER]
    return [number for number in found if sum(unicodedata.decimal(c, None) is not None for c in number) > 6]


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_hard_texts(text: str) -> None:
    assert numbers_of_kernel(text) == numbers(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0127१٣߀０ -.()/\u00a0\u2013\u200e+aé中\n", max_size=60))
def test_numbers_of_all_scripts(text: str) -> None:
    assert numbers_of_kernel(text) == numbers(text)


@pytest.mark.parametrize("zero", "0٠۰߀०০੦૦୦௦౦೦൦０")
def test_digits_of_fourteen_scripts(zero: str) -> None:
    number = "".join(chr(ord(zero) + digit) for digit in range(7))
    assert numbers_of_kernel(f"x{number}y") == [number]
    assert numbers_of_kernel(f"x{number[:-1]}y") == []


def test_what_else_is_a_candidate() -> None:
    assert scan("a@b.co", "a@b") == [(0, kernel.ADDRESS, b"a@b.co")]
    assert scan("@abc", "@ab") == [(0, kernel.HANDLE, b"@")]
    assert scan("-----BEGIN ", "----BEGIN ") == [(0, kernel.KEY_BLOCK, b"-----BEGIN")]
    assert scan("1.1234", "1.123") == [(0, kernel.DECIMAL, b"1.1234")]
    assert scan("8.8.8.8", "8.8.8. x") == [(0, kernel.NUMBER, b"8.8.8.8")]
    assert scan("AB 12 34 56", "de 123 456", "A 123 456") == [(0, kernel.NUMBER, b"12 34 56")]
    assert scan("a::beef1", "a:b") == [(0, kernel.COLONS, b"a::beef1")]
    assert scan("x.com/ab", "x.com/", "x.org/ab") == [(0, kernel.PROFILE, b"/")]


def test_more_candidates_than_room_are_all_there() -> None:
    assert len(scan("a@b.co " * 5000)) == 5000
