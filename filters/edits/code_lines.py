"""Removal of lines with {, }, [if or <script (ROOTS' remove_lines_with_code, arXiv:2303.03915)."""

import pyarrow as pa
import pyarrow.compute as pc

CONTENT_VERSION = 1

_LINE = r"[^\n]*(?:[{}]|\[if|<script)[^\n]*\n?"


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    edited = pc.replace_substring_regex(texts, pattern=_LINE, replacement="")
    return texts if edited.equals(texts) else edited
