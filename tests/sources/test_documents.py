"""Pages, books, PDF and Markdown on disk: what their fixtures do not show."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
import source_files_documents as files

import sources
from layers.entries import Unit
from sources import pdf
from sources.base import RecordLog, SourceSpec
from sources.reading import children, epub_book, pdf_child
from sources.reading.mapping import BadRecord
from sources.reading.markdown_text import remove_marks
from sources.reading.pdf_text import check_text, clean_text, join_lines, read_date


def read(
    content: bytes, *, type: str, folder: Path, **options: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    """(documents, reasons of rejected rows) of one file."""
    (folder / "file").write_bytes(content)
    spec, log = (
        SourceSpec("test", type, str(folder), "CC0-1.0", options=options),
        RecordLog(Unit("test", "file")),
    )
    rows = [
        row for batch in sources.load(type).read(log.unit, spec=spec, log=log) for row in batch.to_pylist()
    ]
    return rows, [row["reason"] for row in log.rejected]


@pytest.mark.parametrize("type", files.FILES)
def test_the_fixtures_are_what_their_program_makes(type: str) -> None:
    for name, content in files.FILES[type]().items():
        made = (files.DATA / "sources" / type / name).read_bytes()
        if type == "epub" and zipfile.is_zipfile(io.BytesIO(content)) and name != "damaged.epub":
            one, other = (zipfile.ZipFile(io.BytesIO(each)) for each in (made, content))
            assert {n: one.read(n) for n in one.namelist()} == {n: other.read(n) for n in other.namelist()}, (
                name
            )
        elif type != "epub" and name.count(".") == 1:  # another version of a codec compresses otherwise
            assert made == content, name


@pytest.mark.parametrize("type", files.FILES)
def test_mapped_fields_are_refused(type: str) -> None:
    with pytest.raises(ValueError, match="has none to map, but id, text is mapped"):
        cast(Any, sources.load(type)).check(
            SourceSpec("test", type, ".", "CC0-1.0", fields={"text": "a"}, key_fields=("b",))
        )


@pytest.mark.parametrize("type", files.FILES)
def test_a_file_over_the_limit_is_a_row(type: str, tmp_path: Path) -> None:
    assert read(b"x" * 101, type=type, folder=tmp_path, max_record_bytes=100) == ([], ["record_too_long"])


def test_a_book_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = files.container() | files.package({"a": "a.xhtml"}, spine='<spine><itemref idref="a"/></spine>')
    book = files.make_epub(plain | {"OEBPS/a.xhtml": files.chapter("<p>" + "word " * 100_000 + "</p>")})
    sizes = [info.file_size for info in zipfile.ZipFile(io.BytesIO(book)).infolist()]
    mimetype = len("application/epub+zip")
    monkeypatch.setattr(epub_book, "MAX_UNPACKED_BYTES", sum(sizes) - mimetype)
    documents, reasons = read(book, type="epub", folder=tmp_path)
    assert (len(documents), reasons) == (1, [])
    monkeypatch.setattr(epub_book, "MAX_UNPACKED_BYTES", sum(sizes) - mimetype - 1)
    assert read(book, type="epub", folder=tmp_path) == ([], ["archive_refused"])
    monkeypatch.setattr(epub_book, "MAX_ENTRIES", len(sizes) - 1)
    assert read(book, type="epub", folder=tmp_path) == ([], ["archive_refused"])


@pytest.mark.parametrize(
    ("what", "reason"), [("while True: pass", children.TIMEOUT), ("import os; os.abort()", "reader_failed")]
)
def test_a_pdf_that_hangs_or_ends_its_reader_is_a_row_and_the_next_one_is_read(
    what: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import sys\nfrom sources.reading import pdf_child\nread_pdf = pdf_child.read_pdf\n"
        f"def read_or_not(raw):\n if raw == b'bad':\n  {what}\n return read_pdf(raw)\n"
        "pdf_child.read_pdf = read_or_not\npdf_child.main()\n"
    )
    (tmp_path / "child_of_test.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", ":".join([str(tmp_path), *sys.path]))
    pool = children.Children("child_of_test", max_cpu_seconds=0.5)
    monkeypatch.setattr(pdf, "_children", lambda: pool)
    assert read(b"bad", type="pdf", folder=tmp_path) == ([], [reason])
    (document,), reasons = read(files.make_pdf([["Bonjour"]]), type="pdf", folder=tmp_path)
    assert (document["text"], reasons) == ("Bonjour", [])
    pool.close()


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_child, "MAX_PAGES", 2)
    assert b"two" in pdf_child.read_pdf(files.make_pdf([["one"], ["two"]]))
    with pytest.raises(BadRecord, match="too_complex"):
        pdf_child.read_pdf(files.make_pdf([["one"], ["two"], ["three"]]))


def test_lines_of_a_page() -> None:
    lines = [
        "A line that is as long as the",
        "others and a hyphen\ufffe",
        "ated word, ﬁne.",
        "End.",
        "",
        "Next one.",
    ]
    page = "\r\n".join(lines)
    page = clean_text(page)
    assert join_lines(page) == (
        "A line that is as long as the others and a hyphenated word, fine.\nEnd.\nNext one."
    )
    assert join_lines(clean_text("在内罗毕这座城市里住着一群\r\n流浪的男孩，从来不知道什么\r\n是舒适。")) == (
        "在内罗毕这座城市里住着一群流浪的男孩，从来不知道什么是舒适。"
    )
    assert join_lines("") == ""


ARABIC, HINDI = " ".join(files.ARABIC[:8]), " ".join(files.HINDI[:8])


@pytest.mark.parametrize(
    "text",
    [
        "word " * 98 + "\ue000" * 6,
        " ".join(word[::-1] for word in ARABIC.split()),
        "".join(f"{letter} " if letter in "ािीुूेैोौ्" else letter for letter in HINDI),
    ],
    ids=["no meaning", "visual order", "cut words"],
)
def test_a_layer_that_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(BadRecord, match="broken_text_layer"):
        check_text(text)


@pytest.mark.parametrize("lang", files.PARAGRAPHS)
def test_good_text_of_any_language_is_no_broken_layer(lang: str) -> None:
    check_text("\n".join(files.PARAGRAPHS[lang]))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("D:20240501120000Z", "2024-05-01"),
        ("D:2024", "2024"),
        ("202405", "2024-05"),
        ("May", None),
        ("", None),
    ],
)
def test_dates_of_pdf(text: str, date: str | None) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("a * b * c", "a * b * c"),
        ("***both*** and __strong__", "both and strong"),
        ("[![alt](a.png)](https://a.example)", "alt"),
        ("[text][ref] <https://a.example/>", "text https://a.example/"),
        ("``a ` b`` \\# 1 < 2 > 1", "a ` b # 1 < 2 > 1"),
        ("Title\n=====\ntext", "Title\ntext"),
        ("~~~\n# no heading\n~~~", "# no heading"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<!-- never closed", "<!-- never closed"),
        ("[" * 50_000, "[" * 50_000),
    ],
    ids=lambda text: text[:12],
)
def test_marks_of_markdown_are_removed(marked: str, plain: str) -> None:
    assert remove_marks(marked) == plain
