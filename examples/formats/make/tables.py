"""Types whose records have fields: JSON lines, JSON arrays, CSV, Parquet, Arrow; and plain text files."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from examples.formats.make.made import Made, zipped
from examples.formats.make.texts import Text, take


def make_tables() -> Iterator[Made]:
    """One source for each type."""
    yield _make_jsonl()
    yield _make_json()
    yield _make_csv()
    yield _make_text()
    yield _make_parquet()
    yield _make_arrow()


def _line(text: Text) -> bytes:
    row = {"id": text.id, "language": text.lang, "title": text.title, "body": text.text, "url": text.url}
    return json.dumps(row, ensure_ascii=False).encode()


def _make_jsonl() -> Made:
    """A byte order mark, line ends of Windows, a blank line; two members of gzip; a file that is cut."""
    texts = take("african_storybook", ["zu", "xh", "nso", "tn"], each=2)
    lines = [_line(text) for text in texts]
    broken = [lines[0][: len(lines[0]) // 2], b'{"id": "no-body", "language": "zu"}', b'["no", "object"]']
    plain = b"\xef\xbb\xbf" + b"\r\n".join([*lines[:3], b"", *broken, lines[3]])
    return Made(
        uid="formats_jsonl",
        form="JSON lines, plain, in gzip and in Zstandard",
        type="jsonl",
        source={
            "fields": {"id": "id", "text": "body", "lang": "language", "title": "title", "url": "url"},
        },
        files={
            "plain.jsonl": plain,
            "members.jsonl.gz": zipped(lines[4] + b"\n") + zipped(lines[5] + b"\n" + lines[6]),
            "cut.jsonl.zst": zstandard.compress(lines[7] + b"\n") + zstandard.compress(lines[0])[:-9],
        },
        texts={"plain.jsonl": texts[:4], "members.jsonl.gz": texts[4:7], "cut.jsonl.zst": texts[7:]},
        rejected=Counter(broken_json=1, missing_field=1, wrong_type=1, truncated=1),
    )


def _make_json() -> Made:
    """Arrays below two keys, with elements that are no stories."""
    texts = take("pratham_books", ["hi-IN", "mr-IN", "te-IN", "kn-IN"])
    stories = [
        {"slug": text.id, "story": {"text": text.text, "name": text.title}, "lang": text.lang}
        for text in texts
    ]
    elements = [json.dumps(story, ensure_ascii=False, indent=1).encode() for story in stories]
    odd = [b'{"slug": "number", "story": {"text": 42}}', b'{"slug": "comma",, "lang": "hi"}', b"null"]

    def wrap(elements: Sequence[bytes]) -> bytes:
        return b'{"made": {"by": [1, 2]}, "data": {"stories": [\n' + b",\n".join(elements) + b"\n]}}\n"

    return Made(
        uid="formats_json",
        form="JSON arrays inside of objects, plain and in gzip",
        type="json",
        source={
            "fields": {"id": "slug", "text": "story.text", "lang": "lang", "title": "story.name"},
            "options": {"record_path": "data.stories"},
        },
        files={
            "stories.json": wrap([elements[0], odd[0], odd[1], elements[1]]),
            "more.json.gz": zipped(wrap([elements[2], odd[2], elements[3]])),
        },
        texts={"stories.json": texts[:2], "more.json.gz": texts[2:]},
        rejected=Counter(wrong_type=2, broken_json=1),
    )


def _write_csv(texts: Sequence[Text], *, delimiter: str) -> str:
    table = io.StringIO()
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerow(["key", "lang", "heading", "text"])
    writer.writerows([text.id, text.lang, text.title, text.text] for text in texts)
    return table.getvalue()


def _make_csv() -> Made:
    """As spreadsheets save them: semicolons behind a byte order mark, and tabs in UTF-16."""
    texts = take("tico19", ["ar", "bn", "ta", "fr"])
    odd = 'short;fr;only three fields\r\nlong;fr;;five;fields\r\nquote;fr;;"closed" too early\r\n'
    semicolons = _write_csv(texts[:2], delimiter=";") + odd + _rows(texts[2:3], delimiter=";")
    return Made(
        uid="formats_csv",
        form="CSV as spreadsheets save it: semicolons and a byte order mark, tabs in UTF-16",
        type="csv",
        source={
            "fields": {"id": "key", "text": "text", "lang": "lang", "title": "heading"},
        },
        files={
            "semicolons.csv": b"\xef\xbb\xbf" + semicolons.encode(),
            "unicode.csv": b"\xff\xfe" + _write_csv(texts[3:], delimiter="\t").encode("utf-16-le"),
        },
        texts={"semicolons.csv": texts[:3], "unicode.csv": texts[3:]},
        rejected=Counter(ragged_row=2, broken_csv=1),
    )


def _rows(texts: Sequence[Text], *, delimiter: str) -> str:
    return _write_csv(texts, delimiter=delimiter).partition("\r\n")[2]


def _make_text() -> Made:
    """A file for each story, one in gzip, one in an encoding that is not UTF-8."""
    texts = take("african_storybook_sw", ["sw"], each=5)
    names = [PurePath(text.id).name for text in texts]
    files = {name: f"{text.text}\n".encode() for name, text in zip(names, texts, strict=True)}
    names[4] += ".gz"
    files[names[4]] = zipped(files.pop(names[4].removesuffix(".gz")))
    files["utf-16.txt"] = texts[0].text[:200].encode("utf-16")
    return Made(
        uid="formats_text",
        form="plain text files",
        type="text",
        source={"lang": "sw"},
        files=files,
        texts={name: [text] for name, text in zip(names, texts, strict=True)},
        rejected=Counter(invalid_utf8=1),
    )


def _table(texts: Sequence[Text]) -> pa.Table:
    """Text in a nested column, a null at the end."""
    return pa.table(
        {
            "doc": pa.array([text.id for text in texts] + ["null"]),
            "page": pa.array([{"content": text.text} for text in texts] + [{"content": None}]),
            "language": pa.array([text.lang for text in texts] + ["en"]).dictionary_encode(),
        }
    )


def _make_parquet() -> Made:
    """Row groups of two, a null instead of a text; a file that ends in the middle."""
    texts = take("ntrex", ["eu", "gu", "ml", "ne"])
    content = io.BytesIO()
    pq.write_table(_table(texts), content, row_group_size=2, compression="zstd")
    return Made(
        uid="formats_parquet",
        form="Parquet with a nested column",
        type="parquet",
        source={"fields": {"id": "doc", "text": "page.content", "lang": "language"}},
        files={"articles.parquet": content.getvalue(), "cut.parquet": content.getvalue()[:900]},
        texts={"articles.parquet": texts},
        rejected=Counter(missing_field=1, unreadable=1),
    )


def _make_arrow() -> Made:
    """The file format, and a stream that ends in its second batch."""
    texts = take("ntrex", ["ur", "pa", "sn", "ig"])
    file, stream = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_file(file, _table(texts[:2]).schema) as writer:
        writer.write_table(_table(texts[:2]))
    table = _table(texts[2:])
    with pa.ipc.new_stream(stream, table.schema) as writer:
        for start in (0, 1):
            writer.write_table(table.slice(start, 1))
    return Made(
        uid="formats_arrow",
        form="Arrow IPC, a file and a stream",
        type="arrow",
        source={"fields": {"id": "doc", "text": "page.content", "lang": "language"}},
        files={"articles.arrow": file.getvalue(), "cut.arrow": stream.getvalue()[:-200]},
        texts={"articles.arrow": texts[:2], "cut.arrow": texts[2:3]},
        rejected=Counter(missing_field=1, unreadable=1),
    )
