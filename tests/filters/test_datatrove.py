"""Gopher, FineWeb and C4 as datatrove 0.10.1 computes them, on 1,000 and more real English texts.

Needs a Python with datatrove: this one, or the one that DATATROVE_PYTHON names. Skipped aloud without.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from filters import base
from filters.kernels.text_tables import GOPHER_SYMBOLS, SENTENCE_TERMINALS
from tests.hard_texts import document_batch
from tests.kernels.reference_text import lower, pieces, words
from tests.test_demo_corpus import read_demo

SIDE = Path(__file__).with_name("datatrove_side.py")
PYTHON = os.environ.get("DATATROVE_PYTHON", sys.executable)
SETS = ("gopher_quality", "gopher_repetition", "fineweb", "c4")
MIN_TEXTS = 1000

Row = dict[str, Any]


def english_texts() -> list[str]:
    """The English documents of the demo, and the sections of the long ones, edited as by default."""
    texts = [row["text"] for rows in read_demo()[0].values() for row in rows if row["lang_declared"] == "en"]
    edited = pa.array(texts, pa.large_string())
    for name in ("unicode_nfc", "control_characters", "whitespace"):
        edited = base.load_edit(name).edit(edited, langs=pa.nulls(len(edited), pa.string()))
    whole: list[str] = edited.to_pylist()
    sections = []
    for text in whole:
        lines = text.split("\n")
        if len(text) > 1500:
            middle = len(lines) // 2
            sections += ["\n".join(lines[:middle]).strip(), "\n".join(lines[middle:]).strip()]
    return list(dict.fromkeys(text for text in (*whole, *sections) if pieces(text, segments=False)))


def measure(texts: list[str]) -> list[Row]:
    batch, langs = document_batch(pa.array(texts, pa.large_string())), pa.array(["en"] * len(texts))
    rows: list[Row] = [{} for _ in texts]
    for name in SETS:
        measured = base.load_signals(name).measure(batch, langs=langs, options=None).to_pylist()
        rows = [row | more for row, more in zip(rows, measured, strict=True)]
    return rows


def around(value: float) -> list[float]:
    """Limits just below and just above; the lower one is left out at 0, where a limit means: no rule."""
    return [value * (1 - 1e-6), value * (1 + 1e-6)] if value > 0 else [1e-9]


def rules_of(row: Row) -> list[tuple[str, float, str | None]]:
    """(rule of datatrove, limit, why it must drop the text), from our numbers."""
    rules: list[tuple[str, float, str | None]] = []

    def at_most(rule: str, signal: str, name: str) -> None:
        value = float(row[signal])
        rules.extend((rule, limit, name if value > limit else None) for limit in around(value))

    def at_least(rule: str, signal: str, name: str) -> None:
        value = float(row[signal])
        rules.extend((rule, limit, name if value < limit else None) for limit in around(value))

    words = row["gopher_words"]
    rules += [("min_doc_words", words, None), ("min_doc_words", words + 1, "gopher_short_doc")]
    if words > 0:
        at_most("max_avg_word_length", "gopher_mean_word_length", "gopher_above_avg_threshold")
    hashes, ellipses = float(row["hash_to_word_ratio"]), float(row["ellipsis_to_word_ratio"])
    for limit in (*around(hashes), *around(ellipses)):
        name = "gopher_too_many_ellipsis" if ellipses > limit else None
        rules.append(("max_symbol_word_ratio", limit, "gopher_too_many_hashes" if hashes > limit else name))
    at_most("max_bullet_lines_ratio", "bullet_line_ratio", "gopher_too_many_bullets")
    at_most("max_ellipsis_lines_ratio", "ellipsis_line_ratio", "gopher_too_many_end_ellipsis")
    at_least("max_non_alpha_words_ratio", "alphabetic_word_ratio", "gopher_below_alpha_threshold")
    at_least("line_punct_thr", "punctuated_line_ratio", "line_punct_ratio")
    at_most("short_line_thr", "short_line_ratio", "short_line_ratio")
    at_most("char_duplicates_ratio", "fineweb_duplicate_line_characters_ratio", "char_dup_ratio")
    at_most("new_line_ratio", "newline_to_word_ratio", "list_ratio")
    return rules


def stop_word_rules(row: Row) -> list[tuple[str, float, str | None]]:
    count = row["gopher_stop_words"]
    below = [("min_stop_words", count, None)] if count else []
    return [*below, ("min_stop_words", count + 1, "gopher_enough_stop_words")]


@pytest.fixture(scope="module")
def answers() -> tuple[list[str], list[Row], Row, list[Row]]:
    """(texts, our rows, datatrove's character sets, datatrove's answers: two per text)."""
    imported = subprocess.run([PYTHON, "-c", "import datatrove"], capture_output=True, text=True)
    if imported.returncode != 0:
        pytest.skip(f"{PYTHON} has no datatrove: pip install -e '.[bench]' or set DATATROVE_PYTHON")
    texts = english_texts()
    rows = measure(texts)
    asked = []
    for text, row in zip(texts, rows, strict=True):
        split = pieces(text, segments=False)
        asked.append({"text": text, "words": split, "rules": [rule[:2] for rule in rules_of(row)]})
        stripped = [lower(word) for word in words(text, segments=False)]
        asked.append({"text": text, "words": stripped, "rules": [rule[:2] for rule in stop_word_rules(row)]})
    result = subprocess.run(
        [PYTHON, str(SIDE)],
        input="".join(json.dumps(document) + "\n" for document in asked),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    sets, *answered = map(json.loads, result.stdout.splitlines())
    assert len(answered) == 2 * len(texts)
    return texts, rows, sets, answered


def test_there_are_enough_texts() -> None:
    assert len(english_texts()) >= MIN_TEXTS


def test_the_character_sets_are_the_same(answers: tuple[list[str], list[Row], Row, list[Row]]) -> None:
    _, _, sets, _ = answers
    terminals = {chr(code) for first, last in SENTENCE_TERMINALS for code in range(first, last + 1)}
    assert sorted(GOPHER_SYMBOLS) == sets["symbols"]
    assert sorted(terminals) == sets["terminals"]


def test_repetition_is_equal(answers: tuple[list[str], list[Row], Row, list[Row]]) -> None:
    texts, rows, _, answered = answers
    for text, row, answer in zip(texts, rows, answered[::2], strict=True):
        expected = {
            name: None if value is None else float(np.float32(value))
            for name, value in answer["repetition"].items()
        }
        assert {name: row[name] for name in expected} == expected, text


def test_quality_rules_of_gopher_and_fineweb_drop_at_the_same_limits(
    answers: tuple[list[str], list[Row], Row, list[Row]],
) -> None:
    texts, rows, _, answered = answers
    asked = 0
    for text, row, quality, stop_words in zip(texts, rows, answered[::2], answered[1::2], strict=True):
        for rules, answer in ((rules_of(row), quality), (stop_word_rules(row), stop_words)):
            expected = [(rule, limit, why) for rule, limit, why in rules]
            told = [
                (rule, limit, why) for (rule, limit, _), why in zip(rules, answer["reasons"], strict=True)
            ]
            assert told == expected, text
            asked += len(rules)
    assert asked > 15 * len(texts)


def test_c4_is_equal(answers: tuple[list[str], list[Row], Row, list[Row]]) -> None:
    texts, rows, _, answered = answers
    for text, row, answer in zip(texts, rows, answered[::2], strict=True):
        filled = sum(line.strip() != "" for line in text.split("\n"))
        ours = {
            "kept": round(row["c4_kept_line_ratio"] * filled),
            "terminal": round(row["c4_terminal_line_ratio"] * filled),
            "javascript": row["javascript_lines"],
            "policy": row["policy_lines"],
            "lorem_ipsum": row["lorem_ipsum_lines"] > 0,
            "curly": "{" in text,
        }
        assert (row["curly_brackets"] > 0) == any(bracket in text for bracket in "{}")
        assert answer["c4"] == ours, text
