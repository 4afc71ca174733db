"""Documents whose URL a list blocks: refused while they are read, each a row of the ledger."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import pyarrow as pa

from filters.hashes.url_lists import UrlList, find_listed, read_list
from governance.reasons import BLOCKED_URL
from layers.inputs import DigestingReader
from pipeline.config.url_lists import PlannedList, UrlListConfig
from pipeline.errors import InputChanged
from sources.base import Refusal
from sources.reading.compression import DamagedStream, read_chunks

_MAX_LISTS = 16
"""Kept in memory by a process."""


def plan_list(config: UrlListConfig, *, urls: Sequence[str]) -> PlannedList:
    """A list with the digest of its files, of which each line may be an entry; raises OSError."""
    lines = sum(chunk.count(b"\n") for url in urls for chunk in read_chunks(url)) + len(urls)
    return PlannedList(config.name, config.version, config.format, tuple(urls), _digest(tuple(urls)), lines)


def check_list(planned: PlannedList) -> str | None:
    """What a person should know of a list; raises ValueError where no line of it names a host."""
    read = _load(planned)
    if not len(read):
        raise ValueError(f"{planned.name}: no line names a host; is its format {planned.format}?")
    return f"{planned.name}: {read.ignored} line(s) name no host and block nothing" if read.ignored else None


def _digest(urls: tuple[str, ...]) -> str:
    digests = [DigestingReader(url).finish()[0] for url in urls]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@lru_cache(_MAX_LISTS)
def _read(urls: tuple[str, ...], format: str, sha256: str) -> UrlList:
    return read_list((line for url in urls for line in _lines(url)), format=format)


def _lines(url: str) -> Iterator[str]:
    rest = b""
    try:
        for chunk in read_chunks(url):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
    except DamagedStream as error:
        raise ValueError(f"{url}: {error}") from error
    yield rest.decode("utf-8", "replace")


@lru_cache(_MAX_LISTS)
def _load(planned: PlannedList) -> UrlList:
    """The list that was planned; raises InputChanged where its files are others now."""
    if _digest(planned.urls) != planned.sha256:
        raise InputChanged(f"the URL list {planned.name} is not what was planned; run again")
    return _read(planned.urls, planned.format, planned.sha256)


class Blocker:
    """Finds the documents that lists block."""

    def __init__(self, lists: Sequence[PlannedList]) -> None:
        self._lists = [(planned, _load(planned)) for planned in lists]

    def find(self, urls: pa.StringArray) -> dict[int, Refusal]:
        """Row → the first list that has its URL."""
        refused: dict[int, Refusal] = {}
        for planned, read in self._lists:
            for row, entry in enumerate(find_listed(urls, url_list=read)):
                if entry is not None:
                    refused.setdefault(
                        row, Refusal(BLOCKED_URL, f"{entry} is in {planned.name} {planned.version}")
                    )
        return refused
