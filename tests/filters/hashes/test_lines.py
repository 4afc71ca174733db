"""Keys of lines and texts without some of them, against a slow reference; what a site is."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.lines import hash_lines, hash_removable_lines, hash_sites, registered_domain, remove_lines
from filters.kernels.lines import mark_verses
from tests.kernels.reference_dedup import MASK, finish, line_hash, normalise_line, split_lines

characters = st.one_of(
    st.sampled_from("aAbİΣ .\n\r\t\v\u00a0\u2028\u200b\u200d\u00ad\ufeffקहि的𝒳"),
    st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x2FFF),
)
texts_strategy = st.lists(st.text(characters, max_size=40), max_size=6)


def large(*texts: str) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


@given(texts_strategy, st.integers(1, 6))
def test_every_line_has_the_key_of_the_reference(texts: list[str], min_chars: int) -> None:
    hashed = hash_lines(large("before", *texts).slice(1), min_chars=min_chars)
    expected = [
        (row, line_hash(line))
        for row, text in enumerate(texts)
        for line in split_lines(text)
        if len(normalise_line(line)) >= min_chars
    ]
    assert list(zip(hashed.rows.tolist(), hashed.keys.tolist(), strict=True)) == expected


@given(texts_strategy, st.data())
def test_removed_lines_and_only_they_are_gone(texts: list[str], data: st.DataObject) -> None:
    array = large("before", *texts).slice(1)
    hashed = hash_lines(array)
    gone = np.array([data.draw(st.booleans()) for _ in hashed.keys], bool)
    verdicts = iter(gone.tolist())
    expected = [
        "".join(line for line in split_lines(text) if not (normalise_line(line) and next(verdicts)))
        for text in texts
    ]
    kept = remove_lines(array, rows=hashed.rows[gone], spans=hashed.spans[gone])
    kept.validate(full=True)
    assert kept.to_pylist() == expected


@given(st.lists(st.sampled_from(["A b", "a  B ", "c", "", " "]), max_size=30))
def test_equal_lines_are_counted_together(lines: list[str]) -> None:
    counted = Counter(hash_lines(large("\n".join(lines))).keys.tolist())
    assert counted == Counter(line_hash(line) for line in lines if line.strip())


def test_a_site_tells_equal_lines_apart() -> None:
    sites = np.array([5, 6, 5, 0], np.uint64)
    hashed = hash_lines(large("Home", "home", "HOME\nx", "home"), sites=sites)
    home = line_hash("home")
    expected = [finish(home ^ 5), finish(home ^ 6), finish(home ^ 5), finish(line_hash("x") ^ 5), home]
    assert hashed.keys.tolist() == [value & MASK for value in expected]
    assert hashed.sites.tolist() == [5, 6, 5, 5, 0]


def test_a_line_of_exactly_min_chars_counts() -> None:
    assert len(hash_lines(large("  abc d  "), min_chars=5).keys) == 1
    assert len(hash_lines(large("  abc d  "), min_chars=6).keys) == 0


def removable(text: str) -> list[str]:
    found = hash_removable_lines(large(text))
    return [text.encode()[start:stop].decode().strip() for start, stop in found.spans.tolist()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("So:\n    import numpy\n\timport pandas\n import sys\nEnd.", ["So:", "import sys", "End."]),
        ("ANNA: Good day.\nMa Juma: Good day.\nThey part.", ["They part."]),
        ("Share: a page\nLong road.\nHigh hill.", ["Share: a page", "Long road.", "High hill."]),
        ("http://a.org/b\nb: lower case\nA: b", ["http://a.org/b", "b: lower case", "A: b"]),
        ("Row on\na\nRow on\nb\nrow on\nc", ["a", "b", "c"]),
        ("Home\na\nHome\nb", ["Home", "a", "Home", "b"]),
        ("The maize is in,\nthe river still.\n\nSing, people,\nsing today!", []),
        ("人人有權享有生命，\n人人有權享有自由；\n人人有權享有安全。\n同唱一歌!", []),
        ("لكل فرد الحق في الحياة،\nولكل فرد الحق في الحرية.\nلا يجوز استرقاق أحد.\nغنوا معنا!", []),
        ("The maize,\nthe river.\nSing!", ["The maize,", "the river.", "Sing!"]),
        ("The maize.\nThe river.\nThe hill.\nSing.", ["The maize.", "The river.", "The hill.", "Sing."]),
        ("Sing, people,\nof the hill,\nMenu\nof the valley,\n" + "x" * 60, ["Menu", "x" * 60]),
    ],
    ids=["code", "dialogue", "one label", "no turns", "refrain", "twice is no refrain", "verses",
         "Chinese verses", "Arabic verses", "three lines", "sentences", "shorter and longer than verses"],
)  # fmt: skip
def test_code_turns_refrains_and_verses_are_spared(text: str, lines: list[str]) -> None:
    assert removable(text) == lines


PAUSES = ",;،؛፣、，；"


def verses(lines: list[str]) -> list[bool]:
    """Which lines of a document stand as verses among verses, slowly; lines with their ends."""
    sizes = [len(line) for line in lines]
    pauses = sum(line.rstrip().endswith(tuple(PAUSES)) for line in lines)
    mean = Fraction(sum(sizes), max(len(lines), 1))
    among = len(lines) >= 4 and 4 * pauses >= len(lines) and mean <= 80
    return [among and mean / 2 <= size <= 2 * mean for size in sizes]


LINE = st.text(st.sampled_from("ab é中न" + PAUSES + ".!"), min_size=1, max_size=30).filter(str.strip)


@given(st.lists(LINE, max_size=9, unique_by=lambda line: line.strip()), st.integers(1, 9))
def test_verses_are_what_a_slow_look_finds(lines: list[str], times: int) -> None:
    lines = [line.lstrip() * times for line in lines]
    text = "\n".join(lines) + "\n"
    found = hash_lines(large(text))
    values = np.frombuffer(text.encode(), np.uint8)
    spared = np.zeros(len(found.keys), bool)
    mark_verses(values, found.spans, spared)
    assert spared.tolist() == verses([f"{line}\n" for line in lines])


@pytest.mark.parametrize(("chars", "spared"), [(79, True), (80, False)])
def test_verses_have_up_to_80_characters_on_average(chars: int, spared: bool) -> None:
    lines = [letter * (chars - 1) + "," for letter in "abcd"]  # and the end of the line
    assert (removable("\n".join(lines) + "\n") == []) is spared


def test_lines_of_other_documents_spare_nothing() -> None:
    found = hash_removable_lines(large("Row on", "Row on", "Row on\nANNA: a", "BEN: b\nx\ny"))
    assert found.rows.tolist() == [0, 1, 2, 2, 3, 3, 3]


def test_bad_input() -> None:
    assert len(hash_lines(large()).keys) == 0
    assert len(hash_lines(large("", "\n\r\n", " \t", "\u200d")).keys) == 0
    with pytest.raises(ValueError, match="null"):
        hash_lines(pa.array([None], pa.large_string()))
    one_line = hash_lines(large("x" * 50_000_000))
    assert one_line.spans.tolist() == [[0, 50_000_000]]
    many = hash_lines(large("y\n" * 1_000_000))
    assert set(many.keys.tolist()) == {line_hash("y")}
    assert len(many.keys) == 1_000_000


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.example.co.za/a?b", "example.co.za"),
        ("http://EXAMPLE.co.za:8080", "example.co.za"),
        ("https://poems.blogspot.com/2012", "poems.blogspot.com"),
        ("http://192.0.2.7/x", "192.0.2.7"),
        ("http://localhost/x", "localhost"),
        ("https://co.za/", "co.za"),
        ("http://[broken", None),
        ("example.org/no-scheme", None),
        ("mailto:someone@example.org", None),
        ("", None),
    ],
)
def test_the_site_of_a_url(url: str, site: str | None) -> None:
    assert registered_domain(url) == site


def test_hosts_of_one_site_share_a_hash() -> None:
    urls = ["http://a.example.org/1", "https://b.example.org", "https://example.com", None, "no url"]
    one, same, other, *none = hash_sites(pa.array(urls, pa.string())).tolist()
    assert one == same != other != 0
    assert none == [0, 0]
