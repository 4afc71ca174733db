"""Spans: found by text, pattern or digest, cut or corrected, and what overlaps."""

import hashlib

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from governance.removals.matching import Matcher
from governance.removals.rules import Rule
from governance.removals.span_digests import find_digests
from governance.removals.spans import Change, find_changes, redact

UID = "01JDT5C3V4W5X6Y7Z8A9B0C1D2"


def digest(span: str) -> str:
    return hashlib.sha256(span.encode()).hexdigest()


def correct(value: str, replacement: str) -> Rule:
    return Rule("span", value, UID, redacts=True, replacement=replacement)


def by_digest(span: str) -> Rule:
    return Rule("span_sha256", digest(span), UID, redacts=True, bytes=len(span.encode()))


def is_edge(text: str, place: int) -> bool:
    """Whether a word begins or ends in front of a character: the slow reference."""
    if place in (0, len(text)):
        return True
    of_words = [(each.isalnum() or each == "_") and ord(each) < 0x800 for each in text[place - 1 : place + 1]]
    return not all(of_words)


def find_slowly(texts: list[str], *, length: int) -> list[tuple[int, int, str]]:
    return [
        (row, len(text[:start].encode()), digest(text[start:end]))
        for row, text in enumerate(texts)
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
        if len(text[start:end].encode()) == length and is_edge(text, start) and is_edge(text, end)
        if text[start] not in " \t\n\v\f\r" and text[end - 1] not in " \t\n\v\f\r"
    ]


@given(
    st.lists(st.text("ab1_ \n.-éЖ«ا،中。🙂", max_size=12), max_size=4),
    st.integers(1, 9),
    st.integers(0, 2),
)
def test_every_stretch_between_edges_of_words_is_hashed_and_no_other(
    texts: list[str], length: int, skipped: int
) -> None:
    every = {
        digest(text[a:b]) for text in texts for a in range(len(text)) for b in range(a + 1, len(text) + 1)
    }
    column = pa.array(["skipped one"] * skipped + texts, pa.large_string()).slice(skipped)
    assert [*find_digests(column, length=length, wanted=every)] == find_slowly(texts, length=length)


def test_a_span_by_digest_is_cut_where_words_begin_and_end_and_nowhere_else() -> None:
    rules = [by_digest("blue heron")]
    assert redact("a blue heron, a blue herons.", rules=rules) == "a [removed], a blue herons."
    assert redact("(blue heron)blue heron", rules=rules) == "([removed])[removed]"
    assert redact("写信给李小龙。", rules=[by_digest("李小龙")]) == "写信给[removed]。"
    assert redact("Пишите Жене!", rules=[by_digest("Жене")]) == "Пишите [removed]!"
    assert redact("Пишите Жен!", rules=[by_digest("Жене")]) == "Пишите Жен!"


def test_documents_with_a_span_of_a_digest_are_hit_and_that_of_one_document_in_it_alone() -> None:
    ids = [bytes([number]) * 16 for number in range(3)]
    batch = pa.table(
        {
            "doc_id": pa.array(ids, pa.binary(16)),
            "raw_sha256": pa.array([None] * 3, pa.binary(32)),
            "text": pa.array(["a blue heron", "a grey heron", "two: blue heron"], pa.large_string()),
        }
    )
    anywhere, wrong_length = by_digest("blue heron"), Rule("span_sha256", digest("grey heron"), UID, bytes=9)
    single = Rule("span_sha256", digest("heron"), UID, doc_id=ids[1].hex(), bytes=5)
    hits = Matcher([anywhere, wrong_length, single]).find(batch, source="s")
    assert [*zip(hits.rows.tolist(), hits.rules.tolist(), strict=True)] == [(0, 0), (1, 2), (2, 0)]


def test_a_correction_stands_in_the_place_of_what_was_wrong() -> None:
    assert redact("Jon Smit and Jon Smit", rules=[correct("Jon Smit", "John Smith")]) == (
        "John Smith and John Smith"
    )
    # side by side each is its own; a correction reads from left to right
    rules = [correct("Jon", "John"), correct("Smit", "Smith")]
    assert redact("JonSmit", rules=rules) == "JohnSmith"
    assert redact("aaa", rules=[correct("aa", "b")]) == "ba"
    # twice the same rule, as of a request and of its tombstone, is one change
    twice = [correct("Jon", "John"), Rule("span", "Jon", UID, redacts=True, doc_id="00", replacement="John")]
    assert find_changes("Jon", rules=twice) == [Change(0, 3, "John")]


def test_what_overlaps_and_is_not_the_same_goes() -> None:
    gone = Rule("span", "Jon S", UID, redacts=True)
    assert redact("Jon Smit", rules=[correct("Jon", "John"), gone]) == "[removed]mit"
    assert redact("Jon Smit", rules=[correct("Jon", "John"), correct("Jon", "Jan")]) == "[removed] Smit"
    assert redact("Jon Smit", rules=[correct("Jon", "John"), correct("Jon Smit", "J. S.")]) == "[removed]"
