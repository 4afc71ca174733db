"""Invisible characters that carry data in a text: found, named, and taken out whole.

C2PA 2.3 (A.7) puts a signed manifest behind U+FEFF as variation selectors, a byte each; others write bytes as
selectors behind any character, or ASCII as tag characters. One selector behind a letter or emoji and the tags
of a flag are spelling, and no data. filters.kernels.damage counts the same places.
"""

import hashlib
import re

import pyarrow as pa

from filters import damage
from filters.kernels.damage import CARRIERS
from filters.kernels.text_edits import replace_texts

_SELECTOR = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_CARRIER = re.compile(
    f"\ufeff(?P<mark>{_SELECTOR}+)|(?P<selectors>{_SELECTOR}{{2,}})|(?P<tags>[\U000e0000-\U000e007f]+)"
)
_FLAG = "\U0001f3f4"
_C2PA = b"C2PATXT\0"


def remove_carriers(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """n texts → n texts without carriers; the same array where there are none."""
    rows = damage.count_damage(texts)[CARRIERS].nonzero()[0].tolist()
    if not rows:
        return texts
    return replace_texts(texts, rows=rows, values=[_remove(texts[row].as_py()) for row in rows])


def describe_carriers(batch: pa.RecordBatch) -> pa.ListArray:
    """What each text carries: n documents → n lists of `kind bytes sha256` in order of place, null: nothing.

    Kinds are c2pa_manifest, variation_selectors, tag_characters; the digest is of the bytes that they spell.
    """
    described: list[list[str] | None] = [None] * len(batch)
    for row in damage.count(batch)[CARRIERS].nonzero()[0].tolist():
        text = batch.column("text")[row].as_py()
        described[row] = [_describe(found) for found in _CARRIER.finditer(text) if not _is_flag(found)]
    return pa.array(described, pa.list_(pa.string()))


def _remove(text: str) -> str:
    """One text; what stood around a carrier may be one together, twice at most."""
    while (less := _CARRIER.sub(_keep_flag, text)) != text:
        text = less
    return text


def _keep_flag(found: re.Match[str]) -> str:
    return found[0] if _is_flag(found) else ""


def _is_flag(found: re.Match[str]) -> bool:
    return found["tags"] is not None and found.string[: found.start()].endswith(_FLAG)


def _describe(found: re.Match[str]) -> str:
    tags = found["tags"]
    if tags is not None:
        kind, data = "tag_characters", bytes(ord(char) - 0xE0000 for char in tags)
    else:
        data = bytes(map(_selector_byte, found["mark"] or found["selectors"]))
        kind = "c2pa_manifest" if data.startswith(_C2PA) else "variation_selectors"
    return f"{kind} {len(data)} {hashlib.sha256(data).hexdigest()}"


def _selector_byte(char: str) -> int:
    code = ord(char)
    return code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16
