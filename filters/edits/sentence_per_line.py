"""One sentence per line, as ROOTS' split_sentences did for some languages, in every script.

A sentence ends at a mark that ends sentences (Unicode's Sentence_Terminal: . ? ! । ۔ ؟ 。 ። …), with closing
quotes and brackets, where white space follows; after any but . ? ! also without. Abbreviations,
numbered items and quotations ("Dr. Smith", "1. First", "“Stop!” he said") are cut as well: it is an edit for
sources of prose.
"""

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.sentences import write_sentences
from filters.kernels.text_scratch import make_scratch
from filters.kernels.text_tables import characters, marks
from filters.long_texts import LINES, cut_texts

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    values, offsets = text_buffers(texts)
    pieces, first_pieces = cut_texts(values, offsets, behind=LINES)
    sizes = np.diff(pieces)
    out = np.empty(2 * int(sizes.sum()), np.uint8)  # at worst a newline after every byte
    ends = np.zeros(len(pieces), np.int64)
    s = make_scratch(int(sizes.max(initial=0)))
    scratch = (s.units, s.entries, s.prefix, s.lower_prefix, s.events)
    write_sentences(values, pieces, (characters(), marks()), scratch, out, ends)
    out_offsets = ends[first_pieces]
    buffers = [None, pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]])]
    edited = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    return texts if edited.equals(texts) else edited
