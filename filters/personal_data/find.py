"""Spans of personal data in texts: candidates of the scan kernel, each judged by the validators of its kind."""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from filters.kernels import personal_data as kernel
from filters.kernels.compiling import text_buffers
from filters.personal_data import addresses, internet, telephones
from filters.personal_data.kinds import KINDS
from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import territories_of

DETECTORS_VERSION = 1
"""Raised when the same text gives other spans."""

SPAN = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
    ]
)
"""Bytes of the text in UTF-8; the value itself is nowhere."""

_Detector = Callable[[Spot], Iterator[Span]]
_DETECTORS: Mapping[int, tuple[tuple[_Detector, frozenset[str]], ...]] = {
    kernel.ADDRESS: ((addresses.find_address, frozenset({"email", "url_credentials"})),),
    kernel.NUMBER: (
        (internet.find_quads, frozenset({"ip"})),
        (telephones.find_telephones, frozenset({"telephone"})),
    ),
    kernel.COLONS: ((internet.find_colons, frozenset({"ip"})),),
}
"""Kind of candidate → what judges it, with the kinds that it may find."""
_RANK = {name: rank for rank, name in enumerate(KINDS)}


def find_spans(
    texts: pa.LargeStringArray, *, languages: Sequence[str | None], kinds: Collection[str] | None = None
) -> pa.ListArray:
    """n texts and their languages (BCP-47 or None) → n lists of SPAN, in order of the text and not overlapping.

    Where two overlap, that of the kind named first in KINDS stays, then the longer. kinds restricts what is
    looked for; None is all. Raises ValueError for a kind that there is not, and for nulls.
    """
    wanted = frozenset(KINDS if kinds is None else kinds)
    if not wanted <= KINDS.keys():
        raise ValueError(
            f"no kinds of personal data: {', '.join(sorted(wanted - KINDS.keys()))}; there are {', '.join(KINDS)}"
        )
    if len(languages) != len(texts):
        raise ValueError(f"{len(texts)} texts, but {len(languages)} languages")
    values, offsets = text_buffers(texts)
    candidates = kernel.find_candidates(values, offsets)
    spans: dict[int, list[Span]] = {}
    data = memoryview(values)
    for text, candidate, start, end in candidates.tolist():
        for detector, finds in _DETECTORS.get(candidate, ()):
            if finds.isdisjoint(wanted):
                continue
            spot = Spot(
                data,
                first=int(offsets[text]),
                last=int(offsets[text + 1]),
                start=start,
                end=end,
                territories=territories_of(languages[text]),
            )
            hits = [span for span in detector(spot) if span.kind in wanted]
            if hits:
                spans.setdefault(text, []).extend(hits)
    return _make_array({text: _settle(found) for text, found in spans.items()}, length=len(texts))


def _settle(spans: list[Span]) -> list[Span]:
    """Of spans that overlap the one of the first kind, then the longest; in order of the text."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: (_RANK[each.kind], each.start - each.end, each.start)):
        place = bisect_left(kept, span)
        if place and kept[place - 1].end > span.start:
            continue
        if place < len(kept) and kept[place].start < span.end:
            continue
        insort(kept, span)
    return kept


def _make_array(spans: Mapping[int, list[Span]], *, length: int) -> pa.ListArray:
    counts = np.zeros(length + 1, np.int32)
    rows = [span for text in sorted(spans) for span in spans[text]]
    for text, found in spans.items():
        counts[text + 1] = len(found)
    columns = [
        pa.array([span.kind for span in rows], pa.string()),
        pa.array([span.start for span in rows], pa.int32()),
        pa.array([span.end for span in rows], pa.int32()),
        pa.array([span.detector for span in rows], pa.string()),
    ]
    values = pa.StructArray.from_arrays(columns, fields=list(SPAN))
    return pa.ListArray.from_arrays(pa.array(np.cumsum(counts, dtype=np.int32)), values)
