"""Invisible data is recognised before edits, told, and removed whole or kept whole, never half."""

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import base
from filters.carriers import describe_carriers, remove_carriers
from filters.damage import count_damage
from filters.kernels.damage import CARRIERS
from pipeline.config.measure import MeasureConfig


def select(data: bytes) -> str:
    """Bytes as variation selectors (C2PA 2.3, A.7)."""
    return "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in data)


MANIFEST = b"C2PATXT\0" + bytes([1]) + (256).to_bytes(4, "big") + bytes(range(256))
CARRIED = {
    "c2pa_manifest": ("\ufeff" + select(MANIFEST), MANIFEST),
    "variation_selectors": (select(b"hidden"), b"hidden"),
    "tag_characters": ("\U000e0068\U000e0069", b"hi"),
}
SPELLING = "葛\U000e0100 ❤\ufe0f 🏴\U000e0067\U000e0062\U000e007f ক্\u200dষ"
"""One selector, a flag's tags, a joiner."""


def describe(*texts: str) -> list[list[str] | None]:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    described: list[list[str] | None] = describe_carriers(batch).to_pylist()
    return described


def edited(text: str, *, edits: list[str]) -> str:
    texts = pa.array([text], pa.large_string())
    for name in edits:
        texts = base.load_edit(name).edit(texts, langs=pa.nulls(1, pa.string()))
    return str(texts[0].as_py())


@pytest.mark.parametrize("kind", CARRIED)
def test_a_carrier_is_told_with_the_digest_of_what_it_spells(kind: str) -> None:
    carrier, data = CARRIED[kind]
    told = f"{kind} {len(data)} {hashlib.sha256(data).hexdigest()}"
    assert describe(f"a{carrier}b", "plain", SPELLING) == [[told], None, None]
    assert describe(f"{carrier}a{carrier} {SPELLING}") == [[told, told]]


@pytest.mark.parametrize("kind", CARRIED)
def test_by_default_a_carrier_goes_whole_and_spelling_stays(kind: str) -> None:
    assert edited(f"a{CARRIED[kind][0]}b {SPELLING}", edits=MeasureConfig().edits) == f"ab {SPELLING}"


@pytest.mark.parametrize("kind", CARRIED)
@pytest.mark.parametrize("name", [name for name in MeasureConfig().edits if name != "invisible_data"])
def test_a_carrier_stays_whole_where_no_edit_for_it_runs(kind: str, name: str) -> None:
    text = f"a{CARRIED[kind][0]}b {SPELLING}"
    assert edited(text, edits=[name]) == text


def test_a_byte_order_mark_that_carries_nothing_is_removed() -> None:
    assert edited("\ufeffa\ufeff\ufeff" + select(b"x"), edits=["control_characters"]) == "a\ufeff" + select(
        b"x"
    )


@given(st.lists(st.sampled_from(["a", "\ufeff", "\ufe00", "\U000e0101", "\U000e0041", "🏴"])).map("".join))
def test_nothing_of_a_carrier_is_left_and_nothing_else_goes(text: str) -> None:
    texts = pa.array([text], pa.large_string())
    (found,) = describe(text)
    assert len(found or []) == count_damage(texts)[CARRIERS][0]
    removed = remove_carriers(texts)[0].as_py()
    assert (removed == text) == (found is None)
    assert count_damage(pa.array([removed], pa.large_string()))[CARRIERS][0] == 0
    assert [char for char in removed if char in "a🏴"] == [char for char in text if char in "a🏴"]
