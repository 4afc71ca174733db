"""Uniform white space, as ROOTS did (arXiv:2303.03915), and uniform line ends.

Every Unicode space separator and U+FFFC becomes U+0020. CR LF, CR, vertical tab, form feed, U+0085,
U+2028 and U+2029 become a newline. Spaces and tabs at the end of a line are removed; more than two
newlines in a row become two, so at most one line is empty; both ends of the text are stripped. Tabs and
runs of spaces inside a line stay: they are layout of tables and code.
"""

import pyarrow as pa

from filters.kernels.text_edits import apply_edit, find_uneven_whitespace, write_even_whitespace

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    return apply_edit(texts, find=find_uneven_whitespace, write=write_even_whitespace)
