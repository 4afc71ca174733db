"""Damage of the text as its source gives it, before any edit: places at which a better copy reads otherwise.

Of copies that are duplicates the least damaged one stays (docs/dedup.md), so what stands in clean text as
well (acronyms, a title, a line that ends in a dash) is not counted, as far as that shows without a copy.
"""

import numpy as np
import pyarrow as pa

from filters import damage
from filters.kernels import damage as kernels
from filters.kernels import frames
from layers.document import make_field

CONTENT_VERSION = 1
BEFORE_EDITS = True
FOR_DECIDE = True
SCHEMA = pa.schema(
    [
        make_field("damage", pa.int64(), "Damaged places, of the kinds below together."),
        make_field("damage_mojibake", pa.int32(), "Characters whose UTF-8 was read as Windows-1252."),
        make_field("damage_replacements", pa.int32(), "Characters U+FFFD."),
        make_field("damage_entities", pa.int32(), "Character references of HTML: &name; &#1; &#x1;."),
        make_field("damage_tags", pa.int32(), "Tags of HTML's elements, comments, declarations."),
        make_field(
            "damage_hyphens",
            pa.int32(),
            "Hyphens at the end of a line between two letters, of which the second is no capital.",
        ),
        make_field(
            "damage_ligatures", pa.int32(), "Latin ligatures (U+FB00–FB06) and Arabic presentation forms."
        ),
        make_field(
            "damage_frame_lines",
            pa.int32(),
            f"Lines of at most {frames.MAX_FRAME_CHARS} characters that end like no sentence: at the head "
            f"those after the first {frames.HEAD_LINES}, at the foot those before the last "
            f"{frames.FOOT_LINES}, {frames.MAX_FRAME_LINES} at most are looked at.",
        ),
        make_field(
            "damage_capitals",
            pa.int32(),
            f"Capitals A–Z, {kernels.CAPITALS_PER_PLACE} are one place, in runs of "
            f"{kernels.MIN_CAPITALS} or more without a letter a–z.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Counts of damage: n documents before edits → n rows of SCHEMA. langs are not used."""
    kinds = damage.count(batch)[: kernels.KINDS]
    columns = [pa.array(kinds.sum(axis=0)), *(pa.array(kind.astype(np.int32)) for kind in kinds)]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
