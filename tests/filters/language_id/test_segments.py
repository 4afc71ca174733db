"""Segments are bounded, evenly spaced, cut at lines, spaces and characters; letters are what is left."""

import itertools
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.letter_forms import CLOSING, KEPT, LIGATURE, OPENING, VANISHING, letter_forms
from filters.language_id.segments import MIN_BYTES, SegmentOptions, cut, plain_letters, without_links

SMALL = SegmentOptions(max_sample_bytes=256, windows=4, min_bytes=16, max_bytes=64)
BREAKS = bytes.maketrans(b"\0\t\n\v\f\r", b"      ")


def segments_of(*texts: bytes | str, options: SegmentOptions = SMALL) -> list[list[bytes]]:
    values = [text.encode() if isinstance(text, str) else text for text in texts]
    segments = cut(as_texts(values), options=options)
    lines = segments.lines.cast(pa.large_binary()).to_pylist()
    assert [len(line) for line in lines] == segments.bytes.tolist()
    return [lines[start:stop] for start, stop in itertools.pairwise(segments.documents)]


def as_texts(values: list[bytes]) -> pa.LargeStringArray:
    """Text as it may come: not checked to be UTF-8."""
    offsets = np.cumsum([0, *map(len, values)]).astype(np.int64)
    return pa.LargeStringArray.from_buffers(
        len(values), pa.py_buffer(offsets), pa.py_buffer(b"".join(values))
    )


def test_a_short_text_is_one_segment_and_an_empty_one_none() -> None:
    assert segments_of("a\tb", "", "x" * 80) == [[b"a b"], [], [b"x" * 80]]


def test_lines_close_segments_from_min_bytes_on() -> None:
    fifteen, sixteen = "y" * 15, "z" * 16
    assert segments_of(f"{sixteen}\n{sixteen}\n") == [[b"z" * 16 + b" ", b"z" * 16 + b" "]]
    assert segments_of(f"{fifteen}\n{sixteen}\n") == [[b"y" * 15 + b" " + b"z" * 16 + b" "]]


def prose_of(text: str) -> str:
    (line,) = without_links(pa.array([text], pa.large_string()))[0].to_pylist()
    assert len(line.encode()) == len(text.encode())
    return " ".join(line.split())


def test_symbols_of_code_are_counted_in_what_is_left() -> None:
    lines = as_texts([b"a prose, with: marks!", b"f(x) = {a[0];}", "«ünï»".encode(), b"a <b> &amp; c"])
    _, filled, symbols = without_links(lines)
    assert filled.tolist() == [18, 12, 9, 2]
    assert symbols.tolist() == [0, 8, 0, 0]


def test_quotes_are_symbols_of_code_only_beside_others() -> None:
    lines = as_texts([b'"Moo," "Mee."', b'x = "Moo"', b'"Moo" &quot; "', b'"Moo&amp; "'])
    assert without_links(lines)[2].tolist() == [0, 3, 0, 0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see https://t.co/abc?x=1 now", "see now"),
        ("(http://a.b) www.example.org/x bbc.com", ""),
        ("mail a.b@c.org or @handle #tag", "mail or"),
        ("<a href='x y'>Home</a> &nbsp;text", "Home text"),
        ("/usr/local/bin a/b.c/d", ""),
        ("a < b > c", "a < b > c"),
        ("and/or, 3/4, end.The R&D AT&T", "and/or, 3/4, end.The R&D AT&T"),
        ("# title @ 5", "# title @ 5"),
        ("<b", "<b"),
    ],
)
def test_links_and_markup_are_blanked(text: str, left: str) -> None:
    assert prose_of(text) == left


def test_megabytes_without_a_space_are_read_once() -> None:
    text = "&a;<b" * 200_000
    assert prose_of(text) == " ".join(["<b"] * 200_000)


def test_long_lines_are_cut_at_spaces() -> None:
    words = " ".join(f"word{i:02}" for i in range(30))
    (segments,) = segments_of(words)
    assert b"".join(segments) == words.encode()
    assert all(MIN_BYTES <= len(segment) <= 64 + 16 for segment in segments)
    assert all(segment.split()[0].startswith(b"word") for segment in segments)


def test_a_rest_below_min_bytes_joins_the_segment_before_it() -> None:
    assert segments_of("a" * 20 + "\n" + "b" * 15) == [[b"a" * 20 + b" " + b"b" * 15]]
    assert segments_of("a" * 20 + "\n" + "b" * 16) == [[b"a" * 20 + b" ", b"b" * 16]]


def test_one_byte_more_than_the_sample_is_sampled() -> None:
    (whole,) = segments_of("x" * 256)
    (sampled,) = segments_of("x" * 257)
    assert sum(map(len, whole)) == 256
    assert [len(segment) for segment in sampled] == [64] * 4


def test_windows_are_evenly_spaced_from_the_first_word_to_the_last() -> None:
    words = [f"w{i:04}" for i in range(1000)]
    (segments,) = segments_of(" ".join(words), options=SegmentOptions(max_sample_bytes=512, windows=8))
    numbers = [[int(word[1:]) for word in segment.split()] for segment in segments]
    assert {word for segment in segments for word in segment.split()} <= {word.encode() for word in words}
    assert (numbers[0][0], numbers[-1][-1]) == (0, 999)
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(numbers)]
    assert max(gaps) - min(gaps) <= 2


