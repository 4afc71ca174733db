"""Files that end the process of whoever opens them are found by a child, and named."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from layers.listing import list_inputs
from sources.base import SourceSpec
from sources.reading import probe


class _PlainKeys(pe.KmsClient):
    """Keys in the open: these files have to be unreadable without, not secret."""

    def __init__(self, config: pe.KmsConnectionConfig) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return key_bytes.hex().encode()

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        return bytes.fromhex(wrapped_key.decode())


def write_encrypted(path: Path) -> None:
    """A column is encrypted and the footer is not: the schema can be read, the sizes abort."""
    factory = pe.CryptoFactory(_PlainKeys)
    config = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["t"]}, plaintext_footer=True
    )
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    table = pa.table({"t": ["a", "b"]})
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)


def write_files(folder: Path, *, encrypted: set[int], count: int) -> None:
    for number in range(count):
        path = folder / f"{number:02d}.parquet"
        if number in encrypted:
            write_encrypted(path)
        else:
            pq.write_table(pa.table({"t": ["a"]}), path)
    (folder / f"{count}.parquet").write_bytes(b"no Parquet, but nothing that kills")


@pytest.mark.parametrize("encrypted", [set(), {0}, {1, 2}, {3}])
def test_every_file_that_ends_the_process_is_named(encrypted: set[int], tmp_path: Path) -> None:
    write_files(tmp_path, encrypted=encrypted, count=4)
    spec = SourceSpec("u", "parquet", str(tmp_path), "MIT", fields={"text": "t"})
    found = probe.find_aborting(
        {"u": list_inputs(["*.parquet"], root=str(tmp_path)).files}, specs={"u": spec}
    )
    assert sorted(found) == [("u", f"{number:02d}.parquet") for number in sorted(encrypted)]
    assert all("encrypted or corrupt" in problem and "decrypt" in problem for problem in found.values())


def test_of_files_that_are_open_together_the_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, encrypted={2, 7}, count=9)
    monkeypatch.setattr(probe, "is_remote", lambda url: True)
    monkeypatch.setattr(probe, "REMOTE_THREADS", 3)
    spec = SourceSpec("u", "parquet", str(tmp_path), "MIT", fields={"text": "t"})
    found = probe.find_aborting(
        {"u": list_inputs(["*.parquet"], root=str(tmp_path)).files}, specs={"u": spec}
    )
    assert sorted(found) == [("u", "02.parquet"), ("u", "07.parquet")]


def test_types_whose_libraries_raise_need_no_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_text('{"t": "x"}\n')
    monkeypatch.setattr(sys, "executable", "/nowhere")
    spec = SourceSpec("u", "jsonl", str(tmp_path), "MIT", fields={"text": "t"})
    assert probe.find_aborting({"u": list_inputs(["*"], root=str(tmp_path)).files}, specs={"u": spec}) == {}
