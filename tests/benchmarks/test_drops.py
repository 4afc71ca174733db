"""Drawing, writing and scoring a blind sample of drops; pairs and pages of `benchmarks.declared`."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import declared, drops
from benchmarks.dirt import make_measurer


def row(number: int, *, lang: str = "en", reason: str | None = None) -> dict[str, Any]:
    return {"id": f"a/{number}", "lang": lang, "text": f"text {number}", "reason": reason}


def test_decisions_are_those_of_the_language_that_is_named() -> None:
    english = "The committee will meet again next week to discuss the results of the survey."
    rows = [
        {"lang": "en", "text": english},
        {"lang": "sw", "text": english},
        {"lang": "en", "text": "Tips"},
        {"lang": "en", "text": "\n".join(f"x[{i}] = f(y, {{{i}}});" for i in range(60))},
    ]
    decided = drops.decide(rows, measurer=make_measurer())
    assert [each["reason"] for each in decided] == [None, None, "no language", "no language"]
    assert [each["lang"] for each in decided] == ["en", "en", "en", "en"]


def test_ten_drops_are_drawn_each_of_a_reason_as_likely_as_what_it_took() -> None:
    rows = [row(i, reason="often") for i in range(90)] + [row(i, reason="seldom") for i in range(90, 100)]
    found = Counter(
        each["reason"] for seed in range(100) for each in drops.draw(rows, rng=random.Random(seed))
    )
    assert found.total() == 1000
    assert 70 < found["seldom"] < 130
    few = drops.draw([row(1, reason="often"), row(2, reason="seldom")], rng=random.Random(0))
    assert len(few) == 2


def test_a_sample_has_drops_kept_rows_and_junk_and_says_which_in_its_key_only(tmp_path: Path) -> None:
    clean = [row(i, reason="why" if i % 2 else None) for i in range(60)]
    junk = [row(i, reason="why") | {"junk": "menu"} for i in range(60, 65)]
    rows = drops.sample(clean, junk, seed=1)
    assert Counter(each["kind"] for each in rows) == {"drop": 10, "kept": 3, "planted": 2}
    assert rows != drops.sample(clean, junk, seed=2)
    drops.write(rows, tmp_path)
    shown = [json.loads(line) for line in (tmp_path / "sample.jsonl").read_text("utf-8").splitlines()]
    key = [json.loads(line) for line in (tmp_path / "key.jsonl").read_text("utf-8").splitlines()]
    assert {tuple(each) for each in shown} == {("n", "lang", "text")}
    assert [each["n"] for each in shown] == [each["n"] for each in key] == list(range(1, 16))
    assert [each["kind"] for each in key] == [each["kind"] for each in rows]


def test_a_score_counts_labels_by_kind_and_reason() -> None:
    key = [{"n": n, "kind": "drop", "reason": "why"} for n in (1, 2)] + [
        {"n": 3, "kind": "kept", "reason": None}
    ]
    lines = drops.score(key, {"1": "natural", "2": "too_short", "3": "natural"})
    assert lines[2:] == [
        "| drop | 2 | 1 | 0 | 1 | 0 | 0 | 50.0% (9.5%–90.5%) |",
        "| kept | 1 | 1 | 0 | 0 | 0 | 0 | 100.0% (20.7%–100.0%) |",
        "| why | 2 | 1 | 0 | 1 | 0 | 0 | 50.0% (9.5%–90.5%) |",
    ]
    with pytest.raises(ValueError, match=r"labels\.json: 2: give one of natural"):
        drops.score(key, {"1": "natural", "2": "good", "3": "natural"})


def test_articles_stand_beside_the_english_ones_of_their_name(tmp_path: Path) -> None:
    articles = [
        {"id": "eng/x", "lang": "en", "text": "One.\nTwo."},
        {"id": "fra/x", "lang": "fr", "text": "Un.\nDeux."},
        {"id": "fra/y", "lang": "fr", "text": "Trois."},
    ]
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in articles), "utf-8")
    assert declared.put_beside(path) == {
        "one after the other, declared in the other": [("Un.\nDeux.\nOne.\nTwo.", "fr")],
        "one after the other, declared English": [("Un.\nDeux.\nOne.\nTwo.", "en")],
        "line by line, declared in the other": [("Un.\nOne.\nDeux.\nTwo.", "fr")],
        "line by line, declared English": [("Un.\nOne.\nDeux.\nTwo.", "en")],
    }


def test_pages_of_programs_are_forty_lines_of_longer_files(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("\n".join(map(str, range(100))), "utf-8")
    (tmp_path / "short.py").write_text("\n".join(map(str, range(40))), "utf-8")
    (tmp_path / "notes.txt").write_text("\n".join(map(str, range(100))), "utf-8")
    (page,) = declared.read_programs(tmp_path, rng=random.Random(0))
    lines = list(map(int, page.splitlines()))
    assert lines == list(range(lines[0], lines[0] + 40))


def test_documents_are_named_beside_what_they_are_declared() -> None:
    english = "The committee will meet again next week to discuss the results of the survey."
    french = "Le comité se réunira la semaine prochaine et examinera les résultats de l'enquête."
    found = declared.name([(english, "en"), (english, "fr"), (f"{english}\n{french}", "sw"), ("12", "en")])
    assert found == dict.fromkeys(declared.OUTCOMES, 1)
    wrong = declared.declare_wrongly([(english, "en"), (french, "fr")], rng=random.Random(0))
    assert sorted(wrong) == sorted([(english, "fr"), (french, "en")])
