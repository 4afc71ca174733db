"""The ledger of removals in a run: which rules there are, and for which of them a unit has been looked at.

A unit's fingerprint has the rules that hit it and no others. Which these are is known from its entry; of
rules that it does not know yet, from a look at its documents as they lie in raw/. So a ledger that grows
redoes the units alone that it is about.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from governance.removals.block import Removals
from governance.removals.ledger import Ledger, read_ledger
from governance.removals.public_list import list_path, make_salt, render_list
from governance.removals.rules import Rule
from layers import storage
from layers.entries import Entry, Unit, fingerprint
from pipeline.errors import InputChanged
from pipeline.job import Job

CONTENT_VERSION = 1
FILE = "removed"
"""Of a raw entry: a row per document that was taken out."""
_FOLDER = "removed"
"""Below the output: what was looked at already."""


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


def active_rules(job: Job) -> Mapping[str, Rule]:
    """Id → each rule that a run looks for."""
    return {} if job.removals is None else _active(job.removals.folder, job.removals.digest)


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


def original_ordinals(rows: int, *, removed: np.ndarray) -> np.ndarray:
    """Places that the rows of a part had before others were removed from it: int64 [rows]."""
    mask = np.ones(rows + len(removed), bool)
    mask[removed] = False
    return np.flatnonzero(mask)


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
    rules = active_rules(job)
    if not rules:
        return base
    entry = job.raw.entry(unit)
    if entry is None:
        return add_hits(base, hits=["unread"])
    hits = recorded_hits(entry)
    if not rules.keys() >= {*hits}:
        return add_hits(base, hits=["withdrawn"])
    key = add_hits(base, hits=hits)
    if entry.fingerprint == key and unexamined(entry, job=job):
        return add_hits(base, hits=["unexamined"])
    return key


def add_hits(base: str, *, hits: Sequence[str]) -> str:
    """The fingerprint of a unit that these rules took something from; without any it is base."""
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


def write_note(entry: Entry, *, job: Job, pruned: Mapping[str, Any] | None = None) -> None:
    """Remember that a raw unit has been looked at for all rules."""
    if job.removals is None or not active_rules(job):
        return
    rules = _rules_url(job.removals.digest, job=job)
    if not storage.exists(rules):
        storage.write_bytes(rules, json.dumps([*active_rules(job)]).encode())
    note = {"entry": entry.fingerprint, "examined": job.removals.digest}
    if pruned is None:  # what was pruned before still stands, as long as the entry does
        old = read_note(entry.unit, job=job)
        pruned = old.get("pruned", {}) if old.get("entry") == entry.fingerprint else {}
    storage.write_bytes(_note_url(entry.unit, job=job), json.dumps({**note, "pruned": pruned}).encode())


def unexamined(entry: Entry, *, job: Job) -> tuple[Rule, ...]:
    """The rules that a raw unit has not been looked at for."""
    rules = active_rules(job)
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
