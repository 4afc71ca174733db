"""The ledger: every document read is kept or dropped for a reason, and every byte with it, or no release.

The ledger is the sum over committed entries, per source, language and reason. docs/ledger.md has
the equations in words.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypedDict

from pipeline.layers.entries import Entry, Unit

FLOWS: Mapping[str, frozenset[str]] = {
    "raw": frozenset({"read", "kept", "dropped", "framing", "text"}),
    "measured": frozenset({"read", "kept", "dropped", "edited"}),
    "decisions": frozenset({"read", "kept", "dropped"}),
    "release": frozenset({"kept"}),
}
"""Stage → the ways a document or byte can take in it."""
STAGES = tuple(FLOWS)
DUPLICATE_REASONS = frozenset({"duplicate_key", "exact_duplicate", "near_duplicate"})

Measure = Literal["documents", "bytes"]
_BYTES_ONLY = ("framing", "edited")


class LostDocuments(Exception):
    """The ledger does not balance: the message lists every equation that fails, with both sides."""

    def __init__(self, failures: Sequence[str]) -> None:
        lines = [
            f"the ledger does not balance: {len(failures)} failure(s)",
            *(f"  {line}" for line in failures),
        ]
        super().__init__("\n".join(lines))
        self.failures = tuple(failures)


class Row(TypedDict):
    """One line of the ledger; documents None: an unreadable tail, number unknown."""

    stage: str
    source: str
    flow: str
    lang_declared: str
    lang: str
    reason: str
    documents: int | None
    bytes: int


class LanguageRow(TypedDict):
    """One line of the table at the end of a run; duplicates are part of dropped."""

    lang: str
    documents_read: int
    documents_kept: int
    documents_dropped: int
    duplicates: int
    reasons: dict[str, int]
    bytes_read: int
    bytes_kept: int


class MatrixRow(TypedDict):
    """Documents that a source declares in one language and that were assigned to another, or the same."""

    lang_declared: str
    lang: str
    documents: int
    bytes: int


@dataclass(frozen=True)
class Ledger:
    """Ledger lines, each key once, in order."""

    lines: tuple[Row, ...]

    def rows(self) -> list[Row]:
        """The lines as new dicts, sorted by stage, source, flow, languages and reason."""
        return [Row(**line) for line in self.lines]

    @property
    def sources(self) -> list[str]:
        return sorted({line["source"] for line in self.lines})

    def select(self, stage: str, *flows: str, **where: str) -> list[Row]:
        """Lines of a stage and some of its flows, whose columns have the given values."""
        return [
            line
            for line in self._by_flow.get(stage, [])
            if line["flow"] in flows and all(line.get(name) == value for name, value in where.items())
        ]

    def total(self, measure: Measure, stage: str, *flows: str, **where: str) -> int:
        """Sum of a measure over `select`; unknown numbers of documents count as none."""
        return sum(line[measure] or 0 for line in self.select(stage, *flows, **where))

    def by(self, column: str, measure: Measure, stage: str, *flows: str, **where: str) -> dict[str, int]:
        """`total` per value of a column, in order of the value."""
        totals: Counter[str] = Counter()
        for line in self.select(stage, *flows, **where):
            totals[str(line.get(column))] += line[measure] or 0
        return dict(sorted(totals.items()))

    def unknown_tails(self) -> list[Row]:
        """Lines that stand for an unknown number of documents."""
        return [line for line in self.lines if line["documents"] is None]

    def languages(self, *, max_reasons: int | None = None) -> list[LanguageRow]:
        """Per assigned language: read, kept, dropped by reason (most frequent first), duplicates, bytes."""
        return [
            self._language(lang, max_reasons=max_reasons)
            for lang in self.by("lang", "documents", "decisions", "read")
        ]

    def matrix(self) -> list[MatrixRow]:
        """Declared → assigned language over all sources, as measured; an undeclared language is ''."""
        cells: dict[tuple[str, str], tuple[int, int]] = {}
        for line in self.select("measured", "kept"):
            documents, size = cells.get((line["lang_declared"], line["lang"]), (0, 0))
            cells[line["lang_declared"], line["lang"]] = (
                documents + (line["documents"] or 0),
                size + line["bytes"],
            )
        return [
            MatrixRow(lang_declared=declared, lang=lang, documents=documents, bytes=size)
            for (declared, lang), (documents, size) in sorted(cells.items())
        ]

    def failures(self) -> Iterator[str]:
        """Every equation that does not hold, with its place and both sides."""
        yield from self._malformed()
        for source in self.sources:
            for equation in _equations(self, source=source):
                if equation.left != equation.right:
                    yield str(equation)

    @cached_property
    def _by_flow(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for line in self.lines:
            found.setdefault(line["stage"], []).append(line)
        return found

    def _language(self, lang: str, *, max_reasons: int | None) -> LanguageRow:
        reasons = self.by("reason", "documents", "decisions", "dropped", lang=lang)
        ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        return LanguageRow(
            lang=lang,
            documents_read=self.total("documents", "decisions", "read", lang=lang),
            documents_kept=self.total("documents", "decisions", "kept", lang=lang),
            documents_dropped=sum(reasons.values()),
            duplicates=sum(n for reason, n in reasons.items() if reason in DUPLICATE_REASONS),
            reasons=dict(ranked[:max_reasons]),
            bytes_read=self.total("bytes", "decisions", "read", lang=lang),
            bytes_kept=self.total("bytes", "decisions", "kept", lang=lang),
        )

    def _malformed(self) -> Iterator[str]:
        for line in self.lines:
            stage, flow, documents = line["stage"], line["flow"], line["documents"]
            place = (
                f"{stage} {line['source']} {flow} {line['lang'] or line['lang_declared']} {line['reason']}"
            )
            if flow not in FLOWS.get(stage, ()):
                yield f"{place.strip()}: {flow!r} is not a flow of {stage!r}"
            if documents is None and (stage, flow) != ("raw", "dropped"):
                yield f"{place.strip()}: documents unknown; only unreadable tails at raw may be"
            if flow in _BYTES_ONLY and documents:
                yield f"{place.strip()}: {documents} documents in a flow of bytes"
            if (documents or 0) < 0 or (line["bytes"] < 0 and flow != "edited"):
                yield f"{place.strip()}: negative: {documents} documents, {line['bytes']} bytes"
            if bool(line["reason"]) != (flow == "dropped"):
                yield f"{place.strip()}: dropped lines, and only they, have a reason"


def balance(entries_by_stage: Mapping[str, Sequence[Entry]]) -> Ledger:
    """The ledger of a run, from the entries of all four stages.

    Raises LostDocuments unless every equation of docs/ledger.md holds, and ValueError for a stage
    that is missing or unknown.
    """
    if set(entries_by_stage) != set(STAGES):
        raise ValueError(f"a ledger needs the stages {list(STAGES)}; given: {list(entries_by_stage)}")
    repeated = [
        f"{stage}: {unit} is counted twice"
        for stage, entries in entries_by_stage.items()
        for unit in _repeated(entries)
    ]
    ledger = sum_rows(
        Row(
            stage=stage,
            source=entry.unit.source,
            flow=count.flow,
            lang_declared=count.lang_declared,
            lang=count.lang,
            reason=count.reason,
            documents=count.documents,
            bytes=count.bytes,
        )
        for stage, entries in entries_by_stage.items()
        for entry in entries
        for count in entry.counts
    )
    failures = [*repeated, *ledger.failures()]
    if failures:
        raise LostDocuments(failures)
    return ledger


def sum_rows(rows: Iterable[Row]) -> Ledger:
    """A ledger of rows; equal keys are added, unknown numbers of documents stay apart. Not checked."""
    totals: dict[tuple[int, str, str, str, str, str, str, bool], tuple[int, int]] = {}
    for row in rows:
        stage, known = row["stage"], row["documents"] is not None
        rank = STAGES.index(stage) if stage in FLOWS else len(STAGES)
        names = (row["source"], row["flow"], row["lang_declared"], row["lang"], row["reason"])
        key = (rank, stage, *names, known)
        documents, size = totals.get(key, (0, 0))
        totals[key] = (documents + (row["documents"] or 0), size + row["bytes"])
    return Ledger(
        tuple(
            Row(
                stage=stage,
                source=source,
                flow=flow,
                lang_declared=declared,
                lang=lang,
                reason=reason,
                documents=documents if known else None,
                bytes=size,
            )
            for key, (documents, size) in sorted(totals.items())
            for _, stage, source, flow, declared, lang, reason, known in [key]
        )
    )


@dataclass(frozen=True)
class _Equation:
    place: str
    measure: str
    left_name: str
    left: int
    right_name: str
    right: int

    def __str__(self) -> str:
        return (
            f"{self.place}: {self.left_name} {self.left} {self.measure}, "
            f"{self.right_name} {self.right} (difference {self.left - self.right:+d})"
        )


def _equations(ledger: Ledger, *, source: str) -> Iterator[_Equation]:
    """Everything that must hold for one source."""
    for stage, flows in (
        ("raw", ("kept", "dropped", "framing")),
        ("measured", ("kept", "dropped", "edited")),
    ):
        for measure in _MEASURES:
            read = ledger.total(measure, stage, "read", source=source)
            gone = ledger.total(measure, stage, *flows, source=source)
            yield _Equation(f"{stage} of {source}", measure, "read", read, " + ".join(flows), gone)
    for measure in _MEASURES:
        text = ledger.total(measure, "raw", "text", source=source)
        read = ledger.total(measure, "measured", "read", source=source)
        yield _Equation(f"raw → measured of {source}", measure, "text", text, "read", read)
    yield from _declared_equations(ledger, source=source)
    for left, right in (
        (("measured", "kept"), ("decisions", "read")),
        (("decisions", "read"), ("decisions", "kept", "dropped")),
        (("decisions", "kept"), ("release", "kept")),
    ):
        for measure in _MEASURES:
            yield from _pairwise(ledger, "lang", measure, left, right, source=source)


def _declared_equations(ledger: Ledger, *, source: str) -> Iterator[_Equation]:
    """Documents per declared language: kept → text at ingest → kept or dropped at measure."""
    column = "lang_declared"
    yield from _pairwise(ledger, column, "documents", ("raw", "kept"), ("raw", "text"), source=source)
    measured = ("measured", "kept", "dropped")
    yield from _pairwise(ledger, column, "documents", ("raw", "text"), measured, source=source)
    if any(line["lang_declared"] for line in ledger.select("measured", "read", source=source)):
        for measure in _MEASURES:
            read = ("measured", "read")
            yield from _pairwise(ledger, column, measure, ("raw", "text"), read, source=source)


_MEASURES: tuple[Measure, ...] = ("documents", "bytes")


def _pairwise(
    ledger: Ledger,
    column: str,
    measure: Measure,
    left: tuple[str, ...],
    right: tuple[str, ...],
    *,
    source: str,
) -> Iterator[_Equation]:
    """left = right for every value of a language column."""
    before = ledger.by(column, measure, *left, source=source)
    after = ledger.by(column, measure, *right, source=source)
    for value in sorted({*before, *after}):
        yield _Equation(
            f"{left[0]} → {right[0]} of {source}, {column} {value or '(none)'}",
            measure,
            " + ".join(left[1:]),
            before.get(value, 0),
            " + ".join(right[1:]),
            after.get(value, 0),
        )


def _repeated(entries: Sequence[Entry]) -> list[Unit]:
    return sorted(
        (unit for unit, times in Counter(entry.unit for entry in entries).items() if times > 1), key=str
    )
