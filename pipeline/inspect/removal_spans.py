"""Spans of a request: which text stands at offsets, and what is cut or corrected where a document has it."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.mask import mask_texts
from governance.removals.ledger import Cut
from governance.removals.request import Request
from governance.removals.rules import Rule
from governance.removals.selectors import Selector
from governance.removals.spans import find_changes, replace_changes
from layers.entries import Entry
from pipeline.errors import InputError
from pipeline.inspect.removal_matches import Found
from pipeline.job import Job
from pipeline.stages.raw_parts import part_name

PartKey = tuple[str, str, int]
"""Source, unit name and part of raw/."""
_MAX_CONTEXT_CHARS = 1 << 16
"""On either side of what is corrected, so that it stands there alone."""


def part_key(measured: Entry) -> PartKey:
    """The part of raw/ that a measured part is of."""
    return measured.unit.source, measured.unit.whole.name, measured.unit.part or 0


def resolve_spans(request: Request, *, parts: Iterable[tuple[Entry, Entry]], job: Job) -> dict[int, Rule]:
    """Place of a selector of a span in one document → its rule, by key of the document and value.

    parts: (measured, decided) of all. Raises InputError where there is no such document or no such span.
    """
    asked = {each.doc_id.lower() for each in request.selectors if each.doc_id}
    if not asked:
        return {}
    ids = pa.array([bytes.fromhex(value) for value in sorted(asked)], pa.binary(16))
    texts: dict[str, tuple[str, str, str]] = {}
    for measured, decided in parts:
        decisions = job.decisions.table(decided, "decisions", columns=["doc_id", "key_id", "lang"])
        hit = pc.is_in(decisions["doc_id"], value_set=ids).combine_chunks()
        for row in pc.indices_nonzero(hit).to_pylist():
            released = _read_released(measured, row=row, lang=decisions["lang"][row].as_py(), job=job)
            raw_row = job.measured.row(measured, "signals", row, columns=["raw_row"])["raw_row"][0].as_py()
            extracted = _read_extracted(measured, raw_row=raw_row, job=job)
            doc_id = decisions["doc_id"][row].as_py()
            texts[doc_id.hex()] = released, extracted, (decisions["key_id"][row].as_py() or doc_id).hex()
    resolved = {}
    for place, selector in enumerate(request.selectors):
        if not selector.doc_id:
            continue
        doc_id, at = selector.doc_id.lower(), f"$.selectors[{place}]"
        if doc_id not in texts:
            raise InputError(f"{at}.doc_id: no document of the output is {doc_id}")
        released, extracted, key_id = texts[doc_id]
        rule = Rule(
            selector.type,
            selector.canonical,
            request.request_id,
            redacts=True,
            doc_id=key_id,
            replacement=selector.replacement or "",
            bytes=selector.bytes or 0,
        )
        if selector.start is not None and selector.end is not None:
            rule = _resolve_offsets(selector, rule=rule, released=released, extracted=extracted, at=at)
        resolved[place] = rule
    return resolved


def _resolve_offsets(selector: Selector, *, rule: Rule, released: str, extracted: str, at: str) -> Rule:
    """The rule with the value that stands at the offsets; what is corrected, with as much beside it as
    makes it the only one in the document: another may be right."""
    start, end = selector.start or 0, selector.end or 0
    if end > len(released):
        raise InputError(f"{at}.end: {end}, but the text has {len(released)} code points")
    value = released[start:end]
    if selector.value not in (None, value):
        raise InputError(f"{at}: what stands at start to end is not its value")
    if not rule.replacement:
        return _with_value(rule, value=value)
    if value in rule.replacement:
        raise InputError(f"{at}: the replacement has what it replaces; take in the word before or behind it")
    context = 0
    while context <= _MAX_CONTEXT_CHARS:
        before, behind = released[max(0, start - context) : start], released[end : end + context]
        wide = before + value + behind
        count = extracted.count(wide)
        if not count:
            break
        if count == released.count(wide) == 1:
            return _with_value(rule, value=wide, replacement=before + rule.replacement + behind)
        context = context * 2 or 1
    raise InputError(
        f"{at}: the text as extracted has the span otherwise, or more than once, so it cannot be corrected "
        "there; drop the document instead (drop_document)"
    )


def _with_value(rule: Rule, *, value: str, replacement: str = "") -> Rule:
    return Rule("span", value, rule.request_id, redacts=True, doc_id=rule.doc_id, replacement=replacement)


def _read_released(measured: Entry, *, row: int, lang: str, job: Job) -> str:
    """The text of a row of a part as readers of the release have it, personal data masked."""
    texts = job.measured.row(measured, "text", row, columns=["text"])["text"]
    spans = job.measured.row(measured, "signals", row, columns=["personal_data"])["personal_data"]
    kinds = job.config.masked_kinds(measured.unit.source, lang=lang)
    return str(mask_texts(texts, spans=spans, kinds=kinds).texts[0].as_py())


def _read_extracted(measured: Entry, *, raw_row: int, job: Job) -> str:
    raw = job.raw.require(measured.unit.whole)
    name = part_name(measured.unit.part or 0)
    return str(job.raw.row(raw, name, raw_row, columns=["text"])["text"][0].as_py())


def cut_spans(
    found: Mapping[PartKey, MutableMapping[int, Found]],
    *,
    rules: Sequence[tuple[Rule, int]],
    parts: Iterable[Entry],
    job: Job,
) -> None:
    """Write down what goes of each document: values as extracted, and where they stand in the released text.

    rules: each with its selector; parts: of measured/. Copies that do not have the span are left out. Raises
    InputError where a span cannot be cut.
    """
    for measured in parts:
        own = found.get(part_key(measured))
        if not own:
            continue
        raw_rows = job.measured.table(measured, "signals", columns=["raw_row"])["raw_row"].to_numpy()
        for row in np.flatnonzero(np.isin(raw_rows, np.array([*own], np.int64))).tolist():
            each = own[int(raw_rows[row])]
            chosen = [rule for rule, place in rules if each.is_twin or place in each.selectors]
            _cut(
                each,
                rules=chosen,
                released=_read_released(measured, row=row, lang=each.lang, job=job),
                extracted=_read_extracted(measured, raw_row=int(raw_rows[row]), job=job),
            )
    listed = [(own, row, each) for own in found.values() for row, each in own.items()]
    for rows, row, each in listed:
        if each.spans:
            continue
        if each.is_twin:  # the span was in what its normal form leaves out
            del rows[row]
        elif each.doc_id:
            raise InputError(
                f"{each.doc_id}: the span is in the released text, but its text as extracted has it "
                "otherwise, so it cannot be cut there; drop the document instead (drop_document)"
            )


def _cut(each: Found, *, rules: Sequence[Rule], released: str, extracted: str) -> None:
    changes = find_changes(extracted, rules=rules)
    values = {extracted[change.start : change.end]: change.replacement for change in changes}
    each.spans = tuple(values)
    each.replacements = tuple(values.values()) if any(values.values()) else ()
    cuts = find_changes(released, rules=rules)
    each.cuts = tuple(Cut(change.start, change.end, len(released)) for change in cuts)
    corrected = (replace_changes(extracted, changes=changes), replace_changes(released, changes=cuts))
    for span, replacement in values.items():
        if replacement and any(span in text for text in corrected):
            raise InputError(
                f"{each.doc_id or each.key_id}: once corrected, its text has what was replaced again; "
                "take in the word before or behind it"
            )


def refuse_uncut(found: Iterable[Found], *, request: Request) -> None:
    """Raise InputError where offsets name a span that no document has as extracted."""
    hit = {place for each in found for place in each.selectors}
    for place, selector in enumerate(request.selectors):
        if selector.start is not None and place not in hit:
            raise InputError(
                f"$.selectors[{place}]: the text as extracted has the span otherwise, so it cannot be "
                "cut there; drop the document instead (drop_document)"
            )
