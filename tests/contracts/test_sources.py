"""The contract of source types, on the fixtures of tests/data/sources/<type>/.

`<case>.case.json` names the files and the spec; `<case>.expected.json` holds every document and every
rejected row. To write the latter for a new type, run this file as a script and read what it wrote.
"""

import json
import pickle
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

import sources
from layers.document import DOCUMENT, REJECTED, make_doc_id
from layers.entries import Unit
from layers.listing import list_inputs
from sources.base import RecordLog, SourceSpec
from sources.reading.keys import join_key

DATA = Path(__file__).parents[1] / "data" / "sources"
CASES = sorted(DATA.glob("*/*.case.json"))
each_case = pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name[:-10]}")


def spec_of(case: Path) -> tuple[SourceSpec, list[str]]:
    raw = json.loads(case.read_text())
    files = raw.pop("files")
    uid = f"test-{case.parent.name}"
    return SourceSpec(uid, case.parent.name, str(case.parent), **{"license": "CC0-1.0"} | raw), files


def read_all(spec: SourceSpec, files: list[str]) -> dict[str, Any]:
    """Every document and rejected row of the files, in order, and the container bytes per file."""
    module = sources.load(spec.type)
    documents: list[Mapping[str, Any]] = []
    rejected: list[Mapping[str, Any]] = []
    container_bytes: dict[str, int] = {}
    for file in list_inputs(files, root=spec.root).files:
        container_bytes[file.uri] = 0
        for start, stop in module.split(file, spec=spec):
            log = RecordLog(Unit(spec.uid, file.uri, start, stop))
            for batch in module.read(log.unit, spec=spec, log=log):
                assert batch.schema.equals(DOCUMENT, check_metadata=True)
                batch.validate(full=True)
                assert len(batch)
                documents += batch.to_pylist()
            assert log.rejected_batch().schema.equals(REJECTED)
            rejected += log.rejected_batch().to_pylist()
            container_bytes[file.uri] += log.container_bytes
    return {
        "documents": [_printable(row) for row in documents],
        "rejected": [_printable(row) for row in rejected],
        "container_bytes": container_bytes,
    }


def _printable(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that are not null."""
    values = {name: value for name, value in row.items() if value is not None}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


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


if __name__ == "__main__":
    for path in CASES:
        if not sys.argv[1:] or path.parent.name in sys.argv[1:]:
            content = json.dumps(read_all(*spec_of(path)), ensure_ascii=False, indent=1)
            Path(str(path).replace(".case.", ".expected.")).write_text(content + "\n")
