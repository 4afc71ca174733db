"""Files that are not what their source type says, told by their first bytes."""

import orjson

from sources.base import SourceSpec
from sources.reading.compression import is_compressed
from sources.reading.sample import Sample

_TYPES = {b"PAR1": "parquet", b"ARROW1": "arrow"}
_COMPRESSED = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"\x28\xb5\x2f\xfd": ("zstandard", ".zst"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
}


def describe_mistake(sample: Sample, *, spec: SourceSpec) -> str | None:
    """What a file is instead, and what to do; None where its first bytes do not say."""
    head = sample.head
    for magic, type in _TYPES.items():
        if head.startswith(magic) and spec.type != type:
            return f"is a file of type {type}; write `type: {type}`"
    if head.startswith(b"PK\x03\x04"):
        return "is a zip archive; unpack it"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16; write it as UTF-8: iconv -f UTF-16 -t UTF-8"
    for magic, (name, suffix) in _COMPRESSED.items():
        if head.startswith(magic) and not is_compressed(sample.uri):
            return f"is {name}, which only a name that ends with {suffix} says; rename it"
    if spec.type == "jsonl":
        return _describe_json(sample.first_line)
    return None


def _describe_json(line: bytes) -> str | None:
    start = line.lstrip()[:1]
    if start == b"[":
        return "is one JSON array; write one object a line: jq -c '.[]' FILE > FILE.jsonl"
    if start != b"{":
        return "is no JSON: its first line starts with no object" if start else None
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return (
            "holds objects over several lines, not one a line; write them as lines: jq -c . FILE > FILE.jsonl"
        )
    return None
