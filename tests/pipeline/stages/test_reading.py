"""Reading a unit: what was planned, in one pass, in bounded memory, and every record counted."""

import gzip
import json
import os
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import storage
from layers.document import REJECTED
from layers.listing import list_inputs
from layers.shard_writer import ShardWriter
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.errors import RunError, TooManyBadRecords
from pipeline.plan.make import make_plan
from pipeline.stages.reading import Reading
from pipeline.stages.units import cut_units
from sources.base import SourceSpec

FIELDS = {"text": "text", "id": "id"}


def write_lines(path: Path, good: Sequence[bool]) -> None:
    lines = [
        json.dumps({"id": str(n), "text": f"sentensi {n}"}) if is_good else json.dumps({"id": str(n)})
        for n, is_good in enumerate(good)
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_rows(path: Path, good: Sequence[bool]) -> None:
    texts = [f"sentensi {n}" if is_good else None for n, is_good in enumerate(good)]
    table = pa.table({"id": [str(n) for n in range(len(good))], "text": pa.array(texts, pa.string())})
    pq.write_table(table, path)


def plan_reading(path: Path, *, type: str, limit: int | None, writer: ShardWriter) -> Reading:
    spec = SourceSpec("s", type, str(path.parent), "CC0-1.0", fields=FIELDS)
    files = list_inputs([path.name], root=str(path.parent)).files
    (planned,) = cut_units(files, spec=spec, limit=limit)
    return Reading(planned, spec=spec, write_rejected=writer.write)


def read(
    path: Path, *, type: str, limit: int | None, folder: Path
) -> tuple[list[str], list[tuple[str | None, int]], Reading]:
    """(ids of documents, (id, offset) of rejected records, the reading) of one file."""
    with ShardWriter(folder / "rejected.arrow", schema=REJECTED, path="r") as writer:
        reading = plan_reading(path, type=type, limit=limit, writer=writer)
        ids = [key for batch in reading.batches() for key in batch["record_id"].to_pylist()]
        writer.finish()
    rejected = read_table(str(folder / "rejected.arrow")).to_pylist()
    return ids, [(row["record_id"], row["offset"]) for row in rejected], reading


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(good=st.lists(st.booleans(), max_size=12), limit=st.none() | st.integers(0, 14))
@pytest.mark.parametrize("type", ["jsonl", "parquet"])
def test_a_trial_reads_the_first_records_good_and_bad(
    type: str, good: list[bool], limit: int | None, tmp_path: Path
) -> None:
    path = tmp_path / f"records.{type}"
    (write_lines if type == "jsonl" else write_rows)(path, good)
    ids, rejected, reading = read(path, type=type, limit=limit, folder=tmp_path)
    first = good if limit is None else good[:limit]
    assert ids == [str(n) for n, is_good in enumerate(first) if is_good]
    assert len(rejected) == first.count(False)
    assert sum(count.documents or 0 for count in reading.dropped()) == len(rejected)
    if limit is None:
        assert reading.container_bytes == (
            path.stat().st_size if type == "jsonl" else reading.container_bytes
        )


def test_millions_of_bad_records_are_written_as_they_come(tmp_path: Path) -> None:
    peaks = []
    for records in (20_000, 80_000):
        path = tmp_path / f"bad-{records}.jsonl.gz"
        path.write_bytes(gzip.compress(b"x\n" * records, mtime=0))
        with ShardWriter(tmp_path / "rejected.arrow", schema=REJECTED, path="r") as writer:
            reading = plan_reading(path, type="jsonl", limit=None, writer=writer)
            tracemalloc.start()
            assert list(reading.batches()) == []
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert writer.finish().rows == records
        assert reading.dropped()[0].documents == records
    assert peaks[1] < 1.5 * peaks[0], "held, they would take four times as much"


def corpus(folder: Path, *, fraction: float, data: bytes) -> Path:
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/records.jsonl.gz"],
        "fields": {"text": "text"},
    }
    config = small_corpus.write_corpus(
        folder, changes={"sources": [source], "max_bad_fraction": fraction, "local": {"workers": 1}}
    )
    (folder / "data" / "records.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
    return config


def test_a_budget_that_cannot_be_met_stops_the_unit(tmp_path: Path) -> None:
    plan = make_plan(corpus(tmp_path, fraction=0.001, data=b"x\n" * 2_000_000))
    with pytest.raises(
        RunError, match=r"(?s)health_json: \d+ unreadable records.*at byte 0 is broken_json"
    ) as error:
        runners.run(plan, stages=("ingest",))
    assert error.value.exit_code == TooManyBadRecords.exit_code
    # the records that can be in 3.9 kB of gzip: two million; a thousandth of them, and what waits in memory
    assert int(str(error.value).split(": ")[1].split()[0]) <= 2_012 + 4_096
    assert storage.list_tree(plan.job.raw.url) == []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    runners.run(make_plan(small_corpus.write_corpus(folder)))
    return small_corpus.tree_digests(folder / "out" / "release")


@pytest.mark.parametrize("change", ["shorter", "longer", "gone"])
def test_what_is_not_what_was_planned_is_not_committed(
    change: str, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path)
    path = tmp_path / "data" / "rows.jsonl"
    whole, stat = path.read_bytes(), path.stat()
    plan = make_plan(config)
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(whole[: len(whole) // 2] if change == "shorter" else whole + whole)
    with pytest.raises(
        RunError, match=r"rows\.jsonl .*planned.*nothing of it is committed: run again"
    ) as error:
        runners.run(plan)
    assert error.value.exit_code == 10
    path.write_bytes(whole)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    runners.run(make_plan(config))
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed
