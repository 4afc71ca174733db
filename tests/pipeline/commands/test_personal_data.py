"""`rhizotron personal-data scan`: a line of JSON for each line, in code points; errors name the line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from filters.personal_data.kinds import KINDS
from pipeline.cli import main

LINES: list[dict[str, Any]] = [
    {"id": "a", "text": "دعوة ann@site.co.ke و ٠١٠١٢٣٤٥٦٧٨", "lang": "ar"},
    {"id": 7, "text": "no value"},
    {"id": "\u001b[31m", "text": "41.90.64.12", "lang": None, "title": "more"},
]
SPANS = [
    [
        {"start": 5, "end": 19, "kind": "email", "detector": "email", "masked": True},
        {"start": 22, "end": 33, "kind": "telephone", "detector": "telephone", "masked": True},
    ],
    [],
    [{"start": 0, "end": 11, "kind": "ip", "detector": "ip.v4", "masked": True}],
]


def scan(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["personal-data", "scan", *map(str, arguments)], input=stdin)


def as_lines(*records: object) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def parse(output: str) -> list[Any]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_line_for_each_line_from_a_file_or_standard_input(tmp_path: Path) -> None:
    expected = [{"id": line["id"], "spans": spans} for line, spans in zip(LINES, SPANS, strict=True)]
    plain, packed = tmp_path / "x.jsonl", tmp_path / "x.jsonl.gz"
    plain.write_bytes(as_lines(*LINES))
    packed.write_bytes(gzip.compress(as_lines(*LINES)))
    for result in (scan(plain), scan(packed), scan("-", stdin=as_lines(*LINES)[:-1])):
        assert result.exit_code == 0 and parse(result.stdout) == expected
        assert "\u001b" not in result.stdout
    assert scan("-", stdin=b"").stdout == ""


def test_a_file_without_lines_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "x.jsonl"
    empty.write_bytes(b"")
    result = scan(empty)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{empty} has no lines: nothing was looked through" in result.stderr


@pytest.mark.parametrize("lang", ["sw", "zh-Hans", "pt_BR", "swh_Latn", "und", None])
def test_a_language_is_a_tag_or_none(lang: str | None) -> None:
    assert scan("-", stdin=as_lines({"id": 1, "text": "x", "lang": lang})).exit_code == 0


def test_out_is_a_file_that_is_there_only_when_it_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "spans.jsonl"
    assert scan("-", "--out", out, stdin=as_lines(*LINES)).exit_code == 0
    assert [line["spans"] for line in parse(out.read_text("utf-8"))] == SPANS
    out.unlink()
    assert scan("-", "--out", out, stdin=as_lines(*LINES) + b"broken\n").exit_code == 2
    assert [*tmp_path.iterdir()] == []
    assert scan("-", "--out", tmp_path / "no" / "x", stdin=b"").exit_code == 2


def test_mask_restricts_what_a_release_would_mask_and_not_what_is_found() -> None:
    result = parse(scan("-", "--mask", "email, iban", stdin=as_lines(*LINES)).stdout)
    assert [span["masked"] for line in result for span in line["spans"]] == [True, False, False]
    refused = scan("-", "--mask", "phone")
    assert refused.exit_code == 2 and f"no kinds: phone; there are {', '.join(KINDS)}" in refused.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "no JSON (an empty line: take it out)"),
        (b" \r", "no JSON (an empty line: take it out)"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"text": "x"}', "id must be a string or an integer"),
        (b'{"id": true, "text": "x"}', "id must be a string or an integer"),
        (b'{"id": 1}', "text must be a string"),
        (b'{"id": 1, "text": null}', "text must be a string"),
        (b'{"id": 1, "text": "x", "lang": 3}', "lang must be a BCP-47 tag such as sw, or null"),
        (b'{"id": 1, "text": "x", "lang": ""}', "lang must be a BCP-47 tag such as sw, or null"),
        (b'{"id": 1, "text": "x", "lang": "Swahili"}', "lang must be a BCP-47 tag such as sw, or null"),
        (b'{"id": 1, "text": "ann@a.co", "text": "x"}', "no JSON (repeated key(s): text)"),
        (b'{"id": 1, "text": "\\ud800"}', "text has half of a surrogate pair, which is no character"),
        (b'{"id": 1, "text": "\xff"}', "byte 20 is no UTF-8"),
    ],
)
def test_a_broken_line_is_an_error_that_names_file_and_line(
    line: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(as_lines(LINES[1]) + line + b"\n" + as_lines(LINES[1]))
    result = scan(file)
    assert result.exit_code == 2
    assert f"{file}, line 2: {message}" in result.stderr
    assert parse(result.stdout) == [{"id": 7, "spans": []}], "what came before is answered"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    result = scan("no.jsonl")
    assert result.exit_code == 2 and "cannot read no.jsonl: No such file or directory" in result.stderr
    result = scan(tmp_path)
    assert result.exit_code == 2 and f"cannot read {tmp_path}: Is a directory" in result.stderr
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress(as_lines(*LINES))[:-9])
    result = scan(packed)
    assert result.exit_code == 2 and "x.jsonl.gz ends inside the gzip member" in result.stderr
    packed.write_bytes(as_lines(*LINES))
    assert scan(packed).exit_code == 2 and "is not valid gzip after byte 0" in scan(packed).stderr
