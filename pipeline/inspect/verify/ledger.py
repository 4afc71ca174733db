"""The ledger's rows, added up: one file of ledger/ at a time, as a batch is read."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.manifest import Output
from layers.columns import column
from pipeline.inspect.verify.result import Part
from pipeline.inspect.verify.rows import LocalFile
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
)
DUPLICATES = "manifest.json"
"""Where duplicates are counted: there is no other file of them."""


def check_dropped(output: Output, *, file: LocalFile, near_threshold: float) -> Part:
    """Check and count the rows of ledger/<source>.*; raises Unreadable."""
    part = Part()
    source = output.path.removeprefix("ledger/").rpartition(".")[0]
    rows = 0
    for batch in file.read({name: DROPPED.field(name).type for name in _COLUMNS}):
        table = pa.Table.from_batches([batch])
        _check_source(table, source=source, first_row=rows, output=output, part=part)
        _count_reasons(table, path=output.path, part=part)
        _count_duplicates(table, source=source, near_threshold=near_threshold, part=part)
        rows += len(batch)
    part.compare(output.path, "rows", actual=rows, expected=output.rows)
    return part


def check_lines(output: Output, *, file: LocalFile) -> Part:
    """Check and count the rows of ledger/lines/<source>.*, whose keys ascend; raises Unreadable."""
    part = Part()
    source = output.path.removeprefix("ledger/lines/").rpartition(".")[0]
    rows, last = 0, -1
    for batch in file.read({name: LINES.field(name).type for name in ("source", "key", "bytes")}):
        _check_source(pa.Table.from_batches([batch]), source=source, first_row=rows, output=output, part=part)
        keys = batch.column("key").to_numpy()
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
