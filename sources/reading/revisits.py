"""Revisits of web archives: captures whose body is that of another one, which may be in the same file."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sources.reading import http
from sources.reading.captures import header_notices, target_url
from sources.reading.mapping import BadRecord
from sources.reading.warc_records import WARC, BadSpan, Record

MAX_KEYS = 1 << 20
"""Of a file, by which originals are looked for, in 150 MB of memory; no revisit behind them is resolved."""
_PROFILES = ("identical-payload-digest", "server-not-modified")
_RESOLVED_STATUSES = (200, 304)
_OWN = ("warc-record-id", "warc-target-uri", "warc-date")
"""Header fields that a resolved revisit does not have from its original."""

ReadAgain = Callable[[int], Iterable[Record | BadSpan]]
"""The records of a file from its beginning, with blocks up to so many bytes."""


class Originals:
    """What the revisits of a file lead to: kept in a temporary file, each once, found by its first key."""

    def __init__(self, read: ReadAgain, *, max_block_bytes: int) -> None:
        """The file is read for its revisits, and once more if there are any."""
        self._places: dict[bytes, tuple[int, int, int] | None] = dict.fromkeys(_list_wanted(read(0)))
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the object
        if self._places:
            self._keep(read(max_block_bytes))

    def close(self) -> None:
        self._file.close()

    def find(self, revisit: Record) -> Record | None:
        """The capture that a revisit says it is the same as; None: it is not in the file, or another."""
        for key in _list_references(revisit):
            place = self._places.get(key)
            if place is None:
                continue
            start, head_bytes, size = place
            self._file.seek(start)
            head, block = self._file.read(head_bytes), self._file.read(size)
            headers, _ = WARC.parse(head)
            if not _contradicts(revisit, headers.get("warc-payload-digest", "")):
                return Record(start, None, headers, head, block, head_bytes + size)
        return None

    def _keep(self, items: Iterable[Record | BadSpan]) -> None:
        for item in items:
            if not isinstance(item, Record) or item.block is None or not _is_original(item):
                continue
            keys = [key for key in _list_keys(item) if self._places.get(key, ()) is None]
            if keys:
                start = self._file.tell()
                self._file.write(item.head)
                self._file.write(item.block)
                self._places |= dict.fromkeys(keys, (start, len(item.head), len(item.block)))


def merge(revisit: Record, *, original: Record) -> Record:
    """The original as it was seen again: under the revisit's id, address and date.

    Raises BadRecord where the server answered otherwise than the first time.
    """
    own = http.parse_response(revisit.block or b"")
    if own is not None and own.status not in _RESOLVED_STATUSES:
        raise BadRecord("http_status", detail=str(own.status))
    headers = {name: value for name, value in original.headers.items() if name not in _OWN}
    headers |= {name: revisit.headers[name] for name in _OWN if name in revisit.headers}
    headers.pop("warc-segment-number", None)
    headers["warc-refers-to"] = original.headers.get("warc-record-id", "")
    return replace(original, headers=headers)


def own_notices(revisit: Record) -> list[tuple[str, str, str]]:
    """What the server said about use when it was asked again."""
    own = http.parse_response(revisit.block or b"")
    return [] if own is None else header_notices(own)


def is_revisit(record: Record) -> bool:
    return record.headers.get("warc-type", "").lower() == "revisit"


def _is_original(record: Record) -> bool:
    return record.headers.get("warc-type", "").lower() in ("response", "resource")


def _list_wanted(items: Iterable[Record | BadSpan]) -> Iterator[bytes]:
    """The keys of what the revisits lead to, as many as are held."""
    count = 0
    for item in items:
        if isinstance(item, Record) and is_revisit(item):
            for key in _list_references(item):
                count += 1
                if count > MAX_KEYS:
                    return
                yield key


def _list_references(revisit: Record) -> list[bytes]:
    """The keys of its original, the surest first; none where its profile does not say that it is the same."""
    headers = revisit.headers
    profile = headers.get("warc-profile", "").lower().rstrip("/")
    if not profile.endswith(_PROFILES):
        return []
    digest = headers.get("warc-payload-digest", "") if profile.endswith(_PROFILES[0]) else ""
    url = headers.get("warc-refers-to-target-uri", "")
    date = headers.get("warc-refers-to-date", "")
    return _make_keys(id=headers.get("warc-refers-to", ""), url=url, date=date, digest=digest)


def _list_keys(original: Record) -> list[bytes]:
    headers = original.headers
    return _make_keys(
        id=headers.get("warc-record-id", ""),
        url=target_url(headers) or "",
        date=headers.get("warc-date", ""),
        digest=headers.get("warc-payload-digest", ""),
    )


def _make_keys(*, id: str, url: str, date: str, digest: str) -> list[bytes]:
    id, url = id.strip("<> "), url.strip().removeprefix("<").removesuffix(">")
    names = ((id and f"id {id}"), (url and date and f"at {date} {url}"), (digest and f"has {digest.lower()}"))
    return [hashlib.sha256(name.encode()).digest()[:16] for name in names if name]


def _contradicts(revisit: Record, digest: str) -> bool:
    """Whether both have a digest of the body, by the same algorithm, and these differ."""
    own = revisit.headers.get("warc-payload-digest", "").lower()
    other = digest.lower()
    same_kind = own.partition(":")[0] == other.partition(":")[0] and len(own) == len(other)
    return bool(own and other) and same_kind and own != other
