"""plan looks inside: what would lose a source is told before the run, all at once, each with the fix."""

import bz2
import csv
import gzip
import io
import json
import lzma
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus
import yaml
import zstandard
from click.testing import CliRunner, Result
from small_corpus import PARAGRAPHS

from pipeline.cli import main
from pipeline.errors import ConfigError
from pipeline.plan.make import Plan, make_plan
from sources.reading import sample

LANGS = sorted(PARAGRAPHS)
ROWS = [
    {"key": f"{lang}-{n}", "body": text, "meta": {"tongue": lang}}
    for n in range(3)
    for lang, texts in sorted(PARAGRAPHS.items())
    for text in [texts[n]]
]
FIELDS = {"text": "body", "id": "key", "lang": "meta.tongue"}


def lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def write(folder: Path, files: Mapping[str, bytes] | None = None, **source: Any) -> Path:
    """A corpus of one source of these files."""
    changes = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["in/*"],
        "fields": FIELDS,
    } | source
    path = small_corpus.write_corpus(folder, changes={"sources": [changes]})
    (folder / "in").mkdir(exist_ok=True)
    for name, data in ({"a.jsonl": lines(ROWS)} if files is None else files).items():
        (folder / "in" / name).write_bytes(data)
    return path


def look(path: Path) -> Plan:
    return make_plan(path, looks=True)


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        look(path)
    assert caught.value.exit_code == 2
    return [problem.removeprefix("$.sources[0].") for problem in caught.value.problems]


def warnings(path: Path) -> list[str]:
    return [warning.removeprefix("$.sources[0].") for warning in look(path).look.warnings]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_is_right_is_shown_as_it_is_mapped(tmp_path: Path) -> None:
    path = write(tmp_path)
    made = look(path)
    assert made.look.warnings == []
    row = made.look.first_document("health_json")
    assert row is not None
    assert (row["record_id"], row["lang_declared"], row["text"]) == ("ar-0", "ar", PARAGRAPHS["ar"][0])
    shown = run("plan", path)
    assert shown.exit_code == 0
    assert "health_json, first document of in/a.jsonl:" in shown.output
    assert "  record_id     ar-0\n  lang_declared ar\n" in shown.output
    assert not (tmp_path / "out").exists()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_missing_text_field_is_named_with_those_that_are_there(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path, {f"a.jsonl{suffix}": COMPRESS[suffix](lines(ROWS))}, fields={"text": "content"})
    assert problems(path) == [
        f"fields.text: in/a.jsonl{suffix} has no field 'content'; there are key (a string), body (a string), "
        "meta (an object), meta.tongue (a string)"
    ]
    assert problems(write(tmp_path, None, fields={"text": "bodi"}))[-1].endswith("did you mean 'body'?")


