"""Small releases that verify, made in milliseconds: files of a stored one under a manifest of today."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc

from governance.manifest import README, Manifest, Output, merkle_root, sha256

STORED = Path(__file__).parents[1] / "data" / "release-0.1" / "release"
"""Its columns and code are of version 1, so that rows and pages are not compared, only their digests."""
SHARD = "data/fr/health_json/train-00000-of-00001.arrow"
OTHER_SHARD = "data/en/health_json/train-00000-of-00001.arrow"
NAME = "manifest.json"


def make(
    folder: Path,
    *,
    version: str = "1.0.0",
    name: str = "small",
    without_first: bool = False,
    salt: str = "",
    more: Mapping[str, bytes] | None = None,
    readme: Callable[[str], str] = lambda text: text,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """A release in folder; more: further files; without_first: the first row of SHARD is another one.

    salt: text of its second row, so that no other release has a shard with the same bytes. The counts of
    the manifest stay, so a row that goes is replaced.
    """
    shutil.copytree(STORED, folder)
    if salt:
        _replace_row(folder / SHARD, row=1, text=salt)
    if without_first:
        _replace_row(folder / SHARD, row=0, text="Nothing of what was here before.", doc_id="0" * 32)
    for path, data in (more or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    text = (folder / README).read_text("utf-8").replace('version: "1.0.0"', f'version: "{version}"')
    (folder / README).write_text(readme(text), "utf-8")
    seal(folder, changes={"version": version, "name": name, **(changes or {})})
    return folder


def seal(folder: Path, *, changes: Mapping[str, Any] | None = None) -> None:
    """Write the manifest anew, of the files that are there."""
    fields = Manifest.from_json((STORED / NAME).read_bytes()).model_dump(mode="json") | dict(changes or {})
    outputs = [_describe(folder, path) for path in sorted(_files(folder))]
    fields |= {"outputs": [each.model_dump() for each in outputs], "merkle_root": merkle_root(outputs)}
    (folder / NAME).write_bytes(Manifest.model_validate(fields).to_json())


def doc_ids(data: bytes) -> list[str]:
    """Of a shard."""
    ids: list[str] = _open(data).read_all()["doc_id"].to_pylist()
    return ids


def manifest_of(folder: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((folder / NAME).read_bytes())
    return fields


def dump(fields: Mapping[str, Any]) -> bytes:
    """A manifest that says of itself that nobody edited it."""
    fields = {key: value for key, value in fields.items() if key != "manifest_sha256"}
    return json.dumps(fields, indent=1, sort_keys=True).encode()


def _files(folder: Path) -> set[str]:
    paths = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return paths - {NAME}


def _describe(folder: Path, path: str) -> Output:
    data, parts = (folder / path).read_bytes(), path.split("/")
    rows = _open(data).read_all().num_rows if path.endswith(".arrow") else None
    lang, source = (parts[1], parts[2]) if parts[0] in ("data", "provenance") else (None, None)
    return Output(path=path, sha256=sha256(data), bytes=len(data), rows=rows, lang=lang, source=source)


def _open(data: bytes) -> Any:
    return ipc.open_file(data) if data.startswith(b"ARROW1") else ipc.open_stream(data)


def _replace_row(path: Path, *, row: int, text: str, doc_id: str | None = None) -> None:
    data = path.read_bytes()
    table = _open(data).read_all()
    for name, value in (("doc_id", doc_id), ("text", text)):
        if value is not None:
            values = table[name].to_pylist()
            values[row] = value
            place, field = table.schema.get_field_index(name), table.schema.field(name)
            table = table.set_column(place, field, pa.array(values, field.type))
    make_writer = ipc.new_file if data.startswith(b"ARROW1") else ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, make_writer(sink, table.schema) as writer:
        writer.write_table(table)
