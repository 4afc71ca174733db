"""The index of a layer: its entries gathered once, at its barrier, so that no later task reads them all.

Four shards, committed as one unit of the layer `index` and read by columns or by a slice of rows:

    units    a row per unit, in unit order: where it is, its fingerprint, rows, its rows of the other shards
    runs     a row per unit and language: the rows of the unit that are of the language, and their bytes
    counts   a row per unit and line of the ledger
    entries  a row per unit: its entry, for a task that needs a few of them whole
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from layers import storage
from layers.entries import Entry, Unit, entry_url, fingerprint, read_entry_line
from layers.layer import Layer, MissingEntry
from layers.shards import DamagedFile

CONTENT_VERSION = 1
SLICE_ROWS = 256
"""Rows of a batch: what a task reads for one unit."""

UNITS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("uri", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("stop", pa.int64()),
        pa.field("part", pa.int32()),
        pa.field("last", pa.string()),
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("files", pa.string(), nullable=False),
        pa.field("inputs", pa.string(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("raw_rows", pa.int64(), nullable=False),
        pa.field("first_run", pa.int64(), nullable=False),
    ]
)
RUNS = pa.schema(
    [
        pa.field("unit", pa.int64(), nullable=False),
        pa.field("lang", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("stop", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("kept_rows", pa.int64(), nullable=False),
        pa.field("kept_bytes", pa.int64(), nullable=False),
    ]
)
COUNTS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("flow", pa.string(), nullable=False),
        pa.field("lang_declared", pa.string(), nullable=False),
        pa.field("lang", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("documents", pa.int64()),
        pa.field("bytes", pa.int64(), nullable=False),
    ]
)
ENTRIES = pa.schema([pa.field("entry", pa.large_binary(), nullable=False)])
_SCHEMAS = {"units": UNITS, "runs": RUNS, "counts": COUNTS, "entries": ENTRIES}


def gather(
    layer: Layer,
    *,
    keys: Mapping[Unit, str],
    index: Layer,
    rows_of: str | None = None,
    inputs: Sequence[str] = (),
) -> "LayerIndex":
    """Read the entries of units with these fingerprints, in the order of units, and commit their index.

    rows_of: the file whose rows are the unit's rows; inputs: the files that the next stage decides by, of
    which `inputs` is the digest, as `files` is of all. Memory: a slice. Raises MissingEntry naming a unit
    that is not in the layer or was made otherwise, and DamagedFile.
    """
    unit, digest = _index_unit(layer), hashlib.sha256()
    with index.commit(unit, key="") as commit, ExitStack() as stack:
        ends = range(SLICE_ROWS, len(keys), SLICE_ROWS)
        writers = {
            name: stack.enter_context(
                commit.open(name, schema=schema, ends=ends if name in ("units", "entries") else ())
            )
            for name, schema in _SCHEMAS.items()
        }
        names = _Names(rows_of, tuple(inputs))
        rows = _Slice(first=0, first_run=0, names=names)
        for place, (each, key) in enumerate(sorted(keys.items(), key=lambda item: item[0].order)):
            line, entry = _read(layer, unit=each, key=key)
            digest.update(line)
            rows.add(line, entry)
            if (place + 1) % SLICE_ROWS == 0 or place + 1 == len(keys):
                for name, batch in rows.batches():
                    writers[name].write(batch)
                rows = _Slice(first=place + 1, first_run=rows.next_run, names=names)
        stack.close()
        index_key = fingerprint(layer=layer.name, entries=digest.hexdigest(), version=CONTENT_VERSION)
        commit.commit([], fingerprint=index_key)
    return LayerIndex(index, layer=layer, key=index_key)


def _index_unit(layer: Layer) -> Unit:
    return Unit(layer.name, "index")


def _read(layer: Layer, *, unit: Unit, key: str) -> tuple[bytes, dict[str, Any]]:
    line = read_entry_line(layer.url, unit=unit)
    if line is None:
        raise MissingEntry(layer.name, unit, url=layer.url)
    entry = orjson.loads(line)
    if Unit(**entry["unit"]) != unit:
        raise DamagedFile(entry_url(layer.url, unit=unit), f"is the entry of {Unit(**entry['unit'])}")
    if entry["fingerprint"] != key:
        raise MissingEntry(layer.name, unit, url=layer.url)
    return line, entry


@dataclass(frozen=True)
class _Names:
    """Names of files of an entry: whose rows are the unit's, and what the next stage decides by."""

    rows_of: str | None
    inputs: tuple[str, ...]


class _Slice:
    """The rows of some consecutive units."""

    def __init__(self, *, first: int, first_run: int, names: _Names) -> None:
        self._place = first
        self._names = names
        self.next_run = first_run
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}

    def add(self, line: bytes, entry: dict[str, Any]) -> None:
        """The rows of one entry."""
        unit, facts, files = entry["unit"], entry["facts"], entry["files"]
        rows_of = self._names.rows_of
        unit["fingerprint"] = entry["fingerprint"]
        digests = {name: file["sha256"] for name, file in files.items()}
        unit["files"] = _digest_files(digests, names=sorted(files))
        unit["inputs"] = _digest_files(digests, names=self._names.inputs)
        unit["rows"] = sum(files[rows_of]["batch_rows"]) if rows_of else 0
        unit["raw_rows"] = facts.get("raw_rows", 0)
        unit["first_run"] = self.next_run
        runs = [
            {"unit": self._place, "kept_rows": 0, "kept_bytes": 0} | run for run in facts.get("langs", ())
        ]
        self._rows["units"].append(unit)
        self._rows["runs"] += runs
        self._rows["counts"] += [{"source": unit["source"]} | count for count in entry["counts"]]
        self._rows["entries"].append({"entry": line})
        self._place += 1
        self.next_run += len(runs)

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        for name, schema in _SCHEMAS.items():
            yield name, pa.RecordBatch.from_pylist(self._rows[name], schema=schema)


