"""Every part is timed on real text, the merge counts what it made, and the fastest round is taken."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.speed import PARTS, main, read_batches, time_rounds
from filters import base

TEXTS = [
    f"Roots grow in the soil, {number} of them.\nThey drink water and hold the plant." for number in range(40)
]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    rows = [json.dumps({"text": text, "lang": "en"}) for text in TEXTS]
    (folder / "a.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_every_part_has_rows_with_a_speed(documents: Path) -> None:
    result = CliRunner().invoke(main, ["text", str(documents), "--repeats", "1"], catch_exceptions=False)
    rows = [line.strip("| ").split(" | ") for line in result.output.splitlines() if line.startswith("| ")][1:]
    assert list(dict.fromkeys(part for part, *_ in rows)) == list(PARTS)
    assert {work for part, work, *_ in rows if part == "edits"} == set(base.names("edits"))
    signals = {name for name in base.names("signals") if not base.requires_options(name)}
    assert signals <= {work for part, work, *_ in rows if part == "signals"}
    assert all(float(mb_per_second) > 0 for *_, mb_per_second, _ in rows)


def test_only_the_parts_that_are_named_are_timed(documents: Path) -> None:
    arguments = ["text", str(documents), "--part", "hashes", "--repeats", "1"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert re.findall(r"^\| (\w+) \| (.+?) \|", result.output, re.M)[1:] == [
        ("hashes", "exact hashes"),
        ("hashes", "MinHash bands"),
    ]


def test_batches_hold_the_documents_as_they_are(documents: Path) -> None:
    batches = list(read_batches(documents, max_text_bytes=10**9))
    assert [text for batch in batches for text in batch["text"].to_pylist()] == TEXTS


def test_rounds_are_the_first_call_and_the_fastest_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 9, 10, 14, 20, 22, 30, 33])
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    assert time_rounds(lambda: None, repeats=3) == (9, 2)


def test_merging_counts_all_lines() -> None:
    result = CliRunner().invoke(main, ["merge", "16000"], catch_exceptions=False)
    (counted,) = re.findall(r"^([\d,]+) counted lines", result.output, re.M)
    assert 0.9 * 16_000 < int(counted.replace(",", "")) <= 16_000
