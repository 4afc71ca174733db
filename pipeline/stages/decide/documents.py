"""What decide keeps in memory of measured documents: hashes, ranks, languages and failed rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from governance.reasons import LICENSE_NOT_ALLOWED
from layers.columns import column, halves
from layers.entries import Entry
from pipeline.job import Job
from pipeline.stages.decide import clusters
from pipeline.stages.decide.licences import find_refused
from pipeline.stages.decide.rank import place_days, place_priorities, rank_documents
from pipeline.stages.decide.rules import (
    LanguageRules,
    ReasonCodes,
    Unevaluated,
    find_reasons,
    rule_columns,
    target_rules,
)
from pipeline.stages.decide.urls import NO_DATE, REASON, Captures
from pipeline.stages.decide.verdicts import Documents
from pipeline.stages.measure.read import group_parts, read_columns

GROUP_ROWS = 50_000
"""Of small parts that are decided about together; with 20 signals they are 10 MB."""


@dataclass(frozen=True)
class Measured:
    """What is kept in memory of all measured parts: n documents in part order."""

    documents: Documents
    lang: np.ndarray
    """Index into langs."""
    langs: list[str]
    source: np.ndarray
    """Index into sources."""
    sources: list[str]
    reasons: np.ndarray
    """Codes of `codes`."""
    codes: ReasonCodes
    parts: list[slice]
    unevaluated: list[Unevaluated]
    """Per part."""

    @property
    def exact_valid(self) -> np.ndarray:
        """Whether each document has an exact hash to be compared by."""
        valid = self.documents.exact_valid
        return np.ones(len(self.lang), bool) if valid is None else valid

    def separate_keys(self, known: frozenset[bytes]) -> "Measured":
        """The same documents, told apart where several texts have one key: of all parts of the sources."""
        return replace(self, documents=self.documents.separate_keys(known))

    def drop_captures(self, rows: np.ndarray) -> "Measured":
        """The same documents, of which those at rows are earlier captures of a page."""
        reasons, set_aside = self.reasons.copy(), np.zeros(len(self.reasons), bool)
        reasons[rows] = self.codes.encode(pa.array([[REASON]], pa.list_(pa.string())))[0]
        set_aside[rows] = True
        documents = replace(self.documents, passes=reasons == 0, set_aside=set_aside)
        return replace(self, reasons=reasons, documents=documents)

    def name_langs(self, codes: np.ndarray, *, valid: np.ndarray | None = None) -> pa.StringArray:
        """Language of each code; null where not valid."""
        return _names(self.langs, codes, valid=valid)

    def name_sources(self, codes: np.ndarray, *, valid: np.ndarray | None = None) -> pa.StringArray:
        """uid of each code; null where not valid."""
        return _names(self.sources, codes, valid=valid)


def read_measured(
    measured: Sequence[Entry], *, job: Job, langs: list[str] | None = None, first_locator: int = 0
) -> Measured:
    """Ids, hashes, ranks, languages and failed rules of all documents, part by part.

    langs are those that occur in the parts, or more.
    """
    config = job.config
    starts = np.cumsum([0, *(entry.files["signals"].rows for entry in measured)])
    # measured rows are in language order; their locators are in raw order
    firsts = np.cumsum([0, *(entry.facts["raw_rows"] for entry in measured)])
    n = int(starts[-1])
    langs = langs or sorted({run["lang"] for entry in measured for run in entry.facts["langs"]})
    sources = [source.card for source in config.sources]
    priority = place_priorities([source.priority for source in config.sources])
    ids, exact = ((np.empty(n, np.uint64), np.empty(n, np.uint64)) for _ in range(2))
    exact_valid = np.zeros(n, bool)
    lang, source = np.empty(n, np.int16), np.empty(n, np.int16)
    rank, reasons = np.empty(n, np.uint64), np.empty(n, np.int32)
    locator = np.empty(n, clusters.index_type(first_locator + int(firsts[-1])))
    codes, unevaluated = ReasonCodes(), []
    rules = _rules_by_source({entry.unit.source for entry in measured}, langs=langs, job=job)
    sizes, parts = np.diff(starts), [slice(int(a), int(b)) for a, b in pairwise(starts)]
    for group in group_parts(sizes.tolist(), max_rows=GROUP_ROWS):
        chosen = slice(group.start, group.stop)
        rows = slice(int(starts[chosen.start]), int(starts[chosen.stop]))
        entries = measured[chosen]
        source[rows] = np.repeat([sources.index(entry.unit.source) for entry in entries], sizes[chosen])
        lang[rows] = _lang_codes(entries, langs=langs)
        table = _read_signals(entries, rules=rules, job=job)
        hashes = column(table, "exact_hash")
        ids[0][rows], ids[1][rows] = halves(column(table, "doc_id"))
        if config.decide.exact_duplicates:
            exact_valid[rows] = hashes.is_valid().to_numpy(zero_copy_only=False)
        exact[0][rows], exact[1][rows] = halves(hashes)
        rank[rows] = _rank(table, entries=entries, priority=priority[source[rows]], job=job)
        locator[rows] = first_locator + np.repeat(firsts[chosen], sizes[chosen]) + table["raw_row"].to_numpy()
        reasons[rows], nulls = find_reasons(
            table,
            lang=lang[rows],
            langs=langs,
            part_rows=sizes[chosen],
            rules=[rules[entry.unit.source] for entry in entries],
            codes=codes,
        )
        unevaluated += nulls
        if config.publish.licenses is not None:
            refused = find_refused(entries, allowed=config.publish.licenses, job=job)
            reasons[rows][refused] = codes.put_first(LICENSE_NOT_ALLOWED, reasons[rows][refused])
    documents = Documents(
        doc_id=ids,
        exact=exact,
        exact_valid=exact_valid,
        scope=lang if config.decide.duplicate_scope == "language" else None,
        rank=rank,
        locator=locator,
        passes=reasons == 0,
    )
    return Measured(documents, lang, langs, source, sources, reasons, codes, parts, unevaluated)


def _lang_codes(entries: Sequence[Entry], *, langs: Sequence[str]) -> np.ndarray:
    """Code of the language of each row: int16 [n]; the rows of a part lie in runs of one language."""
    codes = {lang: code for code, lang in enumerate(langs)}
    runs = [run for entry in entries for run in entry.facts["langs"]]
    lengths = [run["stop"] - run["start"] for run in runs]
    return np.repeat(np.array([codes[run["lang"]] for run in runs], np.int16), lengths)


def _read_signals(entries: Sequence[Entry], *, rules: Mapping[str, LanguageRules], job: Job) -> pa.Table:
    """What decide reads of the signals of some parts: ids, hashes, ranks, what rules ask for."""
    wanted = {"doc_id", "exact_hash", "raw_row", "damage", "capture_time"} | {
        *rule_columns(entries, rules=rules)
    }
    return pa.concat_tables(
        read_columns(entry, file="signals", columns=sorted(wanted), job=job) for entry in entries
    )


def _rules_by_source(uids: Iterable[str], *, langs: Sequence[str], job: Job) -> dict[str, LanguageRules]:
    """Source → its rules; sources of one genre share one mapping."""
    by_genre: dict[str | None, LanguageRules] = {}
    for uid in sorted(uids):
        genre = job.source(uid).profile
        if genre not in by_genre:
            by_genre[genre] = target_rules(langs, job=job, source=uid)
    return {uid: by_genre[job.source(uid).profile] for uid in uids}


def _rank(signals: pa.Table, *, entries: Sequence[Entry], priority: np.ndarray, job: Job) -> np.ndarray:
    """Rank of the documents of some parts, whose signals have been read."""
    tables = [read_columns(entry, file="bands", columns=["shingles"], job=job) for entry in entries]
    words = pa.concat_tables(tables)["shingles"].to_numpy()  # of a text of n words there are n − 4
    time = column(signals, "capture_time")
    day = place_days(
        time.fill_null(0).to_numpy(),
        valid=time.is_valid().to_numpy(zero_copy_only=False),
        preferred=job.config.decide.preferred_date,
    )
    damage = column(signals, "damage").to_numpy()
    return rank_documents(priority=priority, damage=damage, words=words, day=day)


def read_captures(measured: Sequence[Entry], *, job: Job) -> Captures:
    """Canonical URLs and times of all documents, part by part."""
    captures = Captures.empty(sum(entry.files["signals"].rows for entry in measured))
    start = 0
    for entry in measured:
        wanted = ["url_hash", "capture_time", "text_bytes"]
        table = read_columns(entry, file="signals", columns=wanted, job=job)
        part = slice(start, start + len(table))
        urls = column(table, "url_hash")
        captures.valid[part] = urls.is_valid().to_numpy(zero_copy_only=False)
        captures.url[0][part], captures.url[1][part] = halves(urls)
        captures.length[part] = table["text_bytes"].to_numpy()
        captures.time[part] = column(table, "capture_time").fill_null(NO_DATE).to_numpy()
        start = part.stop
    return captures


def _names(names: Sequence[str], codes: np.ndarray, *, valid: np.ndarray | None = None) -> pa.StringArray:
    mask = None if valid is None else ~valid
    return pa.array(names, pa.string()).take(pa.array(codes, mask=mask))
