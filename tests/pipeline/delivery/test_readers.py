"""What was pushed is what `datasets` loads through HF_ENDPOINT, streamed and not; what Xet counts as new."""

import random
from pathlib import Path

import hf_xet  # type: ignore[import-untyped]
import pytest
from hub import small_release
from hub.client import Client
from hub.server import Hub

from pipeline.delivery import new_bytes

_LOAD = """
from datasets import load_dataset
rows = load_dataset({name!r}, "fr", revision="1.0.0", split="train", streaming={streaming})
result = [row["doc_id"] for row in rows]
"""


@pytest.mark.parametrize("streaming", [True, False])
def test_datasets_loads_a_language_of_a_version(
    hub: Hub, client: Client, release: Path, name: str, streaming: bool
) -> None:
    assert client.run("push", release, "--to", name).exit_code == 0
    ids = client.evaluate(_LOAD.format(name=name, streaming=streaming))
    assert ids == small_release.doc_ids((release / small_release.SHARD).read_bytes())
    hub.unknown.clear()


def test_bytes_new_after_deduplication_are_those_of_chunks_that_are_not_there(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(4_000_000)
    for folder, content in (("old", data), ("new", data[:2_000_000] + b"one row more" + data[2_000_000:])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.parquet").write_bytes(content)
    alone = new_bytes.estimate(tmp_path / "new", ["a.parquet"])
    assert (alone.written, alone.new) == (4_000_012, 4_000_012)
    beside = new_bytes.estimate(tmp_path / "new", ["a.parquet"], earlier=tmp_path / "old")
    assert beside.written == 4_000_012
    assert 12 < beside.new < 300_000  # one chunk or two, of at most 128 KiB
    (tmp_path / "new" / "b.parquet").write_bytes(data)
    twice = new_bytes.estimate(tmp_path / "new", ["a.parquet", "b.parquet"])
    assert twice.written == 8_000_012 and 4_000_012 <= twice.new < 4_300_000


def test_chunks_that_this_machine_has_uploaded_are_not_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.parquet").write_bytes(random.Random(2).randbytes(500_000))
    with hf_xet.XetSession().new_upload_commit(endpoint=f"local://{tmp_path}") as commit:
        commit.start_upload_file(str(tmp_path / "a.parquet"))
    monkeypatch.setattr("huggingface_hub.constants.HF_XET_CACHE", str(tmp_path))
    made = new_bytes.estimate(tmp_path, ["a.parquet"])
    assert (made.new, made.note) == (0, "in Xet's chunks, beside what this machine has uploaded")


def test_more_than_is_chunked_counts_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(bytes(1000))
    monkeypatch.setattr(new_bytes, "MAX_CHUNKED_BYTES", 1000)
    assert new_bytes.estimate(tmp_path, ["a"]).note.startswith("in Xet's chunks")
    monkeypatch.setattr(new_bytes, "MAX_CHUNKED_BYTES", 999)
    made = new_bytes.estimate(tmp_path, ["a"])
    assert (made.new, made.note[:36]) == (1000, "all bytes of new and changed files: ")