@pytest.mark.parametrize("type", ["parquet", "arrow"])
def test_columns_are_checked_as_fields_are(type: str, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    if type == "parquet":
        path = write(tmp_path, {}, type=type, fields=FIELDS | {"url": "link"})
        pq.write_table(table, tmp_path / "in" / "a")
    else:
        path = write(tmp_path, {}, type=type, fields=FIELDS | {"url": "link"})
        with pa.ipc.new_file(str(tmp_path / "in" / "a"), table.schema) as file:
            file.write_table(table)
    (problem,) = problems(path)
    assert problem.startswith(
        "fields.url: in/a has no field 'link'; there are key (string), body (string), meta"
    )
    write(tmp_path, {}, type=type)
    row = look(path).look.first_document("health_json")
    assert row is not None
    assert (row["record_id"], row["lang_declared"]) == ("ar-0", "ar")
    write(tmp_path, {}, type=type, fields={"text": "meta"})
    (problem,) = problems(path)
    assert problem.startswith(
        "fields.text: no record of in/a can be read, wrong_type: column 'meta' is struct<"
    )


def test_an_optional_field_that_no_record_has_is_a_warning(tmp_path: Path) -> None:
    (warning,) = warnings(write(tmp_path, fields=FIELDS | {"url": "meta.tonge"}))
    assert (
        warning
        == "fields.url: in/a.jsonl has no field 'meta.tonge'; did you mean 'meta.tongue'?; every url is null"
    )


def test_a_field_of_measure_that_no_document_has_is_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, fields=FIELDS | {"extra": {"tongue": "meta.tongue"}})
    corpus = yaml.safe_load(path.read_text())
    for extra, expected in (
        ({"tongue": "string"}, []),
        (
            {"tonge": "string"},
            ["tonge: no document among the first ones of any source has it; did you mean 'tongue'?"],
        ),
    ):
        corpus["measure"] = {"extra": extra}
        path.write_text(yaml.safe_dump(corpus))
        assert warnings(path) == [f"$.measure.extra.{told}" for told in expected]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        (
            "a.json",
            json.dumps(ROWS).encode(),
            "in/a.json is one JSON array; write `type: json`",
        ),
        ("a.json", json.dumps(ROWS, indent=1).encode(), "in/a.json is one JSON array"),
        ("a.json", json.dumps(ROWS[0], indent=1).encode(), "in/a.json holds objects over several lines"),
        (
            "a.jsonl",
            gzip.compress(lines(ROWS)),
            "in/a.jsonl is gzip, which only a name that ends with .gz says",
        ),
        ("a.jsonl", b"PK\x03\x04....", "in/a.jsonl is a zip archive; unpack it"),
        ("a.jsonl", "é".encode("utf-16"), "in/a.jsonl is UTF-16; write it as UTF-8"),
        ("a.csv", b"key,body\n1,x\n", "in/a.csv is no JSON: its first line starts with no object"),
        ("a.jsonl", b"PAR1....", "in/a.jsonl is a file of type parquet; write `type: parquet`"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(
    name: str, data: bytes, problem: str, tmp_path: Path
) -> None:
    (told,) = problems(write(tmp_path, {name: data}))
    assert told.startswith(f"paths: {problem}")


@pytest.mark.parametrize(
    ("type", "data", "problem"),
    [
        ("csv", b"key;bodi\n1;x\n", "fields.text: in/a has no field 'body'; did you mean 'bodi'?"),
        ("csv", b"1,one\n2,two\n", "fields.text: in/a has no field 'body'; there are 1 (a string), one (a"),
        (
            "csv",
            b"key,body,body\n1,x,y\n",
            "fields.text: no record of in/a can be read, missing_field: 2 col",
        ),
        ("csv", b"key,body\n1,caf\xe9\n", "paths: in/a is not UTF-8; write in which encoding it is, as"),
        ("csv", b'key\tbody\n1\t"a" b\n2\t"c\n', "paths: in/a has quotation marks that close no field; if"),
        (
            "json",
            json.dumps({"rows": ROWS}).encode(),
            "paths: in/a is one object; if its array rows holds the",
        ),
        ("json", json.dumps([{"bodi": "x"}]).encode(), "fields.text: in/a has no field 'body'; did you mean"),
        ("json", "é".encode("utf-16"), "paths: in/a is UTF-16; write it as UTF-8"),
    ],
)
def test_tables_and_arrays_are_looked_into(type: str, data: bytes, problem: str, tmp_path: Path) -> None:
    fields = {"text": "body", "id": "key"}
    (told,) = problems(write(tmp_path, {"a": data}, type=type, fields=fields))
    assert told.startswith(problem)


def test_what_was_detected_of_a_table_is_shown(tmp_path: Path) -> None:
    rows = io.StringIO()
    csv.writer(rows, delimiter=";").writerows([["key", "body"], *([row["key"], row["body"]] for row in ROWS)])
    data = rows.getvalue().encode("utf-16")
    path = write(tmp_path, {"a.csv": data}, type="csv", fields={"text": "body", "id": "key"}, lang="en")
    shown = run("plan", path).output
    assert "health_json, first document of in/a.csv (semicolon between fields, utf-16-le):" in shown
    array = json.dumps({"data": {"items": ROWS * 300}}, ensure_ascii=False).encode()
    path = write(tmp_path / "b", {"a.json": array}, type="json", options={"record_path": "data.items"})
    made = look(path)
    assert made.look.warnings == []
    (seen,) = made.look.samples["health_json"]
    assert (len(seen.documents), seen.cut_bytes) == (sample.MAX_DOCUMENTS, sample.HEAD_BYTES)


def test_some_bad_records_are_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.jsonl": lines(ROWS) + b"{\n"})
    (warning,) = warnings(path)
    assert warning.startswith(
        f"paths: 1 of the first {len(ROWS) + 1} records of in/a.jsonl cannot be read, 1 as broken_json"
    )
    assert warnings(write(tmp_path / "b", {"a.jsonl": b"\n\n", "b.jsonl": b""})) == [
        "paths: no record was seen in the first files"
    ]


@pytest.mark.parametrize("type", ["jsonl", "parquet"])
def test_documents_among_many_bad_records_are_seen(type: str, tmp_path: Path) -> None:
    """A source of which much is lost is no source of which all is: a warning, and the run may go on."""
    for folder, places, share in (
        ("first", range(20), "50 of the first 70 records"),
        ("tenth", range(9, 3000, 10), "50 of the first 55 records"),
        ("but few", [place for place in range(3000) if place % 30], "4 of the first 104 records"),
    ):
        texts = [f"a text of its own, number {place}" if place in places else None for place in range(3000)]
        rows = [{"key": str(place), "body": text} for place, text in enumerate(texts)]
        out = io.BytesIO(lines(rows))
        if type == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), out := io.BytesIO())
        path = write(
            tmp_path / folder,
            {"a": out.getvalue()},
            type=type,
            fields={"text": "body", "id": "key"},
            lang="en",
        )
        (warning,) = warnings(path)
        assert warning.startswith(f"paths: {share} of in/a cannot be read, "), warning


