"""Dumps of wikis: each page once whatever the units, damage costs its stream, and every page is counted."""

import bz2
import itertools
from pathlib import Path
from typing import Any

import pytest
import source_files_mediawiki as files
from pydantic import ValidationError

import sources.mediawiki as mediawiki
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec

MADE = files.mediawiki_files()
Result = tuple[list[dict[str, Any]], list[dict[str, Any]], int]


def read(path: Path, *, step: int | None = None, lang: str | None = "sw", **options: Any) -> Result:
    """(documents, rejected rows, container bytes) of a file, in units of some bytes or in one."""
    spec = SourceSpec("wiki", "mediawiki", str(path.parent), "CC0-1.0", lang=lang, options=options)
    size = path.stat().st_size
    starts = range(0, size, step or max(size, 1)) or range(1)
    documents, rejected, container_bytes = [], [], 0
    for start in starts:
        stop = None if start == starts[-1] else start + starts.step
        log = RecordLog(Unit("wiki", path.name, start, stop))
        for batch in mediawiki.read(log.unit, spec=spec, log=log):
            documents += batch.to_pylist()
        rejected += log.rejected
        container_bytes += log.container_bytes
    return documents, rejected, container_bytes


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_the_files_are_those_that_the_program_makes() -> None:
    for name, content in MADE.items():
        if not name.endswith(".bz2"):  # other builds of bzip2 may write other bytes
            assert (files.FOLDER / name).read_bytes() == content, name


@pytest.mark.parametrize("step", [53, 1000])
@pytest.mark.parametrize(
    "name",
    [
        "swwiki-20240101-pages-articles.xml",
        "frwiki-20240101-pages-articles-multistream.xml.bz2",
        "cut-multistream.xml.bz2",
        "flipped-multistream.xml.bz2",
        "bad.xml",
        "no-end.xml",
    ],
)
def test_units_of_any_size_give_every_page_once(name: str, step: int) -> None:
    assert read(files.FOLDER / name, step=step) == read(files.FOLDER / name)


@pytest.mark.parametrize("close", ["", "-->"])
def test_a_comment_over_pages_changes_no_cut(close: str, tmp_path: Path) -> None:
    """No program writes one. A unit may begin in it, so that none can know of it."""
    pages = [files.page(number, f"Ukurasa {number}", files.SW[0]) for number in range(40)]
    pages[3] = pages[3].replace("<text", "<!-- <text", 1)
    pages[30] = pages[30].replace("</revision>", f"{close}</revision>", 1)
    content = "".join([files.head("sw"), *pages, files.END]).encode()
    path = write(tmp_path, "comment.xml", content)
    documents, rejected, container_bytes = read(path)
    assert len(documents) + len(rejected) == len(pages)
    assert read(path, step=3000) == (documents, rejected, container_bytes)
    streams = [files.head("sw"), "".join(pages[:20]), "".join(pages[20:]), files.END]
    packed = write(tmp_path, "c-multistream.xml.bz2", b"".join(bz2.compress(s.encode()) for s in streams))
    assert [len(rows) for rows in read(packed)[:2]] == [len(documents), len(rejected)]


def test_large_files_are_split_where_they_can_be(tmp_path: Path) -> None:
    pages = files.page(1, "Moja", "neno " * 40_000)
    dump = files.head("sw") + pages + files.END
    sizes = {}
    for name, content in {
        "plain.xml": dump.encode(),
        "utf16.xml": dump.encode("utf-16"),
        "one.xml.bz2": bz2.compress(dump.encode()) + bytes(100_000),
        "multi.xml.bz2": MADE["frwiki-20240101-pages-articles-multistream.xml.bz2"] + bytes(100_000),
    }.items():
        path = write(tmp_path, name, content)
        spec = SourceSpec("wiki", "mediawiki", str(tmp_path), "CC0-1.0", unit_bytes=1)
        file = InputFile(name, path.stat().st_size, "")
        spans = mediawiki.split(file, spec=spec)
        assert spans[0][0] == 0 and spans[-1][1] is None
        assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(spans))
        sizes[name] = len(spans)
    assert sizes == {"plain.xml": 4, "utf16.xml": 1, "one.xml.bz2": 1, "multi.xml.bz2": 2}


def test_a_cut_bz2_gives_all_whole_pages_and_then_one_row(tmp_path: Path) -> None:
    pages = [files.page(number, f"Ukurasa {number}", text) for number, text in enumerate(files.SW * 40)]
    content = "".join([files.head("sw"), *pages, files.END]).encode()
    packed = bz2.compress(content, 1)  # blocks of 100,000 bytes
    documents, rejected, container_bytes = read(
        write(tmp_path, "cut.xml.bz2", packed[: len(packed) * 2 // 3])
    )
    decoded = bz2.BZ2Decompressor().decompress(packed[: len(packed) * 2 // 3])
    whole = decoded.count(b"</page>")
    assert 0 < whole < len(pages)
    assert [row["record_id"] for row in documents] == [f"swwiki:{number}" for number in range(whole)]
    (row,) = rejected
    assert (row["reason"], row["records"]) == ("truncated", None)
    assert row["offset"] == decoded.rindex(b"<page>") and container_bytes == len(decoded)


def test_wrong_bytes_of_one_stream_give_no_page_that_was_never_written(tmp_path: Path) -> None:
    pages = [files.page(number, f"Ukurasa {number}", text) for number, text in enumerate(files.SW * 250)]
    content = "".join([files.head("sw"), *pages, files.END]).encode()
    packed = bytearray(bz2.compress(content))
    packed[-1000] ^= 1
    documents, rejected, _ = read(write(tmp_path, "flipped.xml.bz2", bytes(packed)))
    assert documents and {row["text"] for row in documents} <= set(files.SW)
    assert [(row["reason"], row["records"]) for row in rejected] == [("unreadable", None)]


def test_a_title_an_address_and_a_licence_are_those_of_the_page() -> None:
    documents, _, _ = read(files.FOLDER / "swwiki-20240101-pages-articles.xml", lang=None)
    first, second = documents[:2]
    assert first["title"] == 'Ziwa & "maji"'
    assert first["url"] == "https://sw.wikipedia.org/wiki/Ziwa_%26_%22maji%22"
    assert [row["license"] for row in (first, second)] == ["CC-BY-SA-4.0", "CC-BY-SA-3.0"]
    assert (first["lang_declared"], first["retrieved"]) == ("sw", "2024-01-01")
    kept, _, _ = read(files.FOLDER / "swwiki-20240101-pages-articles.xml", licenses={})
    assert {row["license"] for row in kept} == {"CC0-1.0"}


@pytest.mark.parametrize("licenses", [{"2023": "CC0-1.0"}, {"2023-06-07": "CC"}])
def test_licences_are_by_day_and_spdx(licenses: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="is no"):
        mediawiki.Options(licenses=licenses)


def test_a_dump_has_fields_of_its_own() -> None:
    spec = SourceSpec("wiki", "mediawiki", "/", "CC0-1.0", fields={"text": "text"})
    with pytest.raises(ValueError, match="text is mapped"):
        mediawiki.check(spec)
