"""Removal of words longer than the longest that ROOTS kept in the language (arXiv:2303.03915).

A word is what stands between spaces, tabs and newlines, with its punctuation, which ROOTS does not count;
one space after it goes with it. Languages without a number of ROOTS keep all words.
"""

import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.text_counts import rows_by_language

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes."""
    parts, order = [], []
    for tag, rows in rows_by_language(langs):
        part = texts.take(pa.array(rows))
        longest = None if tag is None else languages.load(tag).longest_word
        if longest is not None:
            word = rf"[^ \t\n]{{{longest + 1},}}[ \t]?"
            part = pc.replace_substring_regex(part, pattern=word, replacement="")
        parts.append(part)
        order.append(pa.array(rows))
    if not parts:
        return texts
    edited = pa.concat_arrays(parts).take(pc.sort_indices(pa.concat_arrays(order)))
    return texts if edited.equals(texts) else edited
