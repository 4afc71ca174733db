"""C2PA in texts: a manifest in variation selectors with an assertion on training and data mining.

The manifest is read, its signature is not checked: whoever wrote it reserved something. It must be looked for
before edits, which remove what cannot be seen.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import c2pa_text

from governance.reservations import cbor
from governance.reservations.signals import Effect, Origin, Purpose, Question, Signal, restrict, shorten

MARK = c2pa_text.encode_wrapper(b"")[: 1 + len(c2pa_text.MAGIC)]
"""Every manifest in a text begins with it."""
MAX_MANIFEST_BYTES = 4 << 20

_ASSERTIONS = ("c2pa.training-mining", "cawg.training-mining")
_ENTRIES: Mapping[Purpose, frozenset[str]] = {
    "train-ai": frozenset(("ai_training", "ai_generative_training", "data_mining")),
    "search": frozenset(),
}
_EFFECTS: Mapping[object, Effect] = {"allowed": "allow", "notAllowed": "disallow", "constrained": "disallow"}
_CONTAINERS = 8
"""Boxes inside of boxes that are followed."""


def find_signals(text: str, *, question: Question, origin: Origin) -> list[Signal]:
    """What a manifest in a text says about training; none where the text has no manifest."""
    if MARK not in text:
        return []
    try:
        located = c2pa_text.find_wrapper_info(text)
        manifest = b"" if located is None else located[0]
    except ValueError as error:
        return [_make(str(error), effect="unknown", origin=origin)]
    if len(manifest) > MAX_MANIFEST_BYTES:
        return [_make("a manifest that is too long", effect="unknown", origin=origin)]
    assertions = [*_read_assertions(manifest)]
    if not assertions:
        return [_make("a manifest without an assertion on training", effect="unknown", origin=origin)]
    return [
        _make(
            f"{label}: {_describe(entries)}",
            effect=restrict(_effects(entries, purpose=question.purpose)),
            origin=origin,
        )
        for label, entries in assertions
    ]


def _make(raw: str, *, effect: Effect, origin: Origin) -> Signal:
    return Signal(
        protocol="c2pa",
        place="text",
        location=origin.location,
        raw=shorten(raw),
        effect=effect,
        date=origin.date,
    )


def _read_assertions(manifest: bytes) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """(label, entries) of the assertions on training in a manifest of JUMBF; broken ones are left out."""
    for label, kind, content in _walk(manifest, label="", depth=_CONTAINERS):
        if label.split("__")[0] not in _ASSERTIONS:
            continue
        try:
            value = cbor.loads(content) if kind == b"cbor" else cbor.loads_json(content)
        except ValueError:
            continue
        entries = value.get("entries") if isinstance(value, dict) else None
        if isinstance(entries, dict):
            yield label, entries


def _walk(data: bytes, *, label: str, depth: int) -> Iterator[tuple[str, bytes, bytes]]:
    """(label of the box around it, type, content) of boxes that hold CBOR or JSON."""
    place = 0
    while place + 8 <= len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        end = len(data) if size == 0 else place + size
        if size in range(1, 8) or end > len(data):
            return
        content = data[place + 8 : end]
        if kind == b"jumb" and depth:
            yield from _walk(content, label=label, depth=depth - 1)
        elif kind == b"jumd":
            label = content[17:].partition(b"\0")[0].decode("utf-8", "replace")
        elif kind in (b"cbor", b"json"):
            yield label, kind, content
        place = end


def _effects(entries: Mapping[Any, Any], *, purpose: Purpose) -> Iterator[Effect]:
    for name, entry in entries.items():
        if str(name).rpartition(".")[2] in _ENTRIES[purpose] and isinstance(entry, dict):
            yield _EFFECTS.get(entry.get("use"), "unknown")


def _describe(entries: Mapping[Any, Any]) -> str:
    said = ((name, entry.get("use") if isinstance(entry, dict) else entry) for name, entry in entries.items())
    return ", ".join(f"{name}={use}" for name, use in said)
