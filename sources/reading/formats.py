"""What a file is by its first bytes: of a type that its name does not say, or not of the one that is said."""

import re
from contextlib import suppress

import orjson

from sources.base import SourceSpec
from sources.reading import xml
from sources.reading.compression import DamagedStream, is_compressed, read_chunks
from sources.reading.mapping import BadRecord
from sources.reading.sample import Sample

_TYPES = {b"PAR1": "parquet", b"ARROW1": "arrow"}
_COMPRESSED = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"\x28\xb5\x2f\xfd": ("zstandard", ".zst"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
}

_ROOTS = {"mediawiki": "mediawiki", "TEI": "tei", "teiCorpus": "tei", "tmx": "tmx", "xliff": "xliff"}
_ROOTS |= {"posts": "stackexchange", "html": "html"}
"""Root element of XML → type."""
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_GUTENBERG = re.compile(
    rb"(?:START OF (?:THIS|THE) |\bThe )Project Gutenberg e(?:-?book|text)", re.IGNORECASE
)


def detect_type(url: str) -> str | None:
    """The source type of an .xml or .txt file that its first bytes say; None: they say none."""
    name = url.lower()
    stem = name.rpartition(".")[0] if is_compressed(name) else name
    if not stem.endswith((".xml", ".txt")):
        return None
    head = b""
    with suppress(DamagedStream, OSError):
        head = next(read_chunks(url), b"")[: xml.HEAD_BYTES]
    if stem.endswith(".txt"):
        return "gutenberg" if _GUTENBERG.search(head) else None
    with suppress(BadRecord):
        head = xml.decode_head(head, encoding=xml.detect_encoding(head))
    root = _ROOT.search(_COMMENT.sub(b"", head))
    return None if root is None else _ROOTS.get(root[1].decode())


def describe_mistake(sample: Sample, *, spec: SourceSpec) -> str | None:
    """What a file is instead, and what to do; None where its first bytes do not say."""
    head = sample.head
    for magic, type in _TYPES.items():
        if head.startswith(magic) and spec.type != type:
            return f"is a file of type {type}; write `type: {type}`"
    if head.startswith(b"PK\x03\x04") and spec.type != "epub":
        return "is a zip archive; unpack it"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and spec.type != "csv":
        return "is UTF-16; write it as UTF-8: iconv -f UTF-16 -t UTF-8"
    for magic, (name, suffix) in _COMPRESSED.items():
        if head.startswith(magic) and not is_compressed(sample.uri):
            return f"is {name}, which only a name that ends with {suffix} says; rename it"
    describe = {"jsonl": _describe_lines, "json": _describe_array, "csv": _describe_rows}.get(spec.type)
    return None if describe is None else describe(sample, spec=spec)


def _describe_lines(sample: Sample, *, spec: SourceSpec) -> str | None:
    line = sample.first_line
    start = line.lstrip()[:1]
    if start == b"[":
        return "is one JSON array; write `type: json`"
    if start != b"{":
        return "is no JSON: its first line starts with no object" if start else None
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return "holds objects over several lines, not one a line; write `type: json`"
    return None


def _describe_array(sample: Sample, *, spec: SourceSpec) -> str | None:
    arrays = [name for name, kind in sample.fields.items() if kind == "an array"]
    if len(sample.rejected) == 1 and arrays and "record_path" not in spec.options:
        return f"is one object; if its array {arrays[0]} holds the records, write `record_path: {arrays[0]}`"
    return None


def _describe_rows(sample: Sample, *, spec: SourceSpec) -> str | None:
    reasons = {row["reason"] for row in sample.rejected}
    if "invalid_utf8" in reasons and "encoding" not in spec.options:
        return "is not UTF-8; write in which encoding it is, as `encoding: windows-1252`"
    if reasons & {"broken_csv", "truncated"} and spec.options.get("quotes", True):
        return "has quotation marks that close no field; if they are text, write `quotes: false`"
    return None
