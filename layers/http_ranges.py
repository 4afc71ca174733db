"""Bytes of files behind HTTP by ranges: tried again with growing waits, within limits by host and in all.

What may be otherwise tomorrow (no connection, silence, 429, 5xx) is tried again and then an OSError, so that
the unit is read again and its bytes do not depend on the weather. What is said for good is RefusedRange.
"""

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar
from urllib.parse import quote, urljoin, urlsplit

_T = TypeVar("_T")
_Take = Callable[[http.client.HTTPResponse], _T]
"""What is made of an answer that is neither transient nor leads elsewhere."""
SCHEMES = ("http://", "https://")
_MAX_REDIRECTS = 5
_PIECE_BYTES = 1 << 16
_MAX_WAIT_SECONDS = 60.0
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_MOVED = {301, 302, 303, 307, 308}
_LEAST_BYTES_PER_SECOND = 50_000
"""Of a whole file, beyond max_seconds."""
_TOTAL = re.compile(r"bytes (?:\*|\d+-\d+)/(\d+)")
_UNESCAPED = "/%:@!$&'()*+,;=~"
"""Of a path beside letters, digits and `_.-`."""


@dataclass(frozen=True)
class Patience:
    """How long somebody waits who looks at files; reading waits longer (`RangeReader`)."""

    tries: int
    silence_seconds: float
    answer_seconds: float


LOOK = Patience(tries=1, silence_seconds=2.0, answer_seconds=2.0)
"""For a few documents at once."""
PLAN = Patience(tries=2, silence_seconds=5.0, answer_seconds=30.0)
"""For an answer once before a long run."""
_patience: list[Patience] = []
"""That hold now; of this process, for a look has threads."""


@contextmanager
def at_most(patience: Patience) -> Iterator[None]:
    """Within it this process asks servers with less patience than it reads with."""
    _patience.append(patience)
    try:
        yield
    finally:
        _patience.remove(patience)  # another thread's may have come since


class RefusedRange(Exception):
    """A server has no such bytes, or answers otherwise than asked; status: of the answer, if that is why."""

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        super().__init__(detail)
        self.status = status


class _Elsewhere(Exception):
    """The answer leads to another URL."""


