"""TDMRep (W3C Community Group, 2025): `tdm-reservation` in a file of the site, a header field or `<meta>`.

The header supersedes the file, `<meta>` the header; in the file the first entry that matches holds. Other
values than 0 and 1 are errors of the protocol and say nothing, so they supersede nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.reservations.addresses import PathPattern, find_path
from governance.reservations.signals import Effect, Origin, Place, Question, Signal, shorten

WELL_KNOWN = "/.well-known/tdmrep.json"
RESERVATION = "tdm-reservation"
POLICY = "tdm-policy"
MAX_BYTES = 1 << 20
MAX_ENTRIES = 10_000

_EFFECTS: dict[str, Effect] = {"0": "allow", "1": "disallow"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the file."""

    line: int | None
    pattern: PathPattern
    effect: Effect
    raw: str


class BrokenFile(ValueError):
    """The file says nothing: it is no list of entries."""


def read_file(data: bytes) -> list[Entry]:
    """The entries of a `tdmrep.json`, in their order; raises BrokenFile."""
    if len(data) > MAX_BYTES:
        raise BrokenFile(f"{len(data)} bytes; {MAX_BYTES} are the limit")
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(f"it is no JSON: {error}") from error
    if not isinstance(values, list):
        raise BrokenFile("it is no JSON array")
    lines = _find_lines(text)
    entries = []
    for number, value in enumerate(values[:MAX_ENTRIES]):
        location = value.get("location") if isinstance(value, dict) else None
        if isinstance(location, str):
            path = location if location.startswith(("/", "*")) else f"/{location}"
            line = lines[number] if len(lines) == len(values) else None
            entries.append(Entry(line, PathPattern.parse(path), _effect(value.get(RESERVATION)), _raw(value)))
    return entries


def _find_lines(text: str) -> list[int]:
    """The line of each `location`; of no use where their number is not that of the entries."""
    return [
        number for number, line in enumerate(text.split("\n"), 1) for _ in range(line.count('"location"'))
    ]


def _effect(value: Any) -> Effect:
    is_said = isinstance(value, (int, str)) and not isinstance(value, bool)
    return _EFFECTS.get(str(value).strip(), "unknown") if is_said else "unknown"


def _raw(value: dict[str, Any]) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))


def find_signals(entries: Sequence[Entry], *, question: Question, origin: Origin) -> list[Signal]:
    """What the file says of a URL: its first entry that matches."""
    path = find_path(question.url)
    entry = next((each for each in entries if each.pattern.matches(path)), None)
    if entry is None:
        return []
    return [
        Signal(
            protocol="tdmrep",
            place="well_known",
            location=origin.location,
            line=entry.line,
            raw=entry.raw,
            effect="unknown" if question.purpose == "search" else entry.effect,
            date=origin.date,
        )
    ]


def read_values(
    values: Sequence[str], *, policies: Sequence[str], question: Question, place: Place, origin: Origin
) -> list[Signal]:
    """What header fields or elements `<meta>` say; a policy without a reservation reserves nothing."""
    policy = f"; {POLICY}: {policies[0]}" if policies else ""
    return [
        Signal(
            protocol="tdmrep",
            place=place,
            location=origin.location,
            raw=shorten(f"{value}{policy}"),
            effect="unknown" if question.purpose == "search" else _effect(value),
            date=origin.date,
        )
        for value in values
    ]
