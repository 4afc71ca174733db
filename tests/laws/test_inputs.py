"""Inputs that are none, or twice the same, and values that mean nothing: said, counted, never fatal."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus
from click.testing import CliRunner, Result

from layers.shards import read_table
from pipeline.cli import main

TEXTS = small_corpus.PARAGRAPHS["fr"]


def rhizotron(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def write(folder: Path, **source: Any) -> Path:
    changes = {"sources": [{"card": "health_text"} | source], "decide": {"quality": False}}
    return small_corpus.write_corpus(folder, changes=changes)


def manifest(folder: Path, output: str = "out") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / output / "release" / "manifest.json").read_bytes())
    return read


def test_a_release_is_never_read_as_its_own_source(tmp_path: Path) -> None:
    """Globs that match everything: three runs give one release, trials and other outputs included."""
    path = write(tmp_path, type="text", paths=["**/*.txt", "**/*.md"], lang="fr")
    for number, text in enumerate(TEXTS):
        (tmp_path / "data" / f"own{number}.md").write_text(text, encoding="utf-8")
    (tmp_path / "data" / "rows.jsonl").unlink()
    first = rhizotron("run", path)
    releases = [small_corpus.tree_digests(tmp_path / "out" / "release")]
    for arguments in ((), ("--limit", 3), ("--out", tmp_path / "elsewhere"), ()):
        again = rhizotron("run", path, *arguments)
        releases.append(small_corpus.tree_digests(tmp_path / "out" / "release"))
    assert all(release == releases[0] for release in releases)
    assert "written by rhizotron" not in first.output
    assert "path(s) not read, written by rhizotron: elsewhere/release/" in again.output


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A folder with a file, a link to it, a loop, a link to nothing and a name that is not UTF-8."""
    folder = tmp_path / "in"
    folder.mkdir()
    rows = [{"id": n, "text": text} for n, text in enumerate(TEXTS[:4])]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "b.jsonl").symlink_to("a.jsonl")
    (folder / "loop").symlink_to(".")
    (folder / "gone.jsonl").symlink_to("/nowhere/at/all")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jsonl")).write_bytes(b"")
    return write(tmp_path, type="jsonl", paths=["in/**/*.jsonl"], fields={"id": "id", "text": "text"})


def test_what_is_no_input_is_in_the_manifest_and_on_the_card(strange: Path) -> None:
    skipped = {"dangling_link": 1, "name_not_utf8": 1, "same_file": 2}
    shown = rhizotron("run", strange)
    source = manifest(strange.parent)["sources"]["health_text"]
    assert (source["documents_read"], source["skipped"]) == (4, skipped)
    readme = (strange.parent / "out" / "release" / "README.md").read_text(encoding="utf-8")
    for reason, count in skipped.items():
        assert f"- `health_text`: {count} paths were not read (`{reason}`)" in readme
    for line in (
        "1 path(s) not read, links to nothing: in/gone.jsonl",
        "1 path(s) not read, name is not UTF-8: rename it: in/caf\\xe9.jsonl",
        "2 path(s) not read, reached by another path already: in/b.jsonl …",
    ):
        assert f"rhizotron: warning: health_text: {line}" in shown.output
    assert rhizotron("plan", strange).exit_code == 0


def test_dates_that_mean_nothing_are_null_and_counted(tmp_path: Path) -> None:
    dates = pa.array([0, 1 << 30, -(1 << 30), None], pa.int32()).cast(pa.date32())
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"text": TEXTS[:4], "date": dates}), tmp_path / "in" / "a.parquet")
    zone = pa.array([1, 2], pa.timestamp("us", tz="Not/AZone"))
    pq.write_table(pa.table({"text": TEXTS[4:6], "date": zone}), tmp_path / "in" / "b.parquet")
    path = write(tmp_path, type="parquet", paths=["in/*"], fields={"text": "text", "date": "date"})
    rhizotron("run", path)
    source = manifest(tmp_path)["sources"]["health_text"]
    assert (source["documents_read"], source["lost_values"]) == (6, {"date": 4})
    shards = sorted((tmp_path / "out" / "release" / "data").glob("fr/*/*.arrow"))
    rows = [row for shard in shards for row in read_table(str(shard)).to_pylist()]
    assert [row["date"] for row in rows] == ["1970-01-01", None, None, None, None, None]
    readme = (tmp_path / "out" / "release" / "README.md").read_text(encoding="utf-8")
    assert "- `health_text`: 4 values of `date` mean nothing and are null" in readme
