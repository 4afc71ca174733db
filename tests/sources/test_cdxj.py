"""A pseudo-crawl: captures are chosen in an index, and fetched by ranges from a server that may fail."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import source_files_warc as files
from click.testing import CliRunner

import sources.cdxj as cdxj
from layers.entries import Unit
from layers.http_ranges import RangeReader, RefusedRange
from pipeline.cli import main
from sources.base import RecordLog, SourceSpec
from sources.reading.capture_choice import Wanted, choose, make_prefixes
from sources.reading.cdx import IndexedCapture, parse_line

DATA = bytes(range(256)) * 40


@dataclass
class Archive:
    """One file behind HTTP; the first requests get the answers of `faults`, the others what they ask for."""

    content: bytes = DATA
    faults: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(archive: Archive) -> Iterator[Archive]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            archive.times.append(time.monotonic())
            fault = archive.faults.pop(0) if archive.faults else ""
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"])
            assert asked is not None
            start, stop = int(asked[1]), min(int(asked[2]) + 1, len(archive.content))
            data, status, length = archive.content[start:stop], 206, stop - start
            said = f"bytes {start}-{stop - 1}/{len(archive.content)}"
            if fault.isdigit():
                data, status, length = b"", int(fault), 0
            elif fault == "whole":
                data, status, length = archive.content, 200, len(archive.content)
            elif fault == "other range":
                said = f"bytes 0-{stop - start - 1}/{len(archive.content)}"
            elif fault == "long":
                data, length = data + b"more", length + 4
            elif fault in ("reset", "short"):
                data = data[: len(data) // 2]
            elif fault == "stall":
                time.sleep(1)
            if fault == "silent reset":
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Range", said)
            self.send_header("Content-Length", str(length if fault != "short" else len(data)))
            if fault == "302":
                self.send_header("Location", "/elsewhere")
            if fault == "429":
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    archive.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()


def read_range(*faults: str, tries: int = 3) -> tuple[bytes, list[float]]:
    """(bytes 100 to 300, the waits before other tries)."""
    waits: list[float] = []
    with serve(Archive(faults=[*faults])) as archive:
        reader = RangeReader(timeout_seconds=0.3, tries=tries, host_interval_seconds=0, sleep=waits.append)
        return reader.read(f"{archive.url}/file", start=100, length=200), waits


@pytest.mark.parametrize(
    ("faults", "waits"),
    [
        ([], []),
        (["302"], []),
        (["503", "500"], [1, 2]),
        (["429"], [7]),
        (["reset"], [1]),
        (["short"], [1]),
        (["silent reset"], [1]),
        (["stall"], [1]),
    ],
)
def test_what_may_pass_is_tried_again_after_growing_waits(faults: list[str], waits: list[float]) -> None:
    assert read_range(*faults) == (DATA[100:300], waits)


@pytest.mark.parametrize("fault", ["503", "reset", "stall"])
def test_what_does_not_pass_is_an_error_of_the_system(fault: str) -> None:
    with pytest.raises(OSError, match="2 tries failed"):
        read_range(fault, fault, tries=2)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("whole", "the whole file instead of a range"),
        ("other range", "gives 'bytes 0-199', not bytes 100-299"),
        ("long", "gives more than the 200 bytes"),
        ("404", "status 404"),
        ("416", "status 416"),
    ],
)
def test_a_server_that_lies_is_refused_at_once(fault: str, message: str) -> None:
    with pytest.raises(RefusedRange, match=message):
        read_range(fault)


def test_requests_to_a_host_keep_their_distance() -> None:
    with serve(Archive()) as archive:
        reader = RangeReader(host_interval_seconds=0.05)
        threads = [
            threading.Thread(target=reader.read, args=(archive.url,), kwargs={"start": n, "length": 9})
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(archive.times) == 4
        assert max(archive.times) - min(archive.times) >= 0.1


def read_list(folder: Path, lines: bytes, **options: Any) -> tuple[list[Any], RecordLog]:
    (folder / "list.cdxj").write_bytes(lines)
    spec = SourceSpec("test", "cdxj", str(folder), "CC0-1.0", options={"extractor": "fast", **options})
    log = RecordLog(Unit("test", "list.cdxj"))
    return [row for batch in cdxj.read(log.unit, spec=spec, log=log) for row in batch.to_pylist()], log


def test_a_list_gives_the_same_documents_from_a_server_as_from_a_folder(tmp_path: Path) -> None:
    data = files.DATA / "sources" / "cdxj"
    content = (data / "captures.warc.gz").read_bytes()
    (tmp_path / "captures.warc.gz").write_bytes(content)
    local, _ = read_list(tmp_path, files.index_captures(), archive=".")
    with serve(Archive(content, faults=["404", "whole"])) as archive:
        remote, log = read_list(
            tmp_path, files.index_captures(), archive=archive.url, host_interval_seconds=0, max_requests=1
        )
    refused = [row for row in log.rejected if row["reason"] == "not_fetched"]
    assert len(refused) == 3  # the first two answers, and the line that leads behind the end
    lost = {row["offset"] for row in refused}
    assert remote == [row for row in local if row["offset"] not in lost]
    assert len(remote) == len(local) - 2


def test_a_server_that_is_gone_fails_the_unit_and_loses_no_line(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="1 tries failed"):
        read_list(tmp_path, files.index_captures(), archive="http://127.0.0.1:9", tries=1)


def captures_of(**changes: Any) -> IndexedCapture:
    base: dict[str, Any] = {"key": "example,a)/", "timestamp": "20240101000000", "url": "https://a.example/"}
    base |= {"filename": "x.warc.gz", "offset": 5, "length": 9, "status": "200", "mime": "text/html"}
    return IndexedCapture(**(base | changes))


CAPTURES = [
    captures_of(),
    captures_of(timestamp="20240301000000", offset=20),
    captures_of(timestamp="20240301000000", offset=10),
    captures_of(key="example,a,www)/", offset=30),
    captures_of(key="example,ab)/", offset=40),
    captures_of(key="example,a)/news/1", offset=50, languages="swa,eng"),
    captures_of(key="example,a)/gone", status="404", offset=60),
    captures_of(key="example,a)/image", mime="image/png", offset=70),
]


def write_indexes(folder: Path) -> list[str]:
    """The same captures as lines and as rows."""
    (folder / "a.cdxj").write_bytes(b"".join(each.to_line() for each in CAPTURES) + b"broken {\n")
    rows = [
        {
            "url_surtkey": each.key,
            "url": each.url,
            "fetch_time": datetime.strptime(each.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC),
            "fetch_status": int(each.status or 0),
            "content_mime_type": "application/x",
            "content_mime_detected": each.mime,
            "content_languages": each.languages,
            "warc_filename": each.filename,
            "warc_record_offset": each.offset,
            "warc_record_length": each.length,
        }
        for each in sorted(CAPTURES, key=lambda each: each.key)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet", row_group_size=2)
    return [str(folder / "a.cdxj"), str(folder / "a.parquet")]


def test_of_each_canonical_url_the_latest_capture_is_chosen(tmp_path: Path) -> None:
    wanted = Wanted(make_prefixes("a.example"))
    for index in write_indexes(tmp_path):
        chosen = [(each.key, each.offset) for each in choose([index], wanted=wanted).ordered()]
        assert chosen == [("example,a)/", 10), ("example,a,www)/", 30), ("example,a)/news/1", 50)]
    both = choose(write_indexes(tmp_path), wanted=wanted)
    assert [each.offset for each in both.ordered()] == [10, 30, 50]
    assert both.counts["broken"] == 1


def test_a_language_hint_takes_what_the_index_names(tmp_path: Path) -> None:
    for index in write_indexes(tmp_path):
        wanted = Wanted(make_prefixes("https://a.example/"), languages=["swa"])
        assert [each.offset for each in choose([index], wanted=wanted).ordered()] == [50]


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("example.org", ["org,example)", "org,example,"]),
        ("www.Example.org", ["org,example)", "org,example,"]),
        ("https://www.example.org/News/", ["org,example)/news/"]),
        ("example.org/a", ["org,example)/a"]),
        ("bücher.example", ["example,xn--bcher-kva)", "example,xn--bcher-kva,"]),
    ],
)
def test_a_site_is_a_domain_or_the_beginning_of_a_url(name: str, prefixes: list[str]) -> None:
    assert make_prefixes(name) == prefixes


@pytest.mark.parametrize("name", ["", "ftp://example.org", "https:///path", "two words"])
def test_what_is_no_site_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="neither a domain nor"):
        make_prefixes(name)


def test_the_command_writes_a_list_that_reads_as_it_was_chosen(tmp_path: Path) -> None:
    output = tmp_path / "list.cdxj"
    arguments = ["captures", *write_indexes(tmp_path), "--site", "a.example", "--output", str(output)]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "3  chosen" in result.output
    assert [parse_line(line).offset for line in output.read_bytes().splitlines()] == [10, 30, 50]


def test_what_cannot_be_read_of_an_index_is_named_with_its_place(tmp_path: Path) -> None:
    lines, rows = write_indexes(tmp_path)
    count = len(CAPTURES)
    table = pq.read_table(rows)
    spoiled = [
        "-" if row in (1, count - 1) else name.as_py() for row, name in enumerate(table["warc_filename"])
    ]
    place = table.schema.get_field_index("warc_filename")
    pq.write_table(table.set_column(place, "warc_filename", pa.array(spoiled)), rows, row_group_size=2)
    Path(lines).write_bytes(b"\n" + Path(lines).read_bytes() + b"\x1b[31m\n" * 5)
    output = str(tmp_path / "list.cdxj")
    arguments = ["captures", lines, rows, "--site", "example", "--output", output]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "8  lines or rows that cannot be read" in result.stdout
    told = [line for line in result.stderr.splitlines() if "not read: " in line]
    neither = "it is neither CDXJ nor has the columns of a CDX header"
    assert told[0].startswith(f"rhizotron: not read: {lines}, line {count + 2}: ")
    assert told[1:5] == [f"rhizotron: not read: {lines}, line {count + n}: {neither}" for n in range(3, 7)]
    assert told[5:] == ["rhizotron: not read: … and 3 more"]
    choice = choose([rows], wanted=Wanted(make_prefixes("example")))
    assert choice.broken == [f"{rows}, row {number}: it has no filename" for number in (2, count)]


def test_of_a_folder_all_indexes_below_are_read(tmp_path: Path) -> None:
    (tmp_path / "indexes/empty").mkdir(parents=True)
    write_indexes(tmp_path / "indexes")
    written = []
    for indexes in (["indexes"], ["indexes/a.cdxj", "indexes/a.parquet"]):
        places = [str(tmp_path / index) for index in indexes]
        arguments = ["captures", *places, "--site", "a.example", "--output", str(tmp_path / "list.cdxj")]
        assert CliRunner().invoke(main, arguments, catch_exceptions=False).exit_code == 0
        written.append((tmp_path / "list.cdxj").read_bytes())
    assert written[0] == written[1]
    arguments = ["captures", str(tmp_path / "indexes/empty"), "--site", "a.example", "--output", "list.cdxj"]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, "no .cdx, .cdxj or .parquet file below" in result.output) == (2, True)
