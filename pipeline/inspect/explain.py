"""The life of one document: read from the layers, never recomputed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from filters.calibration import decimals_of, values_of
from filters.language_id import LANGUAGE
from filters.personal_data.fields import hide_fields
from filters.personal_data.mask import hide_one
from filters.rules import evaluate, find_unevaluated
from governance.cards import read_card
from governance.reasons import REMOVED, describe
from layers import storage
from layers.entries import Entry
from pipeline.errors import RunError
from pipeline.inspect.after_release import is_removed
from pipeline.inspect.asked import entries_asked
from pipeline.inspect.dropped import EXCERPT_CHARS, tell_decision
from pipeline.inspect.identify import SeveralBegin
from pipeline.inspect.place import Place, find_place, find_task, read_row, shard_url
from pipeline.inspect.rejected import find_rejected
from pipeline.inspect.released import read_released
from pipeline.inspect.removed import find_removed
from pipeline.inspect.status import committed
from pipeline.job import Job
from pipeline.plan.make import Plan
from pipeline.stages.decide.rules import rules_for
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.publish.failed_rules import find_failed
from pipeline.stages.raw_parts import part_name
from pipeline.stages.removals import ledger_of

_ORIGIN = (
    "record_id",
    "url",
    "date",
    "retrieved",
    "title",
    "author",
    "lang_declared",
    "notices",
    "reservation",
    "extra",
)


def explain(doc_id: str, *, plan: Plan) -> list[dict[str, Any]]:
    """One record per row with that id: origin, changes, language, signals against rules, decision, place.

    Of a record that was dropped before decide, what is known of it: place, stage and reason; of one that was
    removed, by which request and on which day. is_current false: the layers are explained as they lie, for
    sources or the corpus file are others than theirs.
    """
    job, entries = plan.job, committed(plan)
    is_current = bool(entries["measure"])
    if not is_current:
        entries = _read_as_they_lie(job)
    measured = entries["measure"] or entries_asked(plan, stage="measure")
    decided = {entry.unit: entry for entry in entries["decide"]}
    try:
        places = find_place(doc_id, measured=measured, decided=decided, job=job)
        lives = [_explain(place, decided=decided.get(place.unit), job=job) for place in places]
    except RunError as error:
        begins = not isinstance(error, SeveralBegin)  # digits that do not tell documents apart name no others
        rejected = find_rejected(doc_id, plan=plan, entries=entries, begins=begins)
        lives = [_explain_rejected(row, job=job) for row in rejected]
        removed = find_removed(doc_id, ledger=ledger_of(job), begins=begins)
        lives += [_explain_removed(row, job=job) for row in removed]
        if not lives:
            raise
    return [{**life, "is_current": is_current} for life in lives]


def _read_as_they_lie(job: Job) -> dict[str, list[Entry]]:
    """Step → entries of layers that no plan of today would make: a source is gone, changed or elsewhere.

    Decisions are those that are about the measured documents that are there.
    """
    measured = job.measured.entries()
    rows = {entry.unit: entry.files["signals"].rows for entry in measured}
    decided = [
        entry for entry in job.decisions.entries() if rows.get(entry.unit) == entry.files["decisions"].rows
    ]
    return {"ingest": job.raw.entries(), "measure": measured, "decide": decided}


def _explain_rejected(row: Mapping[str, Any], *, job: Job) -> dict[str, Any]:
    card = read_card(job.cards, row["source"])
    return {
        "doc_id": row["doc_id"],
        "source": {"uid": card.uid, "name": card.name},
        "origin": {
            "file": storage.join(job.specs[card.uid].root, row["container"]),
            "container": row["container"],
            **{name: row[name] for name in ("offset", "length", "record_id")},
        },
        "rejected": {
            "stage": row["stage"],
            "reason": row["reason"],
            "meaning": describe(row["reason"]),
            "detail": row["detail"],
        },
    }


def _explain_removed(row: Mapping[str, Any], *, job: Job) -> dict[str, Any]:
    card = read_card(job.cards, row["source"])
    names = ("lang", "request_id", "kind", "at", "release", "is_twin")
    return {
        "doc_id": row["doc_id"],
        "source": {"uid": card.uid, "name": card.name},
        "removed": {**{name: row[name] for name in names}, "meaning": describe(REMOVED)},
    }


def _explain(place: Place, *, decided: Entry | None, job: Job) -> dict[str, Any]:
    measured = job.measured.require(place.unit)
    batch = job.measured.row(measured, "signals", place.row)
    signals = batch.to_pylist()[0]
    text, raw_bytes = _read_text(place, measured=measured, decided=decided, signals=signals, job=job)
    card = read_card(job.cards, place.unit.source)
    decision = None if decided is None else read_row(job.decisions, decided, "decisions", place.row)
    spec = job.specs[place.unit.source]
    return {
        "doc_id": (text if decision is None else decision)["doc_id"].hex(),
        "source": {
            "uid": card.uid,
            "name": card.name,
            "license": text["license"],
            "evidence": text["license_evidence"],
        },
        "origin": {
            "file": storage.join(spec.root, text["container"]),
            "container": text["container"],
            "offset": text["offset"],
            "length": text["length"],
            "raw_sha256": text["raw_sha256"] and text["raw_sha256"].hex(),
            **hide_fields({name: text[name] for name in _ORIGIN}, lang=signals["lang"]),
        },
        "changes": {
            "edits": signals["edits"],
            "edit_bytes": signals["edit_bytes"],
            "bytes_before": raw_bytes,
            "bytes_after": signals["text_bytes"],
        },
        "language": {name: signals[name] for name in LANGUAGE.names},
        "rules": _rules(batch, job=job, source=card.uid),
        "failed": None if decision is None else _failed(decision, signals=batch, source=card.uid, job=job),
        "decision": None if decision is None else tell_decision(decision),
        "release": None
        if decision is None or not decision["keep"]
        else _release_place(place, lang=signals["lang"], job=job),
        "personal_data": _personal_data(signals, job=job, source=card.uid),
        "text": text["text"] and hide_one(text["text"], lang=signals["lang"])[:EXCERPT_CHARS],
    }


def _read_text(
    place: Place, *, measured: Entry, decided: Entry | None, signals: dict[str, Any], job: Job
) -> tuple[dict[str, Any], int | None]:
    """(the document as measured, bytes of its text before edits); of a cleaned output as it was released."""
    if not is_removed(job.measured.join(measured.files["text"].path)):
        text = read_row(job.measured, measured, "text", place.row)
        raw, documents = job.raw.require(place.unit.whole), part_name(place.unit.part or 0)
        raw_text = read_row(job.raw, raw, documents, signals["raw_row"])["text"]
        return text, len(raw_text.encode())
    decision = {} if decided is None else read_row(job.decisions, decided, "decisions", place.row)
    doc_id = decision.get("doc_id", signals["doc_id"]).hex()
    task = find_task(place, lang=signals["lang"], job=job) if decision.get("keep") else None
    return read_released(doc_id, task=task, source=place.unit.source, job=job), None


def _personal_data(signals: dict[str, Any], *, job: Job, source: str) -> list[dict[str, Any]] | None:
    """Kinds that were found in the document, how often, and whether they are masked; None: not looked for."""
    if signals["personal_data"] is None:
        return None
    masked = job.config.masked_kinds(source, lang=signals["lang"])
    found = Counter(span["kind"] for span in signals["personal_data"])
    return [
        {"kind": kind, "values": values, "masked": kind in masked} for kind, values in sorted(found.items())
    ]


def _rules(signals: pa.RecordBatch, *, job: Job, source: str) -> list[dict[str, Any]]:
    """Every quality rule of the one document's language beside the document's value."""
    row = signals.to_pylist()[0]
    if row["lang"] not in job.config.decide.languages:
        return []
    verdicts = []
    rules = rules_for(row["lang"], job=job, source=source)
    for rule in (one for both in rules for one in both.by_origin):
        value = row[rule.signal]
        if rule.part and rule.min is not None and value is not None:  # as it is compared with the minimum
            (value,) = decimals_of(values_of(signals, signal=rule.signal, rule=replace(rule, min_words=0)))
        fails = bool(evaluate(signals, rules=[rule])[0].as_py())
        skipped = bool(find_unevaluated(signals, rules=[rule])[rule.signal][0])
        verdict = "not evaluated" if skipped else "fails" if fails else "passes"
        verdicts.append(
            {
                "signal": rule.signal,
                "value": value,
                "min": rule.min,
                "max": rule.max,
                "origin": rule.origin,
                "verdict": verdict,
            }
        )
    return verdicts


def _failed(
    decision: Mapping[str, Any], *, signals: pa.RecordBatch, source: str, job: Job
) -> list[dict[str, Any]]:
    """Every failed rule in order, with the value and the limit that it is beyond, and what it means."""
    failed = find_failed(
        pa.array([decision["reasons"]], DECISION.field("reasons").type),
        lang=pa.array([decision["lang"]], pa.string()),
        similarity=pa.array([decision["kept_similarity"]], pa.float32()),
        signals=pa.Table.from_batches([signals]),
        source=source,
        job=job,
    )
    return [{**failure, "meaning": describe(failure["rule"])} for failure in failed.to_pylist()[0]]


def _release_place(place: Place, *, lang: str, job: Job) -> dict[str, Any] | None:
    task = find_task(place, lang=lang, job=job)
    if task is None:
        return None
    return {"shard": shard_url(task, job=job), "lang": task.lang}
