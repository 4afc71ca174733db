"""What crawls leave: web archives (WARC, WET, ARC), and the layout of a corpus made of them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from examples.formats.make.made import DATE, Made, zipped
from examples.formats.make.texts import Text, take

_HTML = "Content-Type: text/html; charset=utf-8"


def make_archives() -> Iterator[Made]:
    """Captures, texts of captures, captures of old times and listed ones, and OSCAR."""
    yield _make_warc()
    yield _make_wet()
    yield _make_arc()
    yield _make_cdxj()
    yield _make_oscar()


def make_page(text: Text, *, head: str = "") -> str:
    """A page with a menu and a foot around the text."""
    menu = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "News", "About"))
    paragraphs = "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in text.paragraphs)
    title = escape(" ".join(text.title.split()), quote=False)
    return (
        f'<!DOCTYPE html>\n<html lang="{text.lang}"><head><title>{title}</title>{head}</head>\n'
        f"<body><nav><ul>{menu}</ul></nav>\n<main><article>{paragraphs}</article></main>\n"
        "<footer><p>© Example, all rights reserved</p></footer></body></html>\n"
    )


def _record(type: str, block: bytes, *, number: int, length: int | None = None, **headers: str) -> bytes:
    """A record of WARC 1.0, whose header may lie about its length; `_` in names stands for `-`."""
    fields = {
        "WARC-Type": type,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        "WARC-Date": DATE,
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "Content-Length": str(len(block) if length is None else length),
    }
    head = "\r\n".join(["WARC/1.0", *(f"{name}: {value}" for name, value in fields.items()), "", ""])
    return head.encode() + block + b"\r\n\r\n"


def _http(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def _capture(
    body: bytes, *lines: str, number: int, type: str = "response", status: str = "200 OK", page: str = ""
) -> bytes:
    return _record(
        type,
        _http(body, *lines, status=status),
        number=number,
        Content_Type="application/http; msgtype=response",
        WARC_Target_URI=f"https://pages.example/{page or number}",
    )


def _chunk(body: bytes, *, size: int = 500) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def _make_warc() -> Made:
    """Bodies in chunks, in gzip, in UTF-16; everything in an archive that is no page; two broken captures."""
    texts = take("ntrex", ["ca", "vi", "yo", "wo"])
    pages = [make_page(text).encode() for text in texts]
    permission = 'Content-Usage: train-ai=n\r\nLink: </terms>; rel="license"'
    records = [
        _record("warcinfo", b"software: made by hand\r\n", number=0, Content_Type="application/warc-fields"),
        _record("request", b"GET / HTTP/1.1\r\n\r\n", number=1, WARC_Target_URI="https://pages.example/2"),
        _capture(pages[0], _HTML, permission, number=2),
        _capture(zipped(pages[1]), _HTML, "Content-Encoding: gzip", number=3),
        _capture(_chunk(pages[2]), _HTML, "Transfer-Encoding: chunked", number=4),
        _capture(b"\xff\xfe" + pages[3].decode().encode("utf-16-le"), "Content-Type: text/html", number=5),
        _capture(b"", _HTML, number=6, type="revisit", page="2"),
        _capture(b"gone", _HTML, number=7, status="404 Not Found"),
        _capture(b"%PDF-1.4\n", "Content-Type: application/pdf", number=8),
        _capture(b"User-agent: *\n", "Content-Type: text/plain", number=9, page="robots.txt"),
        _capture(make_page(texts[0]).encode()[:40], _HTML, number=10),
        _capture(zipped(pages[0])[:-40], _HTML, "Content-Encoding: gzip", number=11),
    ]
    return Made(
        uid="formats_warc",
        form="captures of pages in WARC",
        type="warc",
        source={},
        files={"captures.warc.gz": b"".join(map(zipped, records))},
        texts={"captures.warc.gz": texts},
        rejected=Counter(
            not_a_capture=2, revisit=1, http_status=1, mime_type=1, robots_txt=1, no_text=1, broken_body=1
        ),
    )


def _make_wet() -> Made:
    """Texts of captures as Common Crawl has them; the file ends in its last record."""
    texts = take("ntrex", ["rw", "ny", "kn"])
    info = _record("warcinfo", b"Extracted-Date: Sun, 29 Nov 2026\r\n", number=20)
    records = [
        _record(
            "conversion",
            text.text.encode(),
            number=number,
            WARC_Target_URI=f"https://pages.example/{number}",
            Content_Type="text/plain",
        )
        for number, text in enumerate(texts, start=21)
    ]
    return Made(
        uid="formats_wet",
        form="texts of pages in WET",
        type="warc",
        source={},
        files={"texts.warc.wet": b"".join([info, *records])[:-100]},
        texts={"texts.warc.wet": texts[:2]},
        rejected=Counter(not_a_capture=1, truncated=1),
    )


def _make_arc() -> Made:
    """The format before WARC, with a URL that has spaces."""
    texts = take("ntrex", ["es", "id"])
    head = b"1 0 Made by hand\nURL IP-address Archive-date Content-type Archive-length\n"

    def line(url: str, mime: str, block: bytes) -> bytes:
        return f"{url} 192.0.2.1 20080430204825 {mime} {len(block)}\n".encode() + block + b"\n"

    records = [
        line("filedesc://old.arc", "text/plain", head),
        line("dns:pages.example", "text/dns", b"20080430204825 192.0.2.1"),
        *(
            line(
                f"http://pages.example/page {text.lang}",
                "text/html",
                _http(make_page(text).encode(), _HTML),
            )
            for text in texts
        ),
    ]
    return Made(
        uid="formats_arc",
        form="captures of pages in ARC",
        type="warc",
        source={},
        files={"old.arc.gz": b"".join(map(zipped, records))},
        texts={"old.arc.gz": texts},
        rejected=Counter(not_a_capture=2),
    )


def _make_cdxj() -> Made:
    """Listed captures in an archive beside the list; lines that lead nowhere, and one that is none."""
    texts = take("ntrex", ["st", "zu", "xh"])
    lines, archive = ["not a line"], b""
    for number, text in enumerate(texts, start=30):
        member = zipped(_capture(make_page(text).encode(), _HTML, number=number))
        lines.append(_index_line(number, offset=len(archive), length=len(member)))
        archive += member
    lines.append(_index_line(39, offset=0, length=len(archive)))
    lines.append(_index_line(40, offset=len(archive) + 1000, length=100))
    return Made(
        uid="formats_cdxj",
        form="captures of pages that a CDXJ list names",
        type="cdxj",
        source={"options": {"archive": "data/formats_cdxj/archive"}},
        files={"captures.cdxj": "\n".join([*lines, ""]).encode(), "archive/pages.warc.gz": archive},
        texts={"captures.cdxj": texts},
        pattern="*.cdxj",
        rejected=Counter(broken_record=2, not_fetched=1),
    )


def _index_line(number: int, *, offset: int, length: int) -> str:
    fields = {
        "url": f"https://pages.example/{number}",
        "mime": "text/html",
        "status": "200",
        "length": str(length),
        "offset": str(offset),
        "filename": "pages.warc.gz",
    }
    return f"example,pages)/{number} 20261129000000 {json.dumps(fields)}"


def _make_oscar() -> Made:
    """The layout of OSCAR 23.01 with its metadata, and a line without text."""
    texts = take("tico19", ["mr", "id", "zu"])
    lines = [json.dumps(_oscar_row(texts, number), ensure_ascii=False) for number in range(len(texts))]
    broken = json.dumps({"warc_headers": {}, "metadata": {"identification": {"label": "mr", "prob": 1.0}}})
    return Made(
        uid="formats_oscar",
        form="JSON lines in the layout of OSCAR 23.01",
        type="jsonl",
        source={"map": "oscar-23.01"},
        files={"documents.jsonl": "\n".join([*lines, broken, ""]).encode()},
        texts={"documents.jsonl": texts},
        rejected=Counter(missing_field=1),
    )


def _oscar_row(texts: Sequence[Text], number: int) -> dict[str, object]:
    text = texts[number]
    identified = {"label": text.lang, "prob": 0.9}
    return {
        "content": text.text,
        "warc_headers": {
            "warc-type": "conversion",
            "warc-record-id": f"<urn:uuid:00000000-0000-4000-8000-{40 + number:012d}>",
            "warc-target-uri": f"https://pages.example/{40 + number}",
            "warc-date": DATE,
        },
        "metadata": {
            "identification": identified,
            "harmful_pp": 700.5,
            "tlsh": None,
            "quality_warnings": ["tiny"],
            "categories": None,
            "sentence_identifications": [identified] * len(text.text.split("\n")),
        },
    }