@pytest.mark.parametrize("text", ["漢" * 500, "😀" * 500, "नमस्ते" * 100, "é" * 500])
def test_texts_without_spaces_are_cut_at_characters(text: str) -> None:
    for segment in segments_of(text)[0]:
        assert set(segment.decode()) <= {*text}


@given(st.lists(st.binary(max_size=600) | st.text(max_size=300).map(str.encode), max_size=5))
def test_segments_are_pieces_of_the_text_in_order_whatever_its_bytes(texts: list[bytes]) -> None:
    for text, segments in zip(texts, segments_of(*texts), strict=True):
        line = text.translate(BREAKS)
        if len(text) <= 256:
            assert b"".join(segments) == line
            assert all(len(segment) >= min(16, len(text)) for segment in segments)
        else:
            assert len(segments) == 4
            assert sum(map(len, segments)) <= 256
            places = [line.find(segment) for segment in segments]
            assert min(places) >= 0


def test_slices_are_cut_as_what_they_show() -> None:
    texts = pa.array(["one two " * 50, "short", "", "漢字" * 90], pa.large_string())
    for start in range(4):
        part = texts.slice(start, 2)
        copied = pa.array(part.to_pylist(), pa.large_string())
        assert cut(part, options=SMALL).lines.equals(cut(copied, options=SMALL).lines)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_sample_bytes": 127}, "max_sample_bytes must be at least 128, not 127"),
        ({"windows": 1}, "windows must be at least 2, not 1"),
        ({"min_bytes": 15}, "16 ≤ min_bytes ≤ max_bytes: 15, 512"),
        ({"min_bytes": 600}, "16 ≤ min_bytes ≤ max_bytes: 600, 512"),
    ],
)
def test_options_that_make_no_segments_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SegmentOptions(**options)  # type: ignore[arg-type]


def letters_slowly(text: str) -> str:
    """Letters and marks in plain lower case and NFC, characters without spaces apart, all else one space."""
    table, ligatures = letter_forms()
    kept = ""
    for character in text:
        entry = int(table[ord(character)])
        if entry & VANISHING:
            continue
        kept += " " if entry & OPENING else ""
        if entry & LIGATURE:
            kept += "".join(chr(letter) for letter in ligatures[entry >> 8] if letter)
        else:
            kept += chr(entry >> 8) if entry & KEPT else " "
        kept += " " if entry & CLOSING else ""
    if set("ٹڈڑےں") & set(kept) and not set("ټډړږښېۍګڼځڅ") & set(kept):
        kept = kept.translate(str.maketrans("يىكهة", "ییکہۃ"))
    return unicodedata.normalize("NFC", " ".join(kept.split(" ")).strip(" ")).strip()


def letters(*texts: bytes) -> list[str]:
    result = plain_letters(as_texts(list(texts)))
    result.validate(full=True)  # UTF-8, whatever came in
    return [str(text) for text in result.to_pylist()]


def test_arabic_letters_beside_letters_of_urdu_are_those_of_an_urdu_keyboard() -> None:
    assert letters(
        "يہ كتاب ميرے هے".encode(),
        "هذا كتابي".encode(),  # no letter of Urdu
        "هغه ښه كتاب دے".encode(),  # Pashto
        "ےيىكهة".encode(),
    ) == ["یہ کتاب میرے ہے", "هذا كتابي", "هغه ښه كتاب دے", "ےییکہۃ"]


def test_letters_are_what_is_left() -> None:
    assert letters(
        b"Hello, World! 42",
        "  N'oublie pas: l’été 2024 — ÇA VA? ".encode(),
        "می\u200cخواهم".encode(),
        "e\u0301".encode(),
        b"12 + 34 = 46",
        b"",
        "习近平Macron".encode(),
        "اَلْحَمْدُ لِلّٰهِ مـــحمد ﻻ ﷺ".encode(),
        "Ｔｈｅ 𝐓𝐡𝐞 ｱ".encode(),
        "สวัส".encode(),
    ) == [
        "hello world",
        "n oublie pas l été ça va",
        "میخواهم",
        "é",
        "",
        "",
        "习 近 平 macron",
        "الحمد لله محمد لا",
        "the the ア",
        "ส วั ส",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"ab\xffcd",
        b"ab\xc3",
        b"\x80\x80ab",
        b"ab\xed\xa0\x80cd",
        b"ab\xc0\xafcd",
        b"ab\xf4\x90\x80\x80cd",
        b"ab\xe2\x82",
    ],
)
def test_bytes_that_are_no_utf_8_separate(raw: bytes) -> None:
    expected = " ".join(raw.decode("utf-8", "replace").replace("\ufffd", " ").split())
    assert letters(raw) == [expected]


@given(st.lists(st.text(max_size=60) | st.text("ٹےيىكهةښب ", max_size=9), max_size=4))
def test_equal_to_the_slow_way(texts: list[str]) -> None:
    raw = [text.encode("utf-8", "ignore") for text in texts]
    assert letters(*raw) == [" ".join(letters_slowly(text.decode()).split()) for text in raw]


@given(st.lists(st.binary(max_size=80), max_size=4))
def test_any_bytes_give_text(texts: list[bytes]) -> None:
    for line in letters(*texts):
        assert "  " not in line
        assert line == line.strip()
