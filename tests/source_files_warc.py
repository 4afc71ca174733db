"""The files of tests/data/sources/warc, made from paragraphs that the project carries.

`python tests/source_files_warc.py` writes them; a test compares. Ids and dates are made up.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import brotli
import zstandard
from fastwarc.stream_io import Lz4Writer

DATA = Path(__file__).parent / "data"
PARAGRAPHS: Mapping[str, list[str]] = json.loads((DATA / "small" / "paragraphs.json").read_text("utf-8"))
DATE = "2024-02-20T21:11:00Z"


def text_of(lang: str) -> str:
    """A sentence or two."""
    return PARAGRAPHS[lang][0][:160].rsplit(" ", 1)[0]


def page(lang: str, *, charset: str = "utf-8", head: str = "") -> bytes:
    """A page with a title, a paragraph and a list."""
    text = text_of(lang)
    title = text.split()[0]
    items = "".join(f"<li>{word}</li>" for word in text.split()[1:3])
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title>{head}</head>\n"
        f"<body><article><h1>{title}</h1><p>{text}</p><ul>{items}</ul></article></body></html>\n"
    ).encode(charset)


def record(type: str, block: bytes, *, number: int, line_end: str = "\r\n", **headers: str) -> bytes:
    """A record of WARC 1.0; an underscore in a header's name stands for a hyphen."""
    fields = {
        "WARC-Type": type,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        "WARC-Date": DATE,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    fields.setdefault("Content-Length", str(len(block)))
    head = line_end.join(["WARC/1.0", *(f"{name}: {value}" for name, value in fields.items()), "", ""])
    return head.encode() + block + line_end.encode() * 2


def http(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """A response."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def capture(
    body: bytes, *lines: str, number: int, url: str = "", status: str = "200 OK", **headers: str
) -> bytes:
    """A record of a response."""
    return record(
        "response",
        http(body, *lines, status=status),
        number=number,
        Content_Type="application/http; msgtype=response",
        WARC_Target_URI=url or f"https://pages.example/{number}",
        **headers,
    )


PARTS_ID, PARTS_URL = "<urn:uuid:00000000-0000-4000-8000-000000000007>", "https://pages.example/7"


def parts(block: bytes, *sizes: int, total: int | None = None, **changes: str) -> list[bytes]:
    """A response in parts of these sizes and what is left; changes are of headers of the second part."""
    ends = [0, *sizes, len(block)]
    pieces = [block[start:end] for start, end in pairwise(ends)]
    records = []
    for number, piece in enumerate(pieces, 1):
        headers = {"WARC_Segment_Number": str(number), "Content_Type": "application/http; msgtype=response"}
        if number == 1:
            headers["WARC_Target_URI"] = PARTS_URL
        else:
            headers["WARC_Segment_Origin_ID"] = PARTS_ID
        if number == len(pieces):
            headers["WARC_Segment_Total_Length"] = str(len(block) if total is None else total)
        if number == 2:
            headers |= changes
        type = "response" if number == 1 else "continuation"
        records.append(record(type, piece, number=6 + number, **headers))
    return records


def chunk(body: bytes, *, size: int = 100) -> bytes:
    """A body as chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def deflate(body: bytes) -> bytes:
    """Without zlib's header, as some servers send it."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


def zipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def captures() -> list[bytes]:
    """Records as a crawler writes them, with the oddities of real ones."""
    html, plain = "Content-Type: text/html; charset=utf-8", "Content-Type: text/plain"
    licence = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    robots = '<meta name="robots" content="noarchive">'
    target = {"WARC_Target_URI": "https://pages.example/2"}
    request = record("request", b"GET / HTTP/1.1\r\n\r\n", number=1, **target)
    revisit = record("revisit", http(b"", html), number=17, WARC_Profile="identical-payload-digest", **target)
    return [
        record("warcinfo", b"software: made by hand\r\n", number=0, Content_Type="application/warc-fields"),
        request,
        capture(
            page("fr", head=licence + robots),
            html,
            "X-Robots-Tag: noai",
            "Content-Usage: train-ai=n",
            "TDM-Reservation: 1",
            'Link: </terms>; rel="license"',
            "Link: </style.css>; rel=stylesheet",
            "Last-Modified: Mon, 19 Feb 2024 08:00:00 GMT",
            number=2,
        ),
        capture(zipped(page("sw")), html, "Content-Encoding: gzip", number=3),
        capture(brotli.compress(page("ln")), html, "Content-Encoding: br", number=4),
        capture(
            chunk(zipped(page("hi"))), html, "Content-Encoding: gzip", "Transfer-Encoding: chunked", number=5
        ),
        capture(deflate(text_of("hi").encode()), plain, "Content-Encoding: deflate", number=6),
        capture(zlib.compress(text_of("hi").encode()), plain, "Content-Encoding: deflate", number=7),
        # the crawler removed the codings and left the headers
        capture(page("zu"), html, "Content-Encoding: gzip", "Transfer-Encoding: chunked", number=8),
        capture(
            page("ar", charset="cp1256", head='<meta charset="windows-1256">'),
            "Content-Type: text/html",
            number=9,
        ),
        capture(page("es", charset="cp1252"), "Content-Type: text/html; charset=ISO-8859-1", number=10),
        capture(page("ln"), "Content-Type: text/html; charset=ISO-8859-1", number=11),
        capture(b"\xff\xfe" + page("sw", charset="utf-16-le"), "Content-Type: text/html", number=12),
        capture(page("sw"), number=13),
        capture(page("fr"), "", status="404 Not Found", number=14),
        capture(b"", "Location: /2", status="301 Moved Permanently", number=15),
        capture(b"%PDF-1.4\n", "Content-Type: application/pdf", number=16),
        revisit,
        capture(b"User-agent: *\n", plain, number=18, url="https://pages.example/robots.txt"),
        capture(b"%PDF-1.4\n\x00", html, number=19),
        capture(b"\n <html><body><p> </p></body></html>", html, number=20),
        capture(zipped(page("fr"))[:-40], html, "Content-Encoding: gzip", number=21, WARC_Truncated="length"),
        record(
            "resource",
            text_of("zu").encode(),
            number=22,
            Content_Type="text/plain",
            WARC_Target_URI="<file:///texts/22.txt>",
        ),
        record("metadata", b"fetchTimeMs: 9\r\n", number=23, **target),
        record(
            "response",
            b"20240220 192.0.2.1",
            number=24,
            Content_Type="text/dns",
            WARC_Target_URI="dns:pages.example",
        ),
    ]


def texts() -> list[bytes]:
    """Records of WET."""
    return [
        record("warcinfo", b"Extracted-Date: Fri, 01 Mar 2024\r\n", number=30),
        *(
            record(
                "conversion",
                text_of(lang).encode(),
                number=number,
                Content_Type="text/plain",
                WARC_Target_URI=f"https://pages.example/{number}",
                WARC_Refers_To=f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
                WARC_Identified_Content_Language="swa,eng",
            )
            for number, lang in ((3, "sw"), (4, "ln"))
        ),
    ]


def old_records() -> list[bytes]:
    """Records of ARC 1.0."""
    version = b"1 0 Made by hand\nURL IP-address Archive-date Content-type Archive-length\n"

    def line(url: str, mime: str, block: bytes) -> bytes:
        return f"{url} 192.0.2.1 20080430204825 {mime} {len(block)}\n".encode() + block + b"\n"

    return [
        line("filedesc://old.arc", "text/plain", version),
        line(
            "http://pages.example/a page with spaces",
            "text/html",
            http(page("sw"), "Content-Type: text/html"),
        ),
        line("dns:pages.example", "text/dns", b"20080430204825 192.0.2.1"),
        b"http://pages.example/none 192.0.2.1 20080430204825 text/plain -1\n\n",
        line(
            "http://pages.example/short",
            "text/plain",
            http(text_of("fr").encode(), "Content-Type: text/plain"),
        ),
        line("http://pages.example/early", "text/html", b"<html>a server of HTTP 0.9</html>"),
    ]


def bad_records() -> list[bytes]:
    """Records with each defect, good ones between them."""
    good = [plain(number) for number in range(40, 46)]
    html = "Content-Type: text/html"
    bomb = zipped(zipped(bytes(40_000)))
    return [
        good[0],
        record("response", b"", number=50, Content_Length="many"),
        good[1],
        b"no record at all\r\n\r\n",
        good[2],
        # its length ends inside of its block
        capture(text_of("fr").encode(), "Content-Type: text/plain", number=51, Content_Length="100"),
        good[3],
        # its length reaches into the next record
        capture(text_of("fr").encode(), "Content-Type: text/plain", number=52, Content_Length="300"),
        good[4],
        capture(page("fr"), html, "Content-Encoding: compress, zstd, gzip, br, gzip", number=53),
        capture(zipped(page("fr"))[:-40], html, "Content-Encoding: gzip", number=54),
        capture(brotli.compress(page("fr"))[:-40], html, "Content-Encoding: br", number=55),
        capture(chunk(page("fr"))[:-40], html, "Transfer-Encoding: chunked", number=56),
        capture(
            chunk(page("fr")).replace(b"64\r\n", b"zz\r\n", 2).replace(b"zz", b"64", 1),
            html,
            "Transfer-Encoding: chunked",
            number=57,
        ),
        capture(bomb, html, "Content-Encoding: gzip, gzip", number=58),
        capture(bytes(3000), html, number=59),
        record(
            "response",
            b"<html>no response</html>",
            number=60,
            Content_Type="application/http",
            WARC_Target_URI="http://pages.example/60",
        ),
        capture(page("fr"), html, number=61, WARC_Segment_Number="1"),
        capture(text_of("es").encode("cp1252"), "Content-Type: text/plain; charset=utf-8", number=62),
        record(
            "resource",
            text_of("en").encode(),
            number=63,
            line_end="\n",
            WARC_Target_URI="ftp://pages.example/63",
        ),
        good[5],
    ]


def plain(number: int) -> bytes:
    """A capture of plain text."""
    langs = sorted(PARAGRAPHS)
    text = text_of(langs[number % len(langs)])
    return capture(text.encode(), "Content-Type: text/plain; charset=utf-8", number=number)


def compress_each(records: Iterable[bytes]) -> bytes:
    return b"".join(map(zipped, records))


def with_dictionary(records: Iterable[bytes]) -> bytes:
    """Frames of Zstandard that share a dictionary, which the first, skippable one holds."""
    dictionary = zstandard.ZstdCompressionDict(b"".join(texts()))
    content = zstandard.compress(dictionary.as_bytes())
    compressor = zstandard.ZstdCompressor(dict_data=dictionary)
    head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    return head + b"".join(map(compressor.compress, records))


def lz4(data: bytes) -> bytes:
    packed = io.BytesIO()
    with Lz4Writer(packed) as writer:
        writer.write(data)
    return packed.getvalue()


def flip(data: bytes, place: int) -> bytes:
    """The same with another byte at a place."""
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def index_lines(records: Iterable[bytes], *, name: str) -> bytes:
    """A CDXJ of all records of a file of which each is compressed."""
    lines, offset = [], 0
    for number, each in enumerate(records):
        size = len(zipped(each))
        fields = {
            "url": f"https://pages.example/{number}",
            "length": str(size),
            "offset": str(offset),
            "filename": name,
        }
        lines.append(f"example,pages)/{number} 20240220211100 {json.dumps(fields)}\n")
        offset += size
    return ("not a line\n" + "".join(lines)).encode()


def warc_files() -> dict[str, bytes]:
    """Name → content."""
    made, few = captures(), [plain(number) for number in range(70, 75)]
    sizes = [len(zipped(each)) for each in few]
    each = compress_each(few)
    whole = zipped(b"".join(few))
    return {
        "captures.warc.gz": compress_each(made),
        "captures.warc": b"".join(made),
        "whole.warc.gz": whole,
        "frames.warc.zst": b"".join(map(zstandard.compress, few)),
        "dictionary.warc.zst": with_dictionary(few),
        "blocks.warc.lz4": lz4(b"".join(few)),
        "padded.warc.gz": each + bytes(100),
        "texts.warc.wet.gz": compress_each(texts()),
        "texts.warc.wet": b"".join(texts()),
        "old.arc": b"".join(old_records()),
        "old.arc.gz": compress_each(old_records()),
        "indexed.warc.gz": each,
        "indexed.warc.gz.cdxj": index_lines(few, name="indexed.warc.gz"),
        "bad.warc": b"".join(bad_records()),
        "empty.warc": b"",
        "cut.warc": b"".join(few)[:-200],
        "cut_header.warc": b"".join(few[:2]) + few[2][:60],
        "cut.warc.gz": each[:-60],
        "cut_checksum.warc.gz": each[:-2],
        "cut_whole.warc.gz": whole[:-200],
        "flipped.warc.gz": flip(each, sizes[0] + sizes[1] // 2),
        "flipped_checksum.warc.gz": flip(each, sizes[0] - 6),
        "flipped_magic.warc.gz": flip(each, sizes[0]),
        "flipped_whole.warc.gz": flip(whole, len(whole) // 2),
        "flipped.warc.zst": flip(
            b"".join(map(zstandard.compress, few)), len(zstandard.compress(few[0])) + 30
        ),
        "shared.warc.gz": zipped(few[0]) + zipped(few[1] + few[2] + few[3]) + zipped(few[4]),
    }


def index_captures() -> bytes:
    """A CDXJ of captures in a file beside it, and lines that lead to none."""
    made = captures()
    offsets = [len(compress_each(made[:number])) for number in range(len(made) + 1)]

    def line(number: int, **changes: object) -> bytes:
        fields = {
            "url": f"https://pages.example/{number}",
            "mime": "text/html",
            "status": "200",
            "length": str(offsets[number + 1] - offsets[number]),
            "offset": str(offsets[number]),
            "filename": "captures.warc.gz",
            **changes,
        }
        return f"example,pages)/{number} 20240220211100 {json.dumps(fields)}\n".encode()

    return b"".join(
        [
            b" CDX N b a m s k r M S V g\n",
            *(line(number) for number in (2, 3, 6, 9, 14, 17)),
            b"\n",
            line(4, length="9000000000"),
            line(5, offset="10"),
            line(7, length=str(offsets[8] - offsets[7] - 5)),
            line(8, url="https://pages.example/other"),
            line(10, offset=str(offsets[-1] - 10), length="100"),
            line(11, filename="../captures.warc.gz"),
            line(12, filename="https://elsewhere.example/captures.warc.gz"),
            b"example,pages)/13 20240220211100 {\n",
            b"not a line\n",
            line(13),
        ]
    )


def cdxj_files() -> dict[str, bytes]:
    """Name → content."""
    return {"captures.cdxj": index_captures(), "captures.warc.gz": compress_each(captures())}


FILES = {"warc": warc_files, "cdxj": cdxj_files}

if __name__ == "__main__":
    for type, make in FILES.items():
        for name, content in make().items():
            (DATA / "sources" / type / name).write_bytes(content)
