"""Columns of the tables of a release: what readers find in data/, signals/ and provenance/."""

from functools import lru_cache

import pyarrow as pa

from filters import base
from filters.extra import ExtraType
from filters.personal_data.mask import COUNTS, SPANS
from layers.document import DOCUMENT, ORIGIN, make_field
from layers.plugins import Plugin
from pipeline.job import Job
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.measure.columns import make_signals_schema
from pipeline.stages.publish.masking import WITHHELD

_ID = make_field(
    "doc_id",
    pa.string(),
    "Intrinsic id, 32 hexadecimal digits; stable across releases, as long as key_id is null or is not.",
    nullable=False,
)
_KEY_ID = make_field(
    "key_id",
    pa.string(),
    "Id by source and key of a document whose source gives the key to different texts, so that doc_id is of "
    "the text too; null: doc_id is it.",
)
_REDACTIONS = make_field(
    "redactions",
    COUNTS,
    "Values of personal data that placeholders stand for in text: kind and count, by kind; empty: none was "
    "replaced; null: nothing was looked for.",
)
_TEXT_BYTES = make_field("text_bytes", pa.int64(), "UTF-8 bytes of text, as it is here.")
_PERSONAL_DATA = make_field(
    "personal_data",
    SPANS,
    "Placeholders in text, as it is here: kind, first byte, byte behind the last, detector; null: nothing "
    "was looked for.",
)
_SOURCE = make_field("source", pa.string(), "uid of the source card.", nullable=False)
_LANGUAGE = ("lang", "lang_status", "lang_score", "lang_share", "script")
_PROVENANCE_SIGNALS = (
    "lang_segments",
    "lang_candidates",
    "edits",
    "edit_bytes",
    "carriers",
    "signals_lang",
    "exact_hash",
)
"""What the sidecar has of the measured columns."""
_NOT_PUBLISHED = ("doc_id", "raw_row", "lang_declared", *_PROVENANCE_SIGNALS, "personal_data")


def table_schemas(job: Job) -> dict[str, pa.Schema]:
    """Folder → columns of the tables that every shard has: same rows, same order, the same name in each.

    Arrow has the signals with the text, which maps them into memory and reads nothing of them. Parquet has
    them beside it: whoever loads a language from the Hub fetches whole files, and they are a third of it.
    """
    text, signals = _text_fields(job), _signal_fields(job)
    if job.config.publish.format == "arrow":
        return {"data": pa.schema([*text, *signals]), "provenance": provenance_schema(job)}
    return {
        "data": pa.schema(text),
        "signals": pa.schema([_ID, *signals]),
        "provenance": provenance_schema(job),
    }


def _text_fields(job: Job) -> list[pa.Field]:
    signals = measured_signals(job)
    document = [DOCUMENT.field(name) for name in ("title", "author", "url", "date", "license", "extra")]
    language = [signals.field(name) for name in _LANGUAGE]
    return [
        _ID,
        DOCUMENT.field("text"),
        _SOURCE,
        *document,
        *language,
        _KEY_ID,
        DECISION.field("cluster_size"),
        _REDACTIONS,
    ]


def _signal_fields(job: Job) -> list[pa.Field]:
    decide = [name for each in base.decide_signals() for name in base.load_signals(each).SCHEMA.names]
    return [
        _TEXT_BYTES if field.name == "text_bytes" else field
        for field in measured_signals(job)
        if field.name not in (*_NOT_PUBLISHED, *decide, *_LANGUAGE)
    ]


def provenance_schema(job: Job) -> pa.Schema:
    """Columns of the sidecar: same rows, same order as the data shard."""
    signals = measured_signals(job)
    fields = [DOCUMENT.field(name) for name in ORIGIN]
    fields += [signals.field(name) for name in _PROVENANCE_SIGNALS]
    fields = [_maybe_withheld(field) for field in fields]
    return pa.schema([_ID, *fields, _PERSONAL_DATA, DECISION.field("twin_sources")])


def _maybe_withheld(field: pa.Field) -> pa.Field:
    """The field of a column that is null where text was masked."""
    if field.name in WITHHELD:
        note = "null, too, where a value in text is masked"
        if field.name == "raw_sha256":
            note += ", or lines that were removed may have one"
    elif field.name == "record_id":
        note = "null where that is a digest and a value in text is masked"
    else:
        return field
    return make_field(field.name, field.type, f"{field.metadata[b'meaning'].decode().rstrip('.')}; {note}.")


def measured_signals(job: Job) -> pa.Schema:
    """Columns of the signals files that a release is made of."""
    measure = job.config.measure
    return _signals_schema(measure.sets, tuple(measure.extra.items()), job.plugins)


@lru_cache(maxsize=8)
def _signals_schema(
    sets: tuple[str, ...], extra: tuple[tuple[str, ExtraType], ...], plugins: tuple[Plugin, ...]
) -> pa.Schema:
    """Kept: each shard asks for it several times, at milliseconds each. plugins: whose sets these are."""
    return make_signals_schema(sets, extra=dict(extra))
