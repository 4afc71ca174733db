"""The files of tests/data/sources/csv and json, made from paragraphs that the project carries.

`python tests/source_files.py` writes them; a test compares.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zstandard

DATA = Path(__file__).parent / "data"
PARAGRAPHS: Mapping[str, Sequence[str]] = json.loads((DATA / "small" / "paragraphs.json").read_text("utf-8"))
RECORDS = [
    {"id": f"{lang}-{n}", "lang": lang, "title": text.split()[0], "text": text[:90].replace(" ", "\n", 1)}
    for lang in ("fr", "sw", "hi")
    for n, text in enumerate(PARAGRAPHS[lang][:2])
]
HEADER = ["id", "lang", "title", "text"]


def write_rows(records: Sequence[Mapping[str, str]] = RECORDS, *, header: bool = True, **format: Any) -> str:
    """CSV of records, \\r\\n between rows unless `lineterminator` says otherwise."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, **format)
    if header:
        writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def csv_files() -> dict[str, bytes]:
    """Name → content."""
    rows = write_rows()
    plain = [[value.replace("\n", "\\n") for value in record.values()] for record in RECORDS]
    plain[1][3] = f'"{plain[1][3]}'
    short = {"id": "a", "lang": "fr", "title": "", "text": "Un."}
    good = write_rows([short | {"id": "last"}], header=False)
    return {
        "rows.csv": rows.encode(),
        "members.csv.gz": gzip.compress(rows[:700].encode(), mtime=0)
        + gzip.compress(rows[700:].encode(), mtime=0),
        "rows.csv.bz2": bz2.compress(rows.encode()),
        "rows.csv.xz": lzma.compress(rows.encode()),
        "rows.csv.zst": zstandard.compress(rows.encode()),
        "cut.csv.gz": gzip.compress(rows.encode(), mtime=0)[:-300],
        "excel.csv": b"\xef\xbb\xbf" + write_rows(delimiter=";").encode(),
        "excel_told.csv": b"sep=|\r\n" + write_rows(delimiter="|").encode(),
        "excel_unicode.csv": b"\xff\xfe" + write_rows(delimiter="\t").encode("utf-16-le"),
        "returns.csv": write_rows(lineterminator="\r", quoting=csv.QUOTE_ALL).encode(),
        "plain.tsv": "".join("\t".join(row) + "\n" for row in [HEADER, *plain, ["a", "b"]]).encode(),
        "windows.csv": write_rows(RECORDS[:2]).encode("windows-1252"),
        "no_header.csv": write_rows(header=False).encode(),
        "twice.csv": b"id,lang,text,text\r\n" + write_rows(RECORDS[:2], header=False).encode(),
        "header_only.csv": b"id,lang,title,text",
        "empty.csv": b"",
        "bad.csv": b"".join(
            [
                write_rows([short]).encode(),
                b"\r\n1,fr,too few\r\n2,fr,,too,many\r\n",
                b'3,fr,,"a quote " inside\nand a line"\r\n',
                b"4,fr,,caf\xe9\r\n",
                b"5,fr,,nul\0byte\r\n",
                b"6,fr,,%s\r\n" % (b"long " * 50),
                b'7,fr,,"%s"\r\n' % (b"long\n" * 50),
                good.encode(),
                b'8,fr,,"never closed\r\n9,fr,,nine\r\n',
            ]
        ),
    }


def json_files() -> dict[str, bytes]:
    """Name → content."""
    array = json.dumps(RECORDS, ensure_ascii=False, indent=1)
    lines = "".join(json.dumps(record) + "\n" for record in RECORDS)
    nested = {"count": 6, "other": {"items": [{"text": "no"}]}, "data": {"first": [], "items": RECORDS}}
    return {
        "array.json": b"\xef\xbb\xbf" + array.encode(),
        "escaped.json": json.dumps(RECORDS).encode(),
        "lines.json": lines.encode(),
        "objects.json": "\n".join(json.dumps(record, indent=2) for record in RECORDS).encode(),
        "members.json.gz": gzip.compress(array[:500].encode(), mtime=0)
        + gzip.compress(array[500:].encode(), mtime=0),
        "cut.json.gz": gzip.compress(array.encode(), mtime=0)[:-300],
        "cut.json": array.encode()[:-400],
        "empty.json": b"",
        "none.json": b" [\n] ",
        "nested.json": json.dumps(nested).encode(),
        "pages.json": (json.dumps(nested) + "\n" + json.dumps({"data": {"items": RECORDS[:1]}})).encode(),
        "cut_behind.json": json.dumps(nested).encode()[:-1],
        "array_only.json": json.dumps(RECORDS[:1]).encode(),
        "elsewhere.json": json.dumps({"data": {"itemz": RECORDS[:1]}}).encode(),
        "object.json": json.dumps({"data": {"items": RECORDS[0]}}).encode(),
        "mixed.json": b'[{"id": 1, "text": "a \\"quoted\\" \\\\"}, null, "text", 3, {"id": "none"}, '
        b'{"text": ["list"]}, {"text": NaN}, {"text": "\\ud800"}, {"text": "caf\xe9"}, '
        b'[[1, {"a": [2]}], "]"],\n,{"text": "open" ] }, {"text": "closed"}}, '
        b'{"id": "long", "text": "%s"}, {"text": "brace }, [ in a string"}, {"id": "last", "text": ""}]'
        % (b"long " * 1100),
        "deep.json": b'[{"text": "first"}, ' + b"[" * 2000 + b"]" * 2000 + b', {"text": "last"}]',
    }


FILES = {"csv": csv_files, "json": json_files}

if __name__ == "__main__":
    for type, make in FILES.items():
        for name, content in make().items():
            (DATA / "sources" / type / name).write_bytes(content)
