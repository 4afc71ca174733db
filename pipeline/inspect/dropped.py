"""A look at what was dropped: read from the layers, never decided again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from filters.personal_data.fields import hide_fields
from filters.personal_data.mask import hide_one
from layers.entries import Entry
from layers.stages import STEPS
from pipeline.inspect.place import read_row
from pipeline.inspect.status import committed
from pipeline.job import Job
from pipeline.plan.make import Plan

EXCERPT_CHARS = 300
_DECIDED = (
    "keep",
    "reason",
    "reasons",
    "component_size",
    "cluster_size",
    "kept_source",
    "duplicate_method",
    "kept_similarity",
    "twin_sources",
)


def find_dropped(
    plan: Plan, *, stage: str | None = None, reason: str | None = None, lang: str | None = None
) -> Iterator[dict[str, Any]]:
    """What was dropped, in stage and locator order: rejected records, filter errors, failed rules.

    Rejected records have no language, so a lang leaves them out.
    """
    job, entries = plan.job, committed(plan)
    for name, layer in STEPS.items():
        if layer.rejected and stage in (None, name) and lang is None:
            for entry in entries[name]:
                for row in job.layer(layer.name).table(entry, layer.rejected).to_pylist():
                    if reason in (None, row["reason"]):
                        yield {"stage": name, "source": entry.unit.source, **row}
    if stage in (None, "decide"):
        yield from _dropped_by_rules(entries["decide"], job=job, reason=reason, lang=lang)


def _dropped_by_rules(
    entries: Sequence[Entry], *, job: Job, reason: str | None, lang: str | None
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        table = job.decisions.table(entry, "decisions")
        mask = pc.invert(table["keep"])
        if reason is not None:
            mask = pc.and_(mask, pc.fill_null(pc.equal(table["reason"], reason), False))
        if lang is not None:
            mask = pc.and_(mask, pc.equal(table["lang"], lang))
        measured = job.measured.require(entry.unit)
        for row in pc.indices_nonzero(mask).to_pylist():
            decision = table.slice(row, 1).to_pylist()[0]
            text = read_row(job.measured, measured, "text", row)
            text = hide_fields(text, lang=decision["lang"])
            yield {
                "stage": "decide",
                "source": entry.unit.source,
                "doc_id": decision["doc_id"].hex(),
                "lang": decision["lang"],
                **tell_decision(decision),
                **{name: text[name] for name in ("record_id", "container", "offset", "url")},
                "text": hide_one(text["text"], lang=decision["lang"])[:EXCERPT_CHARS],
            }


def tell_decision(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a row of decisions, ids in hexadecimal."""
    names = ("key_id", "component_id", "kept_doc_id")
    ids = {name: None if row[name] is None else row[name].hex() for name in names}
    return {name: row[name] for name in _DECIDED} | ids
