"""What `verify` says: mismatches, what could not be compared, and the counts that come out of the files."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

Value = str | int | None

CountKey = tuple[str, str]
"""(file or folder below the release, what is counted there)."""


@dataclass(frozen=True, order=True)
class Mismatch:
    """One thing that is not as the manifest says: where, what, and both values."""

    path: str
    check: str
    actual: Value
    expected: Value
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.path}: {self.check}: {self.actual}, expected {self.expected}{note}"


@dataclass
class Part:
    """What came of one file, or of two that are read side by side; parts are added up."""

    mismatches: list[Mismatch] = field(default_factory=list)
    counts: Counter[CountKey] = field(default_factory=Counter)
    tails: set[CountKey] = field(default_factory=set)
    """Where an unknown number of records is behind at least one row."""
    cluster_rows: Counter[int] = field(default_factory=Counter)
    """Size of a cluster → rows, published or dropped, that say they are of one."""
    ids: list[tuple[str, np.ndarray]] = field(default_factory=list)
    """(path, n published ids as n × 2 uint64)."""
    schemas: dict[str, tuple[str, pa.Schema]] = field(default_factory=dict)
    """Kind of file → (path, columns) of the first one."""
    unread: list[str] = field(default_factory=list)
    """Files whose rows are not counted: missing, or not readable."""
    bytes: int = 0

    def add(self, other: "Part") -> None:
        """Add what another part says; of two schemas of a kind the first stays."""
        self.mismatches += other.mismatches
        self.counts.update(other.counts)
        self.tails |= other.tails
        self.cluster_rows.update(other.cluster_rows)
        self.ids += other.ids
        self.schemas = other.schemas | self.schemas
        self.unread += other.unread
        self.bytes += other.bytes

    def compare(self, path: str, check: str, *, actual: Value, expected: Value, note: str = "") -> bool:
        """Note a mismatch where two values differ; True when they do not."""
        if actual != expected:
            self.mismatches.append(Mismatch(path, check, actual, expected, note))
        return actual == expected


@dataclass(frozen=True)
class NotCompared:
    """What was left out, and why: no mismatch, and no promise either."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"not compared: {self.what}: {self.reason}"


@dataclass
class Verification:
    """The answer of `verify`."""

    release: str
    name: str = ""
    made_by: str = ""
    manifest_sha256: str = ""
    signed_by: str = ""
    """Who of the allowed signers; empty: nobody, or nobody asked."""
    files: int = 0
    bytes: int = 0
    documents: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    not_compared: list[NotCompared] = field(default_factory=list)

    def leave_out(self, what: str, *, reason: str) -> None:
        self.not_compared.append(NotCompared(what, reason))

    def to_json(self) -> dict[str, Any]:
        values = vars(self) | {
            "mismatches": _dicts(self.mismatches),
            "not_compared": _dicts(self.not_compared),
        }
        return {"ok": not self.mismatches, **values}


def _dicts(items: Iterable[object]) -> list[dict[str, Any]]:
    return [dict(vars(item)) for item in items]
