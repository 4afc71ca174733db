"""Texts over 4 MiB: cut where nothing is torn, and measured and edited piece by piece."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import base, text_counts
from filters.kernels import text as kernels
from filters.kernels.compiling import text_buffers
from filters.long_texts import LINES, MAX_PIECE_BYTES, WORDS, cut_texts

LINE = "Bernard de Fontenelle écrivait: « Ne prenons pas garde » aux 12 idées.\n"
LONG = LINE * (MAX_PIECE_BYTES // len(LINE.encode()) + 100)
"""Of one piece and some lines."""


def cut(texts: list[str], *, behind: bytes, anywhere: bool, max_bytes: int) -> list[list[bytes]]:
    """The pieces of each text."""
    values, offsets = text_buffers(pa.array(texts, pa.large_string()))
    pieces, ends = cut_texts(values, offsets, behind=behind, anywhere=anywhere, max_bytes=max_bytes)
    return [
        [values[pieces[i] : pieces[i + 1]].tobytes() for i in range(ends[row], ends[row + 1])]
        for row in range(len(texts))
    ]


texts_of_any_length = st.lists(st.text(st.sampled_from("ab \né日😀"), max_size=60), max_size=5)


@given(texts_of_any_length, st.sampled_from([WORDS, LINES]), st.booleans(), st.integers(8, 20))
def test_pieces_are_the_text_and_end_where_they_may(
    texts: list[str], behind: bytes, anywhere: bool, max_bytes: int
) -> None:
    for text, pieces in zip(
        texts, cut(texts, behind=behind, anywhere=anywhere, max_bytes=max_bytes), strict=True
    ):
        assert b"".join(pieces) == text.encode()
        assert len(pieces) == 1 or all(pieces)
        for piece in pieces[:-1]:
            piece.decode()
            assert anywhere or piece[-1] in behind
        for piece in pieces:
            assert len(piece) <= max_bytes or not (anywhere or {*piece[max_bytes:-1]} & {*behind})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("aaaa aaaa", [b"aaaa aaaa"]),  # 9 bytes: not over the limit
        ("aaa\naa aaa", [b"aaa\naa ", b"aaa"]),  # no newline among bytes 4 to 8: after the space
        ("aaaaa\na aaa", [b"aaaaa\n", b"a aaa"]),  # a newline before a later space
        ("ééééé", [b"\xc3\xa9" * 4, b"\xc3\xa9"]),  # between two characters
    ],
)
def test_a_piece_ends_at_a_line_else_a_word_else_a_character(text: str, pieces: list[bytes]) -> None:
    assert cut([text], behind=WORDS, anywhere=True, max_bytes=9) == [pieces]


def test_a_text_of_4_mib_is_counted_whole_and_a_longer_one_as_the_sum_of_its_pieces() -> None:
    whole = LONG.encode()[:MAX_PIECE_BYTES].decode(errors="ignore")
    texts = pa.array(["short", LONG, LINE * 3, whole], pa.large_string())
    langs = pa.array(["en", "fr", "fr", None], pa.string())
    counts = text_counts.count_texts(texts, langs=langs, groups=63)
    ((short,), pieces, (lines,), (last,)) = cut(
        texts.to_pylist(), behind=WORDS, anywhere=True, max_bytes=MAX_PIECE_BYTES
    )
    assert len(pieces) == 2
    assert last == whole.encode()
    parts = text_counts.count_texts(
        pa.array([short, *pieces, lines, last], pa.large_binary()).cast(pa.large_string()),
        langs=pa.array(["en", "fr", "fr", "fr", None]),
        groups=63,
    )
    assert counts[:, [0, 2, 3]].tolist() == parts[:, [0, 3, 4]].tolist()
    largest = [kernels.LONGEST_WORD, kernels.GOPHER_STOP_WORDS]
    added = [name for name in range(kernels.COUNTS) if name not in largest]
    assert counts[added, 1].tolist() == parts[added, 1:3].sum(axis=1).tolist()
    assert counts[largest, 1].tolist() == parts[largest, 1:3].max(axis=1).tolist()
    assert counts[kernels.WORDS, 1] == LONG.count("\n") * (counts[kernels.WORDS, 2] // 3)
    assert counts[kernels.NEWLINES, 1] == LONG.count("\n")


@pytest.mark.parametrize("text", [unicodedata.normalize("NFD", LONG), "é" * MAX_PIECE_BYTES])
def test_long_texts_are_normalised_as_unicode_says(text: str) -> None:
    """With and without a place where they can be cut."""
    decomposed = unicodedata.normalize("NFD", text)
    texts = pa.array(["", decomposed, "é"], pa.large_string())
    edited = base.load_edit("unicode_nfc").edit(texts, langs=pa.nulls(3, pa.string()))
    assert edited.to_pylist() == ["", unicodedata.normalize("NFC", text), "é"]


def test_sentences_of_a_long_text_are_those_of_its_lines() -> None:
    edit = base.load_edit("sentence_per_line").edit
    line = 'One. Two? "Three!" Four\n'
    times = MAX_PIECE_BYTES // len(line) + 5
    (alone,) = edit(pa.array([line], pa.large_string()), langs=pa.nulls(1, pa.string())).to_pylist()
    edited = edit(pa.array([line * times, line], pa.large_string()), langs=pa.nulls(2, pa.string()))
    assert edited.to_pylist() == [alone * times, alone]
    assert np.array_equal(edited.is_valid(), [True, True])
