"""Repair of UTF-8 that was read as Windows-1252 or Latin-1, by ftfy (Speer 2019, Apache-2.0).

ftfy is only asked about documents in which filters/signals/encoding_damage sees mojibake: it reads 2 to 12
MB a second, and what it would change in clean text is harm. Joiners (U+200C, U+200D) stay, and so
does everything but mojibake: quotes, ligatures, widths.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_rare import MOJIBAKE_CHARS

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    column = text_counts.count_texts(texts, langs=pa.nulls(len(texts), pa.string()), groups=kernels.RARE)
    suspects = column[kernels.FIRST_RARE + MOJIBAKE_CHARS].nonzero()[0].tolist()
    if not suspects:
        return texts
    values = texts.to_pylist()
    for row in suspects:
        values[row] = repair(values[row])
    edited = pa.array(values, pa.large_string())
    return texts if edited.equals(texts) else edited


def repair(text: str) -> str:
    """One text, line by line, until ftfy sees no more damage."""
    from ftfy import fix_encoding  # 0.1 s of import that most workers never need

    lines = text.split("\n")
    for i, line in enumerate(lines):
        while (better := fix_encoding(line)) != line:
            line = better
        lines[i] = line
    return "\n".join(lines)
