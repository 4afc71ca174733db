"""Columns of measured/ that are no signal: which document, what edits changed, the exact hash."""

import pyarrow as pa

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
