"""What sites say in files of their own: robots.txt, tdmrep.json, RSL licences, from archives and folders.

A site has a file once for each time that it was taken. Asked for a page of a time, the latest file that is
not newer counts, else the oldest: what a site says today does not bind what was taken yesterday.
"""

import io
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from governance.reservations import rsl, tdmrep
from governance.reservations.addresses import find_site
from governance.reservations.document import SiteFiles
from governance.reservations.robots import MAX_BYTES, read_robots
from governance.reservations.signals import Origin
from governance.reservations.site_file import KINDS, RSL_NAMES, Kind, SiteFile, kind_of
from layers import storage
from layers.storage import InputFile
from sources.reading import http
from sources.reading.archives import SUFFIXES, is_beginning, read_archive
from sources.reading.captures import target_url
from sources.reading.compression import codec_of
from sources.reading.members import read_members
from sources.reading.warc_records import Record

MAX_FILE_BYTES = 16 << 20
"""Of a longer file in an archive nothing is read."""

_NAMES: Mapping[Kind, tuple[str, ...]] = {
    "robots": ("{}/robots.txt", "{}.robots.txt", "{}_robots.txt", "{}.txt", "{}"),
    "tdmrep": ("{}/.well-known/tdmrep.json", "{}/tdmrep.json", "{}.tdmrep.json", "{}_tdmrep.json", "{}.json"),
    "rsl": (*(f"{{}}/{name}" for name in RSL_NAMES), "{}.license.xml", "{}.rsl.xml", "{}.xml"),
}
"""Where a folder has the file of a host."""
_MAX_BROKEN = 100
_CACHED_BYTES = 8 << 20
"""Of files whose parsed form is kept, which takes some ten times as much."""


class SiteCopies(Protocol):
    """Copies of files of sites."""

    def find(self, site: str, *, date: str | None) -> Iterable[SiteFile]:
        """Of each kind the one that holds for a page of a date; none where there is no copy."""


def read_record(record: Record) -> SiteFile | None:
    """The file of a site that a record holds; None: it holds none, or the server gave none."""
    url = target_url(record.headers) or ""
    kind, site = kind_of(url), find_site(url)
    if kind is None or site is None or record.block is None:
        return None
    content = record.block
    if record.headers.get("warc-type", "").lower() != "resource":
        response = http.parse_response(content)
        if response is None or response.status != 200:
            return None
        try:
            is_cut = record.headers.get("warc-truncated") is not None
            content = http.decode_body(response, max_bytes=MAX_FILE_BYTES, is_cut=is_cut)
        except (http.BrokenBody, http.LongBody):
            return None
    return SiteFile(site, kind, url, record.headers.get("warc-date") or None, content)


def read_files(url: str) -> Iterator[SiteFile]:
    """The files of sites in an archive: one pass, of which no record but theirs is kept."""
    events = read_members(url, open_input=storage.open_input, is_beginning=is_beginning)
    for item in read_archive(events, max_block_bytes=MAX_FILE_BYTES):
        if isinstance(item, Record) and (file := read_record(item)) is not None:
            yield file


def read_file(data: bytes, *, name: str) -> SiteFile | None:
    """The file of a site in the one record that the bytes are; name says whether they are compressed."""
    events = read_members(name, open_input=lambda _: io.BytesIO(data), is_beginning=is_beginning)
    record = next(read_archive(events, max_block_bytes=MAX_FILE_BYTES), None)
    return read_record(record) if isinstance(record, Record) else None


