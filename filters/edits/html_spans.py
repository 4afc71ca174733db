"""Removal of the tags <span …> and </span>, not of what they enclose (ROOTS' remove_html_spans)."""

import pyarrow as pa
import pyarrow.compute as pc

CONTENT_VERSION = 1

_TAG = r"</?span\b[^<>]*>"


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    while True:  # removing a tag can join the halves of another: <sp<span>an>
        edited = pc.replace_substring_regex(texts, pattern=_TAG, replacement="")
        if edited.equals(texts):
            return texts
        texts = edited
