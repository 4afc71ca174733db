"""The files of tests/data/sources/html, epub, pdf, markdown, made from paragraphs that the project carries.

`python tests/source_files_documents.py` writes them; a test compares.
"""

import codecs
import gzip
import io
import zipfile
from collections.abc import Mapping

from source_files import DATA, PARAGRAPHS

FRENCH, HINDI, SWAHILI = (list(PARAGRAPHS[lang]) for lang in ("fr", "hi", "sw"))
ARABIC, CHINESE = list(PARAGRAPHS["ar"]), list(PARAGRAPHS["zh-Hans"])
CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def make_page(content: str, *, head: str = "", lang: str = "fr") -> str:
    """A page as sites have them: menu, article, footer."""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><title>Titre | Site</title>{head}</head>\n<body>'
        '<nav><ul><li><a href="/">Accueil</a></li><li><a href="/a">Nos articles</a></li></ul></nav>\n'
        f"<main><article><h1>Titre</h1>{content}</article></main>"
        "<footer><p>© Site, tous droits réservés</p></footer></body></html>\n"
    )


def wrap(texts: list[str]) -> str:
    """Paragraphs of HTML."""
    return "\n".join(f"<p>{text}</p>" for text in texts)


def html_files() -> dict[str, bytes]:
    """Name → content."""
    items = "".join(f"<li>{text}</li>" for text in FRENCH[4:6])
    table = f"<table><tr><th>Mot</th><th>Texte</th></tr><tr><td>un</td><td>{FRENCH[6]}</td></tr></table>"
    head = (
        '<meta name="author" content="Awa Diop"><meta property="article:published_time" content="2024-05-01">'
        '<meta name="robots" content="noai"><meta name="tdm-reservation" content="1">'
    )
    license = f'<p><a rel="license" href="{CC_BY}">CC BY</a></p>'
    article = wrap(FRENCH[:4]) + f"<ul>{items}</ul><pre><code>x = 1\ny = 2</code></pre>{table}"
    return {
        "page.html": make_page(article + license, head=head).encode(),
        "page.html.gz": gzip.compress(make_page(wrap(FRENCH[:3])).encode(), mtime=0),
        "windows.html": make_page(wrap(FRENCH[:3]), head='<meta charset="iso-8859-1">').encode(
            "cp1252", "replace"
        ),
        "utf16.html": codecs.BOM_UTF16_LE + make_page(wrap(HINDI[:3]), lang="hi").encode("utf-16-le"),
        "wrong_label.html": codecs.BOM_UTF8
        + make_page(wrap(HINDI[:3]), lang="hi", head='<meta charset="iso-8859-1">').encode(),
        "deep.html": make_page("<div>" * 300 + wrap(FRENCH[:2]) + "</div>" * 300).encode(),
        "nested.html": b"<b>" * 20_001 + b"text",
        "spans.html": make_page("<p>" + "<b>a</b>" * 5_001 + "</p>").encode(),
        "no_charset.html": codecs.BOM_UTF8 + bytes(range(128, 256)) * 3,
        "empty.html": b"",
        "cut.html.gz": gzip.compress(make_page(wrap(FRENCH[:3])).encode(), mtime=0)[:-30],
    }


