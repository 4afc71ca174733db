"""Removal of words that hold a piece of a URL: http, www, .com, href or // (ROOTS, arXiv:2303.03915).

A word is what stands between spaces, tabs and newlines; one space after it goes with it.
"""

import pyarrow as pa
import pyarrow.compute as pc

CONTENT_VERSION = 1

_WORD = r"[^ \t\n]*(?:http|www|\.com|href|//)[^ \t\n]*[ \t]?"


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    edited = pc.replace_substring_regex(texts, pattern=_WORD, replacement="")
    return texts if edited.equals(texts) else edited
