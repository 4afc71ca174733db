"""Whether what was read is within its budgets, and whether inputs are still what was read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from governance.reasons import REFUSED, SKIPPED, TIMEOUT
from layers import storage
from layers.index import LayerIndex
from layers.inputs import DigestingReader
from layers.storage import InputFile
from pipeline.errors import TooManyBadRecords, TooManyFilterErrors
from pipeline.job import Job
from pipeline.stages.ingest import ingest_fingerprint
from pipeline.stages.units import PlannedUnit


def forget_changed_inputs(planned: Sequence[PlannedUnit], *, job: Job) -> list[tuple[str, str]]:
    """Hash every input again; remove the entries of changed files and return (source, uri) of each.

    The quick check trusts size and modification time (or etag); this does not. A file whose
    digest was never committed counts as changed. Call it with the output locked.
    """
    changed: dict[tuple[str, str], None] = {}
    for item in planned:
        entry = job.raw.current(item.unit, key=ingest_fingerprint(item, job=job))
        root = job.specs[item.unit.source].root
        before = len(changed)
        for file in item.files if entry is None else entry.facts["inputs"]:
            uri = file.uri if isinstance(file, InputFile) else file["uri"]
            if isinstance(file, InputFile) or not _is_unchanged(file, url=storage.join(root, uri)):
                changed[item.unit.source, uri] = None
        if entry is not None and len(changed) > before:
            job.raw.forget(item.unit)
    for item in planned:  # other slices of a file that changed
        if any((item.unit.source, file.uri) in changed for file in item.files):
            job.raw.forget(item.unit)
    return list(changed)


def _is_unchanged(file: Mapping[str, Any], *, url: str) -> bool:
    """Whether a file still has the digest that was committed; true for a slice that another vouches for."""
    if "sha256" not in file:
        return True
    return DigestingReader(url, start=file["start"], stop=file["stop"]).finish()[0] == file["sha256"]


def check_stopped_records(index: LayerIndex, *, max_filter_errors: int) -> None:
    """Raise TooManyFilterErrors when libraries were stopped on more records than edits may raise on."""
    stopped = sum(
        row["documents"] or 0
        for row in index.counts().to_pylist()
        if row["flow"] == "dropped" and row["reason"] == TIMEOUT
    )
    if stopped > max_filter_errors:
        raise TooManyFilterErrors(
            f"reading {stopped} records took too long and was stopped; "
            f"max_filter_errors is {max_filter_errors}; see them with `rhizotron dropped`, "
            "and remove them or raise the budget in the corpus file"
        )


def check_bad_records(index: LayerIndex, *, max_bad_fraction: float) -> None:
    """Raise TooManyBadRecords when a source's unreadable share is above the budget (inclusive)."""
    read: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for row in index.counts().to_pylist():
        if row["flow"] == "read":
            read[row["source"]] += row["documents"]
        elif row["flow"] == "dropped" and row["reason"] in SKIPPED:
            read[row["source"]] -= row["documents"] or 0
        elif row["flow"] == "dropped" and row["reason"] not in REFUSED:
            bad[row["source"]] += row["documents"] or 0
            reasons.setdefault(row["source"], Counter())[row["reason"]] += row["documents"] or 0
    for source, reason, tails in _unreadable_tails(index):
        read[source] += tails
        bad[source] += tails
        reasons[source][reason] += tails
    over = [uid for uid in sorted(bad) if bad[uid] > max_bad_fraction * max(read[uid], 1)]
    if over:
        lines = [
            f"{uid}: {bad[uid]} of {read[uid]} records are unreadable "
            f"({', '.join(f'{reason} {n}' for reason, n in reasons[uid].most_common())})"
            for uid in over
        ]
        raise TooManyBadRecords(
            "\n".join(lines)
            + f"\nmax_bad_fraction is {max_bad_fraction}; see them with `rhizotron dropped`, "
            "mend the files or raise the budget in the corpus file"
        )


def _unreadable_tails(index: LayerIndex) -> Iterator[tuple[str, str, int]]:
    """(source, reason, tails): each counts as one record, for how many it held is not known."""
    if pc.any(index.counts()["unknown"]).as_py():
        for entry in index.entries():
            for reason, tails in entry.facts["unreadable_tails"].items():
                yield entry.unit.source, reason, tails
