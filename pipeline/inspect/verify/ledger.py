"""The ledger's rows, added up: one file of ledger/ at a time, as a batch is read."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.manifest import Output
from layers.columns import column
from pipeline.inspect.verify.result import Part
from pipeline.inspect.verify.rows import LocalFile, RowQueue
from pipeline.stages.decide.twins import count_below, count_similarities
from pipeline.stages.publish.dropped import DROPPED
from pipeline.stages.publish.removed_lines import LINES

_COLUMNS = (
    "source",
    "stage",
    "reason",
    "lang",
    "records",
    "length",
    "cluster_size",
    "kept_source",
    "duplicate_method",
    "kept_similarity",
    "doc_id",
    "reasons",
    "failed",
)
_SIDES = {"_below_min": pc.less, "_above_max": pc.greater}
"""How a value is to its limit, by the end of a rule's name."""
LEDGER, DROPPED_SIGNALS = "ledger", "ledger/signals"
DUPLICATES = "manifest.json"
"""Where duplicates are counted: there is no other file of them."""


def check_dropped(
    output: Output, *, file: LocalFile, sidecar: str, signals: LocalFile | None, near_threshold: float
) -> Part:
    """Check and count the rows of ledger/<source>.*, and those of its sidecar; raises Unreadable.

    signals: where the sidecar lies; None: it cannot be read.
    """
    part = Part()
    measured = _Signals(sidecar, file=signals)
    source = output.path.removeprefix("ledger/").rpartition(".")[0]
    rows = 0
    for batch in file.read({name: DROPPED.field(name).type for name in _COLUMNS}):
        table = pa.Table.from_batches([batch])
        _check_source(table, source=source, first_row=rows, output=output, part=part)
        _count_reasons(table, path=output.path, part=part)
        _count_duplicates(table, source=source, near_threshold=near_threshold, part=part)
        _check_failed(table, path=output.path, first_row=rows, part=part)
        measured.check(table, path=output.path, first_row=rows, part=part)
        rows += len(batch)
    part.compare(output.path, "rows", actual=rows, expected=output.rows)
    measured.finish(part)
    return part


def _check_failed(table: pa.Table, *, path: str, first_row: int, part: Part) -> None:
    """Of what decide dropped, `failed` names `reasons`, and every value is beyond its limit."""
    decided = np.flatnonzero(pc.equal(table["stage"], "decide"))
    rows = table.take(pa.array(decided))
    reasons, failed = column(rows, "reasons"), column(rows, "failed")
    named = pa.ListArray.from_arrays(failed.offsets, failed.values.field("rule"))
    if not named.equals(reasons):
        row = next(n for n, pair in enumerate(zip(named, reasons, strict=True)) if pair[0] != pair[1])
        names = [", ".join(each[row].as_py()) for each in (named, reasons)]
        where = f"failed of row {first_row + int(decided[row])}"
        part.compare(path, where, actual=names[0], expected=names[1])
        return
    parents = pc.list_parent_indices(failed).to_numpy()
    rules = pa.table(failed.flatten().flatten(), names=["rule", "value", "limit"])
    for end, is_beyond in _SIDES.items():
        own = pc.and_(pc.ends_with(rules["rule"], end), pc.is_valid(rules["value"]))
        within = np.flatnonzero(pc.and_(own, pc.invert(is_beyond(rules["value"], rules["limit"]))))
        if len(within):
            rule = rules.slice(int(within[0]), 1).to_pylist()[0]
            where = f"{rule['rule']} of row {first_row + int(decided[parents[within[0]]])}"
            part.compare(path, where, actual=str(rule["value"]), expected=f"beyond {rule['limit']}")


class _Signals:
    """The sidecar of a file of the ledger, read beside it: same documents, and the values that failed."""

    def __init__(self, path: str, *, file: LocalFile | None) -> None:
        self._path, self._file = path, file
        self._rows = 0
        columns = {} if file is None else {each.name: each.type for each in file.schema}
        self._queue = RowQueue(iter(()) if file is None else file.read(columns))

    def check(self, dropped: pa.Table, *, path: str, first_row: int, part: Part) -> None:
        """Take the rows of those that decide dropped, and compare."""
        if self._file is None:
            return
        rows = np.flatnonzero(pc.equal(dropped["stage"], "decide"))
        own = dropped.take(pa.array(rows))
        start = 0
        for batch in self._queue.take(len(rows)):
            self._compare(own.slice(start, len(batch)), signals=batch, part=part)
            start += len(batch)
        self._rows += start
        if start < len(rows):
            part.compare(
                self._path, "rows", actual=self._rows, expected=f"{self._rows + len(rows) - start} or more"
            )
            self._file = None

    def _compare(self, dropped: pa.Table, *, signals: pa.RecordBatch, part: Part) -> None:
        ids, expected = signals.column("doc_id"), column(dropped, "doc_id")
        if not ids.equals(expected):
            row = int(np.flatnonzero(pc.not_equal(ids, expected))[0])
            where = f"doc_id of row {self._rows + row}"
            part.compare(self._path, where, actual=ids[row].as_py(), expected=expected[row].as_py())
            return
        failed = column(dropped, "failed")
        parents = pc.list_parent_indices(failed)
        rules = pa.table(failed.flatten().flatten(), names=["rule", "value", "limit"])
        for rule in rules["rule"].unique().to_pylist():
            name = rule.removesuffix("_below_min").removesuffix("_above_max")
            if name == rule or name not in signals.schema.names:
                continue
            chosen = np.flatnonzero(pc.and_(pc.equal(rules["rule"], rule), pc.is_valid(rules["value"])))
            places = parents.take(pa.array(chosen))
            own = signals.column(name).take(places)
            own = own.cast(pa.uint8()) if pa.types.is_boolean(own.type) else own
            values = pc.cast(own, pa.float64(), safe=False)
            wrong = np.flatnonzero(
                pc.fill_null(pc.not_equal(values, rules["value"].take(pa.array(chosen))), True)
            )
            if len(wrong):
                where = f"{name} of row {self._rows + places[int(wrong[0])].as_py()}"
                told = rules["value"][int(chosen[wrong[0]])].as_py()
                part.compare(self._path, where, actual=str(values[int(wrong[0])]), expected=str(told))

    def finish(self, part: Part) -> None:
        """Rows that no document of the ledger has."""
        if self._file is not None:
            part.compare(
                self._path, "rows", actual=self._rows + self._queue.count_rest(), expected=self._rows
            )


