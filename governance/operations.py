"""What was done to documents, one operation after the other, with sizes before and after.

In every flow documents_in = documents_out + dropped and bytes_in = bytes_out + dropped + bytes_removed, and
what leaves one operation enters the next: `find_breaks` compares all of it with the ledger.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from governance.amounts import Amount, Closed, add_amounts
from governance.ledger import Ledger
from governance.reasons import DUPLICATES, LANGUAGE

INGEST, FILTER_ERRORS, REDACT, PUBLISH = "ingest", "filter_errors", "redact", "publish"
OTHER_CLASS = "other_class"
"""As in the ledger: what the release of another class has."""
Stage = Literal["ingest", "measure", "decide", "publish"]


class Flow(Closed):
    """The documents of one source and language that an operation was given, and what it made of them."""

    source: str
    lang: str | None = Field(description="assigned language; null before languages are assigned")
    documents_in: int = Field(
        ge=0, description="of ingest: records that were read; unreadable tails are none"
    )
    documents_out: int = Field(ge=0)
    documents_changed: int | None = Field(
        default=None, ge=0, description="whose text it changed; null: it is not counted"
    )
    bytes_in: int = Field(ge=0, description="UTF-8 of texts; of ingest: of the container, decompressed")
    bytes_out: int = Field(ge=0)
    bytes_removed: int = Field(
        default=0,
        description="from documents that stay, negative where it added; of ingest: what is no text",
    )
    dropped: dict[str, Amount] = Field(default={}, description="reason → what it took")


class Operation(Closed):
    """One step: reading, an edit, a rule, redaction, publication."""

    name: str = Field(
        description="ingest, filter_errors, an edit, the reason of a rule, other_class, redact or publish"
    )
    stage: Stage
    flows: list[Flow]


@dataclass(frozen=True)
class EditCount:
    """What one edit did to the documents of a source and language; bytes that it removed, net."""

    source: str
    lang: str
    edit: str
    documents: int
    bytes: int


def list_operations(
    ledger: Ledger,
    *,
    edits: Iterable[EditCount],
    edit_order: Sequence[str],
    edits_of: Mapping[str, Collection[str]],
    rule_order: Sequence[str],
) -> list[Operation]:
    """The operations of a run, from its ledger and what its edits changed.

    edit_order: edits in the order of the configuration, those of single sources behind; edits_of: source →
    those that it has; rule_order: reasons of quality rules in the order of the language files. A rule counts
    the documents that failed it first.
    """
    counted = {(each.edit, each.source, each.lang): each for each in edits}
    operations = [_ingest(ledger), _filter_errors(ledger)]
    sizes = _measured_before_edits(ledger, counted=counted)
    for name in edit_order:
        flows = []
        for (source, lang), (documents, size) in sizes.items():
            if name not in edits_of[source]:
                continue
            change = counted.get((name, source, lang))
            removed = 0 if change is None else change.bytes
            flows.append(
                Flow(
                    source=source,
                    lang=lang,
                    documents_in=documents,
                    documents_out=documents,
                    documents_changed=0 if change is None else change.documents,
                    bytes_in=size,
                    bytes_out=size - removed,
                    bytes_removed=removed,
                )
            )
            sizes[source, lang] = (documents, size - removed)
        operations.append(Operation(name=name, stage="measure", flows=flows))
    operations += _rules(ledger, order=rule_order)
    operations += _publish(ledger)
    return [operation for operation in operations if operation.flows]


def _ingest(ledger: Ledger) -> Operation:
    flows = []
    for source in ledger.by("source", "documents", "raw", "read"):
        size, text = (ledger.total("bytes", "raw", flow, source=source) for flow in ("read", "text"))
        dropped = _dropped(ledger, "raw", source=source)
        flows.append(
            Flow(
                source=source,
                lang=None,
                documents_in=ledger.total("documents", "raw", "read", source=source),
                documents_out=ledger.total("documents", "raw", "text", source=source),
                bytes_in=size,
                bytes_out=text,
                bytes_removed=size - text - add_amounts(dropped.values()).bytes,
                dropped=dropped,
            )
        )
    return Operation(name=INGEST, stage="ingest", flows=flows)


def _filter_errors(ledger: Ledger) -> Operation:
    """Documents on which an edit or signal raised; no operation where there are none."""
    flows = []
    for source in ledger.by("source", "documents", "measured", "dropped"):
        documents, size = (ledger.total(measure, "measured", "read", source=source) for measure in _MEASURES)
        dropped = _dropped(ledger, "measured", source=source)
        gone = add_amounts(dropped.values())
        flows.append(
            Flow(
                source=source,
                lang=None,
                documents_in=documents,
                documents_out=documents - gone.documents,
                bytes_in=size,
                bytes_out=size - gone.bytes,
                dropped=dropped,
            )
        )
    return Operation(name=FILTER_ERRORS, stage="measure", flows=flows)


_MEASURES: tuple[Literal["documents", "bytes"], ...] = ("documents", "bytes")


def _measured_before_edits(
    ledger: Ledger, *, counted: Mapping[tuple[str, str, str], EditCount]
) -> dict[tuple[str, str], tuple[int, int]]:
    """(source, assigned language) → documents and bytes as the first edit was given them."""
    removed: Counter[tuple[str, str]] = Counter()
    for each in counted.values():
        removed[each.source, each.lang] += each.bytes
    sizes = _by_language(ledger, "measured", "kept")
    return {pair: (n, size + removed[pair]) for pair, (n, size) in sizes.items()}


def _by_language(ledger: Ledger, layer: str, flow: str) -> dict[tuple[str, str], tuple[int, int]]:
    """(source, assigned language) → documents and bytes of one flow."""
    documents: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for line in ledger.select(layer, flow):
        documents[line["source"], line["lang"]] += line["documents"] or 0
        sizes[line["source"], line["lang"]] += line["bytes"]
    return {pair: (documents[pair], sizes[pair]) for pair in sorted({*documents, *sizes})}


def _rules(ledger: Ledger, *, order: Sequence[str]) -> Iterator[Operation]:
    """One per reason that dropped any document; given are those that failed no rule before."""
    dropped: dict[str, dict[tuple[str, str], Amount]] = {}
    for line in ledger.select("decisions", "dropped"):
        amount = Amount(documents=line["documents"] or 0, bytes=line["bytes"])
        dropped.setdefault(line["reason"], {})[line["source"], line["lang"]] = amount
    places = {name: place for place, name in enumerate((*LANGUAGE, *order))}
    last = {name: place for place, name in enumerate(DUPLICATES)}
    left = _by_language(ledger, "decisions", "read")
    for reason in sorted(
        dropped, key=lambda name: (name in last, last.get(name, places.get(name, -1)), name)
    ):
        flows = []
        for pair, (documents, size) in left.items():
            gone = dropped[reason].get(pair, Amount(documents=0, bytes=0))
            left[pair] = (documents - gone.documents, size - gone.bytes)
            flows.append(
                Flow(
                    source=pair[0],
                    lang=pair[1],
                    documents_in=documents,
                    documents_out=left[pair][0],
                    documents_changed=0,
                    bytes_in=size,
                    bytes_out=left[pair][1],
                    dropped={reason: gone} if gone.documents else {},
                )
            )
        yield Operation(name=reason, stage="decide", flows=[flow for flow in flows if flow.documents_in])


def _publish(ledger: Ledger) -> Iterator[Operation]:
    """What another class has, redaction where anything was masked, and what is in this release."""
    redacted = _by_language(ledger, "release", "redacted")
    kept = {pair: size for pair, size in _by_language(ledger, "decisions", "kept").items() if size[0]}
    elsewhere = _by_language(ledger, "release", "other_class")
    if elsewhere:
        flows = []
        for pair, (documents, size) in kept.items():
            n, gone = elsewhere.get(pair, (0, 0))
            kept[pair] = (documents - n, size - gone)
            flows.append(
                Flow(
                    source=pair[0],
                    lang=pair[1],
                    documents_in=documents,
                    documents_out=documents - n,
                    bytes_in=size,
                    bytes_out=size - gone,
                    dropped={OTHER_CLASS: Amount(documents=n, bytes=gone)} if n else {},
                )
            )
        yield Operation(name=OTHER_CLASS, stage="publish", flows=flows)
    if redacted:
        flows = []
        for pair, (documents, size) in kept.items():
            changed, removed = redacted.get(pair, (0, 0))
            flows.append(_pass_on(pair, documents, size, removed=removed, changed=changed))
            kept[pair] = (documents, size - removed)
        yield Operation(name=REDACT, stage="publish", flows=flows)
    flows = [_pass_on(pair, documents, size) for pair, (documents, size) in kept.items()]
    yield Operation(name=PUBLISH, stage="publish", flows=flows)


def _pass_on(pair: tuple[str, str], documents: int, size: int, *, removed: int = 0, changed: int = 0) -> Flow:
    return Flow(
        source=pair[0],
        lang=pair[1],
        documents_in=documents,
        documents_out=documents,
        documents_changed=changed,
        bytes_in=size,
        bytes_out=size - removed,
        bytes_removed=removed,
    )


def _dropped(ledger: Ledger, layer: str, *, source: str) -> dict[str, Amount]:
    documents, sizes = (ledger.by("reason", m, layer, "dropped", source=source) for m in _MEASURES)
    return {reason: Amount(documents=n, bytes=sizes[reason]) for reason, n in documents.items()}


def find_breaks(operations: Sequence[Operation], *, ledger: Ledger) -> Iterator[str]:
    """Every place where operations do not conserve documents or bytes, or differ from the ledger."""
    if not operations:
        return
    for operation in operations:
        for flow in operation.flows:
            gone = add_amounts(flow.dropped.values())
            place = f"operation {operation.name} of {flow.source} in {flow.lang or 'any language'}"
            if flow.documents_in != flow.documents_out + gone.documents:
                sizes = f"{flow.documents_out} out, {gone.documents} dropped"
                yield f"{place}: {flow.documents_in} documents in, {sizes}"
            if flow.bytes_in != flow.bytes_out + gone.bytes + flow.bytes_removed:
                yield f"{place}: {flow.bytes_in} bytes in are not those out, dropped and removed"
    yield from _compare_ends(operations, ledger=ledger)
    for source in ledger.sources:
        left: tuple[int, int] | None = None
        before = ""
        for operation in operations:
            own = [flow for flow in operation.flows if flow.source == source]
            given = (sum(f.documents_in for f in own), sum(f.bytes_in for f in own))
            if own and left not in (None, given):
                yield f"operation {operation.name} of {source}: given {given}, but {before} left {left}"
            if own:
                left = (sum(f.documents_out for f in own), sum(f.bytes_out for f in own))
                before = operation.name


def _compare_ends(operations: Sequence[Operation], *, ledger: Ledger) -> Iterator[str]:
    """What is read, dropped for each reason and published must be what the ledger says."""
    counted: Counter[tuple[str, str, str]] = Counter()
    expected: Counter[tuple[str, str, str]] = Counter()
    for operation in operations:
        for flow in operation.flows:
            if operation.name == INGEST:
                counted["read", flow.source, ""] += flow.documents_in
            if operation.name == PUBLISH:
                counted["published", flow.source, flow.lang or ""] += flow.documents_out
                counted["published bytes", flow.source, flow.lang or ""] += flow.bytes_out
            for reason, amount in flow.dropped.items():
                counted["dropped", flow.source, reason] += amount.documents
    for line in ledger.lines:
        place = (line["layer"], line["flow"])
        documents = line["documents"] or 0
        if place == ("raw", "read"):
            expected["read", line["source"], ""] += documents
        elif place == ("release", "kept"):
            expected["published", line["source"], line["lang"]] += documents
            expected["published bytes", line["source"], line["lang"]] += line["bytes"]
        elif place == ("release", OTHER_CLASS):
            expected["dropped", line["source"], OTHER_CLASS] += documents
        elif place[1] == "dropped":
            expected["dropped", line["source"], line["reason"]] += documents
    for key in sorted({*counted, *expected}):
        if counted[key] != expected[key]:
            yield f"operations count {counted[key]} {' '.join(key).strip()}, the ledger {expected[key]}"