class _TryAgain(Exception):
    def __init__(self, detail: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


@dataclass
class RangeReader:
    """Reads ranges; may be shared by threads. Limits are those of one process."""

    timeout_seconds: float = 30.0
    """Of silence."""
    max_seconds: float = 300.0
    """Of one answer."""
    tries: int = 5
    first_wait_seconds: float = 1.0
    """Doubled after each try; a server's Retry-After counts where it is longer, up to a minute."""
    host_interval_seconds: float = 0.1
    """Between the beginnings of two requests to one host."""
    max_requests: int = 8
    """At one time, to all hosts."""
    sleep: Callable[[float], object] = time.sleep
    requests: int = 0
    """That were sent."""
    _slots: threading.BoundedSemaphore = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: dict[str, float] = field(default_factory=dict)
    """Host → when it may be asked again."""

    def __post_init__(self) -> None:
        self._slots = threading.BoundedSemaphore(self.max_requests)

    def read(self, url: str, *, start: int, length: int) -> bytes:
        """Exactly these bytes; raises RefusedRange, and OSError when all tries failed."""
        last = start + length - 1
        return self._send(
            url, f"bytes={start}-{last}", take=lambda answer: self._check(answer, start=start, length=length)
        )

    def stat(self, url: str) -> tuple[int, str]:
        """(size in bytes, etag or else time of the last change) of a file; raises as `read` does."""
        return self._send(url, "bytes=0-0", take=_read_facts)

    def copy(self, url: str, target: BinaryIO, *, size: int) -> None:
        """Write a whole file, of which the size is known, to an empty target; raises as `read` does."""
        self._send(url, None, take=lambda answer: self._copy(answer, target, size=size))

    def _send(self, url: str, asked: str | None, *, take: _Take[_T]) -> _T:
        """What is made of the answer for a range, None: for the whole, after as many tries as it takes."""
        wait = self.first_wait_seconds
        tries = self._limits().tries
        for left in reversed(range(tries)):
            try:
                with self._slots:
                    return self._follow(url, asked, take=take)
            except RefusedRange:
                raise
            except (_TryAgain, OSError, http.client.HTTPException) as error:
                if not left:
                    raise OSError(f"{url}: {tries} tries failed, the last by {error!r}") from error
                said = error.wait_seconds if isinstance(error, _TryAgain) else None
                self.sleep(min(max(wait, said or 0.0), _MAX_WAIT_SECONDS))
                wait *= 2
        raise AssertionError

    def _follow(self, url: str, asked: str | None, *, take: _Take[_T]) -> _T:
        for _ in range(_MAX_REDIRECTS):
            try:
                return self._ask(url, asked, take=take)
            except _Elsewhere as elsewhere:
                url = urljoin(url, str(elsewhere))
            if not url.startswith(SCHEMES):
                raise RefusedRange(f"redirected to {url[:200]}")
        raise RefusedRange(f"the server redirects more than {_MAX_REDIRECTS} times")

    def _ask(self, url: str, asked: str | None, *, take: _Take[_T]) -> _T:
        parts = urlsplit(url)
        self._wait_for(parts.netloc)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self._limits().silence_seconds)
        try:
            path = quote(parts.path or "/", safe=_UNESCAPED) + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": "rhizotron", "Accept-Encoding": "identity"}
            connection.request("GET", path, headers=headers | ({"Range": asked} if asked else {}))
            answer = connection.getresponse()
            if answer.status in _TRANSIENT:
                wait = answer.getheader("Retry-After") or ""
                raise _TryAgain(
                    f"status {answer.status}", wait_seconds=float(wait) if wait.isdigit() else None
                )
            if answer.status in _MOVED:
                raise _Elsewhere(answer.getheader("Location") or "")
            return take(answer)
        finally:
            connection.close()

    def _check(self, answer: http.client.HTTPResponse, *, start: int, length: int) -> bytes:
        """The bytes of a range, if the answer says that it has them and no others."""
        status = answer.status
        if status != 206:
            what = "the whole file instead of a range" if status == 200 else f"status {status}"
            raise RefusedRange(f"the server answers with {what}", status=status)
        given = (answer.getheader("Content-Range") or "").strip().partition("/")[0]
        if given != f"bytes {start}-{start + length - 1}":
            raise RefusedRange(
                f"the server gives {given or 'no range'!r}, not bytes {start}-{start + length - 1}"
            )
        data = self._receive(answer, size=length + 1)
        if len(data) > length:
            raise RefusedRange(f"the server gives more than the {length} bytes that it says")
        if len(data) < length:
            raise _TryAgain(f"{len(data)} of {length} bytes came")
        return data

    def _copy(self, answer: http.client.HTTPResponse, target: BinaryIO, *, size: int) -> None:
        if answer.status != 200:
            raise RefusedRange(f"the server answers with status {answer.status}", status=answer.status)
        target.seek(0)
        target.truncate()
        deadline = time.monotonic() + self._limits(size=size).answer_seconds
        while piece := answer.read1(_PIECE_BYTES):
            target.write(piece)
            if target.tell() > size:
                raise RefusedRange(f"the server gives more than the {size} bytes that it said")
            if time.monotonic() > deadline:
                raise _TryAgain(f"{target.tell()} of {size} bytes came in the time")
        if target.tell() < size:
            raise _TryAgain(f"{target.tell()} of {size} bytes came")

    def _receive(self, response: http.client.HTTPResponse, *, size: int) -> bytes:
        """At most so many bytes; a server that sends drop by drop does not hold the reader for ever."""
        max_seconds = self._limits().answer_seconds
        deadline = time.monotonic() + max_seconds
        pieces: list[bytes] = []
        while size and (piece := response.read1(min(size, _PIECE_BYTES))):
            pieces.append(piece)
            size -= len(piece)
            if time.monotonic() > deadline:
                raise _TryAgain(f"it took more than {max_seconds} s")
        return b"".join(pieces)

    def _limits(self, *, size: int = 0) -> Patience:
        """The least of the reader's own, with time for size bytes of a whole file, and of those that hold."""
        answer_seconds = self.max_seconds + size / _LEAST_BYTES_PER_SECOND
        every = [Patience(self.tries, self.timeout_seconds, answer_seconds), *_patience]
        return Patience(
            tries=min(each.tries for each in every),
            silence_seconds=min(each.silence_seconds for each in every),
            answer_seconds=min(each.answer_seconds for each in every),
        )

    def _wait_for(self, host: str) -> None:
        """Keep the interval between requests to a host."""
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            at = max(now, self._next.get(host, now))
            self._next[host] = at + self.host_interval_seconds
        if at > now:
            self.sleep(at - now)


def _read_facts(answer: http.client.HTTPResponse) -> tuple[int, str]:
    """(size, mark) from what is answered when the first byte is asked for."""
    mark = answer.getheader("ETag") or answer.getheader("Last-Modified") or ""
    total = _TOTAL.fullmatch((answer.getheader("Content-Range") or "").strip())
    if answer.status in (206, 416) and total is not None:
        return int(total[1]), mark
    length = answer.getheader("Content-Length") or ""
    if answer.status == 200 and length.isdigit():
        return int(length), mark
    if answer.status in (200, 206):
        raise RefusedRange("the server does not say how long the file is")
    raise RefusedRange(f"the server answers with status {answer.status}", status=answer.status)
