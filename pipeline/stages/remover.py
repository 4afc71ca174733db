"""Takes out of raw units what removals are about, before ingest commits: documents go, spans are cut."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from governance.reasons import REMOVED
from governance.removals.matching import REDACTED_COLUMNS, Matcher
from governance.removals.rules import Rule
from governance.removals.spans import redact
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, Unit
from pipeline.job import Job
from pipeline.stages.removals import (
    FILE,
    active_rules,
    add_hits,
    original_ordinals,
    recorded_hits,
    unexamined,
    write_note,
)

_DETAIL = "removed on request"


@lru_cache(8)
def _matcher(rules: tuple[Rule, ...]) -> Matcher:
    return Matcher(rules)


@dataclass(frozen=True)
class Kept:
    """What stays of a batch, and the rows of it that went."""

    batch: pa.RecordBatch
    dropped: np.ndarray
    is_redacted: bool = False


class Remover:
    """Takes out of the batches of one raw unit what rules are about."""

    def __init__(self, source: str, *, rules: Sequence[Rule]) -> None:
        self._source = source
        self._matcher = _matcher(tuple(rules))
        self._hits: set[str] = set()
        self._removed: dict[int, list[int]] = {}
        self._redacted: dict[int, list[int]] = {}
        self._rows: list[tuple[int, int, dict[str, Any]]] = []
        self.length = 0
        """Container bytes of the records that went."""

    @classmethod
    def of_job(cls, source: str, *, job: Job) -> "Remover":
        return cls(source, rules=tuple(active_rules(job).values()))

    def resume(self, entry: Entry, *, rows: pa.Table | None) -> None:
        """Begin with what was taken out of a raw unit before."""
        self._hits |= {*recorded_hits(entry)}
        facts = entry.facts.get("removals", {"removed": [], "redacted": []})
        self._redacted = {part: [*ordinals] for part, ordinals in facts["redacted"]}
        ordered = [] if rows is None else rows.to_pylist()
        for part, ordinals in facts["removed"]:
            for ordinal in ordinals:
                self._note(part, ordinal, ordered.pop(0))

    def _note(self, part: int, ordinal: int, row: dict[str, Any]) -> None:
        self._removed.setdefault(part, []).append(ordinal)
        self._rows.append((part, ordinal, row))
        self.length += row["length"] or 0

    def split(self, batch: pa.RecordBatch, *, part: int, ordinals: np.ndarray) -> Kept:
        """What stays of documents that have these places in a part."""
        if not self._matcher:
            return Kept(batch, np.zeros(0, np.int64))
        hits = self._matcher.find(batch, source=self._source)
        if not len(hits):
            return Kept(batch, np.zeros(0, np.int64))
        rules = self._matcher.rules
        self._hits |= {rules[rule].id for rule in np.unique(hits.rules).tolist()}
        redacts = np.array([rule.redacts for rule in rules], bool)[hits.rules]
        gone = np.unique(hits.rows[~redacts])
        batch = self._redact(
            batch,
            hits=_group(hits.rows[redacts], hits.rules[redacts], without=gone),
            part=part,
            ordinals=ordinals,
        )
        places = batch.select(["container", "offset", "length"]).take(pa.array(gone)).to_pylist()
        for row, place in zip(gone.tolist(), places, strict=True):
            rest = {"record_id": None, "reason": REMOVED, "detail": _DETAIL, "records": 1}
            self._note(part, int(ordinals[row]), {**place, **rest})
        mask = np.ones(len(batch), bool)
        mask[gone] = False
        kept = batch.filter(pa.array(mask)) if len(gone) else batch
        return Kept(kept, gone, is_redacted=bool(redacts.any()))

    def _redact(
        self, batch: pa.RecordBatch, *, hits: Mapping[int, list[int]], part: int, ordinals: np.ndarray
    ) -> pa.RecordBatch:
        if not hits:
            return batch
        rows = sorted(hits)
        known = self._redacted.setdefault(part, [])
        known += [place for place in ordinals[rows].tolist() if place not in known]
        mask = np.zeros(len(batch), bool)
        mask[rows] = True
        for name in (*REDACTED_COLUMNS, "raw_sha256"):
            column = batch[name]
            values = [
                None
                if text is None or name == "raw_sha256"
                else redact(text, rules=[self._matcher.rules[rule] for rule in hits[row]])
                for row, text in zip(rows, column.take(pa.array(rows)).to_pylist(), strict=True)
            ]
            cut = iter(values)
            merged = [
                next(cut) if hit else value for hit, value in zip(mask, column.to_pylist(), strict=True)
            ]
            array = pa.array(merged, column.type)
            batch = batch.set_column(batch.schema.get_field_index(name), DOCUMENT.field(name), array)
        return batch

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The REJECTED rows of what went, in the order of the documents."""
        rows = [row for _, _, row in sorted(self._rows, key=lambda item: item[:2])]
        yield pa.RecordBatch.from_pylist(rows, schema=REJECTED)

    @property
    def documents(self) -> int:
        return len(self._rows)

    def counts(self) -> list[Count]:
        """The line of the ledger; none where nothing went."""
        return [Count("dropped", reason=REMOVED, documents=self.documents, bytes=self.length)] * bool(
            self._rows
        )

    def facts(self) -> dict[str, Any]:
        """What the entry says; nothing where no rule hit anything."""
        if not self._hits:
            return {}
        removed = [[part, sorted(ordinals)] for part, ordinals in sorted(self._removed.items())]
        redacted = [[part, sorted(ordinals)] for part, ordinals in sorted(self._redacted.items())]
        return {"removals": {"hits": sorted(self._hits), "removed": removed, "redacted": redacted}}

    def key(self, base: str) -> str:
        """The fingerprint of the unit."""
        return add_hits(base, hits=sorted(self._hits))


def _group(rows: np.ndarray, rules: np.ndarray, *, without: np.ndarray) -> dict[int, list[int]]:
    hits: dict[int, list[int]] = {}
    for row, rule in zip(rows.tolist(), rules.tolist(), strict=True):
        if row not in without:
            hits.setdefault(row, []).append(rule)
    return hits


def find_new(base: str, *, unit: Unit, job: Job, documents: Callable[[int], str]) -> Entry | Remover | None:
    """What new rules mean for a raw unit that was read before: its entry where nothing, else a Remover.

    None: it has to be read. documents: the file of a part.
    """
    rules = active_rules(job)
    entry = job.raw.entry(unit)
    if entry is None or not rules:
        return None
    hits = recorded_hits(entry)
    if entry.fingerprint != add_hits(base, hits=hits) or not rules.keys() >= {*hits}:
        return None
    fresh = unexamined(entry, job=job)
    matcher = _matcher(fresh)
    if not any(
        len(matcher.find(batch, source=unit.source))
        for part in range(len(entry.facts["parts"]))
        for batch in job.raw.batches(entry, documents(part), columns=matcher.columns or ["doc_id"])
    ):
        write_note(entry, job=job)
        return entry
    remover = Remover(unit.source, rules=fresh)
    rows = job.raw.table(entry, FILE) if FILE in entry.files else None
    remover.resume(entry, rows=rows)
    return remover


def iterate(
    batches: Iterable[pa.RecordBatch], *, removed: np.ndarray, rows: int
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Batches of a part, each with the places that its rows had before others were removed."""
    ordinals = original_ordinals(rows, removed=removed)
    start = 0
    for batch in batches:
        yield batch, ordinals[start : start + len(batch)]
        start += len(batch)
