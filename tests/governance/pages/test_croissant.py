"""croissant.json: valid for mlcroissant, which reads its rows, and for our check of what that lets pass."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from governance.manifest import Manifest, Output, sha256
from governance.pages.croissant import LEFT_TO_PEOPLE, find_problems, make_croissant, render_croissant

Write = Callable[..., Any]
TEXTS = {("yo", "wiki_a"): ["àwọn ìròyìn", "ilẹ̀ wa"], ("no", "wiki_b"): ["Hei på deg"]}
ABOUT = {
    "summary": "Texts of tests.",
    "uses": ["tests"],
    "authors": [{"family_names": "Doe", "given_names": "Jane"}],
    "url": "https://example.org/corpus",
}


def say(manifest: Manifest, **publish: Any) -> Manifest:
    config = {**manifest.config, "publish": {"about": ABOUT, **publish}}
    return manifest.model_copy(update={"config": config, "released": "2026-11-29"})


def schema_of(path: Path) -> pa.Schema:
    return pa.ipc.open_file(str(next(path.rglob("*.arrow")))).schema


@pytest.fixture
def document(release: Write) -> dict[str, Any]:
    made = release(TEXTS, targets=["yo", "no"])
    schemas = {"data": schema_of(made.path), "twins": pa.schema([])}
    return make_croissant(say(made.manifest), made.cards, schemas=schemas)


def test_files_records_and_origins_are_those_of_the_release(document: dict[str, Any], release: Write) -> None:
    assert find_problems(document) == []
    first, *files = document["distribution"]
    assert (first["@id"], first["includes"]) == ("data", "data/*/*/*.arrow")
    made = release(TEXTS, targets=["yo", "no"])
    assert [(each["contentUrl"], each["sha256"]) for each in files] == [
        (output.path, output.sha256) for output in made.manifest.outputs
    ]
    (records,) = document["recordSet"]
    assert [field["name"] for field in records["field"]] == schema_of(made.path).names
    kinds = {field["name"]: (field["dataType"], field.get("isArray", False)) for field in records["field"]}
    assert (kinds["words"], kinds["tags"]) == (("sc:Integer", False), ("sc:Text", True))
    assert [origin["identifier"] for origin in document["prov:wasDerivedFrom"]] == ["wiki_a", "wiki_b"]
    assert document["rai:dataUseCases"] == ["tests"]


def test_mlcroissant_finds_nothing_to_say_and_reads_the_rows_of_parquet(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    outputs = []
    for output in made.manifest.outputs:
        source = made.path / output.path
        place = source.with_suffix(".parquet")
        pq.write_table(pa.ipc.open_file(str(source)).read_all(), place)
        outputs.append(
            output.model_copy(
                update={
                    "path": str(place.relative_to(made.path)),
                    "bytes": place.stat().st_size,
                    "sha256": sha256(place.read_bytes()),
                }
            )
        )
    manifest = say(made.manifest, format="parquet").model_copy(update={"outputs": outputs})
    whole = schema_of(made.path)
    schemas = {"data": whole.remove(whole.names.index("spans"))}  # it reads no lists of structs
    path = made.path / "croissant.json"
    path.write_text(render_croissant(manifest, made.cards, schemas=schemas), encoding="utf-8")
    dataset = mlcroissant.Dataset(str(path))
    assert (dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.warnings) == (set(), set())
    texts = [row["data-records/text"].decode() for row in dataset.records("data-records")]
    assert sorted(texts) == sorted(text for listed in TEXTS.values() for text in listed)


def test_what_only_people_can_say_is_left_open_and_no_fault(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    schemas = {"data": schema_of(made.path)}
    written = json.loads(render_croissant(made.manifest, made.cards, schemas=schemas))
    problems = find_problems(written)
    assert problems == ["$.url: required", "$.creator: required", "$.datePublished: required"]
    assert all(problem.startswith(LEFT_TO_PEOPLE) for problem in problems)


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("description",), None, "$.description: required"),
        (("url",), "example.org", "$.url: 'example.org' is no web address"),
        (("creator",), [], "$.creator: required"),
        (("creator", 0, "name"), "", "$.creator[0].name: required"),
        (("license",), [], "$.license: required"),
        (("datePublished",), "soon", "$.datePublished: 'soon' is not YYYY-MM-DD"),
        (("version",), "1.0", "$.version: '1.0' is not x.y.z"),
        (("@type",), "Dataset", "$.@type: 'Dataset' is not sc:Dataset"),
        (("conformsTo",), [], "$.conformsTo: lacks http://mlcommons.org/croissant/1.1, "),
        (("prov:wasDerivedFrom", 0, "license"), "", "$.prov:wasDerivedFrom[0].license: required"),
        (
            ("distribution", 0, "includes"),
            "data/*.csv",
            "$.distribution[0].includes: 'data/*.csv' is the path",
        ),
        (("distribution", 1, "sha256"), "0", "$.distribution[1].sha256: '0' is no SHA-256"),
        (("distribution", 1, "contentSize"), "", "$.distribution[1].contentSize: required"),
        (("distribution", 1, "@id"), "data", "$.distribution: data more than once"),
        (("recordSet", 0, "description"), "", "$.recordSet[0].description: required"),
        (("recordSet", 0, "field", 1, "description"), "", "$.recordSet[0].field[1].description: required"),
        (
            ("recordSet", 0, "field", 0, "source"),
            {},
            "$.recordSet[0].field[0].source: None is no FileSet here",
        ),
    ],
)
def test_what_mlcroissant_lets_pass_is_a_problem(
    place: tuple[Any, ...], value: Any, problem: str, document: dict[str, Any]
) -> None:
    changed = copy.deepcopy(document)
    inner: Any = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    assert any(each.startswith(problem) for each in find_problems(changed)), find_problems(changed)


def test_a_file_set_without_files_is_left_out(release: Write) -> None:
    made = release({("yo", "wiki_a"): []}, targets=["yo"])
    document = make_croissant(say(made.manifest), made.cards, schemas={"data": pa.schema([])})
    assert (document["distribution"], document["recordSet"]) == ([], [])
    assert not any(isinstance(each, Output) for each in document["distribution"])
    assert [each for each in find_problems(document)] == []
