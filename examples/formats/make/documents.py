"""Files that are a document each: pages, books, PDF, Markdown."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from examples.formats.make.archives import make_page
from examples.formats.make.made import Made, zipped
from examples.formats.make.texts import Text, take

_LINE_CHARS = 80
_PAGE_LINES = 50


def make_documents() -> Iterator[Made]:
    """A source for each type."""
    yield _make_html()
    yield _make_epub()
    yield _make_pdf()
    yield _make_markdown()


def _make_html() -> Made:
    """One page in gzip, one in an old encoding; pages without text, and nested without end."""
    texts = take("tico19", ["pt-BR", "es", "ln", "lg"])
    names = ["pt.html", "es.html", "ln.html.gz", "lg.html"]
    meta = '<meta name="robots" content="noai"><meta name="author" content="Example">'
    pages = [make_page(text, head=meta) for text in texts]
    old = pages[1].replace("<head>", '<head><meta charset="windows-1252">')
    bodies = [
        pages[0].encode(),
        old.encode("cp1252", "xmlcharrefreplace"),
        zipped(pages[2].encode()),
        b"\xef\xbb\xbf" + pages[3].encode(),
    ]
    return Made(
        uid="formats_html",
        form="HTML files",
        type="html",
        source={},
        files=dict(zip(names, bodies, strict=True)) | {"empty.html": b"", "open.html": b"<b>" * 20_001},
        texts={name: [text] for name, text in zip(names, texts, strict=True)},
        rejected=Counter(no_text=1, too_complex=1),
    )


def _zip(files: Mapping[str, str]) -> bytes:
    """An archive whose files all have the first day that zip knows."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return content.getvalue()


def _book(texts: Sequence[Text], *, lang: str) -> dict[str, str]:
    """Files of a book with a chapter for each text."""
    names = [f"story-{number}.xhtml" for number in range(1, len(texts) + 1)]
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    chapters = {}
    for name, text in zip(names, texts, strict=True):
        paragraphs = "".join(f"<p>{escape(line, quote=False)}</p>\n" for line in text.paragraphs)
        title = escape(text.title, quote=False)
        chapters[f"OEBPS/{name}"] = (
            f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title>'
            f"</head><body>{paragraphs}</body></html>"
        )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Stories</dc:title>'
        f"<dc:language>{lang}</dc:language></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
        **chapters,
    }


def _make_epub() -> Made:
    """A chapter is a document; a book without a spine, and one that is cut."""
    books = {f"{tag}.epub": take("pratham_books", [f"{tag}-IN"], each=2) for tag in ("ta", "bn", "en", "or")}
    files = {name: _zip(_book(texts, lang=name.split(".")[0])) for name, texts in books.items()}
    first = books["ta.epub"]
    loose = {
        name: text.replace('<itemref idref="story-1.xhtml"/>', "").replace(
            '<itemref idref="story-2.xhtml"/>', ""
        )
        for name, text in _book(first, lang="ta").items()
    }
    return Made(
        uid="formats_epub",
        form="chapters of EPUB",
        type="epub",
        source={"options": {"documents": "chapter"}},
        files=files | {"cut.epub": files["ta.epub"][:-60], "no-spine.epub": _zip(loose)},
        texts=books,
        rejected=Counter(unreadable=1, broken_epub=1),
    )


def _fold(text: Text) -> list[list[str]]:
    """Pages of lines, paragraphs apart."""
    lines: list[str] = []
    for paragraph in text.paragraphs:
        line = ""
        for word in paragraph.split():
            if len(line) + len(word) >= _LINE_CHARS:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines += [line, ""]
    return [lines[start : start + _PAGE_LINES] for start in range(0, len(lines), _PAGE_LINES)]


def _write_pdf(pages: Sequence[Sequence[str]], *, lang: str) -> bytes:
    """A PDF in Helvetica, whose characters are those of windows-1252."""
    objects = [f"<< /Type /Catalog /Pages 2 0 R /Lang ({lang}) >>", ""]
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for lines in pages:
        shown = "\n".join(f"({_escape_pdf(line)}) Tj T*" for line in lines)
        stream = f"BT /F1 11 Tf 50 780 Td 14 TL\n{shown}\nET" if lines else ""
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + end.encode()


def _escape_pdf(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _make_pdf() -> Made:
    """Several pages and paragraphs; a file without text, and one that is cut."""
    texts = take("african_storybook", ["fr", "pt", "en"])
    files = {f"{text.lang}.pdf": _write_pdf(_fold(text), lang=text.lang) for text in texts}
    odd = {"scan.pdf": _write_pdf([[], []], lang="en"), "cut.pdf": files["en.pdf"][:300]}
    return Made(
        uid="formats_pdf",
        form="PDF with a text layer",
        type="pdf",
        source={},
        files=files | odd,
        texts={f"{text.lang}.pdf": [text] for text in texts},
        rejected=Counter(no_text=1, unreadable=1),
    )


def _make_markdown() -> Made:
    """Front matter, emphasis and pictures; front matter that is no YAML, and an old encoding."""
    texts = take("african_storybook", ["st", "lg", "rw", "ts"])
    files = {f"{text.lang}.markdown": _write_markdown(text).encode() for text in texts}
    files["ts.markdown"] = b"\xef\xbb\xbf" + files["ts.markdown"].replace(b"\n", b"\r\n")
    odd = {"front.markdown": b"---\ntitle: [a\n---\ntext\n", "latin1.markdown": "Café.\n".encode("latin-1")}
    return Made(
        uid="formats_markdown",
        form="Markdown files",
        type="markdown",
        source={"options": {"structure": "text"}},
        files=files | odd,
        texts={f"{text.lang}.markdown": [text] for text in texts},
        rejected=Counter(broken_front_matter=1, invalid_utf8=1),
    )


def _write_markdown(text: Text) -> str:
    first, *others = text.paragraphs
    word, _, more = first.partition(" ")
    front = f'---\ntitle: "{text.title}"\nlanguage: {text.lang}\nlevel: 2\n---\n'
    return f"{front}**{word}** {more}\n\n" + "\n\n".join(others) + "\n\n<!-- the end -->\n"