class TakenFiles:
    """Files of sites from archives, in a temporary database: memory does not grow with their number."""

    def __init__(self, files: Iterable[SiteFile]) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute("create table files (site, kind, date, url, content)")
        rows = ((file.site, file.kind, file.date or "", file.url, _cut(file)) for file in files)
        self._database.executemany("insert into files values (?, ?, ?, ?, ?)", rows)
        self._database.execute("create index sites on files (site, kind, date, url, content)")
        (self._count,) = self._database.execute("select count(*) from files").fetchone()

    def __len__(self) -> int:
        return int(self._count)

    def find(self, site: str, *, date: str | None) -> Iterator[SiteFile]:
        """Of each kind the latest that is not newer than date, else the oldest; without a date the latest."""
        if not self._count:
            return
        wanted = "select date, url, content from files where site = ? and kind = ? "
        last = wanted + "and date <= ? order by date desc, url, content limit 1"
        first = wanted + "order by date, url, content limit 1"
        for kind in KINDS:
            with self._lock:
                row = self._database.execute(last, (site, kind, date or "9")).fetchone()
                row = row or self._database.execute(first, (site, kind)).fetchone()
            if row is not None:
                yield SiteFile(site, kind, row[1], row[0] or None, row[2])


def _cut(file: SiteFile) -> bytes:
    """As much as is read of it, and one byte more to see that there was more."""
    return file.content[: MAX_BYTES + 1] if file.kind == "robots" else file.content[: rsl.MAX_BYTES + 1]


class FolderCopies:
    """Files below a folder named by host (`example.org.txt`, `example.org/robots.txt`), and its archives."""

    def __init__(self, folder: str, *, files: Iterable[InputFile], date: str | None) -> None:
        self._folder, self._date = folder, date
        listed = [file.uri for file in files]
        self._names = {uri.replace("\\", "/").lower(): uri for uri in listed if not is_archive(uri)}
        archives = [storage.join(folder, uri) for uri in listed if is_archive(uri)]
        self._taken = TakenFiles(file for url in archives for file in read_files(url))

    def find(self, site: str, *, date: str | None) -> Iterator[SiteFile]:
        """Of each kind the file named by the host, and what the archives of the folder hold."""
        for kind in KINDS:
            uri = self._find_name(site, kind=kind)
            if uri is not None:
                content = storage.read_bytes(storage.join(self._folder, uri))
                yield SiteFile(site, kind, uri, self._date, content)
        yield from self._taken.find(site, date=date)

    def _find_name(self, site: str, *, kind: Kind) -> str | None:
        hosts = (site, site.replace(":", "_")) if ":" in site else (site,)
        names = (name.format(host) for host in hosts for name in _NAMES[kind])
        return next((self._names[name] for name in names if name in self._names), None)


def is_archive(uri: str) -> bool:
    """Whether a name is one of a WARC or ARC file, compressed or not."""
    name = uri.lower()
    stem = name if codec_of(name) is None else name.rpartition(".")[0]
    return stem.endswith(SUFFIXES)


@dataclass
class ParsedCopies:
    """Copies of several places as parsed files, of which the last ones are kept."""

    places: list[SiteCopies]
    broken: dict[str, str] = field(default_factory=dict)
    """Address of a file that says nothing → why; the first of them."""
    _cache: OrderedDict[tuple[Kind, str, bytes], SiteFiles] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def find(self, url: str | None, *, date: str | None) -> list[SiteFiles]:
        """What the site of a URL says in each place, as of a date."""
        site = find_site(url)
        if site is None:
            return []
        return [self._parse(file) for place in self.places for file in place.find(site, date=date)]

    def _parse(self, file: SiteFile) -> SiteFiles:
        key = (file.kind, f"{file.site} {file.url} {file.date}", file.content)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        parsed = self._cache[key] = self._read(file)
        self._bytes += len(file.content)
        while self._bytes > _CACHED_BYTES and len(self._cache) > 1:
            (_, _, content), _ = self._cache.popitem(last=False)
            self._bytes -= len(content)
        return parsed

    def _read(self, file: SiteFile) -> SiteFiles:
        origin = Origin(file.url, file.date)
        try:
            if file.kind == "robots":
                return SiteFiles(file.site, robots_file=(read_robots(file.content), origin))
            if file.kind == "tdmrep":
                return SiteFiles(file.site, tdmrep_file=(tdmrep.read_file(file.content), origin))
            return SiteFiles(file.site, rsl_file=(rsl.read_file(file.content), origin))
        except (tdmrep.BrokenFile, rsl.BrokenFile) as error:
            if len(self.broken) < _MAX_BROKEN:
                self.broken[file.url] = str(error)
            return SiteFiles(file.site)
