"""Spans of personal data in texts: candidates of the scan kernel, each judged by what validates its kind."""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from filters.kernels import personal_data as kernel
from filters.kernels.compiling import text_buffers
from filters.personal_data import (
    accounts,
    addresses,
    coordinates,
    identifiers,
    internet,
    secrets,
    telephones,
    user_names,
)
from filters.personal_data.kinds import KINDS
from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import territories_of

DETECTORS_VERSION = 4
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
    kernel.HANDLE: ((user_names.find_handle, frozenset({"user_name"})),),
    kernel.PROFILE: ((user_names.find_profile, frozenset({"user_name"})),),
    kernel.NUMBER: (
        (internet.find_quads, frozenset({"ip"})),
        (accounts.find_cards, frozenset({"card"})),
        (identifiers.find_identifiers, frozenset({"national_id"})),
        (telephones.find_telephones, frozenset({"telephone"})),
    ),
    kernel.MIXED: ((identifiers.find_identifiers, frozenset({"national_id"})),),
    kernel.ACCOUNT: ((accounts.find_iban, frozenset({"iban"})),),
    kernel.DECIMAL: ((coordinates.find_decimals, frozenset({"coordinates"})),),
    kernel.DEGREE: ((coordinates.find_degrees, frozenset({"coordinates"})),),
    kernel.COLONS: ((internet.find_colons, frozenset({"ip"})),),
    kernel.TOKEN: ((secrets.find_secrets, frozenset({"api_key", "private_key"})),),
    kernel.KEY_BLOCK: ((secrets.find_key_block, frozenset({"private_key"})),),
}
"""Kind of candidate → what judges it, with the kinds that it may find."""
_RANK = {name: rank for rank, name in enumerate(KINDS)}


def find_spans(
    texts: pa.LargeStringArray, *, languages: Sequence[str | None], kinds: Collection[str] | None = None
) -> pa.ListArray:
    """n texts and their languages (BCP-47 or None) → n lists of SPAN, in order of the text, not overlapping.

    Where two overlap, that of the kind named first in KINDS stays, then the longer. kinds restricts what is
    looked for; None is all. Raises ValueError for a kind that there is not, and for nulls.
    """
    wanted = frozenset(KINDS if kinds is None else kinds)
    if not wanted <= KINDS.keys():
        unknown = ", ".join(sorted(wanted - KINDS.keys()))
        raise ValueError(f"no kinds of personal data: {unknown}; there are {', '.join(KINDS)}")
    if len(languages) != len(texts):
        raise ValueError(f"{len(texts)} texts, but {len(languages)} languages")
    values, offsets = text_buffers(texts)
    candidates = kernel.find_candidates(values, offsets)
    spans: dict[int, list[Span]] = {}
    data = memoryview(values.data)
    territories = [territories_of(language) for language in languages]
    bounds = offsets.tolist()
    detectors = {
        candidate: [detector for detector, finds in listed if not finds.isdisjoint(wanted)]
        for candidate, listed in _DETECTORS.items()
    }
    for text, candidate, start, end in candidates.tolist():
        spot = Spot(
            data,
            first=bounds[text],
            last=bounds[text + 1],
            start=start,
            end=end,
            territories=territories[text],
        )
        for detector in detectors[candidate]:
            for span in detector(spot):
                if span.kind in wanted:
                    spans.setdefault(text, []).append(span)
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