def make_epub(files: Mapping[str, str], *, mimetype: bool = True) -> bytes:
    """A zip archive of files, all of one time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entries = {"mimetype": "application/epub+zip", **files} if mimetype else files
        for name, text in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return content.getvalue()


def container(package: str = "OEBPS/content.opf") -> dict[str, str]:
    """The file that names the package."""
    root = f'<rootfile full-path="{package}" media-type="application/oebps-package+xml"/>'
    names = 'version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
    return {"META-INF/container.xml": f"<container {names}><rootfiles>{root}</rootfiles></container>"}


def package(items: Mapping[str, str], *, spine: str, metadata: str = "") -> dict[str, str]:
    """The package; items: id → href and, behind a space, properties."""
    listed = "".join(
        f'<item id="{name}" href="{href.split()[0]}" media-type="application/xhtml+xml"'
        f' properties="{" ".join(href.split()[1:])}"/>'
        for name, href in items.items()
    )
    dublin_core = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return {
        "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f"<metadata {dublin_core}>"
        f"<dc:title>Hadithi</dc:title><dc:language>sw</dc:language>{metadata}</metadata>"
        f"<manifest>{listed}</manifest>{spine}</package>"
    }


def chapter(content: str, *, title: str = "Sura") -> str:
    """A text of a book."""
    head = f"<head><title>{title}</title></head>"
    return (
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">{head}<body>{content}</body></html>'
    )


def epub_files() -> dict[str, bytes]:
    """Name → content."""
    spine = '<spine><itemref idref="nav"/><itemref idref="z"/><itemref idref="a"/></spine>'
    items = {"nav": "nav.xhtml nav", "a": "a.xhtml", "z": "text/z%20first.xhtml"}
    texts = {
        "OEBPS/nav.xhtml": chapter("<nav><ol><li>Yaliyomo</li></ol></nav>"),
        "OEBPS/a.xhtml": chapter(
            f"<p>{SWAHILI[2]}</p><ol><li>Moja<ul><li>ndani</li></ul></li><li>Mbili</li></ol>"
            "<table><tr><td>a</td><td><p>b</p></td></tr></table><pre>x = 1\n  y</pre>"
        ),
        "OEBPS/text/z first.xhtml": chapter(
            f"<h1>Kwanza</h1><p>{SWAHILI[0]}</p><p>Mstari<br/>wa <em>pili</em>\n tena</p>", title="Kwanza"
        ),
    }
    metadata = (
        "<dc:creator>Awa</dc:creator><dc:creator>Juma</dc:creator><dc:date>2020</dc:date>"
        f"<dc:rights>{CC_BY}</dc:rights><dc:identifier>urn:x</dc:identifier>"
    )
    book = container() | package(items, spine=spine, metadata=metadata) | texts
    entity = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "nyoka">]>'
    entities = {
        "OEBPS/a.xhtml": entity + chapter("<p>Neno &x; na &y; na &eacute;&#233;.</p>").partition("?>")[2]
    }
    one = package({"a": "a.xhtml"}, spine='<spine><itemref idref="a"/></spine>')
    encryption = (
        '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod'
        ' Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/><enc:CipherData><enc:CipherReference'
        ' URI="OEBPS/a.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'
    )
    whole = make_epub(book)
    plain = container() | one | {"OEBPS/a.xhtml": chapter("<p>Maandishi.</p>")}
    damaged = bytearray(whole)
    place = whole.index(b"a.xhtml") + 40
    damaged[place] ^= 0xFF
    return {
        "book.epub": whole,
        "no_mimetype.epub": make_epub(plain, mimetype=False),
        "empty_texts.epub": make_epub(plain | {"OEBPS/a.xhtml": chapter("")}),
        "entities.epub": make_epub(plain | entities),
        "encrypted.epub": make_epub(plain | {"META-INF/encryption.xml": encryption}),
        "no_spine.epub": make_epub(container() | package({"a": "a.xhtml"}, spine="") | texts),
        "missing_text.epub": make_epub(container() | one),
        "no_package.epub": make_epub(container()),
        "climbing.epub": make_epub(plain | {"../../evil.xhtml": "x"}),
        "absolute.epub": make_epub(plain | {"/etc/evil.xhtml": "x"}),
        "climbing_href.epub": make_epub(
            container() | package({"a": "../../a.xhtml"}, spine='<spine><itemref idref="a"/></spine>') | texts
        ),
        "nested.epub": make_epub(plain | {"OEBPS/a.xhtml": chapter("<div>" * 30_000)}),
        "no_xml.epub": make_epub(plain | {"OEBPS/a.xhtml": "\0\0"}),
        "damaged.epub": bytes(damaged),
        "cut.epub": whole[:-60],
        "no_zip.epub": b"PK\x03\x04 is not all of it",
    }


def make_pdf(pages: list[list[str]], *, info: str = "", unicode_map: str | None = None) -> bytes:
    """A PDF with the lines of its pages in Helvetica; unicode_map: bfchar lines of the font's map."""
    objects = ["<< /Type /Catalog /Pages 2 0 R /Lang (fr-CA) >>", ""]
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
    if unicode_map is None:
        objects.append(f"{font} >>")
    else:
        count = len(unicode_map.split("\n"))
        table = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
            "1 begincodespacerange "
            f"<00> <FF> endcodespacerange {count} beginbfchar\n{unicode_map}\nendbfchar endcmap end end"
        )
        objects += [f"{font} /ToUnicode 4 0 R >>", f"<< /Length {len(table)} >>\nstream\n{table}\nendstream"]
    kids = []
    for lines in pages:
        shown = "\n".join(f"({escape_pdf(line)}) Tj T*" for line in lines)
        stream = f"BT /F1 11 Tf 50 780 Td 14 TL\n{shown}\nET" if lines else ""
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< {info} >>")
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()