def check_lines(output: Output, *, file: LocalFile) -> Part:
    """Check and count the rows of ledger/lines/<source>.*: keys ascend, then none; raises Unreadable."""
    part = Part()
    source = output.path.removeprefix("ledger/lines/").rpartition(".")[0]
    rows, last = 0, -1
    for batch in file.read({name: LINES.field(name).type for name in ("source", "key", "bytes")}):
        _check_source(pa.Table.from_batches([batch]), source=source, first_row=rows, output=output, part=part)
        _check_keyless(batch.column("key"), output=output, first_row=rows, part=part)
        keys = batch.column("key").drop_null().to_numpy()
        falling = np.flatnonzero(keys[1:] <= keys[:-1]) + 1
        if len(keys) and int(keys[0]) <= last:
            falling = np.insert(falling, 0, 0)
        if len(falling):
            row = int(falling[0])
            before = int(keys[row - 1]) if row else last
            part.compare(
                output.path, f"key of row {rows + row}", actual=int(keys[row]), expected=f"more than {before}"
            )
        last = int(keys[-1]) if len(keys) else last
        part.counts[output.path, "bytes of removed lines"] += pc.sum(batch.column("bytes")).as_py() or 0
        rows += len(batch)
    part.compare(output.path, "rows", actual=rows, expected=output.rows)
    return part


def _check_keyless(keys: pa.Array, *, output: Output, first_row: int, part: Part) -> None:
    """Rows without a key come last: elsewhere their place would tell some of it."""
    nulls = keys.is_null().to_numpy(zero_copy_only=False)
    if nulls.any() and not nulls[int(nulls.argmax()) :].all():
        row = first_row + int(nulls.argmax())
        part.compare(output.path, f"key of row {row}", actual="null", expected="null in the last rows only")


def _check_source(table: pa.Table, *, source: str, first_row: int, output: Output, part: Part) -> None:
    others = np.flatnonzero(pc.not_equal(column(table, "source"), source).to_numpy(zero_copy_only=False))
    if len(others):
        row = int(others[0])
        actual = table["source"][row].as_py()
        part.compare(output.path, f"source of row {first_row + row}", actual=actual, expected=source)


def _count_reasons(table: pa.Table, *, path: str, part: Part) -> None:
    groups = table.group_by(["stage", "lang", "reason"]).aggregate(
        [("records", "sum"), ("records", "count"), ("source", "count"), ("length", "sum")]
    )
    for row in groups.to_pylist():
        stage, lang, reason = row["stage"], row["lang"], row["reason"]
        what = f"{stage}, {lang}, {reason}" if stage == "decide" else f"{stage}, {reason}"
        part.counts[path, f"{what}: documents"] += row["records_sum"] or 0
        if row["records_count"] < row["source_count"]:
            part.tails.add((path, f"{what}: unreadable tails"))
        if stage == "ingest":
            part.counts[path, f"{what}: bytes"] += row["length_sum"] or 0


def _count_duplicates(table: pa.Table, *, source: str, near_threshold: float, part: Part) -> None:
    """Rows per cluster size, twins by where the kept one is, similarities of near duplicates."""
    for row in pc.value_counts(column(table, "cluster_size").drop_null()).to_pylist():
        part.cluster_rows[row["values"]] += row["counts"]
    twins = table.filter(pc.is_valid(table["duplicate_method"]))
    groups = twins.group_by(["lang", "kept_source", "duplicate_method"]).aggregate([("source", "count")])
    for row in groups.to_pylist():
        what = name_overlap(source, row["lang"], row["kept_source"], row["duplicate_method"])
        part.counts[DUPLICATES, what] += row["source_count"]
    similarities = count_similarities(table)
    bins = similarities["bins"]
    assert isinstance(bins, list)
    part.counts.update({(DUPLICATES, name_bin(place)): count for place, count in enumerate(bins) if count})
    part.counts[DUPLICATES, "near duplicates of unknown similarity"] += int(str(similarities["unknown"]))
    below = count_below(table, similarity=near_threshold)
    part.counts[DUPLICATES, "near duplicates below the threshold"] += below


def name_overlap(source: str, lang: str, kept_source: str | None, method: str) -> str:
    """What is counted of duplicates by where they and their kept twins are."""
    kept = "nowhere" if kept_source is None else f"in {kept_source}"
    return f"duplicates by {method} of {source} in {lang}, kept {kept}"


def name_bin(place: int) -> str:
    """What is counted of similarities of near duplicates."""
    return f"near duplicates in bin {place} of similarity"
