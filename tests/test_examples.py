"""The example programs are run as they stand, and what they leave is what their sources hold."""

import runpy
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from layers.document import REJECTED
from tests.test_demo_corpus import read_demo, read_dirt

EXAMPLE = Path(__file__).parents[1] / "examples" / "beam_pipeline.py"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    runpy.run_path(str(EXAMPLE))["main"]([str(folder), "--runner=FnApiRunner"])
    return folder


def read(folder: Path) -> dict[str, pa.Table]:
    """File name up to the shard number → the rows of all its shards (a worker's bundle may write its own)."""
    shards: dict[str, list[pa.Table]] = {}
    for path in sorted(folder.glob("*.parquet")):
        shards.setdefault(path.name.split("-0")[0], []).append(pq.ParquetFile(path).read())
    return {name: pa.concat_tables(tables) for name, tables in shards.items()}


def test_the_beam_pipeline_writes_a_file_per_language_without_duplicates(output: Path) -> None:
    languages = read(output / "languages")
    assert {"ar", "bn", "hi", "sw", "zh-Hans", "zu"} <= set(languages)
    for lang, rows in languages.items():
        assert set(rows["lang"].to_pylist()) == {lang}
        ids = rows["doc_id"].to_pylist()
        assert len(set(ids)) == len(ids)
        hashes = rows["exact_hash"].drop_null()
        assert len(hashes.unique()) == len(hashes)


def test_the_beam_pipeline_loses_nothing_without_a_row(output: Path) -> None:
    documents, rejected = read_demo()
    used = ("tico19", "african_storybook")
    (unused,) = read(output / "unused").values()
    assert unused.schema.names == REJECTED.names
    assert len(unused) == sum(rejected[uid].total() for uid in used)
    kept = pa.concat_tables(read(output / "languages").values())
    read_ids = {row["record_id"] for uid in used for row in documents[uid]}
    assert set(kept["record_id"].to_pylist()) <= read_ids
    exact = read_dirt()["kinds"]["exact_duplicate"]
    copies = sum(len(ids) for file, ids in exact.items() if file.split("/")[0] in used)
    assert 0 < len(kept) <= sum(len(documents[uid]) for uid in used) - copies
    assert copies > 0
