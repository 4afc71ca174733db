"""Types that read XML and books: fixtures are as the program makes them, damage stays where it is."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import source_files_xml

import sources
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec
from sources.reading.xml import read_elements
from sources.reading.xml_elements import BadElement, Element

DATA = source_files_xml.DATA / "sources"


def read(
    type: str, name: str, *, folder: Path | None = None, **spec: Any
) -> tuple[list[dict[str, Any]], RecordLog]:
    source = SourceSpec("s", type, str(folder or DATA / type), "CC0-1.0", **spec)
    log = RecordLog(Unit("s", name))
    batches = sources.load(type).read(log.unit, spec=source, log=log)
    return [row for batch in batches for row in batch.to_pylist()], log


@pytest.mark.parametrize("type", source_files_xml.FILES)
def test_the_files_are_those_that_the_program_makes(type: str) -> None:
    for name, content in source_files_xml.FILES[type]().items():
        assert (DATA / type / name).read_bytes() == content, name


@pytest.mark.parametrize(
    ("type", "names"),
    [
        ("tei", ["book.xml", "book16.xml", "latin1.xml"]),
        ("tmx", ["memory.tmx", "memory16.tmx"]),
        ("gutenberg", ["ebook-0.txt", "ebook-8.txt", "modern.txt"]),
    ],
)
def test_one_text_in_several_encodings_is_one_text(type: str, names: list[str]) -> None:
    texts = [[row["text"] for row in read(type, name)[0]] for name in names]
    assert texts[0] and all(each == texts[0] for each in texts)


def test_threads_are_joined_over_any_number_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = read("stackexchange", "Posts.xml")
    monkeypatch.setattr("sources.stackexchange._BUCKET_BYTES", 300)
    parted, log = read("stackexchange", "Posts.xml")
    assert sorted(whole, key=lambda row: row["record_id"]) == sorted(parted, key=lambda row: row["record_id"])
    assert [row["reason"] for row in log.rejected].count("no_question") == 1


def test_what_is_commented_out_is_no_document_and_hides_nothing(tmp_path: Path) -> None:
    old = "<!-- <d:doc><p>an older text</p></d:doc> -->"
    files = {
        "docs.xml": f'{old}<a xmlns:d="urn:d"><d:doc><p>one</p></d:doc>{old}<d:doc><p>two</p></d:doc></a>',
        "bomb.xml": f'{old}<!DOCTYPE a [<!ENTITY b "c">]><a><d:doc><p>&b;</p></d:doc></a>',
        "open.xml": "<a><d:doc/><!-- <d:doc><p>one</p></d:doc></a>",
        "unit.tmx": '<tmx><body><tu><!-- <tuv xml:lang="fr"><seg>ancien</seg></tuv> -->'
        '<tuv xml:lang="en"><seg>new</seg></tuv></tu></body></tmx>',
        "unit.xlf": '<xliff version="1.2"><file><body><!-- <trans-unit id="0"><target>old</target>'
        '</trans-unit> --><trans-unit id="1"><source>a</source><target>new</target></trans-unit></body>'
        "</file></xliff>",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    spec: dict[str, Any] = {"folder": tmp_path, "fields": {"text": "p"}, "options": {"record": "d:doc"}}
    rows, log = read("xml", "docs.xml", **spec)
    assert ([row["text"] for row in rows], log.rejected) == (["one", "two"], [])
    _, log = read("xml", "bomb.xml", **spec)
    assert [row["reason"] for row in log.rejected] == ["unsafe_xml"]
    _, log = read("xml", "open.xml", **spec)
    assert [(row["reason"], row["offset"], row["records"]) for row in log.rejected][1:] == [
        ("truncated", 11, None)
    ]
    for type, name in (("tmx", "unit.tmx"), ("xliff", "unit.xlf")):
        rows, log = read(type, name, folder=tmp_path)
        assert ([row["text"] for row in rows], log.rejected) == (["new"], []), name


def test_a_record_may_be_a_tag_with_its_text_in_an_attribute(tmp_path: Path) -> None:
    (tmp_path / "sms.xml").write_text(
        """<smses count="3"><sms id="1" body="one > two"/>
        <sms id="2" body='she said "two"' /><sms id="3" body="three"></sms></smses>""",
        encoding="utf-8",
    )
    rows, log = read(
        "xml", "sms.xml", folder=tmp_path, fields={"text": "@body", "id": "@id"}, options={"record": "sms"}
    )
    assert [row["text"] for row in rows] == ["one > two", 'she said "two"', "three"]
    assert log.rejected == []


@pytest.mark.parametrize("type", ["tei", "tmx", "xliff", "stackexchange", "gutenberg"])
def test_types_with_fields_of_their_own_map_none(type: str) -> None:
    spec = SourceSpec("s", type, "/", "CC0-1.0", fields={"text": "text"})
    with pytest.raises(ValueError, match="text is mapped"):
        sources.load(type).check(spec)  # type: ignore[attr-defined]


def test_a_field_that_is_no_xpath_is_an_error_before_any_file_is_read() -> None:
    spec = SourceSpec("s", "xml", "/", "CC0-1.0", fields={"text": "body["}, options={"record": "doc"})
    with pytest.raises(ValueError, match="no XPath"):
        sources.load("xml").check(spec)  # type: ignore[attr-defined]


def test_a_book_over_the_limit_is_counted_and_not_held(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(b"x" * 3_000_000)
    documents, log = read("gutenberg", "long.txt", folder=tmp_path, options={"max_record_bytes": 1000})
    assert documents == []
    assert [(row["reason"], row["length"]) for row in log.rejected] == [("record_too_long", 3_000_000)]


@pytest.mark.parametrize(("depth", "is_read"), [(250, True), (300, True), (2000, True), (3000, False)])
def test_no_half_of_a_post_is_a_document(tmp_path: Path, depth: int, is_read: bool) -> None:
    body = f"<p>first</p>{'<b>' * depth}deep{'</b>' * depth}<p>last</p>".replace("<", "&lt;")
    row = f'<row Id="1" PostTypeId="1" CreationDate="2024-01-01" Body="{body}" />'
    (tmp_path / "Posts.xml").write_text(f"<posts>\n{row}\n</posts>")
    documents, log = read("stackexchange", "Posts.xml", folder=tmp_path)
    assert [each["text"] for each in documents] == ["first\n\ndeep\n\nlast"] * is_read
    assert [each["reason"] for each in log.rejected] == ["too_complex"] * (not is_read)


def test_damage_behind_a_comment_without_an_end_is_a_row(tmp_path: Path) -> None:
    cut = gzip.compress(b"<r><a>one</a><a>two <!-- open</a>")[:-8]  # without its checksum
    (tmp_path / "a.xml.gz").write_bytes(cut)
    log = RecordLog(Unit("s", "a.xml.gz"))
    rows = [row for _, row in read_elements(str(tmp_path / "a.xml.gz"), name="a", max_bytes=1000, log=log)]
    assert [row.raw for row in rows if isinstance(row, Element)] == [b"<a>one</a>", b"<a>two <!-- open</a>"]
    assert [row.reason for row in rows if isinstance(row, BadElement)] == ["truncated"]
