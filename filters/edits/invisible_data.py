"""Removes invisible characters that carry data (filters.carriers), whole: C2PA manifests, selectors, tags.

What went is in the provenance of the document, column `carriers`; raw text keeps it.
"""

import pyarrow as pa

from filters.carriers import remove_carriers

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing is removed. langs are not used."""
    return remove_carriers(texts)
