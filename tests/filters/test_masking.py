"""Placeholders in place of spans: the rest of a text stays, whatever batch it is in."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.personal_data.mask import COUNTS, SPANS, hide, hide_in_any, mask_texts, placeholder

KINDS = ("email", "ip", "telephone")


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[list[str], list[list[dict[str, Any]] | None]]:
    """Texts of short pieces, some of which are spans; None: not looked for."""
    texts, spans = [], []
    for pieces in draw(
        st.lists(st.lists(st.tuples(st.text("aé中x ", max_size=4), st.sampled_from((*KINDS, "")))))
    ):
        text, own = "", []
        for piece, kind in pieces:
            start = len(text.encode())
            text += piece
            if kind and piece:
                own.append({"kind": kind, "start": start, "end": len(text.encode()), "detector": "d"})
        texts.append(text)
        spans.append(own if draw(st.booleans()) else own or None)
    return texts, spans


def replace(text: str, spans: list[dict[str, Any]] | None, kinds: set[str]) -> str:
    data, end, out = text.encode(), 0, b""
    for span in spans or []:
        if span["kind"] in kinds:
            out += data[end : span["start"]] + placeholder(span["kind"]).encode()
            end = span["end"]
    return (out + data[end:]).decode()


@given(texts_with_spans(), st.sets(st.sampled_from(KINDS)), st.integers(0, 5))
def test_masking_is_replacing_in_each_text_wherever_batches_are_cut(
    rows: tuple[list[str], list[list[dict[str, Any]] | None]], kinds: set[str], cut: int
) -> None:
    texts, spans = pa.array(rows[0], pa.large_string()), pa.array(rows[1], SPANS)
    whole = mask_texts(texts, spans=spans, kinds=kinds)
    whole.texts.validate(full=True)
    expected = [replace(text, own, kinds) for text, own in zip(*rows, strict=True)]
    assert whole.texts.to_pylist() == expected
    for text, own, placed in zip(expected, rows[1], whole.spans.to_pylist(), strict=True):
        assert (placed is None) == (own is None)
        for span in placed or []:
            assert text.encode()[span["start"] : span["end"]].decode() == placeholder(span["kind"])
    assert whole.counts.type == COUNTS
    assert [sum(each["count"] for each in own or []) for own in whole.counts.to_pylist()] == [
        len(own or []) for own in whole.spans.to_pylist()
    ]
    assert whole.is_masked.tolist() == [bool(own) for own in whole.spans.to_pylist()]
    parts = [
        mask_texts(texts.slice(start, length), spans=spans.slice(start, length), kinds=kinds)
        for start, length in ((0, cut), (cut, len(texts)))
    ]
    for name in ("texts", "spans", "counts"):
        assert [row for part in parts for row in getattr(part, name).to_pylist()] == (
            getattr(whole, name).to_pylist()
        )


@pytest.mark.parametrize(
    "spans",
    [
        [{"kind": "ip", "start": 2, "end": 9, "detector": "d"}],
        [{"kind": "ip", "start": 2, "end": 2, "detector": "d"}],
        [
            {"kind": "ip", "start": 0, "end": 2, "detector": "d"},
            {"kind": "ip", "start": 1, "end": 3, "detector": "d"},
        ],
    ],
)
def test_spans_that_are_not_in_their_text_or_overlap_are_errors(spans: list[dict[str, Any]]) -> None:
    texts = pa.array(["abcd", "efgh"], pa.large_string())
    with pytest.raises(ValueError, match="span"):
        mask_texts(texts, spans=pa.array([spans, []], SPANS), kinds=["ip"])


def test_examples_are_shown_without_what_any_language_finds() -> None:
    text = "Piga simu 0712 345 678 au andika kofi@posta.co.ke"
    assert hide([text], languages=["sw"]) == ["Piga simu <TELEPHONE> au andika <EMAIL>"]
    assert hide_in_any([text], languages=["fr", "sw"]) == ["Piga simu <TELEPHONE> au andika <EMAIL>"]
