"""A public list on somebody's own files: formats that it rewrites, what it cuts, which list it refuses."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.removals.apply import apply_list
from governance.removals.ledger import Cut, Executed, Ledger, Tombstone
from governance.removals.public_list import make_salt, render_list
from governance.removals.request import InvalidRequest, parse_request
from layers.parquet_writer import ParquetShardWriter

IDS = [f"{n:032x}" for n in range(4)]
TEXTS = ["stays", "goes", "call 0712 345 678 or 0712 345 679", "as a file"]
REQUEST = """
request_id: {id}
received_at: 2026-11-20
channel: form
kind: {kind}
requester: {{relationship: self, verified: account}}
selectors: [{selector}]
scope: {{languages: all, time: existing}}
action: {action}
decision: {{state: accepted, by: office, at: 2026-11-21, due_at: 2026-12-20}}
public: list
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of one document that went, one selector, and two spans of another document."""
    whole, cut, file = (f"01JDT5C3V4W5X6Y7Z8A9B0C1D{n}" for n in (2, 3, 4))
    texts = [
        REQUEST.format(
            id=whole, kind="copyright", action="drop_document",
            selector=f"{{type: doc_id, value: '{IDS[1]}'}}",
        ),
        REQUEST.format(
            id=cut, kind="privacy_erasure", action="redact_span", selector="{type: span, value: 0712 345 678}"
        ),
        REQUEST.format(
            id=file, kind="copyright", action="drop_document",
            selector=f"{{type: swhid, value: 'swh:1:cnt:{git_blob(TEXTS[3])}'}}",
        ),
    ]  # fmt: skip
    requests = [parse_request(text, place="r.yaml") for text in texts]
    cuts = (Cut(5, 17, len(TEXTS[2])), Cut(21, 33, len(TEXTS[2])))
    executed = {
        whole: Executed(whole, "2026-11-22", "2.0.0", (Tombstone(IDS[1], IDS[1], "s", "en"),)),
        cut: Executed(cut, "2026-11-22", "2.0.0", (
            Tombstone(IDS[2], IDS[2], "s", "en", spans=("0712 345 678", "0712 345 679"), cuts=cuts),
        )),
        file: Executed(file, "2026-11-22", "2.0.0", ()),
    }  # fmt: skip
    data = render_list(
        Ledger({each.request_id: each for each in requests}, executed), corpus="a", version="2.0.0"
    )
    assert data is not None
    path = tmp_path / "list.jsonl"
    path.write_bytes(data)
    return path


def git_blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def write(path: Path, table: pa.Table) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    new = pa.ipc.new_stream if path.stem == "stream" else pa.ipc.new_file
    with new(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return (pa.ipc.open_stream if path.stem == "stream" else pa.ipc.open_file)(path.read_bytes()).read_all()


@pytest.mark.parametrize("name", ["stream.arrow", "file.arrow", "own.parquet"])
def test_documents_go_and_spans_are_cut_in_each_format(listed: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    write(copy / name, pa.table({"doc_id": IDS, "text": TEXTS, "exact_hash": [bytes([n]) for n in range(4)]}))
    applied = apply_list(str(listed), dataset=str(copy))
    assert (applied.documents, applied.spans, applied.other_texts) == (2, 2, [])
    assert read(copy / name).to_pydict() == {
        "doc_id": [IDS[0], IDS[2]],
        "text": ["stays", "call [removed] or [removed]"],
        "exact_hash": [b"\0", None],
    }
    once = (copy / name).read_bytes()
    assert apply_list(str(listed), dataset=str(copy)).changed == {}
    assert (copy / name).read_bytes() == once


@pytest.mark.parametrize("name", ["stream.arrow", "file.arrow", "own.parquet"])
def test_a_damaged_file_is_named_and_no_file_is_changed(listed: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    rows = pa.table({"doc_id": IDS, "text": TEXTS})
    write(copy / "a.parquet", rows)
    write(copy / name, rows)
    before = (copy / "a.parquet").read_bytes()
    data = bytearray((copy / name).read_bytes())
    for place in range(len(data) // 2 - 60, len(data) // 2 + 60):
        data[place] = 0xFF
    (copy / name).write_bytes(data)
    with pytest.raises(InvalidRequest, match=name):
        apply_list(str(listed), dataset=str(copy))
    assert (copy / "a.parquet").read_bytes() == before


def test_a_text_of_another_length_is_left_and_named(listed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    write(copy / "stream.arrow", pa.table({"doc_id": [IDS[2]], "text": [f"{TEXTS[2]}!"]}))
    applied = apply_list(str(listed), dataset=str(copy))
    assert (applied.spans, applied.other_texts) == (0, [IDS[2]])
    assert read(copy / "stream.arrow")["text"].to_pylist() == [f"{TEXTS[2]}!"]


@pytest.mark.parametrize("folder", ["", "open"])
@pytest.mark.parametrize("corpus", ["a", "b"])
def test_a_list_of_another_salt_is_refused(listed: Path, tmp_path: Path, corpus: str, folder: str) -> None:
    """Also of a folder of releases, one per class."""
    copy = tmp_path / "copy"
    (copy / folder / "twins").mkdir(parents=True)
    rows = pa.table({"doc_id": IDS, "text": TEXTS})
    write(copy / "stream.arrow", rows)
    twins = pa.table({"doc_id": pa.array([], pa.string())})
    twins = twins.replace_schema_metadata({b"removal_salt": make_salt(corpus).encode()})
    write(copy / folder / "twins" / "file.arrow", twins)
    if corpus == "a":
        assert apply_list(str(listed), dataset=str(copy)).documents == 2
        return
    with pytest.raises(InvalidRequest, match="salt"):
        apply_list(str(listed), dataset=str(copy))
    assert read(copy / "stream.arrow") == rows


@pytest.mark.parametrize(
    ("manifest", "is_other"),
    [
        ("[]", False),
        ("{", False),
        ('{"name": "b"}', False),
        ('{"manifest_version": 3, "name": "b"}', True),
        ('{"manifest_version": 3, "name": "a"}', False),
        ('{"manifest_version": 3, "name": "a-open", "release_class": {"corpus": "a"}}', False),
        ('{"manifest_version": 3, "name": "a", "release_class": {"corpus": "b"}}', True),
    ],
)
@pytest.mark.parametrize("folder", ["", "open"])
def test_a_manifest_says_of_which_corpus_a_copy_is_and_another_file_of_that_name_does_not(
    listed: Path, tmp_path: Path, folder: str, manifest: str, is_other: bool
) -> None:
    copy = tmp_path / "copy"
    (copy / folder).mkdir(parents=True)
    write(copy / "stream.arrow", pa.table({"doc_id": IDS, "text": TEXTS}))
    (copy / folder / "manifest.json").write_text(manifest)
    if is_other:
        with pytest.raises(InvalidRequest, match="is of a corpus whose lists have the salt"):
            apply_list(str(listed), dataset=str(copy))
    else:
        assert apply_list(str(listed), dataset=str(copy)).documents == 2


def test_a_shard_of_a_release_is_written_as_a_release_without_what_went_writes_it(
    listed: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    spans: list[list[dict[str, object]]] = [[], [], [{"kind": "telephone", "start": 0}], []]
    rows = pa.table({
        "doc_id": pa.array(IDS),
        "text": pa.array(["stays", "goes", "stays, too", "this one also"], pa.large_string()),
        "lang": pa.array(["fr"] * 4),
        "spans": pa.array(spans, pa.list_(pa.struct({"kind": pa.string(), "start": pa.int64()}))),
    })  # fmt: skip
    write_shard(copy / "train.parquet", rows)
    apply_list(str(listed), dataset=str(copy))
    write_shard(tmp_path / "without.parquet", rows.take([0, 2, 3]))
    assert (copy / "train.parquet").read_bytes() == (tmp_path / "without.parquet").read_bytes()


def write_shard(path: Path, rows: pa.Table) -> None:
    with ParquetShardWriter(path, schema=rows.schema, path=path.name) as shard:
        for batch in rows.to_batches():
            shard.write(batch)
        shard.finish()
