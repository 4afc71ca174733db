"""The ledger of removals at work: documents are taken out, and spans cut, before ingest commits.

A unit's fingerprint has the rules that hit it and no others. Which these are is known from its entry; of
rules that it does not know yet, from a look at its documents as they lie in raw/. So a ledger that grows
redoes the units alone that it is about.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from governance.reasons import REMOVED
from governance.removals.block import Removals
from governance.removals.ledger import Ledger, read_ledger
from governance.removals.matching import REDACTED_COLUMNS, Matcher
from governance.removals.public_list import list_path, make_salt, render_list
from governance.removals.rules import Rule
from governance.removals.spans import redact
from layers import storage
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, Unit, fingerprint
from pipeline.errors import InputChanged
from pipeline.job import Job

CONTENT_VERSION = 1
FILE = "removed"
"""Of a raw entry: a row per document that was taken out."""
_FOLDER = "removed"
"""Below the output: what was looked at already."""
_DETAIL = "removed on request"


@lru_cache(4)
def _load(folder: str, digest: str) -> Ledger:
    ledger = read_ledger(folder, is_checked=True)
    if ledger.digest != digest:
        raise InputChanged(f"the ledger of removals {folder} is not what was planned; run again")
    return ledger


def ledger_of(job: Job) -> Ledger:
    """The ledger that was planned; raises InputChanged where it is another now."""
    return Ledger() if job.removals is None else _load(job.removals.folder, job.removals.digest)


@lru_cache(4)
def _active(folder: str, digest: str) -> Mapping[str, Rule]:
    return {rule.id: rule for rule in _load(folder, digest).rules}


def _active_rules(job: Job) -> Mapping[str, Rule]:
    return {} if job.removals is None else _active(job.removals.folder, job.removals.digest)


@lru_cache(8)
def _matcher(rules: tuple[Rule, ...]) -> Matcher:
    return Matcher(rules)


def shared_keys(job: Job) -> frozenset[bytes]:
    """Keys that several texts had before some of them were removed: the ids of the others stay."""
    return frozenset(
        bytes.fromhex(each.key_id)
        for executed in ledger_of(job).executed.values()
        for each in executed.tombstones
        if each.raw_sha256
    )


def recorded_hits(entry: Entry) -> list[str]:
    """The ids of the rules that took something from a raw unit."""
    return list(entry.facts.get("removals", {}).get("hits", []))


def removed_ordinals(entry: Entry) -> dict[int, np.ndarray]:
    """Part of a raw unit → ascending places that removed documents had in it."""
    listed = entry.facts.get("removals", {}).get("removed", [])
    return {part: np.array(ordinals, np.int64) for part, ordinals in listed}


def effects(entry: Entry) -> list[Any]:
    """What removals did to a raw unit, whichever rules did it; empty: nothing."""
    facts = entry.facts.get("removals")
    return [facts["removed"], facts["redacted"]] if facts else []


def count_removals(entries: Iterable[Entry], *, job: Job) -> Removals:
    """What the manifest says."""
    removed = redacted = 0
    for entry in entries:
        for gone, cut in [effects(entry)] if effects(entry) else []:
            removed += sum(len(ordinals) for _, ordinals in gone)
            redacted += sum(len(ordinals) for _, ordinals in cut)
    listed = render_list(ledger_of(job), corpus=job.config.name, version=job.config.version)
    path = None if listed is None else list_path(job.config.name, job.config.version)
    return Removals(
        salt=make_salt(job.config.name),
        list=path,
        documents=removed,
        redacted_documents=redacted,
        gated_sources=tuple(uid for uid in job.gated if uid in job.specs),
    )


def unit_key(base: str, *, unit: Unit, job: Job) -> str:
    """The fingerprint of a raw unit whose fingerprint without removals is base.

    One that no entry has where rules were withdrawn, or the unit has not been looked at for new ones.
    """
    rules = _active_rules(job)
    if not rules:
        return base
    entry = job.raw.entry(unit)
    if entry is None:
        return _keyed(base, hits=["unread"])
    hits = recorded_hits(entry)
    if not rules.keys() >= {*hits}:
        return _keyed(base, hits=["withdrawn"])
    key = _keyed(base, hits=hits)
    if entry.fingerprint == key and _unexamined(entry, job=job):
        return _keyed(base, hits=["unexamined"])
    return key


def _keyed(base: str, *, hits: Sequence[str]) -> str:
    return fingerprint(base=base, removals=sorted(hits), version=CONTENT_VERSION) if hits else base


def _note_url(unit: Unit, *, job: Job) -> str:
    return job.place(f"{_FOLDER}/units/{unit.source}/{unit.name}.json")


def _rules_url(digest: str, *, job: Job) -> str:
    return job.place(f"{_FOLDER}/rules/{digest}.json")


def read_note(unit: Unit, *, job: Job) -> dict[str, Any]:
    """What was noted of a raw unit when it was last looked at: entry, examined, pruned."""
    try:
        note: dict[str, Any] = json.loads(storage.read_bytes(_note_url(unit, job=job)))
    except (FileNotFoundError, ValueError):
        return {}
    return note


def _write_note(entry: Entry, *, job: Job, pruned: Mapping[str, Any] | None = None) -> None:
    if job.removals is None or not _active_rules(job):
        return
    rules = _rules_url(job.removals.digest, job=job)
    if not storage.exists(rules):
        storage.write_bytes(rules, json.dumps([*_active_rules(job)]).encode())
    note = {"entry": entry.fingerprint, "examined": job.removals.digest}
    if pruned is None:  # what was pruned before still stands, as long as the entry does
        old = read_note(entry.unit, job=job)
        pruned = old.get("pruned", {}) if old.get("entry") == entry.fingerprint else {}
    storage.write_bytes(_note_url(entry.unit, job=job), json.dumps({**note, "pruned": pruned}).encode())


def _unexamined(entry: Entry, *, job: Job) -> tuple[Rule, ...]:
    """The rules that a raw unit has not been looked at for."""
    rules = _active_rules(job)
    note = read_note(entry.unit, job=job)
    if job.removals is None or note.get("entry") != entry.fingerprint:
        examined: set[str] = {*recorded_hits(entry)}
    elif note.get("examined") == job.removals.digest:
        return ()
    else:
        try:
            examined = {*json.loads(storage.read_bytes(_rules_url(note["examined"], job=job)))}
        except (FileNotFoundError, ValueError, KeyError):
            examined = set()
    return tuple(rule for key, rule in rules.items() if key not in examined)


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
        return cls(source, rules=tuple(_active_rules(job).values()))

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
        return _keyed(base, hits=sorted(self._hits))

    def note(self, entry: Entry, *, job: Job, pruned: Mapping[str, Any] | None = None) -> None:
        """Remember that the unit has been looked at for all rules."""
        _write_note(entry, job=job, pruned=pruned)


def _group(rows: np.ndarray, rules: np.ndarray, *, without: np.ndarray) -> dict[int, list[int]]:
    hits: dict[int, list[int]] = {}
    for row, rule in zip(rows.tolist(), rules.tolist(), strict=True):
        if row not in without:
            hits.setdefault(row, []).append(rule)
    return hits


def original_ordinals(rows: int, *, removed: np.ndarray) -> np.ndarray:
    """Places that the rows of a part had before others were removed from it: int64 [rows]."""
    mask = np.ones(rows + len(removed), bool)
    mask[removed] = False
    return np.flatnonzero(mask)


def find_new(base: str, *, unit: Unit, job: Job, documents: Callable[[int], str]) -> Entry | Remover | None:
    """What new rules mean for a raw unit that was read before: its entry where nothing, else a Remover.

    None: it has to be read. documents: the file of a part.
    """
    rules = _active_rules(job)
    entry = job.raw.entry(unit)
    if entry is None or not rules:
        return None
    hits = recorded_hits(entry)
    if entry.fingerprint != _keyed(base, hits=hits) or not rules.keys() >= {*hits}:
        return None
    fresh = _unexamined(entry, job=job)
    matcher = _matcher(fresh)
    if not any(
        len(matcher.find(batch, source=unit.source))
        for part in range(len(entry.facts["parts"]))
        for batch in job.raw.batches(entry, documents(part), columns=matcher.columns or ["doc_id"])
    ):
        _write_note(entry, job=job)
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
