"""The contract of source types, on the fixtures of tests/data/sources/<type>/.

`<case>.case.json` names the files and the spec; `<case>.expected.json` holds every document and every
rejected row. `python -m sources.reading.contract CASE…` writes the latter for a new type: read what it wrote.
"""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

import sources
from layers.document import make_doc_id
from sources.reading.contract import read_all, spec_of
from sources.reading.keys import join_key

DATA = Path(__file__).parents[1] / "data" / "sources"
CASES = sorted(DATA.glob("*/*.case.json"))
each_case = pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name[:-10]}")


@pytest.mark.parametrize("name", sources.names())
def test_every_type_has_a_fixture_and_an_options_model_that_refuses_unknown_names(name: str) -> None:
    module = sources.load(name)
    assert any(case.parent.name == name for case in CASES), f"add {DATA / name}/<case>.case.json"
    assert isinstance(module.CONTENT_VERSION, int)
    assert module.Options.model_config["extra"] == "forbid"


@each_case
def test_documents_and_rejected_rows_are_exactly_these(case: Path) -> None:
    expected = json.loads(Path(str(case).replace(".case.", ".expected.")).read_text())
    assert read_all(*spec_of(case)) == expected


@each_case
@pytest.mark.parametrize("unit_bytes", [1, 7, 64, 1000])
def test_units_of_any_size_give_the_same_documents(case: Path, unit_bytes: int) -> None:
    spec, files = spec_of(case)
    assert read_all(replace(spec, unit_bytes=unit_bytes), files) == read_all(spec, files)


@each_case
@pytest.mark.parametrize("batch_bytes", [1, 50])
def test_batches_of_any_size_give_the_same_documents(case: Path, batch_bytes: int) -> None:
    spec, files = spec_of(case)
    assert read_all(replace(spec, batch_bytes=batch_bytes), files) == read_all(spec, files)


@each_case
def test_the_spec_survives_pickling(case: Path) -> None:
    spec, files = spec_of(case)
    assert read_all(pickle.loads(pickle.dumps(spec)), files) == read_all(spec, files)


@each_case
def test_files_behind_a_url_give_the_same_rows(case: Path) -> None:
    spec, files = spec_of(case)
    memory = fsspec.filesystem("memory")
    for path in case.parent.iterdir():
        memory.pipe_file(f"/fixtures/{spec.type}/{path.name}", path.read_bytes())
    assert read_all(replace(spec, root=f"memory://fixtures/{spec.type}"), files) == read_all(spec, files)


@each_case
def test_bytes_balance_and_identity_is_intrinsic(case: Path) -> None:
    spec, files = spec_of(case)
    result = read_all(spec, files)
    for uri, total in result["container_bytes"].items():
        rows = [row for row in result["documents"] + result["rejected"] if row["container"] == uri]
        assert sum(row.get("length", 0) for row in rows) <= total
    for row in result["documents"]:
        assert row["doc_id"] == make_doc_id(spec.uid, record_id=row["record_id"]).hex()


@pytest.mark.parametrize(
    "name", sorted({case.parent.name for case in CASES if "id" in spec_of(case)[0].fields})
)
def test_an_id_of_several_fields_is_the_key_of_their_values(name: str) -> None:
    for case in (case for case in CASES if case.parent.name == name):
        spec, files = spec_of(case)
        fields = dict(spec.fields)
        if "id" not in fields:
            continue
        keys = (fields.pop("id"), fields["text"])
        without_id = replace(spec, fields=fields)
        substitutes = {row["record_id"] for row in read_all(without_id, files)["documents"]}
        joined = read_all(replace(without_id, key_fields=keys), files)["documents"]
        for row, single in zip(joined, read_all(spec, files)["documents"], strict=True):
            own_id = None if single["record_id"] in substitutes else single["record_id"]
            assert row["record_id"] == join_key((own_id, single["text"] or None))
