"""Revisits: a row, or a document with the body of the capture that they lead to, if the file has it."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import source_files_warc as files

import sources.warc as warc
from layers.document import make_doc_id
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec

HTML = "Content-Type: text/html; charset=utf-8"
URL, SEEN, AGAIN = "https://pages.example/a", files.DATE, "2024-03-01T08:00:00Z"
DIGEST = "sha1:ZUSMEZXKEEOVLWJQBRP7C3G6H64NCOTI"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.0/revisit/server-not-modified"
ORIGINAL = files.capture(
    files.chunk(files.zipped(files.page("sw"))),
    HTML,
    "Content-Encoding: gzip",
    "Transfer-Encoding: chunked",
    "X-Robots-Tag: noarchive",
    number=1,
    url=URL,
    WARC_Payload_Digest=DIGEST,
)
BY_ID = {"WARC_Refers_To": "<urn:uuid:00000000-0000-4000-8000-000000000001>"}
BY_DATE = {"WARC_Refers_To_Target_URI": URL, "WARC_Refers_To_Date": SEEN}
BY_DIGEST = {"WARC_Payload_Digest": DIGEST.lower()}


def revisit(
    headers: dict[str, str], *, block: bytes = files.http(b"", HTML), url: str = URL, number: int = 2
) -> bytes:
    fields = {"WARC_Profile": IDENTICAL, "WARC_Date": AGAIN} | headers
    dated = {name.replace("_", "-"): value for name, value in fields.items()}
    return files.record("revisit", block, number=number, WARC_Target_URI=url, **dated)


def read(records: list[bytes], *, folder: Path, **options: Any) -> tuple[list[Any], RecordLog]:
    (folder / "x.warc.gz").write_bytes(files.compress_each(records))
    spec = SourceSpec("test", "warc", str(folder), "CC0-1.0", options={"revisits": "resolve"} | options)
    log = RecordLog(Unit("test", "x.warc.gz"))
    return [row for batch in warc.read(log.unit, spec=spec, log=log) for row in batch.to_pylist()], log


@pytest.mark.parametrize("lead", [BY_ID, BY_DATE, BY_DIGEST, BY_ID | BY_DATE | BY_DIGEST])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_revisit_is_its_original_seen_again(tmp_path: Path, lead: dict[str, str], is_first: bool) -> None:
    again = revisit(lead, url="https://pages.example/b")
    records = [ORIGINAL, files.plain(9), again] if is_first else [again, files.plain(9), ORIGINAL]
    documents, log = read(records, folder=tmp_path)
    assert log.rejected == []
    by_url = {row["url"]: row for row in documents}
    original, resolved = by_url[URL], by_url["https://pages.example/b"]
    same = ("text", "title", "lang_declared", "license", "notices")
    assert {name: resolved[name] for name in same} == {name: original[name] for name in same}
    assert (original["retrieved"], resolved["retrieved"]) == (SEEN, AGAIN)
    assert resolved["record_id"] == "urn:uuid:00000000-0000-4000-8000-000000000002"
    assert resolved["doc_id"] == make_doc_id("test", record_id=resolved["record_id"])
    assert resolved["raw_sha256"] != original["raw_sha256"]
    refers = '"warc_refers_to":"urn:uuid:00000000-0000-4000-8000-000000000001","warc_type":"revisit"'
    assert refers in resolved["extra"]
    offsets = [row["offset"] for row in documents]
    assert offsets == sorted({*offsets})


def test_what_the_server_said_the_second_time_counts_too(tmp_path: Path) -> None:
    block = files.http(b"", HTML, "Content-Usage: train-ai=n", "X-Robots-Tag: noarchive")
    documents, _ = read([ORIGINAL, revisit(BY_ID, block=block)], folder=tmp_path)
    notices = [[(each["name"], each["value"]) for each in json.loads(row["notices"])] for row in documents]
    first = [("x-robots-tag", "noarchive")]
    assert notices == [first, [("content-usage", "train-ai=n"), *first]]


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([ORIGINAL, revisit(BY_DATE | {"WARC_Refers_To_Date": AGAIN})], "revisit"),
        ([ORIGINAL, revisit({"WARC_Refers_To": "<urn:uuid:gone>"})], "revisit"),
        ([ORIGINAL, revisit(BY_ID | {"WARC_Payload_Digest": "sha1:" + "A" * 32})], "revisit"),
        ([ORIGINAL, revisit(BY_ID | {"WARC_Profile": "https://profiles.example/similar"})], "revisit"),
        ([ORIGINAL, revisit(BY_DIGEST | {"WARC_Profile": NOT_MODIFIED})], "revisit"),
        ([ORIGINAL, revisit({})], "revisit"),
        ([revisit({"WARC_Refers_To": "<urn:uuid:00000000-0000-4000-8000-000000000002>"})], "revisit"),
        ([ORIGINAL, revisit(BY_ID, block=files.http(b"", status="404 Not Found"))], "http_status"),
    ],
)
def test_a_revisit_without_its_original_is_a_row(tmp_path: Path, records: list[bytes], reason: str) -> None:
    documents, log = read(records, folder=tmp_path)
    assert len(documents) == len(records) - 1
    assert [row["reason"] for row in log.rejected] == [reason]


def test_a_page_that_was_not_modified_is_the_one_before(tmp_path: Path) -> None:
    block = files.http(b"", "ETag: x", status="304 Not Modified")
    again = revisit(BY_DATE | {"WARC_Profile": NOT_MODIFIED}, block=block)
    documents, log = read([ORIGINAL, again], folder=tmp_path)
    assert [row["text"] for row in documents] == [documents[0]["text"]] * 2
    assert log.rejected == []


def test_an_original_that_is_no_page_gives_none_a_second_time(tmp_path: Path) -> None:
    pdf = files.capture(b"%PDF-1.4\n", "Content-Type: application/pdf", number=1, url=URL)
    documents, log = read([pdf, revisit(BY_ID)], folder=tmp_path)
    assert documents == []
    assert [row["reason"] for row in log.rejected] == ["mime_type", "mime_type"]


def test_an_original_in_parts_and_one_that_is_too_long(tmp_path: Path) -> None:
    block = files.http(files.page("sw"), HTML)
    lead = {"WARC_Refers_To": "<urn:uuid:00000000-0000-4000-8000-000000000007>"}
    documents, _ = read([revisit(lead), *files.parts(block, 300)], folder=tmp_path)
    assert [row["text"] for row in documents] == [documents[0]["text"]] * 2
    documents, log = read(
        [revisit(lead), *files.parts(block, 300)], folder=tmp_path, max_record_bytes=len(block) - 1
    )
    assert documents == []
    assert [row["reason"] for row in log.rejected] == ["revisit", "record_too_long"]


def test_the_first_of_several_originals_counts_whatever_the_order_of_keys(tmp_path: Path) -> None:
    other = files.capture(files.page("fr"), HTML, number=3, url=URL, WARC_Payload_Digest=DIGEST)
    for records in itertools.permutations([ORIGINAL, other, revisit(BY_DIGEST)]):
        documents, _ = read([*records], folder=tmp_path)
        by_id = {row["record_id"][-1]: row["text"] for row in documents}
        first = "1" if records.index(ORIGINAL) < records.index(other) else "3"
        assert by_id["2"] == by_id[first]


def test_files_with_revisits_are_not_cut_and_counting_them_is_the_default(tmp_path: Path) -> None:
    records = [ORIGINAL, revisit(BY_ID), files.plain(4)]
    _, log = read(records, folder=tmp_path, revisits="count")
    assert [row["reason"] for row in log.rejected] == ["revisit"]
    (tmp_path / "x.cdxj").write_bytes(files.index_lines(records, name="x.warc.gz"))
    file = InputFile("x.warc.gz", (tmp_path / "x.warc.gz").stat().st_size, "")
    for options, spans in (({}, 3), ({"revisits": "count"}, 3), ({"revisits": "resolve"}, 1)):
        spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", options=options, unit_bytes=1)
        assert len(warc.split(file, spec=spec)) == spans
    assert warc.Options().revisits == "count"