def escape_pdf(line: str) -> str:
    """A line as it stands in a string of PDF."""
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def fold(text: str, *, width: int = 70) -> list[str]:
    """Lines of about so many characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def pdf_files() -> dict[str, bytes]:
    """Name → content."""
    french = [text.encode("cp1252", "ignore").decode("cp1252") for text in FRENCH]
    info = "/Title (Deux pages) /Author (Awa Diop) /CreationDate (D:20240501120000Z)"
    pages = [[*fold(french[0]), "", *fold(french[1])], fold(french[2])]
    ligatures = "<02> <FB01>\n<03> <FEDF>"
    unmapped = "\n".join(f"<{byte:02X}> <E0{byte:02X}>" for byte in range(97, 123))
    # RC4 with 40 bits: all that matters is that the password is asked for
    encrypted = make_pdf([["secret"]]).replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 5 0 R /ID [<00> <00>]")
    encrypted = encrypted.replace(
        b"<< /Type /Page /Parent",
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O (%s) /U (%s) /Type /Page /Parent" % (b"o" * 32, b"u" * 32),
    )
    whole = make_pdf(pages, info=info)
    return {
        "pages.pdf": whole,
        "ligatures.pdf": make_pdf([["de\x02nition \x03 fin", "mot"]], unicode_map=ligatures),
        "no_text.pdf": make_pdf([[], []]),
        "no_meaning.pdf": make_pdf([fold(french[0])], unicode_map=unmapped),
        "password.pdf": encrypted,
        "cut.pdf": whole[: len(whole) // 2],
        "no_pdf.pdf": b"not a PDF",
        "empty.pdf": b"",
    }


def markdown_files() -> dict[str, bytes]:
    """Name → content."""
    front = (
        f"---\ntitle: Hadithi\nauthors: [Awa, Juma]\ndate: 2024-05-01\nlanguage: sw\nlicense: {CC_BY}\n"
        "tags: [a, b]\ndraft: false\nnested: {a: 1}\n---\n"
    )
    body = (
        f"# Kichwa #\n\n{SWAHILI[0]}\n\n"
        '> *Nukuu* ya **pili**, [kiungo](https://a.example/x_(y) "jina") na `x_y_z`.\n\n'
        "- [ ] moja\n  - mbili ~~tatu~~\n\n1. nne ![picha](a.png)\n\n```js\nx = '*a*'  // <b>\n```\n\n"
        "| a | b |\n|---|---|\n| c | d |\n\n<!-- si\nmaandishi -->"
        '<div align="right">kulia &amp; kushoto</div>\n\n'
        "[1]: https://a.example/\n\n***\n\nsnake_case_name na \\*nyota\\*\n"
    )
    return {
        "text.md": (front + body).encode(),
        "windows.md": codecs.BOM_UTF8 + (front + body).replace("\n", "\r\n").encode(),
        "rule.md": f"---\n\n{SWAHILI[0]}\n\n---\n\n{SWAHILI[1]}\n".encode(),
        "bad_front.md": b"---\ntitle: [a\n---\ntext\n",
        "bomb.md": b"---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\ntext\n",
        "latin1.md": "é".encode("latin-1"),
        "empty.md": b"",
    }


FILES = {"html": html_files, "epub": epub_files, "pdf": pdf_files, "markdown": markdown_files}

if __name__ == "__main__":
    for type, make in FILES.items():
        folder = DATA / "sources" / type
        folder.mkdir(exist_ok=True)
        for name, content in make().items():
            (folder / name).write_bytes(content)