def test_small_files_that_are_one_unit_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.jsonl": lines(ROWS[:2]), "b.jsonl": lines(ROWS[2:4])})
    row = next(line for line in run("plan", path).output.splitlines() if "health_json" in line)
    assert [cell.strip() for cell in row.split("│")][1:5] == ["health_json", "jsonl", "2", "1"]


def test_ids_that_repeat_within_a_file_are_told_with_the_cure(tmp_path: Path) -> None:
    path = write(tmp_path, fields={"text": "body", "id": "meta.tongue"})
    (warning,) = warnings(path)
    assert warning.startswith(
        "fields.id: 'meta.tongue' is the same in several records of in/a.jsonl (ar, en, es)"
    )
    assert "map a field that is unique, or several that are together (id: [FIELD, FIELD])" in warning
    together = {"text": "body", "id": ["meta.tongue", "key"]}
    assert warnings(write(tmp_path / "together", fields=together)) == []
    once = [*ROWS, ROWS[0] | {"body": "Another text."}]
    (warning,) = warnings(write(tmp_path, {"a.jsonl": lines(once)}))
    assert f"(ar-0), 1 of the first {len(once)}" in warning
    assert warnings(write(tmp_path, {"a.jsonl": lines([*ROWS, ROWS[0]])})) == [], (
        "the same text again is a copy"
    )


def test_ids_that_start_anew_in_each_file_are_told_with_the_cure(tmp_path: Path) -> None:
    files = {
        f"{lang}.jsonl": lines([{"key": n, "body": text} for n, text in enumerate(PARAGRAPHS[lang][:4])])
        for lang in ("en", "fr")
    }
    (warning,) = warnings(write(tmp_path, files, fields={"text": "body", "id": "key"}))
    assert warning.startswith(
        "fields.id: 4 ids of in/en.jsonl stand in in/fr.jsonl too, with other texts (0, 1, 2), so they "
        "will be told apart by their texts; map a field that is unique, or several that are together"
    )
    fields = {"text": "body", "id": "key", "lang": "tongue"}
    named = {name: text.replace(b'"key"', b'"tongue": "en", "key"') for name, text in files.items()}
    (warning,) = warnings(write(tmp_path / "named", named, fields=fields))
    assert "map several fields that are unique together (id: [tongue, key]), or none" in warning


