"""What is no edit and no set of signals takes the hard texts too: language, hashes, lines, JSON records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from filters import base
from filters.edits import long_words
from filters.hashes import exact as exact_hash
from filters.hashes import lines as line_hashes
from filters.hashes import minhash
from filters.language_id import DEFAULT_MODEL, IdentifyOptions, identify, load_model
from layers.entries import Unit
from sources import jsonl
from sources.base import RecordLog, SourceSpec
from tests.hard_texts import HARD_TEXTS, hard_documents

MEGABYTES_50 = pa.array(["x" * 50_000_000], pa.large_string())
ENGLISH = pa.array(["en"])


def name_languages(texts: pa.LargeStringArray, langs: pa.StringArray) -> list[Any]:
    model = load_model(DEFAULT_MODEL)
    return list(identify(texts, declared=langs, model=model, options=IdentifyOptions()).to_pylist())


def sign(texts: pa.LargeStringArray, langs: pa.StringArray) -> list[Any]:
    return list(minhash.band_hashes(texts, langs=langs, options=minhash.MinHashOptions()).to_pylist())


def hash_exactly(texts: pa.LargeStringArray, langs: pa.StringArray) -> list[Any]:
    return list(exact_hash.exact_hashes(texts).to_pylist())


WORKS = [name_languages, sign, hash_exactly]


@pytest.mark.parametrize("work", WORKS)
def test_every_document_gives_one_row_whatever_the_batch(
    work: Callable[[pa.LargeStringArray, pa.StringArray], list[Any]],
) -> None:
    texts, langs = hard_documents()
    whole = work(texts, langs)
    assert len(whole) == len(texts)
    assert work(texts.slice(7, 30), langs.slice(7, 30)) == whole[7:37]
    assert [work(texts.slice(i, 1), langs.slice(i, 1))[0] for i in range(40)] == whole[:40]


def test_lines_are_hashed_and_removed() -> None:
    texts, _ = hard_documents()
    hashed = line_hashes.hash_lines(texts, min_chars=1)
    single = [line_hashes.hash_lines(texts.slice(i, 1), min_chars=1).keys.tolist() for i in range(len(texts))]
    assert hashed.keys.tolist() == [key for keys in single for key in keys]


@pytest.mark.parametrize("work", WORKS)
def test_50_megabytes_of_one_character_are_one_document(
    work: Callable[[pa.LargeStringArray, pa.StringArray], list[Any]],
) -> None:
    assert len(work(MEGABYTES_50, ENGLISH)) == 1


@pytest.mark.parametrize("name", base.names("edits"))
def test_50_megabytes_of_one_character_are_edited(name: str) -> None:
    edited = base.load_edit(name).edit(MEGABYTES_50, langs=ENGLISH)
    gone = name == long_words.__name__.rpartition(".")[2]
    assert edited.to_pylist() == ["" if gone else MEGABYTES_50[0].as_py()]


def test_every_hard_text_survives_json_and_an_unpaired_surrogate_is_a_row_of_its_own(tmp_path: Path) -> None:
    escaped = [json.dumps({"id": name, "text": text}) for name, text in HARD_TEXTS.items()]
    broken = [rf'{{"id": "s", "text": "a{half}b"}}' for half in (r"\ud83d", r"\ude00", r"\ude00\ud83d")]
    paired = r'{"id": "pair", "text": "\ud83d\ude00"}'
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join([*escaped, *broken, paired]) + "\n", "utf-8")
    spec = SourceSpec(
        uid="hard",
        type="jsonl",
        root=str(tmp_path),
        license="CC0-1.0",
        lang=None,
        fields={"text": "text", "id": "id"},
    )
    log = RecordLog(Unit("hard", str(file), 0, file.stat().st_size))
    rows = pa.Table.from_batches(jsonl.read(log.unit, spec=spec, log=log)).to_pylist()
    assert {row["record_id"]: row["text"] for row in rows} == {**HARD_TEXTS, "pair": "😀"}
    assert [row["reason"] for row in log.rejected] == ["invalid_unicode"] * 3