def digest_inputs(entries: Iterable[Entry], *, files: Sequence[str]) -> str:
    """Digest of files of units, and of where they are: n entries → one digest."""
    return _digest_rows(
        (
            entry.unit.source,
            entry.unit.uri,
            entry.unit.start,
            entry.unit.part,
            _digest_files(entry.digests, names=files),
        )
        for entry in entries
    )


def _digest_rows(rows: Iterable[tuple[Any, ...]]) -> str:
    whole = hashlib.sha256()
    for row in rows:
        whole.update(orjson.dumps(row))
    return whole.hexdigest()


def _digest_files(digests: Mapping[str, str], *, names: Iterable[str]) -> str:
    return hashlib.sha256("".join(digests[name] for name in names).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class LayerIndex:
    """The index of a layer, as gathered under a fingerprint; what is read of it is checked."""

    index: Layer
    """Where indexes are."""
    layer: Layer
    """The layer that it is the index of."""
    key: str

    @classmethod
    def latest(cls, layer: Layer, *, index: Layer) -> "LayerIndex":
        """The index that was gathered last; raises MissingEntry where there is none."""
        return cls(index, layer=layer, key=index.require(_index_unit(layer)).fingerprint)

    @cached_property
    def _entry(self) -> Entry:
        return self.index.require(_index_unit(self.layer), key=self.key)

    def __len__(self) -> int:
        return self._entry.files["units"].rows

    def columns(self, *names: str) -> pa.Table:
        """Columns of all units."""
        return self.index.table(self._entry, "units", columns=names)

    def numbers(self, name: str) -> np.ndarray:
        """One column of integers of all units: int64 [units]."""
        return np.asarray(self.columns(name)[name], np.int64)

    def runs(self, *names: str, start: int = 0, stop: int | None = None) -> pa.Table:
        """Columns of the runs of units start to stop; none named: all."""
        bounds = (start, len(self) if stop is None else stop)
        low, high = (0 if unit == 0 else self._first_run(unit) for unit in bounds)
        return self.index.table(self._entry, "runs", columns=names or RUNS.names, start=low, stop=high)

    def _first_run(self, unit: int) -> int:
        """First run of a unit; of the one behind the last, the number of runs."""
        if unit >= len(self):
            return self._entry.files["runs"].rows
        return int(self.index.row(self._entry, "units", unit, columns=["first_run"])["first_run"][0].as_py())

    def counts(self) -> pa.Table:
        """The lines of the ledger of all units, added up where everything else is equal.

        Columns: those of COUNTS, and unknown, whether the number of documents is (then it is null).
        """
        table = self.index.table(self._entry, "counts")
        unknown = pc.is_null(table["documents"])
        keys = [*COUNTS.names[:5], "unknown"]
        grouped = table.append_column("unknown", unknown).group_by(keys)
        sums = grouped.aggregate([("documents", "sum"), ("bytes", "sum")])
        sums = sums.rename_columns([*keys, "documents", "bytes"])
        return sums.sort_by([(name, "ascending") for name in keys])

    def units(self, *, start: int = 0, stop: int | None = None) -> list[Unit]:
        """The units from start to stop, in unit order."""
        names = ("source", "uri", "start", "stop", "part", "last")
        rows = self.index.table(self._entry, "units", columns=names, start=start, stop=stop)
        return [Unit(**row) for row in rows.to_pylist()]

    def entries(self, *, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The entries of units start to stop, in unit order, one after the other."""
        for batch in self.index.batches(self._entry, "entries", start=start, stop=stop):
            for line in batch["entry"]:
                yield Entry.from_json(line.as_buffer().to_pybytes())

    def slice_of(self, unit: int) -> list[Entry]:
        """The SLICE_ROWS entries among which that of a unit is, the first of them at a multiple of it."""
        start = unit // SLICE_ROWS * SLICE_ROWS
        return list(self.entries(start=start, stop=start + SLICE_ROWS))

    @property
    def inputs(self) -> str:
        """Digest of what the next stage decides by, in all units; as digest_inputs of their entries."""
        names = ("source", "uri", "start", "part", "inputs")
        return _digest_rows(
            row
            for batch in self.columns(*names).to_batches()
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )

    def source_units(self, source: str) -> tuple[int, int]:
        """First unit of a source, and the one behind its last: they follow one another."""
        sources = self.columns("source")["source"]
        # one chunk: of none, as where every record was rejected, indices_nonzero ends the process
        rows = pc.indices_nonzero(pc.equal(sources.combine_chunks(), source)).to_numpy()
        return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)

    def source_entries(self, source: str) -> Iterator[Entry]:
        """The entries of a source's units, in order."""
        start, stop = self.source_units(source)
        return self.entries(start=start, stop=stop)

    def discard(self) -> None:
        """Remove the index; it is gathered anew when it is needed."""
        storage.remove(entry_url(self.index.url, unit=_index_unit(self.layer)))
