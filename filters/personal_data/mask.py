"""Spans of personal data replaced by typed placeholders, and texts as they are shown to people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.kernels.compiling import text_buffers
from filters.personal_data.find import find_spans
from filters.personal_data.kinds import KINDS

CONTENT_VERSION = 1
"""Bumped by hand when the same spans are replaced differently."""

SPAN = pa.struct(
    [("kind", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("detector", pa.string())]
)
SPANS = pa.list_(SPAN)
COUNT = pa.struct([("kind", pa.string()), ("count", pa.int32())])
COUNTS = pa.list_(COUNT)


def placeholder(kind: str) -> str:
    """What stands for a value of a kind, such as <EMAIL>; raises KeyError for a kind that is none."""
    return KINDS[kind].placeholder


@dataclass(frozen=True)
class Masked:
    """n texts with placeholders, and of each what was replaced."""

    texts: pa.LargeStringArray
    spans: pa.ListArray
    """SPANS of the placeholders, in bytes of the texts that have them; null where nothing was looked for."""
    is_masked: np.ndarray
    """bool [n]: something was replaced."""

    @property
    def counts(self) -> pa.ListArray:
        """COUNTS of what was replaced in each text, by kind in alphabetical order; null as spans are."""
        rows, values = _flatten(self.spans)
        kinds = values.field("kind").dictionary_encode()
        names = sorted(kinds.dictionary.to_pylist())
        rank = np.array([names.index(name) for name in kinds.dictionary.to_pylist()], np.int64)
        codes = rank[kinds.indices.to_numpy()] if len(kinds) else np.zeros(0, np.int64)
        pairs, counts = np.unique(rows * max(len(names), 1) + codes, return_counts=True)
        columns = [
            pa.array(names, pa.string()).take(pa.array(pairs % max(len(names), 1))),
            pa.array(counts, pa.int32()),
        ]
        structs = pa.StructArray.from_arrays(columns, fields=list(COUNT))
        return _lists(structs, rows=pairs // max(len(names), 1), like=self.spans)


def mask_texts(texts: pa.LargeStringArray, *, spans: pa.ListArray, kinds: Collection[str]) -> Masked:
    """Replace the spans of some kinds by their placeholders: n texts and n lists of SPANS → n texts.

    Spans are bytes of each text, ascending and disjoint; a null list has none. Bytes do not depend on where
    batches are cut. Raises ValueError for a span that is not inside of its text.
    """
    rows, values = _flatten(spans)
    chosen = pc.is_in(values.field("kind"), value_set=pa.array(sorted(kinds), pa.string()))
    keep = chosen.to_numpy(zero_copy_only=False)
    rows, values = rows[keep], values.filter(chosen)
    if not len(rows):
        return Masked(texts, _lists(values, rows=rows, like=spans), np.zeros(len(texts), bool))
    data, offsets = text_buffers(texts)
    starts, ends = (
        values.field(name).to_numpy(zero_copy_only=False).astype(np.int64) for name in ("start", "end")
    )
    begins, stops = offsets[rows] + starts, offsets[rows] + ends
    if (starts < 0).any() or (ends <= starts).any() or (stops > offsets[rows + 1]).any():
        raise ValueError("a span of personal data is not inside of its text")
    if (begins[1:] < stops[:-1]).any():
        raise ValueError("spans of personal data overlap, or are not in order")
    names = values.field("kind").to_pylist()
    marks = {name: placeholder(name).encode() for name in set(names)}
    view, end = memoryview(data.data), int(offsets[0])
    pieces: list[bytes | memoryview] = []
    for name, begin, stop in zip(names, begins.tolist(), stops.tolist(), strict=True):
        pieces += [view[end:begin], marks[name]]
        end = stop
    pieces.append(view[end : int(offsets[-1])])
    sizes = np.array([len(marks[name]) for name in names], np.int64)
    growth = np.concatenate([[0], np.cumsum(sizes - (ends - starts))])
    # what the spans before the end of each text added
    added = growth[np.searchsorted(rows, np.arange(len(texts) + 1))]
    masked = pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(offsets - offsets[0] + added), pa.py_buffer(b"".join(pieces))
    )
    placed = starts + growth[:-1] - added[rows]
    columns = [
        values.field("kind"),
        pa.array(placed, pa.int32()),
        pa.array(placed + sizes, pa.int32()),
        values.field("detector"),
    ]
    structs = pa.StructArray.from_arrays(columns, fields=list(SPAN))
    is_masked = np.bincount(rows, minlength=len(texts)) > 0
    return Masked(masked, _lists(structs, rows=rows, like=spans), is_masked)


def hide(texts: Iterable[str], *, languages: Sequence[str | None]) -> list[str]:
    """Texts as they are shown as examples: every kind of personal data that is found in them is hidden.

    languages: the one of each text, null where it is not known.
    """
    array = pa.array(list(texts), pa.large_string())
    found = find_spans(array, languages=languages)
    shown: list[str] = mask_texts(array, spans=found, kinds=KINDS).texts.to_pylist()
    return shown


def hide_one(text: str, *, lang: str | None) -> str:
    """One text as `hide` shows it."""
    return hide([text], languages=[lang])[0]


def hide_in_any(texts: Iterable[str], *, languages: Iterable[str]) -> list[str]:
    """Texts in no known language of some: what is found in any of them, or without one, is hidden."""
    shown = list(texts)
    for lang in (None, *languages):
        shown = hide(shown, languages=[lang] * len(shown))
    return shown


def _flatten(spans: pa.ListArray) -> tuple[np.ndarray, pa.StructArray]:
    """(row of each span, the spans of all rows)."""
    lengths = pc.fill_null(pc.list_value_length(spans), 0).to_numpy()
    return np.repeat(np.arange(len(spans)), lengths), spans.flatten()


def _lists(values: pa.StructArray, *, rows: np.ndarray, like: pa.ListArray) -> pa.ListArray:
    """Values of ascending rows as n lists, null where those of like are."""
    offsets = np.searchsorted(rows, np.arange(len(like) + 1)).astype(np.int32)
    mask = like.is_null() if like.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)
