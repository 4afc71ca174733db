"""A release that is damaged in one place, and what `verify` says of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import rfc8785

from governance.manifest import Manifest, Output, merkle_root, sha256
from layers.shard_writer import write_shard
from layers.shards import read_table
from pipeline.inspect.verify.release import verify

DATA = "data/fr/health_json/train-00000-of-00001.arrow"
SIDECAR = "provenance/fr/health_json/train-00000-of-00001.arrow"
OTHER = "data/sw/health_text/train-00000-of-00001.arrow"
LEDGER = "ledger/health_json.arrow"
LINES = "ledger/lines/health_json.arrow"
SIGNALS = "ledger/signals/health_json.arrow"
SIGNAL = "word_repetition_ratio"
RULE = f"{SIGNAL}_above_max"
CARD = "cards/sources/health_json.md"
MANIFEST = "manifest.json"
BELOW = "near duplicates below the threshold"

Damage = Callable[[Path], object]
Changes = Callable[[pa.Table], pa.Table]


def mismatches(release: Path, *, texts: bool = False) -> set[tuple[str, str]]:
    """(path, what is wrong there); numbers of rows and lines are left out, a size is part of a digest."""
    answer = verify(str(release), texts=texts)
    checks = {(item.path, re.sub(r"( \d+)$", "", item.check)) for item in answer.mismatches}
    return {(path, "sha256" if check == "bytes" else check) for path, check in checks}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(release: Path, first: str, second: str) -> None:
    data = (release / first).read_bytes()
    (release / first).write_bytes((release / second).read_bytes())
    (release / second).write_bytes(data)


def rewrite(path: Path, change: Changes) -> None:
    """The same Arrow file with other rows or columns."""
    table = change(read_table(str(path)))
    write_shard(path, iter(table.to_batches()), schema=table.schema, path=path.name)


def reverse(table: pa.Table) -> pa.Table:
    return table.take(list(range(len(table)))[::-1])


def replace_column(name: str, value: Callable[[Any], Any]) -> Changes:
    """A change of the first value of a column."""

    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(name)
        values = table[name].to_pylist()
        values[0] = value(values[0])
        return table.set_column(
            index, table.schema.field(name), pa.array(values, table.schema.field(name).type)
        )

    return change


def change_failed(**changes: Any) -> Changes:
    """Another rule or value of the first document that failed RULE."""

    def change(table: pa.Table) -> pa.Table:
        rows = table["failed"].to_pylist()
        failure = next(each for row in rows for each in row or () if each["rule"] == RULE)
        failure.update(changes)
        index = table.schema.get_field_index("failed")
        return table.set_column(
            index, table.schema.field(index), pa.array(rows, table.schema.field(index).type)
        )

    return change


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit_manifest(release: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as somebody does who knows how its own digest is made."""
    raw = json.loads((release / "manifest.json").read_bytes())
    change(raw)
    del raw["manifest_sha256"]
    raw["manifest_sha256"] = sha256(rfc8785.dumps(raw))
    (release / "manifest.json").write_bytes(rfc8785.dumps(raw))


def vouch(release: Path) -> None:
    """Make every digest right again, as a publisher does whose pipeline has a fault."""
    manifest = Manifest.from_json((release / "manifest.json").read_bytes())
    outputs = [listed(release, output) for output in manifest.outputs]
    root = merkle_root(outputs)
    edit_all(release / "README.md", manifest.merkle_root, root)
    outputs = [listed(release, output) for output in outputs]
    made = manifest.model_copy(update={"outputs": outputs, "merkle_root": root})
    (release / "manifest.json").write_bytes(made.to_json())


def listed(release: Path, output: Output) -> Output:
    data = (release / output.path).read_bytes()
    return output.model_copy(update={"sha256": sha256(data), "bytes": len(data)})


def edit_all(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
