"""CSV and JSON, and the corpora that are published in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.format_checks import Check

_FIELDS = {"text": "text", "id": "id", "lang": "lang", "title": "title"}
_HINDI = "वह केवल पाँच साल का था।"
_SWAHILI = "Odongo na Apiyo walichangamka kwani ulikuwa wakati wa kumtembelea bibi kwa mara nyingine."
_YORUBA = "Ní ọgbà ilé oúnjẹ ẹbí rẹ̀, ó tu ilẹ̀ pẹ̀lú àdá rẹ̀."


def _csv(
    name: str,
    documents: int,
    rejected: Mapping[str, int] | None = None,
    *,
    lacks: Sequence[str] = (),
    **options: Any,
) -> Check:
    return Check(
        f"csv/{name}", "csv", documents, lacks=lacks, rejected=rejected or {}, fields=_FIELDS, options=options
    )


def _json(
    name: str,
    documents: int,
    rejected: Mapping[str, int] | None = None,
    *,
    text: str = "text",
    **options: Any,
) -> Check:
    fields = {"text": text, "id": "id"}
    return Check(f"json/{name}", "json", documents, rejected=rejected or {}, fields=fields, options=options)


def _layout(path: str, type: str, documents: int, *quotes: str, text: str = "text") -> Check:
    return Check(path, type, documents, quotes, fields={"text": text})


CHECKS = [
    _csv("newlines-in-quotes.csv", 6),
    _csv("semicolon-bom.csv", 6),
    _csv("plain.tsv", 6, quotes=False),
    _csv("latin1.csv", 3, lacks=["\N{REPLACEMENT CHARACTER}"], encoding="windows-1252"),
    _csv("utf16.csv", 6),
    _csv("ragged.csv", 2, {"ragged_row": 2}),
    _csv("duplicate-header.csv", 0, {"missing_field": 6}),
    _csv("no-header.csv", 0, {"missing_field": 5}),
    _csv("cr-only.csv", 6),
    _csv("long-field.csv", 1),
    Check("csv/nul-byte.csv", "csv", 2, ["Odongo na Apiyo walichangamka"], fields={"text": "text"}),
    _csv("unclosed-quote.csv", 0, {"truncated": 1}),
    _csv("header-only.csv", 0),
    _csv("gzip.csv.gz", 6),
    _json("array-[bp]*.json", 6),
    _json("array-ascii-escapes.json", 7),
    _json("nested.json", 6, text="doc.body.text", record_path="data.items"),
    _json("cut.json", 5, {"truncated": 1}),
    _json("lines-in-json.json", 6),
    _json("concatenated.json", 6),
    _json("mixed-array.json", 2, {"wrong_type": 4, "missing_field": 2}),
    _json("lone-surrogate.json", 1, {"invalid_unicode": 1}),
    _json("nan-duplicate-key.json", 0, {"broken_json": 2}),
    _layout("oscar-2301/hi_*", "jsonl", 1, _HINDI, text="content"),
    _layout("oscar-2301/mixed_*", "jsonl", 10, text="content"),
    _layout("hplt/*", "jsonl", 10, _YORUBA),
    _layout("culturax/*", "parquet", 10),
    _layout("mc4/*", "jsonl", 10, _SWAHILI),
    _layout("fineweb-2/data/yor_Latn/train/*", "parquet", 1, _YORUBA),
    _layout("fineweb-2/data/mixed/train/*", "parquet", 10),
]