def test_languages_that_are_no_tags_are_told_with_the_tag_that_may_be_meant(tmp_path: Path) -> None:
    path = write(tmp_path, lang="Swahili")
    assert problems(path) == ["lang: 'Swahili' is no BCP-47 language tag; did you mean 'sw'?"]
    assert problems(write(tmp_path, lang="engish"))[0].startswith(
        "lang: 'engish' is no BCP-47 language tag; as in 'en'"
    )
    (problem,) = problems(write(tmp_path, lang="de"))
    assert problem.startswith(
        "lang: 'de' is none of the target languages, so its documents would be dropped as"
    )
    for value, tag in (("swa", "sw"), ("sw_Latn", "sw"), ("SW", "sw"), ("sw-KE", "sw-KE"), ("und", "und")):
        assert look(write(tmp_path, lang=value)).job.specs["health_json"].lang == tag


def test_languages_that_records_declare_are_checked_too(tmp_path: Path) -> None:
    named = [row | {"meta": {"tongue": "Swahili"}} for row in ROWS]
    (problem,) = problems(write(tmp_path, {"a.jsonl": lines(named)}))
    assert problem == (
        "fields.lang: 'meta.tongue' holds 'Swahili', which is no BCP-47 language tag; did you mean 'sw'?; "
        f"{len(ROWS)} of {len(ROWS)} records are declared und"
    )
    (warning,) = warnings(write(tmp_path, {"a.jsonl": lines([*ROWS, named[0] | {"key": "x"}])}))
    assert f"1 of {len(ROWS) + 1} records are declared und" in warning
    german = {"key": "de", "body": "Ein Satz.", "meta": {"tongue": "de"}}
    found = warnings(write(tmp_path, {"a.jsonl": lines([*ROWS, german])}))
    assert (
        found[0]
        == f"fields.lang: declared is de (1 of {len(ROWS) + 1}), which decide.languages does not have"
    )


LANGUAGE = "languages: [{{tag: {}, locations: [unknown], declared_by: unknown}}]"


def test_a_card_of_other_languages_than_the_data_is_the_wrong_card(tmp_path: Path) -> None:
    path = write(tmp_path)
    card = tmp_path / "cards" / "health_json.md"
    text = card.read_text(encoding="utf-8")
    tags = next(line for line in text.splitlines() if line.startswith("languages:"))
    card.write_text(text.replace(tags, LANGUAGE.format("yo")), encoding="utf-8")
    (problem,) = problems(path)
    assert problem.startswith(f"card: the data declare {', '.join(LANGS)}, the card's languages are yo; add")
    card.write_text(text.replace(tags, LANGUAGE.format(LANGS[0])), encoding="utf-8")
    (warning,) = warnings(path)
    assert warning.startswith(
        f"card: the data declare {', '.join(LANGS[1:])}, the card's languages are {LANGS[0]}"
    )
    card.write_text(text.replace(tags, LANGUAGE.format("und")), encoding="utf-8")
    assert warnings(path) == []


def test_a_card_that_cannot_be_read_is_a_problem_of_its_source(tmp_path: Path) -> None:
    path = write(tmp_path)
    card = tmp_path / "cards" / "health_json.md"
    card.unlink()
    card.mkdir()
    (told,) = problems(path)
    assert told == f"card: {card}: cannot be read: Is a directory"


def test_everything_is_told_at_once_a_line_each_before_anything_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, lang="english", fields={"text": "content"})
    template = Path(__file__).parents[3] / "data_cards" / "TEMPLATE.md"
    text = template.read_text(encoding="utf-8").replace("uid: example_wiki", "uid: health_json")
    (tmp_path / "cards" / "health_json.md").write_text(text, encoding="utf-8")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["sources"] += [
        {"card": "health_text", "type": "text", "paths": ["nowhere/*"]},
        {"card": "health_gzip", "type": "jsonl", "paths": ["in/*"], "fields": {"id": "key"}},
    ]
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    before = small_corpus.tree_digests(tmp_path)
    for command in ("plan", "run", "ingest"):
        result = run(command, path)
        assert result.exit_code == 2
        told = result.output.splitlines()
        assert told[0] == f"rhizotron: {path}: {len(told) - 1} problem(s)"
        for start in (
            "  $.sources[0].lang: 'english' is no BCP-47 language tag; did you mean 'en'?",
            f"  $.sources[0].card: {tmp_path}/cards/health_json.md: $.custodian.name: 'Example Foundation'",
            "  $.sources[0].fields.text: in/a.jsonl has no field 'content'",
            "  $.sources[1].paths: 'nowhere/*' matches no file",
            "  $.sources[2].fields: text is not mapped",
        ):
            assert [line for line in told if line.startswith(start)], (start, told)
    assert small_corpus.tree_digests(tmp_path) == before


