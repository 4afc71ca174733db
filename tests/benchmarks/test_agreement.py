"""Agreement of two sides' decisions: counted by hand on a few documents."""

import json
import struct
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.agreement import Agreement, Decision, Table, compare, read_datatrove


def decide(lang: str, reason: str | None, cluster: str) -> Decision:
    return Decision(lang, reason, cluster)


def test_every_question_is_counted_over_its_own_documents() -> None:
    ours = {
        "a": decide("en", None, "1"),
        "b": decide("en", "near_duplicate", "1"),
        "c": decide("zh-Hans", None, "c"),
        "d": decide("fr", "words<50", "d"),
        "e": decide("ha", "language_not_targeted", "e"),
        "f": decide("en", None, "f"),
        "g": decide("en", "near_duplicate", "f"),
    }
    theirs = {
        "a": decide("en", "near_duplicate", "x"),
        "b": decide("en", None, "x"),
        "c": decide("zh", "near_duplicate", "x"),
        "d": decide("es", "gopher_short_doc", "d"),
        "e": decide("ha", None, "e"),
        "f": decide("en", None, "f"),
        "g": decide("en", "top_2_gram", "g"),
    }
    found = compare(ours, theirs)
    assert asdict(found)["first_reasons"] == found.first_reasons  # as the report gets it
    assert found == Agreement(
        documents=7,
        same_language=6,
        targeted=6,
        kept=Table(both=1, only_first=2, only_second=1, neither=2),
        passes_quality=Table(both=4, only_first=1, only_second=0, neither=1),
        removed_as_duplicate=Table(both=0, only_first=1, only_second=2, neither=1),
        duplicate_pairs=Table(both=1, only_first=0, only_second=2, neither=0),
        first_reasons={"kept": 3, "near_duplicate": 2, "words<50": 1, "language_not_targeted": 1},
        second_reasons={"kept": 3, "near_duplicate": 2, "gopher_short_doc": 1, "top_2_gram": 1},
    )


def test_sides_that_saw_other_documents_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different documents"):
        compare({"a": decide("en", None, "a")}, {"b": decide("en", None, "b")})


def test_agreement_of_no_documents_is_unknown() -> None:
    assert Table(0, 0, 0, 0).agreement is None
    assert Table(3, 1, 0, 0).agreement == 0.75


def write_lines(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_reading_what_datatrove_kept_and_removed(tmp_path: Path) -> None:
    meta = {"metadata": {"language": "en"}}
    write_lines(tmp_path / "filtered/00000.jsonl", {"id": "a", **meta}, {"id": "b", **meta})
    write_lines(tmp_path / "filtered/00001.jsonl", {"id": "c", **meta})
    write_lines(tmp_path / "kept/00000.jsonl", {"id": "a", **meta}, {"id": "b", **meta})
    write_lines(
        tmp_path / "removed/duplicates/00001.jsonl",
        {"id": "c", "language": "en", "reason": "near_duplicate"},
    )
    write_lines(
        tmp_path / "removed/quality/00000.jsonl",
        {"id": "d", "language": "tl", "reason": "gopher_short_doc"},
    )
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters/000000.clusters").write_bytes(struct.pack("<2I", 1, 7))
    (tmp_path / "clusters/000001.clusters").write_bytes(struct.pack("<2I", 0, 7))
    assert read_datatrove(tmp_path, ids="abcd") == {
        "a": decide("en", None, "a"),
        "b": decide("en", None, "cluster 7"),
        "c": decide("en", "near_duplicate", "cluster 7"),
        "d": decide("fil", "gopher_short_doc", "d"),
    }
    with pytest.raises(ValueError, match="nothing about 1 documents, the first is 'e'"):
        read_datatrove(tmp_path, ids="abcde")
