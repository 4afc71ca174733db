"""Every reader of the benchmark reads all documents, and a rejected record is no speed."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.sources import main, read_source, write_files

RECORDS = [{"id": str(n), "text": f'Mizizi "{n}"\ninakua, polepole.', "lang": "sw"} for n in range(30)]


def test_every_reader_has_a_row_and_json_lines_are_the_measure(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS), "utf-8")
    result = CliRunner().invoke(main, [str(tmp_path), "--repeats", "1"], catch_exceptions=False)
    rows = re.findall(r"^\| (.+?) \| (\d+) \| ([\d.]+) \|$", result.output, re.M)
    assert [name for name, *_ in rows[:4]] == [
        f"source type {type}" for type in ("jsonl", "json", "csv", "parquet")
    ]
    assert len(rows) == 8
    assert rows[0][2] == "1.00"


def test_all_documents_are_read_of_every_file(tmp_path: Path) -> None:
    paths = write_files(RECORDS, folder=tmp_path)
    assert {type: read_source(type, path=path) for type, path in paths.items()} == dict.fromkeys(paths, 30)
    with paths["csv"].open("a") as rows:
        rows.write("too,few\n")
    with pytest.raises(ValueError, match="ragged_row"):
        read_source("csv", path=paths["csv"])
