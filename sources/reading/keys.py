"""Ids of several fields: what they are in the source, and what to do where an id is none."""

import json
from collections.abc import Sequence

from sources.base import SourceSpec


def join_key(values: Sequence[str | None]) -> str | None:
    """One key of the values of several fields, as a JSON array: no two lists of values are one key.

    None where all values are: the record has no id.
    """
    if all(value is None for value in values):
        return None
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def name_id(spec: SourceSpec) -> str | None:
    """How a source maps its id, as the corpus file has it; None: it maps none."""
    name = spec.mapped.get("id")
    return name if name is None or spec.key_fields else repr(name)


def describe_cure(spec: SourceSpec) -> str:
    """What to write in the corpus file where an id stands for several texts."""
    fields = spec.key_fields or ((spec.fields["id"],) if "id" in spec.fields else ())
    lang = spec.fields.get("lang")
    if fields and lang is not None and lang not in fields:
        together = f"map several fields that are unique together (id: [{', '.join((lang, *fields))}])"
    else:
        together = "map a field that is unique, or several that are together (id: [FIELD, FIELD])"
    none = ", or none: a record is then known by URL and date, or by its digest" if fields else ""
    return together + none
