"""The contract of a source type, checked on its fixtures: `<case>.case.json` beside `<case>.expected.json`.

A case names files and the spec; what is expected is every document and rejected record. Tests of plugins
call `check_case`, those of this project ask the same and more. `python -m sources.reading.contract CASE…`
writes what is expected, to be read by whoever wrote the type.
"""

import json
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sources
from layers import plugins
from layers.document import DOCUMENT, REJECTED, make_doc_id
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec
from sources.reading.listing import list_files

UNIT_BYTES, BATCH_BYTES = (1, 7, 64, 1000), (1, 50)


def spec_of(case: Path) -> tuple[SourceSpec, list[str]]:
    """The spec and the files of a case; its folder is called as the type."""
    raw = json.loads(case.read_text(encoding="utf-8"))
    files = raw.pop("files")
    uid = f"test-{case.parent.name}"
    return SourceSpec(uid, case.parent.name, str(case.parent), **{"license": "CC0-1.0"} | raw), files


def read_all(spec: SourceSpec, files: Sequence[str]) -> dict[str, Any]:
    """Every document and rejected row of the files, in order, and the container bytes per file.

    Raises AssertionError for a batch that is empty, not valid, or not of the schema.
    """
    module = sources.load(spec.type)
    documents: list[Mapping[str, Any]] = []
    rejected: list[Mapping[str, Any]] = []
    container_bytes: dict[str, int] = {}
    for file in list_files(files, spec=spec).files:
        container_bytes[file.uri] = 0
        for start, stop in module.split(file, spec=spec):
            log = RecordLog(Unit(spec.uid, file.uri, start, stop))
            for batch in module.read(log.unit, spec=spec, log=log):
                assert batch.schema.equals(DOCUMENT, check_metadata=True), "a batch has other columns"
                batch.validate(full=True)
                assert len(batch), "a batch is empty"
                documents += batch.to_pylist()
            assert log.rejected_batch().schema.equals(REJECTED)
            rejected += log.rejected_batch().to_pylist()
            container_bytes[file.uri] += log.container_bytes
    return {
        "documents": [_printable(row) for row in documents],
        "rejected": [_printable(row) for row in rejected],
        "container_bytes": container_bytes,
    }


def check_case(case: Path) -> None:
    """A case gives what is expected, in units and batches of any size; keys are intrinsic.

    Raises AssertionError that says what differs.
    """
    spec, files = spec_of(case)
    actual = read_all(spec, files)
    assert actual == json.loads(_expected(case).read_text(encoding="utf-8")), f"{case}: not as expected"
    for name, other in _variants(spec):
        assert read_all(other, files) == actual, f"{case}: other documents with {name}"
    for uri, total in actual["container_bytes"].items():
        rows = [row for row in actual["documents"] + actual["rejected"] if row["container"] == uri]
        assert sum(row.get("length", 0) for row in rows) <= total, f"{case}: more bytes than {uri} has"
    for row in actual["documents"]:
        assert row["doc_id"] == make_doc_id(spec.uid, record_id=row["record_id"]).hex()


def _variants(spec: SourceSpec) -> Iterator[tuple[str, SourceSpec]]:
    for size in UNIT_BYTES:
        yield f"unit_bytes {size}", replace(spec, unit_bytes=size)
    for size in BATCH_BYTES:
        yield f"batch_bytes {size}", replace(spec, batch_bytes=size)
    yield "a pickled spec", pickle.loads(pickle.dumps(spec))


def write_expected(case: Path) -> None:
    """Write what a case gives now as what is expected of it."""
    content = json.dumps(read_all(*spec_of(case)), ensure_ascii=False, indent=1)
    _expected(case).write_text(content + "\n", encoding="utf-8")


def activate_plugin(folder: Path) -> None:
    """Use the source types of a plugin folder in this process."""
    plugins.activate([plugins.find_folder(folder.name, path=folder)])


def _expected(case: Path) -> Path:
    return Path(str(case).replace(".case.", ".expected."))


def _printable(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that are not null."""
    values = {name: value for name, value in row.items() if value is not None}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def main(arguments: Sequence[str]) -> None:
    """`[--plugin FOLDER] CASE…`."""
    paths = [*arguments]
    if paths[:1] == ["--plugin"]:
        activate_plugin(Path(paths[1]).resolve())
        del paths[:2]
    for path in paths:
        write_expected(Path(path))


if __name__ == "__main__":
    main(sys.argv[1:])
