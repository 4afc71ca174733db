"""Lines of the ledger and the sums over them that reports print."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypedDict

from governance.reasons import DUPLICATES
from layers import stages

FLOWS = {layer.name: layer.flows for layer in stages.LAYERS.values() if layer.flows}
"""Layer → the ways a document or byte can take in it."""
LAYERS = tuple(FLOWS)
DUPLICATE_REASONS = frozenset(DUPLICATES)

Measure = Literal["documents", "bytes"]


class Row(TypedDict):
    """One line of the ledger; documents None: an unreadable tail, number unknown."""

    layer: str
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
        """The lines as new dicts, sorted by layer, source, flow, languages and reason."""
        return [Row(**line) for line in self.lines]

    @property
    def sources(self) -> list[str]:
        return sorted({line["source"] for line in self.lines})

    def select(self, layer: str, *flows: str, **where: str) -> list[Row]:
        """Lines of a layer and some of its flows, whose columns have the given values."""
        places = [(layer, flow, where.get("source")) for flow in flows]
        columns = {name: value for name, value in where.items() if name != "source"}
        return [
            line
            for place in places
            for line in self._index.get(place, [])
            if all(line.get(name) == value for name, value in columns.items())
        ]

    def total(self, measure: Measure, layer: str, *flows: str, **where: str) -> int:
        """Sum of a measure over `select`; unknown numbers of documents count as none."""
        return sum(line[measure] or 0 for line in self.select(layer, *flows, **where))

    def by(self, column: str, measure: Measure, layer: str, *flows: str, **where: str) -> dict[str, int]:
        """`total` per value of a column, in order of the value."""
        totals: Counter[str] = Counter()
        for line in self.select(layer, *flows, **where):
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

    @cached_property
    def _index(self) -> dict[tuple[str, str, str | None], list[Row]]:
        """Lines by layer, flow and source; None: every source."""
        index: dict[tuple[str, str, str | None], list[Row]] = {}
        for line in self.lines:
            for source in (line["source"], None):
                index.setdefault((line["layer"], line["flow"], source), []).append(line)
        return index

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


def sum_rows(rows: Iterable[Row]) -> Ledger:
    """A ledger of rows; equal keys are added, unknown numbers of documents stay apart. Not checked."""
    totals: dict[tuple[int, str, str, str, str, str, str, bool], tuple[int, int]] = {}
    for row in rows:
        layer, is_counted = row["layer"], row["documents"] is not None
        rank = LAYERS.index(layer) if layer in FLOWS else len(LAYERS)
        names = (row["source"], row["flow"], row["lang_declared"], row["lang"], row["reason"])
        key = (rank, layer, *names, is_counted)
        documents, size = totals.get(key, (0, 0))
        totals[key] = (documents + (row["documents"] or 0), size + row["bytes"])
    return Ledger(
        tuple(
            Row(
                layer=layer,
                source=source,
                flow=flow,
                lang_declared=declared,
                lang=lang,
                reason=reason,
                documents=documents if is_counted else None,
                bytes=size,
            )
            for key, (documents, size) in sorted(totals.items())
            for _, layer, source, flow, declared, lang, reason, is_counted in [key]
        )
    )