def test_a_look_reads_the_beginning_of_a_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of a file of any size, a long record or a bomb of compressed lines included."""
    record = b'{"body": "' + b"x" * (2 * sample.HEAD_BYTES) + b'"}\n'
    zeros = gzip.compress(b'{"no": 1}\n' * 2_000_000)
    for name, data, rejected in (
        ("long.jsonl", record, 0),
        ("lines.jsonl", lines(ROWS) * 300, 0),
        ("bomb.jsonl.gz", zeros, sample.MAX_REJECTED),
    ):
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        write(tmp_path, {name: data}, fields={"text": "body"})
        spec = make_plan(tmp_path / "corpus.yaml").job.specs["health_json"]
        (file,) = make_plan(tmp_path / "corpus.yaml").sources.listings["health_json"].files
        seen = sample.read_sample(file, spec=spec)
        if name == "long.jsonl":
            (warning,) = warnings(tmp_path / "corpus.yaml")
            assert warning.endswith("; the first of in/long.jsonl is longer than 1,048,576 bytes")
        assert len(seen.documents) <= sample.MAX_DOCUMENTS
        assert len(seen.rejected) == rejected
        assert (len(seen.documents) == sample.MAX_DOCUMENTS) is (name == "lines.jsonl")


def test_a_file_whose_first_record_is_too_long_to_look_at_is_told_beside_others(tmp_path: Path) -> None:
    record = b'{"body": "' + b"x" * (2 * sample.HEAD_BYTES) + b'"}\n'
    path = write(tmp_path, {"a.jsonl": lines(ROWS), "long.jsonl": record}, fields={"text": "body"})
    told = "paths: the first record of in/long.jsonl is longer than 1,048,576 bytes"
    assert warnings(path) == [told]


def test_a_file_that_begins_with_what_is_no_document_by_design_is_not_one_long_record(tmp_path: Path) -> None:
    page = "<page><title>%s</title><ns>0</ns><id>%d</id><revision><text>%s</text></revision></page>\n"
    redirects = [page % (f"R{number}", number, "#REDIRECT [[A]]") for number in range(12_000)]
    files = {"a.xml": [page % ("A", 1, PARAGRAPHS["en"][0])], "b.xml": redirects}
    dumps = {name: f"<mediawiki>\n{''.join(pages)}</mediawiki>\n".encode() for name, pages in files.items()}
    assert len(dumps["b.xml"]) > sample.HEAD_BYTES
    path = write(tmp_path, dumps, type="mediawiki", fields={})
    assert not [told for told in warnings(path) if "longer than" in told]


def test_first_middle_and_last_file_are_looked_at() -> None:
    assert sample.choose_files([]) == []
    assert sample.choose_files([*range(2)]) == [0, 1]
    assert sample.choose_files([*range(101)]) == [0, 50, 100]


def test_a_source_is_not_refused_for_three_bad_files_among_others(tmp_path: Path) -> None:
    bad = {f"{name}.jsonl": b"no json\n" for name in ("a", "m", "z")}
    path = write(tmp_path, {**bad, "b.jsonl": b"no json\n", "n.jsonl": lines(ROWS)}, fields={"text": "body"})
    assert look(path).look.first_document("health_json") is not None
    wrong = "is no JSON: its first line starts with no object"
    assert warnings(path) == [f"paths: in/{name} {wrong}" for name in bad]
    (tmp_path / "in" / "n.jsonl").write_bytes(b"no json\n")
    assert problems(path) == [f"paths: in/a.jsonl {wrong}"]


def test_remote_files_are_looked_at_alike(tmp_path: Path) -> None:
    import fsspec

    with fsspec.open("memory://look/in/a.jsonl.gz", "wb") as stream:
        stream.write(gzip.compress(lines(ROWS)))
    path = write(tmp_path, {}, root="memory://look", paths=["in/*.gz"])
    row = look(path).look.first_document("health_json")
    assert row is not None
    assert (row["record_id"], row["container"]) == ("ar-0", "in/a.jsonl.gz")
