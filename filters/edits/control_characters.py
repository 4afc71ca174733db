"""Removes control characters and byte order marks.

Gone: U+0000–001F, U+007F–009F and U+FEFF, except those controls that are white space (tab, newline,
vertical tab, form feed, carriage return, U+0085): they end words and lines, and the edit `whitespace`
makes them uniform; removing a lone carriage return would glue two lines. Format characters stay:
the joiners U+200C and U+200D are spelling, bidirectional marks are reading order. So does a U+FEFF with which
invisible data begins: the edit `invisible_data` removes that whole.
"""

import pyarrow as pa

from filters.kernels.text_edits import apply_edit, find_controls, write_without_controls

CONTENT_VERSION = 2


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing is removed. langs are not used."""
    return apply_edit(texts, find=find_controls, write=write_without_controls)
