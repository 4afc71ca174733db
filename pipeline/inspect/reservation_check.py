"""What files of a site, headers and a page say about one URL: the verdict, and the line that decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from governance.reservations import rsl, tdmrep
from governance.reservations.addresses import find_site
from governance.reservations.document import Notice, SiteFiles, gather
from governance.reservations.robots import read_robots
from governance.reservations.signals import Origin, Question, Signal, combine
from pipeline.errors import InputError
from sources.reading import http
from sources.reading.captures import is_notice

MAX_FILE_BYTES = 64 << 20


@dataclass(frozen=True)
class Given:
    """Paths of what there is; None: nothing."""

    robots: Path | None = None
    headers: Path | None = None
    page: Path | None = None
    tdmrep: Path | None = None
    rsl: Path | None = None
    text: Path | None = None


@dataclass(frozen=True)
class Answer:
    """The verdict on a question."""

    question: Question
    verdict: str
    decided_by: Signal | None
    """None: nothing was said."""
    signals: Sequence[Signal]

    def to_json(self) -> dict[str, Any]:
        """With the line, protocol and raw value of the signal that decided also by themselves."""
        by = self.decided_by
        return {
            "verdict": self.verdict,
            "url": self.question.url,
            "agents": list(self.question.agents),
            "purpose": self.question.purpose,
            "protocol": None if by is None else by.protocol,
            "line": None if by is None else by.line,
            "raw": None if by is None else by.raw,
            "decided_by": None if by is None else by.model_dump(),
            "signals": [each.model_dump() for each in self.signals],
        }


def check(question: Question, *, given: Given, date: str | None) -> Answer:
    """Raises InputError for a URL that no site has, a file that cannot be read, or one of no such protocol.

    Of a robots.txt without a rule about the URL the verdict is allow: RFC 9309 says so.
    """
    site = find_site(question.url)
    if site is None:
        raise InputError(f"--url {question.url[:200]}: no URL of http or https")
    contents = {name: _read(path, option=name) for name, path in vars(given).items() if path is not None}
    notices: list[Notice] = []
    if "headers" in contents:
        notices += read_headers(contents["headers"])
    if "page" in contents:
        notices += read_notices(contents["page"])
    text = contents.get("text", b"").decode("utf-8", "replace")
    files = [_read_files(site, contents=contents, given=given, date=date)]
    signals = gather(question, files=files, notices=notices, text=text, date=date)
    lines = {"header": contents.get("headers", b""), "meta": contents.get("page", b"")}
    signals = [_locate(each, content=lines.get(each.place), given=given) for each in signals]
    if given.robots is not None and not any(each.protocol == "robots" for each in signals):
        signals.append(_allow(given.robots, question=question, date=date))
    verdict = combine(signals)
    return Answer(question, verdict.effect, verdict.signal, sorted(signals, key=Signal.sort_key))


def _allow(robots: Path, *, question: Question, date: str | None) -> Signal:
    return Signal(
        protocol="robots",
        place="robots.txt",
        location=str(robots),
        raw="",
        effect="allow" if question.purpose == "train-ai" else "unknown",
        date=date,
    )


def _read(path: Path, *, option: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"--{option} {path}: {error.strerror}; give a file that can be read") from error
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"--{option} {path}: more than {MAX_FILE_BYTES >> 20} MiB; no server says so much")
    return content


def _read_files(site: str, *, contents: dict[str, bytes], given: Given, date: str | None) -> SiteFiles:
    origins = {name: Origin(str(path), date) for name, path in vars(given).items()}
    files = SiteFiles(site)
    if "robots" in contents:
        files = replace(files, robots_file=(read_robots(contents["robots"]), origins["robots"]))
    try:
        if "tdmrep" in contents:
            files = replace(files, tdmrep_file=(tdmrep.read_file(contents["tdmrep"]), origins["tdmrep"]))
        if "rsl" in contents:
            files = replace(files, rsl_file=(rsl.read_file(contents["rsl"]), origins["rsl"]))
    except tdmrep.BrokenFile as error:
        raise InputError(f"--tdmrep {given.tdmrep}: no tdmrep.json: {error}") from error
    except rsl.BrokenFile as error:
        raise InputError(f"--rsl {given.rsl}: no RSL licence: {error}") from error
    return files


def read_headers(content: bytes) -> list[Notice]:
    """What header fields say about use; a status line may stand before them."""
    start = content.lstrip()
    response = http.parse_response(start if start[:5].upper() == b"HTTP/" else b"HTTP/1.1 200 OK\r\n" + start)
    headers = [] if response is None else response.headers
    return [("http", name, value) for name, value in headers if is_notice(name, value)]


def read_notices(content: bytes) -> list[Notice]:
    """What elements of a page say about use."""
    from resiliparse.parse.html import HTMLTree

    from sources.reading.html.charset import decode_html
    from sources.reading.html.metadata import read_metadata, read_statements
    from sources.reading.html.tags import read_page

    html = decode_html(content).text
    page = read_page(html.encode("utf-8", "replace"))
    metadata = read_metadata(HTMLTree.parse(html), page=page, statements=read_statements(page))
    return [(place, name.lower(), value) for place, name, value in metadata.notices]


def _locate(signal: Signal, *, content: bytes | None, given: Given) -> Signal:
    """The signal with the first line of its file that has its name and value."""
    if content is None:
        return signal
    path = given.headers if signal.place == "header" else given.page
    name = signal.location.lower()
    value = signal.raw.partition(";")[0].partition(",")[0].strip().lower()
    lines = [line.lower() for line in content.decode("utf-8", "replace").splitlines()]
    hits = [number for number, line in enumerate(lines, 1) if name in line and value in line]
    hits = hits or [number for number, line in enumerate(lines, 1) if value in line]
    location = f"{path}: {signal.location}"
    return signal.model_copy(update={"line": next(iter(hits), None), "location": location})
