"""The recipe of stop words: frequent in every source, cut as signals cut, never the topic of one source."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from filters import languages
from filters.languages.stop_words import MAX_PASSAGES, MAX_WORDS, derive_stop_words, passages_of, words_of
from tools.derive_stop_words import read


def sentences(topic: str, *, count: int) -> list[str]:
    """Lines of ten words: two particles, a topic, and words that come once."""
    return [f"The, {topic} 12 «AND» " + " ".join(f"{topic}{n}x{i}" for i in range(7)) for n in range(count)]


def test_words_are_cut_as_the_signals_cut_them() -> None:
    assert words_of("«The» e\u0301te\u0301, 12 don’t… می\u200cخواهم\u00a0x") == [
        "the",
        "été",
        "don’t",
        "می\u200cخواهم",
        "x",
    ]


def test_a_passage_is_a_hundred_words_whatever_the_lines() -> None:
    lines = [f"w{n}x" for n in range(250)]
    expected = [frozenset(lines[start : start + 100]) for start in (0, 100)]
    assert passages_of(lines) == passages_of([" ".join(lines)]) == expected
    assert len(passages_of(["a"] * 100 * MAX_PASSAGES)) == MAX_PASSAGES


def test_words_of_every_source_are_taken_and_topics_are_not() -> None:
    found = derive_stop_words(
        {"villages": sentences("village", count=200), "stars": sentences("star", count=200)}
    )
    assert found == ["and", "the"]
    assert derive_stop_words({"villages": sentences("village", count=200)}) == ["and", "the", "village"]


def test_a_source_that_is_too_small_has_no_vote() -> None:
    assert derive_stop_words({"villages": sentences("village", count=20)}) == []
    both = derive_stop_words(
        {"villages": sentences("village", count=200), "stars": sentences("star", count=20)}
    )
    assert both == ["and", "the", "village"]


def test_a_list_ends() -> None:
    words = " ".join(f"w{n}x" for n in range(80))
    assert len(derive_stop_words({"a": [words] * 200})) == MAX_WORDS


def test_lines_are_read_by_language_and_source(tmp_path: Path) -> None:
    rows = [
        {"text": "bonjou", "lang": "fr", "source": "a"},
        {"text": "ẹ káàárọ̀", "lang": "yor", "source": "b"},
        {"text": "你好", "lang": "zh-Hans", "source": "b"},
        {"text": "hallo", "lang": "de", "source": "b"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "lines.parquet")
    packed = zstandard.ZstdCompressor().compress(json.dumps({"text": "oui", "lang": "fr"}).encode())
    (tmp_path / "more.jsonl.zst").write_bytes(packed)
    found = read([tmp_path / "lines.parquet", tmp_path / "more.jsonl.zst"])
    assert {tag: dict(of) for tag, of in found.items()} == {
        "fr": {"a": ["bonjou"], "more": ["oui"]},
        "yo": {"b": ["ẹ káàárọ̀"]},
    }


def test_extended_lists_say_so() -> None:
    extended = [tag for tag in languages.TAGS if "derive_stop_words" in languages.load(tag).stop_words_origin]
    assert len(extended) == 31
    assert all("FineWeb-2" in languages.load(tag).stop_words_origin for tag in extended)
