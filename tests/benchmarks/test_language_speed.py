"""The identifiers are timed on whole documents and on their sentences."""

import json
from pathlib import Path

import pyarrow as pa
from click.testing import CliRunner

from benchmarks.language_speed import find_sentences, main

SENTENCES = ["Roots grow in the soil of the garden.", "Les racines boivent de l'eau."]


def test_sentences_are_lines_of_their_length() -> None:
    lines = ["x" * 19, "x" * 20, "é" * 150, "é" * 151, " padded to twenty bytes "]
    texts = pa.array(["\n".join(lines), ""], pa.large_string())
    assert find_sentences(texts).to_pylist() == ["x" * 20, "é" * 150, "padded to twenty bytes"]


def test_every_identifier_has_a_row_of_documents_and_one_of_sentences(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": "\n".join(SENTENCES), "lang": "en"}) + "\n", "utf-8"
    )
    result = CliRunner().invoke(main, [str(tmp_path), "--repeats", "1"], catch_exceptions=False)
    rows = [line.strip("| ").split(" | ") for line in result.output.splitlines() if line.startswith("| ")][1:]
    ours = ["lid.roots, identify", "lid.roots, kernel", "lid.176, identify", "lid.176, kernel"]
    for kind, texts in (("documents", "1"), ("sentences", "2")):
        mine = [row for row in rows if row[0] == kind]
        names = [row[3] for row in mine if not row[3].endswith(", all classes")]
        assert names[:5] == [*ours, "lid.176, fastText's library"]
        assert all(row[1] == texts and float(row[4]) >= 0 for row in mine)
