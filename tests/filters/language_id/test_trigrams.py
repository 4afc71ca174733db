"""Known trigrams: which are gathered, how they are written, and how a text is compared with them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.language_id.segments import plain_letters, without_links
from filters.language_id.trigrams import (
    MIN_LINES,
    count_known,
    gather_trigrams,
    pack,
    read_trigrams,
    write_trigrams,
)


def grams(text: str) -> list[str]:
    prose, *_ = without_links(pa.array([text], pa.large_string()))
    (line,) = plain_letters(prose).to_pylist()
    padded = f" {line} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)] if line else []


def counts(texts: list[str], langs: list[str | None]) -> list[tuple[int, int]]:
    known, total = count_known(pa.array(texts, pa.large_string()), langs=pa.array(langs, pa.string()))
    return list(zip(known.tolist(), total.tolist(), strict=True))


def test_a_trigram_is_known_from_enough_lines_on() -> None:
    lines = {"sw": {"a": ["mto"] * (MIN_LINES - 1), "b": ["mto", "maji"]}, "de": {"a": ["der"] * 9}}
    assert {name: keys.tolist() for name, keys in gather_trigrams(lines).items()} == {
        "sw": sorted(map(pack, (" mt", "mto", "to ")))
    }


def test_the_same_tables_are_written_as_the_same_bytes_and_read_again(tmp_path: Path) -> None:
    trigrams = {"sw": np.array([3, 7, 1 << 62], np.uint64), "ak": np.array([], np.uint64)}
    for name in ("one.npz", "other.npz"):
        write_trigrams(trigrams, path=tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    read = read_trigrams(tmp_path / "one.npz")
    assert {name: keys.tolist() for name, keys in read.items()} == {"sw": [3, 7, 1 << 62], "ak": []}


@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from([None, "de", "sw", "zh-Hant", "tw"]))))
def test_equal_to_the_slow_way(rows: list[tuple[str, str | None]]) -> None:
    tables = {"sw": "sw", "zh-Hant": "zh", "tw": "ak"}
    expected = []
    for text, lang in rows:
        known = set(read_trigrams()[tables[lang]].tolist()) if lang in tables else None
        own = [] if known is None else grams(text)
        expected.append((sum(pack(gram) in (known or ()) for gram in own), len(own)))
    assert counts([text for text, _ in rows], [lang for _, lang in rows]) == expected


def test_every_target_has_a_table() -> None:
    langs = sorted(languages.TAGS)
    assert all(total > 0 for _, total in counts(["text"] * len(langs), list(langs)))


@pytest.mark.parametrize(
    ("text", "lang", "most_are_known"),
    [
        ("Siku ya soko barabara hujaa watu.", "sw", True),
        ("Le marché est là où elles sont.", "fr", True),
        ("Le marché est là où elles sont.", "ta", False),
        ("xkq zzvw qqj vvx hjkq wxz", "fr", False),
        ("今天天气很好,我们去公园散步吧。", "zh-Hans", True),
        ("الْحَمْدُ لِلّٰهِ رَبِّ الْعَالَمِينَ", "ar", True),
    ],
)
def test_words_of_a_language_are_known_in_it(text: str, lang: str, most_are_known: bool) -> None:
    ((known, total),) = counts([text], [lang])
    assert (known > total / 2) is most_are_known
