"""A release in Parquet: the rows of the one in Arrow, read by what its users read it with."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from layers.shards import read_table
from pipeline.beam import runners
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import make_plan
from tests import small_corpus
from tests.layers.test_parquet_shards import drop

LANGS = ("en", "fr", "sw")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Format → release of the same corpus."""
    folder = tmp_path_factory.mktemp("formats of releases")
    made = {}
    for form in ("arrow", "parquet"):
        publish = {"target_bytes": 20_000, "format": form}
        changes = {"publish": publish, "lines": {"min_count": 2, "min_chars": 5}, "output": f"out-{form}"}
        config = small_corpus.write_corpus(folder, changes=changes)
        runners.run(make_plan(config))
        made[form] = folder / f"out-{form}" / "release"
    return made


def tables(release: Path, folder: str) -> Iterator[tuple[str, pa.Table]]:
    """(path without its ending, table) of each file of a folder."""
    for path in sorted((release / folder).rglob("train-*")):
        yield str(path.relative_to(release / folder).with_suffix("")), read_table(str(path))


def test_both_formats_have_the_same_rows(releases: dict[str, Path]) -> None:
    arrow = dict(tables(releases["arrow"], "data"))
    texts, signals = (dict(tables(releases["parquet"], folder)) for folder in ("data", "signals"))
    assert [*arrow] == [*texts] == [*signals] and len(arrow) > 3
    for name, table in arrow.items():
        beside = signals[name].drop_columns("doc_id")
        joined = pa.table(
            [*texts[name].columns, *beside.columns], schema=pa.schema([*texts[name].schema, *beside.schema])
        )
        assert joined.equals(table) and joined.schema.equals(table.schema, check_metadata=True)
        assert signals[name]["doc_id"].equals(table["doc_id"])
    assert dict(tables(releases["arrow"], "provenance")) == dict(tables(releases["parquet"], "provenance"))


def test_the_ledger_is_the_same(releases: dict[str, Path]) -> None:
    for name in ("health_json", "health_gzip", "health_text", "lines/health_json"):
        own, other = (read_table(str(releases[form] / f"ledger/{name}.{form}")) for form in releases)
        assert own.equals(other), name


def test_text_has_none_of_the_signals_beside_it(releases: dict[str, Path]) -> None:
    (_, text), *_ = tables(releases["parquet"], "data")
    (_, signals), *_ = tables(releases["parquet"], "signals")
    assert {*text.schema.names} & {*signals.schema.names} == {"doc_id"}
    assert "words" in signals.schema.names and "text" not in signals.schema.names


def test_both_verify(releases: dict[str, Path]) -> None:
    for release in releases.values():
        answer = verify(str(release), texts=True)
        assert not answer.mismatches and answer.documents, release
        assert not [each for each in answer.not_compared if "text of" in str(each)]


def damage(table: pa.Table, column: str) -> pa.Table:
    values = table[column].to_pylist()
    values[0] = values[0] + 1 if isinstance(values[0], int) else "0" * 32
    place = table.schema.get_field_index(column)
    return table.set_column(
        place, table.schema.field(column), pa.array(values, table.schema.field(column).type)
    )


@pytest.mark.parametrize(
    ("change", "check"),
    [("doc_id", "doc_id of row 0"), ("text_bytes", "text_bytes of row 0"), ("rows", "rows")],
)
def test_signals_of_other_rows_are_told(
    releases: dict[str, Path], tmp_path: Path, change: str, check: str
) -> None:
    release = Path(shutil.copytree(releases["parquet"], tmp_path / "copy"))
    path = sorted((release / "signals").rglob("*.parquet"))[0]
    table = read_table(str(path))
    table = drop(table, [0]) if change == "rows" else damage(table, change)
    pq.write_table(table, path)
    told = {(item.path, item.check) for item in verify(str(release), texts=False).mismatches}
    assert (str(path.relative_to(release)), check) in told


def documents(release: Path, lang: str) -> list[str]:
    return [row for _, table in tables(release, f"data/{lang}") for row in table["text"].to_pylist()]


def test_polars_duckdb_pandas_and_pyarrow_read_globs(releases: dict[str, Path]) -> None:
    release = releases["parquet"]
    expected = {lang: documents(release, lang) for lang in LANGS}
    for lang, texts in expected.items():
        glob = str(release / "data" / lang / "*" / "*.parquet")
        assert polars.read_parquet(glob)["text"].to_list() == texts
        query = f"select text from read_parquet('{glob}', filename = true) order by filename, file_row_number"
        query = query.replace("filename = true", "filename = true, file_row_number = true")
        assert [row for (row,) in duckdb.execute(query).fetchall()] == texts
        files = sorted(release.glob(f"data/{lang}/*/*.parquet"))
        assert pandas.concat(map(pandas.read_parquet, files))["text"].to_list() == texts
        assert pyarrow.dataset.dataset(files).to_table(columns=["text"])["text"].to_pylist() == texts


def test_signals_join_by_order_and_by_id(releases: dict[str, Path]) -> None:
    release = releases["parquet"]
    data, signals = (str(release / folder / "en" / "*" / "*.parquet") for folder in ("data", "signals"))
    query = (
        f"select count(*), sum(words) from read_parquet('{data}') as data "
        f"join read_parquet('{signals}') as signals using (doc_id)"
    )
    words = [row for _, table in tables(release, "signals/en") for row in table["words"].to_pylist()]
    assert duckdb.execute(query).fetchall() == [(len(words), sum(words))]


LOAD = """
import json, sys
from datasets import load_dataset
folder, lang, streaming = sys.argv[1], sys.argv[2], sys.argv[3] == "streaming"
rows = load_dataset(folder, lang, split="train", streaming=streaming)
print(json.dumps([row["text"] for row in rows]))
"""


@pytest.mark.parametrize("way", ["streaming", "whole"])
def test_datasets_loads_a_language(releases: dict[str, Path], tmp_path: Path, way: str) -> None:
    release = releases["parquet"]
    result = subprocess.run(
        [sys.executable, "-c", LOAD, str(release), "sw", way],
        env=os.environ
        | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout.splitlines()[-1]) == documents(release, "sw")
