"""Columns of measured/ that are no signal: which document, what edits changed, the exact hash."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from filters import base
from filters import extra as extra_fields
from filters.language_id import LANGUAGE
from filters.personal_data.mask import SPANS
from layers.document import DOC_ID_BYTES, DOCUMENT, make_field

IDENTITY = pa.schema(
    [
        DOCUMENT.field("doc_id"),
        make_field("raw_row", pa.int64(), "Row of the document in its part of raw/."),
        DOCUMENT.field("lang_declared"),
    ]
)
CHANGES = pa.schema(
    [
        make_field("edits", pa.list_(pa.string()), "Names of the edits that changed the text, in order."),
        make_field(
            "edit_bytes",
            pa.list_(pa.int64()),
            "UTF-8 bytes that each of `edits` removed, negative where it added.",
        ),
        make_field(
            "carriers",
            pa.list_(pa.string()),
            "Data in invisible characters of the text before edits: c2pa_manifest, variation_selectors or "
            "tag_characters, bytes, and SHA-256 of these; null: none.",
        ),
        make_field(
            "signals_lang",
            pa.string(),
            "Language whose segmentation and lists the signals used; null: default.",
        ),
        make_field("text_bytes", pa.int64(), "UTF-8 bytes of the edited text."),
        make_field(
            "personal_data",
            SPANS,
            "Personal data and secrets in the edited text: kind, first byte, byte behind the last, detector; "
            "null: not looked for.",
        ),
    ]
)
EXACT = pa.schema(
    [
        make_field(
            "exact_hash",
            pa.binary(DOC_ID_BYTES),
            "128-bit hash of the normalised text (docs/dedup.md); null: empty.",
        )
    ]
)


def make_signals_schema(sets: Iterable[str], *, extra: Mapping[str, extra_fields.ExtraType]) -> pa.Schema:
    """Columns of a signals file, in order; those of the sets that decide reads stand at the end."""
    chosen = [name for name in sets if not base.is_for_decide(name)]
    first, last = (
        [field for name in names for field in base.load_signals(name).SCHEMA]
        for names in (chosen, base.decide_signals())
    )
    own = extra_fields.make_schema(extra)
    return pa.schema([*IDENTITY, *LANGUAGE, *CHANGES, *first, *own, *EXACT, *last])
