"""How many documents a plan expects, on which memory and the path of decide depend."""

import gzip
import json
from pathlib import Path

import pytest
import small_corpus

from pipeline.plan.estimate import DOCUMENT_BYTES, estimate
from pipeline.plan.make import make_plan


def write(folder: Path, data: bytes, *, suffix: str = "") -> Path:
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["in/*"],
        "fields": {"text": "text", "id": "id"},
    }
    path = small_corpus.write_corpus(folder, changes={"sources": [source]})
    (folder / "in").mkdir()
    (folder / "in" / f"a.jsonl{suffix}").write_bytes(data)
    return path


def records(number: int, *, words: int) -> bytes:
    rows = ({"id": n, "text": " ".join(f"word{n}-{m}" for m in range(words))} for n in range(number))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(("number", "words"), [(5, 4), (3_000, 4), (3_000, 40), (200, 400)])
def test_documents_are_estimated_by_the_first_ones(number: int, words: int, tmp_path: Path) -> None:
    plan = make_plan(write(tmp_path, records(number, words=words)), looks=True)
    assert estimate(plan).documents == pytest.approx(number, rel=0.25)
    assert estimate(make_plan(tmp_path / "corpus.yaml", looks=True, limit=2)).documents == 2


def test_compressed_documents_are_not_fewer_than_there_are(tmp_path: Path) -> None:
    data = records(3_000, words=40)
    plan = make_plan(write(tmp_path, gzip.compress(data), suffix=".gz"), looks=True)
    expected = 4 * (tmp_path / "in" / "a.jsonl.gz").stat().st_size / (len(data) / 3_000)
    assert estimate(plan).documents == pytest.approx(expected, rel=0.25)


def test_long_first_documents_do_not_make_others_few(tmp_path: Path) -> None:
    data = records(100, words=3_000) + records(10_000, words=4)
    plan = make_plan(write(tmp_path, data), looks=True)
    expected = pytest.approx(len(data) / DOCUMENT_BYTES, rel=0.1)
    assert estimate(plan).documents == expected
    assert estimate(make_plan(tmp_path / "corpus.yaml")).documents == expected  # nothing was looked at
