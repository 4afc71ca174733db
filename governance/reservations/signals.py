"""A signal: what one protocol says in one place about one use, and what several say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

PARSER_VERSION = 2
"""Raised when a parser reads another effect from the same bytes."""

Protocol = Literal["robots", "tdmrep", "aipref", "content_signal", "rsl", "x_robots", "c2pa"]
Place = Literal["robots.txt", "header", "meta", "well_known", "license_file", "text"]
Effect = Literal["allow", "disallow", "unknown"]
Purpose = Literal["train-ai", "search"]

PROTOCOLS: Sequence[Protocol] = get_args(Protocol)
MAX_RAW_CHARS = 500
"""Of a raw value that is kept; a longer one ends in an ellipsis."""

_RESTRICTION: dict[Effect, int] = {"unknown": 0, "allow": 1, "disallow": 2}
_PLACES: Sequence[Place] = get_args(Place)


@dataclass(frozen=True)
class Question:
    """What is asked of every protocol."""

    url: str
    agents: tuple[str, ...]
    """Product tokens of the robots in whose place the reader stands."""
    purpose: Purpose = "train-ai"


@dataclass(frozen=True)
class Origin:
    """Where something was said, and when."""

    location: str
    """URL, file or name of the field."""
    date: str | None = None
    """None: not known."""


class Signal(BaseModel):
    """What was said, where and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Protocol
    place: Place
    location: str
    """URL, file or name of the field."""
    line: int | None = None
    """Of a file, from 1."""
    raw: str
    """As it was said."""
    effect: Effect
    agent: str | None = None
    """Of robots.txt and X-Robots-Tag: to whom it is said."""
    date: str | None = None
    """When it was said: of the capture or of the copy; None: not known."""
    superseded: bool = False
    """Another signal of the same protocol takes its place."""
    parser_version: int = PARSER_VERSION

    def sort_key(self) -> tuple[object, ...]:
        """An order that does not depend on who was asked first."""
        return (
            PROTOCOLS.index(self.protocol),
            _PLACES.index(self.place),
            self.line or 0,
            self.location,
            self.raw,
            self.agent or "",
            self.date or "",
            self.effect,
        )

    def describe(self) -> str:
        """Protocol, place and raw value in one line."""
        where = self.location if self.line is None else f"{self.location}, line {self.line}"
        to = "" if self.agent is None else f" to {self.agent}"
        return f"{self.protocol}: {self.raw!r}{to} ({self.place}: {where})"


@dataclass(frozen=True)
class Verdict:
    """What all signals say together, and the one that decided; None: nothing was said."""

    effect: Effect
    signal: Signal | None


def shorten(raw: str) -> str:
    """A raw value as it is kept."""
    printable = raw.encode("utf-8", "replace").decode()
    return printable if len(printable) <= MAX_RAW_CHARS else f"{printable[: MAX_RAW_CHARS - 1]}…"


def restrict(effects: Iterable[Effect]) -> Effect:
    """The most restrictive: a disallow wins, else an allow, else nothing is known."""
    return max(effects, key=_RESTRICTION.__getitem__, default="unknown")


def combine(signals: Iterable[Signal]) -> Verdict:
    """The most restrictive of the signals that no other supersedes, whatever their order."""
    heard = sorted((each for each in signals if not each.superseded), key=Signal.sort_key)
    effect = restrict(each.effect for each in heard)
    return Verdict(effect, next((each for each in heard if each.effect == effect), None))


def supersede(signals: Sequence[Signal]) -> list[Signal]:
    """Statements of one protocol, the weakest place first: the last one that says something holds."""
    said = [place for place, each in enumerate(signals) if each.effect != "unknown"]
    return [
        replace_superseded(each) if said and place < said[-1] else each for place, each in enumerate(signals)
    ]


def replace_superseded(signal: Signal) -> Signal:
    """The signal as one that another takes the place of."""
    return signal.model_copy(update={"superseded": True})
