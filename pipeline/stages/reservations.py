"""What was said for machines about training on documents: recorded for each, and whom the policy refuses."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.reasons import RESERVED
from governance.reservations import c2pa
from governance.reservations.document import gather, judge, list_checked, make_reservation
from governance.reservations.signals import Protocol, Question, Signal
from governance.reservations.site_file import SiteFile, kind_of
from governance.reservations.terms import Terms
from layers import storage
from layers.inputs import DigestingReader
from layers.storage import InputFile
from pipeline.errors import InputChanged
from sources.base import Refusal
from sources.reading.site_files import FolderCopies, ParsedCopies, SiteCopies, TakenFiles

_MARK = c2pa.MARK.encode()
_COUNTS = ("checked", "disallow", "dropped")
Counts = Mapping[str, Mapping[str, int]]
"""Protocol → documents that were checked for it, that it reserves, and that it refused."""


def plan_copies(terms: Terms, *, folder: str) -> Terms:
    """The terms with the digest of a folder of copies; raises OSError, also where the folder has no file."""
    files = storage.list_files(folder)
    if not files:
        raise FileNotFoundError(f"no file below {folder}")
    digest = hashlib.sha256()
    for file in files:
        content, _ = DigestingReader(storage.join(folder, file.uri)).finish()
        digest.update(f"{content} {file.uri}\n".encode("utf-8", "surrogateescape"))
    return replace(
        terms,
        copies=folder,
        copies_sha256=digest.hexdigest(),
        copies_listing=_digest_listing(files),
    )


def _digest_listing(files: Iterable[InputFile]) -> str:
    rows = [[file.uri, file.size_bytes, file.mark] for file in files]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@lru_cache(4)
def _open_folder(terms: Terms) -> FolderCopies:
    """The copies that were planned; raises InputChanged where they are others now."""
    assert terms.copies is not None
    files = storage.list_files(terms.copies)
    if _digest_listing(files) != terms.copies_listing:
        raise InputChanged(f"the copies in {terms.copies} are not what was planned; run again")
    return FolderCopies(terms.copies, files=files, date=terms.copies_date)


class ReservationReader:
    """Reads the signals of documents as they come from a source."""

    def __init__(self, terms: Terms, *, reads_pages: bool) -> None:
        """reads_pages: the source has what headers and pages say in `notices`."""
        self._terms = terms
        self._reads_pages = reads_pages
        self._folder: list[SiteCopies] = [] if terms.copies is None else [_open_folder(terms)]
        self._copies = ParsedCopies(self._folder)
        self._checked: Counter[tuple[Protocol, ...]] = Counter()
        """Protocols that were looked for → documents."""
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in _COUNTS[1:]}
        self._without_files = list_checked(files=(), reads_pages=reads_pages)
        self._unsaid: dict[tuple[str | None, tuple[Protocol, ...]], str] = {}

    def begin_file(self, files: Iterable[SiteFile]) -> None:
        """Take note of what lies beside the documents of the next file."""
        taken = TakenFiles(files)
        self._copies = ParsedCopies([*self._folder, taken] if len(taken) else self._folder)

    @property
    def counts(self) -> Counts:
        """Of all documents so far."""
        checked: Counter[str] = Counter()
        for protocols, documents in self._checked.items():
            checked.update(dict.fromkeys(protocols, documents))
        counts = {"checked": checked, **self._counts}
        names = sorted({protocol for each in counts.values() for protocol in each})
        return {name: {what: counts[what][name] for what in _COUNTS} for name in names}

    def find_refusal(self, url: str, date: str | None) -> Refusal | None:
        """Why a page must not be fetched, by what the files of its site say; counts it where it must not."""
        if kind_of(url) is not None:
            return None
        files = self._copies.find(url, date=date)
        signals = gather(self._ask(url), files=files, date=date) if files else []
        refusal = self._judge(signals)
        if refusal is not None:
            self._count(signals, protocols=list_checked(files=files, reads_pages=False, reads_texts=False))
        return refusal

    def read(self, batch: pa.RecordBatch) -> tuple[pa.Array, dict[int, Refusal]]:
        """(column `reservation`, rows that are refused) of a batch of documents."""
        columns = [batch[name].to_pylist() for name in ("url", "retrieved", "notices")]
        marked = _find_marked(batch["text"])
        values: list[str | None] = []
        refused: dict[int, Refusal] = {}
        for row, (url, date, notices) in enumerate(zip(*columns, strict=True)):
            files = self._copies.find(url, date=date)
            protocols = self._without_files
            if files:
                protocols = list_checked(files=files, reads_pages=self._reads_pages)
            if not files and notices is None and row not in marked:
                values.append(None if url is None else self._say_nothing(date, protocols=protocols))
                self._checked[tuple(protocols)] += 1
                continue
            said = [
                (each["place"], each["name"].lower(), each["value"]) for each in json.loads(notices or "[]")
            ]
            text = batch["text"][row].as_py() if row in marked else ""
            signals = gather(self._ask(url), files=files, notices=said, text=text, date=date)
            self._count(signals, protocols=protocols)
            is_silent = url is None and not signals
            made = make_reservation(signals, protocols=protocols, checked_at=date)
            values.append(None if is_silent else made.to_json())
            refusal = self._judge(signals)
            if refusal is not None:
                refused[row] = refusal
        return pa.array(values, pa.string()), refused

    def _ask(self, url: str | None) -> Question:
        return Question(url or "", self._terms.agents, self._terms.purpose)

    def _judge(self, signals: Sequence[Signal]) -> Refusal | None:
        verdict = judge(signals, terms=self._terms)
        if verdict.effect != "disallow" or verdict.signal is None:
            return None
        self._counts["dropped"][verdict.signal.protocol] += 1
        return Refusal(RESERVED, verdict.signal.describe())

    def _count(self, signals: Sequence[Signal], *, protocols: Iterable[Protocol]) -> None:
        self._checked[tuple(protocols)] += 1
        reserving = {each.protocol for each in signals if each.effect == "disallow" and not each.superseded}
        self._counts["disallow"].update(reserving)

    def _say_nothing(self, date: str | None, *, protocols: Sequence[Protocol]) -> str:
        """The value of documents about which nothing was said; many share it."""
        key = date, tuple(protocols)
        if key not in self._unsaid:
            if len(self._unsaid) > 1 << 12:
                self._unsaid.clear()
            self._unsaid[key] = make_reservation((), protocols=protocols, checked_at=date).to_json()
        return self._unsaid[key]


def _find_marked(texts: pa.LargeStringArray) -> frozenset[int]:
    """Rows of the texts that may have a manifest of C2PA; most batches have none, which one search tells."""
    _, starts, values = texts.buffers()
    bounds = np.frombuffer(starts, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if not len(texts) or memoryview(values)[bounds[0] : bounds[-1]].tobytes().find(_MARK) < 0:
        return frozenset()
    return frozenset(np.flatnonzero(pc.match_substring(texts, c2pa.MARK)).tolist())
