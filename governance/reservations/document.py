"""All that is said about one document: by its page, its header, its text and the files of its site."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from governance.reservations import aipref, c2pa, content_signal, robots, rsl, tdmrep, x_robots
from governance.reservations.robots import RobotsFile
from governance.reservations.signals import (
    PROTOCOLS,
    Effect,
    Origin,
    Place,
    Protocol,
    Question,
    Signal,
    Verdict,
    combine,
    supersede,
)
from governance.reservations.terms import Terms

Notice = tuple[str, str, str]
"""(place, name in lower case, value), as DOCUMENT has them in `notices`."""

_PLACES: dict[str, Place] = {"http": "header", "meta": "meta", "link": "meta"}
_OF_PAGES: Sequence[Protocol] = ("tdmrep", "aipref", "content_signal", "rsl", "x_robots")
"""Protocols that a header or page can speak."""
_OF_ROBOTS: Sequence[Protocol] = ("robots", "aipref", "content_signal", "rsl")
RSL_LINK = f"license {rsl.MEDIA_TYPE}"
"""Name of the notice of a page's link to an RSL licence."""


@dataclass(frozen=True)
class SiteFiles:
    """What the files of a site say, at one time; None: there is no copy of that file."""

    site: str
    robots_file: tuple[RobotsFile, Origin] | None = None
    tdmrep_file: tuple[Sequence[tdmrep.Entry], Origin] | None = None
    rsl_file: tuple[Sequence[rsl.Content], Origin] | None = None


@dataclass(frozen=True)
class Reservation:
    """What is known of one document, as its column `reservation` has it."""

    signals: Sequence[Signal]
    protocols: Sequence[Protocol]
    """That were looked for."""
    checked_at: str | None
    effect: Effect = field(default="unknown")

    def to_json(self) -> str:
        """Canonical: keys sorted, no white space, no nulls."""
        signals = [each.model_dump(exclude_none=True) for each in self.signals]
        value: dict[str, object] = {
            "train": self.effect,
            "protocols": list(self.protocols),
            "signals": signals,
        }
        if self.checked_at is not None:
            value["checked_at"] = self.checked_at
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def make_reservation(
    signals: Sequence[Signal], *, protocols: Sequence[Protocol], checked_at: str | None
) -> Reservation:
    """Signals in one order, and what they say together."""
    ordered = sorted(signals, key=Signal.sort_key)
    checked = [each for each in PROTOCOLS if each in protocols]
    return Reservation(ordered, checked, checked_at, combine(ordered).effect)


def list_checked(
    *, files: Sequence[SiteFiles], reads_pages: bool, reads_texts: bool = True
) -> list[Protocol]:
    """The protocols that can be looked for with what is at hand."""
    checked: set[Protocol] = set()
    if reads_texts:
        checked.add("c2pa")
    if reads_pages:
        checked.update(_OF_PAGES)
    for each in files:
        if each.robots_file is not None:
            checked.update(_OF_ROBOTS)
        if each.tdmrep_file is not None:
            checked.add("tdmrep")
        if each.rsl_file is not None:
            checked.add("rsl")
    return [protocol for protocol in PROTOCOLS if protocol in checked]


def judge(signals: Sequence[Signal], *, terms: Terms) -> Verdict:
    """What the signals say that the policy honours."""
    honoured = terms.protocols if terms.policy == "honour_listed" else PROTOCOLS
    return combine(each for each in signals if terms.is_applied and each.protocol in honoured)


def gather(
    question: Question,
    *,
    files: Sequence[SiteFiles] = (),
    notices: Sequence[Notice] = (),
    text: str = "",
    date: str | None = None,
) -> list[Signal]:
    """Every signal about a document; date is that of its capture."""
    signals: list[Signal] = []
    reserved = [
        each
        for copy in files
        if copy.tdmrep_file is not None
        for each in tdmrep.find_signals(copy.tdmrep_file[0], question=question, origin=copy.tdmrep_file[1])
    ]
    for copy in files:
        signals += _ask_robots(copy, question=question)
        if copy.rsl_file is not None:
            contents, origin = copy.rsl_file
            signals += rsl.find_signals(contents, question=question, origin=origin, site=copy.site)
    for place in ("header", "meta"):
        said = [(name, value) for where, name, value in notices if _PLACES.get(where) == place]
        reserved += _read_tdmrep(said, question=question, place=place, date=date)
        signals += _read_notices(said, question=question, place=place, date=date)
    if text:
        signals += c2pa.find_signals(text, question=question, origin=Origin("text", date))
    return [*signals, *supersede(reserved)]


def _ask_robots(copy: SiteFiles, *, question: Question) -> list[Signal]:
    if copy.robots_file is None:
        return []
    file, origin = copy.robots_file
    signals = [
        *robots.find_signals(file, question=question, origin=origin),
        *aipref.find_signals(file, question=question, origin=origin),
        *content_signal.find_signals(file, question=question, origin=origin),
    ]
    for line, url in file.licenses:
        signals.append(rsl.make_link(url, place="robots.txt", origin=origin, line=line))
    return signals


def _read_tdmrep(
    said: Sequence[tuple[str, str]], *, question: Question, place: Place, date: str | None
) -> list[Signal]:
    values = [value for name, value in said if name == tdmrep.RESERVATION]
    policies = [value for name, value in said if name == tdmrep.POLICY]
    origin = Origin(tdmrep.RESERVATION, date)
    return tdmrep.read_values(values, policies=policies, question=question, place=place, origin=origin)


def _read_notices(
    said: Sequence[tuple[str, str]], *, question: Question, place: Place, date: str | None
) -> list[Signal]:
    signals: list[Signal] = []
    for name, value in said:
        origin = Origin(name, date)
        if name == "x-robots-tag" or (place == "meta" and name in x_robots.META_NAMES):
            named = value if name in ("x-robots-tag", "robots") else f"{name}: {value}"
            signals += x_robots.read_value(named, question=question, place=place, origin=origin)
        elif name == "content-signal":
            signals += content_signal.read_values([value], question=question, place=place, origin=origin)
        elif name == RSL_LINK:
            signals.append(rsl.make_link(value, place=place, origin=Origin("link", date)))
        elif name == "link" and (url := rsl.find_link(value)) is not None:
            signals.append(rsl.make_link(url, place=place, origin=origin))
    usage = [value for name, value in said if name == "content-usage"]
    origin = Origin("content-usage", date)
    return signals + aipref.read_values(usage, question=question, place=place, origin=origin)
