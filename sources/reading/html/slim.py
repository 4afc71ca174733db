"""A page as resiliparse is given it: the bytes that its rules look at, and what else is read of the page."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layers import compiling
from sources.kernels import html as kernels
from sources.reading.html.tags import Page

MAX_PLACES = 1024
"""Tags of one kind whose places are told: lists and statements behind these are not looked at."""
TWO_CANDIDATES = b"<script class=article-body></script>" * 2
"""Resiliparse asks nine selectors, of all elements, for the main one, and ends where two are found, which is
as good as none: a page without any takes an eighth less with two that hold nothing."""
_HEADER = struct.Struct("<IIIi")


def is_compiled() -> bool:
    """Whether the kernel has been compiled before: the first page takes some ten seconds longer without."""
    return compiling.is_anything_compiled(Path(kernels.__file__).parent)


def slim(html: bytes) -> Sequence[bytes | memoryview]:
    """A page as valid UTF-8 → what a child is asked of it, in pieces, in linear time."""
    values = np.frombuffer(html, np.uint8)
    out = np.empty(len(values) + len(values) // 4, np.uint8)
    places = np.empty((4, MAX_PLACES), np.int32)
    state, tag = np.empty(kernels.STATE_NUMBERS, np.int64), np.empty(kernels.TAG_NUMBERS, np.int64)
    kernels.slim_page(values, out, places, state, tag)
    size, metas, lists, scripts, body, candidates, *_ = state.tolist()
    metas, lists, scripts = (min(count, MAX_PLACES) for count in (metas, lists, scripts))
    spans = list(zip(places[2, :scripts].tolist(), places[3, :scripts].tolist(), strict=True))
    header = _HEADER.pack(metas, lists, scripts, -1 if candidates else body)
    lengths = struct.pack(f"<{scripts}i", *(stop - start for start, stop in spans))
    json_ld = [html[start:stop] for start, stop in spans]
    return [header, places[0, :metas].data, places[1, :lists].data, lengths, *json_ld, out.data[:size]]


def unpack(request: bytes) -> Page:
    """The page of a request."""
    metas, lists, scripts, body = _HEADER.unpack_from(request)
    numbers = list(struct.unpack_from(f"<{metas + lists + scripts}i", request, _HEADER.size))
    start, json_ld = _HEADER.size + 4 * len(numbers), []
    for length in numbers[metas + lists :]:
        json_ld.append(request[start : start + length])
        start += length
    page = Page(request[start:], numbers[:metas], numbers[metas : metas + lists], json_ld)
    if body >= 0:
        page.html = b"".join([page.html[:body], TWO_CANDIDATES, page.html[body:]])
        page.lists = [place + len(TWO_CANDIDATES) * (place >= body) for place in page.lists]
    return page
