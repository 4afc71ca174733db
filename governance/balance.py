"""The ledger: every document read is kept or dropped for a reason, and every byte with it, or no release.

The ledger is the sum over committed entries, per source, language and reason. docs/ledger.md has
the equations in words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.ledger import FLOWS, LAYERS, Ledger, Measure, Row, sum_rows
from layers.entries import Count

_BYTES_ONLY = ("framing", "edited", "repeated_lines")
_SIGNED = ("edited", "redacted")
"""Flows of bytes that may be negative: an edit, or a placeholder, may add more than it removes."""


class LostDocuments(Exception):
    """The ledger does not balance: the message lists every equation that fails, with both sides."""

    def __init__(self, failures: Sequence[str]) -> None:
        lines = [
            f"the ledger does not balance: {len(failures)} failure(s)",
            *(f"  {line}" for line in failures),
        ]
        super().__init__("\n".join(lines))
        self.failures = tuple(failures)


def balance(counts_by_layer: Mapping[str, Iterable[tuple[str, Count]]]) -> Ledger:
    """The ledger of a run, from what each source counted in each of the four layers.

    Raises LostDocuments unless every equation of docs/ledger.md holds, and ValueError for a layer
    that is missing or unknown.
    """
    if set(counts_by_layer) != set(LAYERS):
        raise ValueError(f"a ledger needs the layers {list(LAYERS)}; given: {list(counts_by_layer)}")
    ledger = sum_rows(
        Row(
            layer=layer,
            source=source,
            flow=count.flow,
            lang_declared=count.lang_declared,
            lang=count.lang,
            reason=count.reason,
            documents=count.documents,
            bytes=count.bytes,
        )
        for layer, counts in counts_by_layer.items()
        for source, count in counts
    )
    failures = list(find_failures(ledger))
    if failures:
        raise LostDocuments(failures)
    return ledger


def find_failures(ledger: Ledger) -> Iterator[str]:
    """Every equation that does not hold, with its place and both sides; nothing where all is well."""
    yield from _malformed(ledger)
    for source in ledger.sources:
        for equation in _equations(ledger, source=source):
            if equation.left != equation.right:
                yield str(equation)


def _malformed(ledger: Ledger) -> Iterator[str]:
    for line in ledger.lines:
        layer, flow, documents = line["layer"], line["flow"], line["documents"]
        place = f"{layer} {line['source']} {flow} {line['lang'] or line['lang_declared']} {line['reason']}"
        if flow not in FLOWS.get(layer, ()):
            yield f"{place.strip()}: {flow!r} is not a flow of {layer!r}"
        if documents is None and (layer, flow) != ("raw", "dropped"):
            yield f"{place.strip()}: documents unknown; only unreadable tails at raw may be"
        if flow in _BYTES_ONLY and documents:
            yield f"{place.strip()}: {documents} documents in a flow of bytes"
        if (documents or 0) < 0 or (line["bytes"] < 0 and flow not in _SIGNED):
            yield f"{place.strip()}: negative: {documents} documents, {line['bytes']} bytes"
        if bool(line["reason"]) != (flow == "dropped"):
            yield f"{place.strip()}: dropped lines, and only they, have a reason"


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
    for layer, flows in (
        ("raw", ("kept", "dropped", "framing")),
        ("measured", ("kept", "dropped", "edited", "repeated_lines")),
    ):
        for measure in _MEASURES:
            read = ledger.total(measure, layer, "read", source=source)
            gone = ledger.total(measure, layer, *flows, source=source)
            yield _Equation(f"{layer} of {source}", measure, "read", read, " + ".join(flows), gone)
    for measure in _MEASURES:
        text = ledger.total(measure, "raw", "text", source=source)
        read = ledger.total(measure, "measured", "read", source=source)
        yield _Equation(f"raw → measured of {source}", measure, "text", text, "read", read)
    yield from _declared_equations(ledger, source=source)
    for left, right in (
        (("measured", "kept"), ("decisions", "read")),
        (("decisions", "read"), ("decisions", "kept", "dropped")),
    ):
        for measure in _MEASURES:
            yield from _pairwise(ledger, "lang", measure, left, right, source=source)
    yield from _release_equations(ledger, source=source)


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


def _release_equations(ledger: Ledger, *, source: str) -> Iterator[_Equation]:
    """What is kept is released, here or in another class, but for the bytes that masking removed."""
    masks = ledger.select("release", "redacted", source=source)
    others = ("other_class",) if ledger.select("release", "other_class", source=source) else ()
    for measure in _MEASURES:
        own = ("kept", "redacted") if masks and measure == "bytes" else ("kept",)
        right = ("release", *own, *others)
        yield from _pairwise(ledger, "lang", measure, ("decisions", "kept"), right, source=source)


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
