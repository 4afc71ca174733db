"""Further fields of a source, from the corpus file to the release: kept, limited, explained, verified."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result

from layers.shards import read_table
from pipeline.cli import main
from pipeline.errors import ConfigError

YEARS: list[Any] = [1999, 1850, "1851", None, "unknown", [1999]]
ROWS = [
    {"id": f"y{n}", "text": text, "lang": "en", "meta": {"year": year, "tags": ["é", {"b": 1, "a": None}]}}
    for n, (text, year) in enumerate(zip(small_corpus.PARAGRAPHS["en"], YEARS, strict=False))
]
SOURCE = {
    "card": "health_json",
    "type": "jsonl",
    "paths": ["data/rows.jsonl"],
    "fields": {
        "text": "text",
        "id": "id",
        "lang": "lang",
        "extra": {"year": "meta.year", "tags": "meta.tags"},
    },
}
CHANGES: dict[str, Any] = {
    "sources": [SOURCE],
    "measure": {"extra": {"year": "int"}},
    "decide": {"quality": True, "thresholds": {"all": {"extra.year": {"min": 1851}}}},
    "max_bad_fraction": 0.9,
}


def rhizotron(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("extra"), changes=CHANGES, rows=ROWS)
    rhizotron("run", path)
    return path


def _join(corpus: Path) -> list[dict[str, Any]]:
    """Rows of the release with those of their sidecar."""
    rows = []
    for path in (corpus.parent / "out/release/data").rglob("*.arrow"):
        beside = read_table(
            str(path).replace(f"{os.sep}data{os.sep}", f"{os.sep}provenance{os.sep}")
        ).to_pylist()
        rows += [one | other for one, other in zip(read_table(str(path)).to_pylist(), beside, strict=True)]
    return rows


def test_a_release_has_the_fields_as_json_and_the_declared_one_as_a_column(corpus: Path) -> None:
    released = {row["record_id"]: row for row in _join(corpus)}
    assert [(released[f"y{n}"]["extra"], released[f"y{n}"]["extra.year"]) for n in (0, 3)] == [
        ('{"tags":["é",{"a":null,"b":1}],"year":1999}', 1999),
        ('{"tags":["é",{"a":null,"b":1}]}', None),
    ]
    assert {key: row["extra.year"] for key, row in released.items()} == {
        "y0": 1999,
        "y2": 1851,
        "y3": None,
        "y4": None,
        "y5": None,
    }
    assert "`extra.year` | `int64`" in (corpus.parent / "out/release/DATA_DICTIONARY.md").read_text()


def test_what_is_below_the_limit_goes_and_what_is_of_another_type_is_counted(corpus: Path) -> None:
    manifest = json.loads((corpus.parent / "out/release/manifest.json").read_text())
    reasons = {row["reason"]: row["documents"] for row in manifest["ledger"] if row["layer"] == "decisions"}
    assert reasons["extra.year_below_min"] == 1
    assert manifest["sources"]["health_json"]["lost_values"] == {"measure.extra.year": 2}


def test_explain_shows_value_and_rule_and_verify_knows_the_column(corpus: Path) -> None:
    document = json.loads(rhizotron("explain", "y1", corpus, "--json").output)
    document = document[0] if isinstance(document, list) else document
    (rule,) = [rule for rule in document["rules"] if rule["signal"] == "extra.year"]
    assert (rule["value"], rule["verdict"], rule["min"]) == (1850, "fails", 1851)
    assert json.loads(document["origin"]["extra"])["year"] == 1850
    rhizotron("verify", corpus.parent / "out/release")


def test_the_end_of_a_run_tells_what_was_of_another_type(corpus: Path) -> None:
    output = " ".join(rhizotron("run", corpus).output.split())
    assert "health_json: extra.year is not of type int in 2 documents, and null there" in output


def test_plan_names_a_further_field_that_no_record_has(tmp_path: Path) -> None:
    source = SOURCE | {"fields": {"text": "text", "extra": {"year": "meta.yaer"}}}
    path = small_corpus.write_corpus(tmp_path, changes=CHANGES | {"sources": [source]}, rows=ROWS)
    output = " ".join(rhizotron("plan", path).output.split())
    assert "fields.extra.year: data/rows.jsonl has no field 'meta.yaer'; did you mean 'meta.year'?" in output


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"measure": {}}, "unknown signal in decide.thresholds.all: 'extra.year'"),
        ({"measure": {"extra": {"year": "date"}}}, "measure.extra.year"),
        ({"measure": {"extra": {"Year": "int"}}}, "the name 'Year' is not 1 to 63 of a-z, 0-9 and _"),
        ({"sources": [SOURCE | {"fields": {"text": "t", "extra": "meta"}}]}, "only extra is a mapping"),
        ({"sources": [SOURCE | {"fields": {"text": {"a": "b"}}}]}, "only extra is a mapping"),
        ({"sources": [SOURCE | {"fields": {"text": "t", "extra": {"a.b": "c"}}}]}, "the name 'a.b' is not"),
    ],
)
def test_what_a_corpus_file_says_wrongly_is_told(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        small_corpus.parse_config({"name": "x1", "version": "1.0.0", "cards": "c", **CHANGES, **changes})
    assert message in str(caught.value)


def test_plain_text_has_no_fields_to_keep(tmp_path: Path) -> None:
    source = {"card": "health_text", "type": "text", "paths": ["data/*.txt"], "fields": {"extra": {"a": "b"}}}
    path = small_corpus.write_corpus(tmp_path, changes=CHANGES | {"sources": [source]}, rows=ROWS)
    result = CliRunner().invoke(main, ["plan", str(path)])
    assert (result.exit_code, "plain text has none to map, but extra is mapped" in result.output) == (2, True)
