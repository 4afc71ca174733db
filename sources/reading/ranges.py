"""Bytes of files behind HTTP by ranges: tried again with growing waits, within limits by host and in all.

What may be otherwise tomorrow (no connection, silence, 429, 5xx) is tried again and then an OSError, so that
the unit is read again and its bytes do not depend on the weather. What is said for good is RefusedRange.
"""

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from layers import storage

_MAX_REDIRECTS = 5
_PIECE_BYTES = 1 << 16
_MAX_WAIT_SECONDS = 60.0
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}


class RefusedRange(Exception):
    """A server has no such bytes, or answers otherwise than asked."""


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
        if not url.startswith(("http://", "https://")):
            data = storage.read_range(url, start=start, stop=start + length)
            if len(data) < length:
                raise RefusedRange(f"it ends at byte {start + len(data)}, before {start + length}")
            return data
        wait = self.first_wait_seconds
        for left in reversed(range(self.tries)):
            try:
                with self._slots:
                    return self._follow(url, start=start, length=length)
            except (_TryAgain, OSError, http.client.HTTPException) as error:
                if not left:
                    raise OSError(f"{url}: {self.tries} tries failed, the last by {error!r}") from error
                asked = error.wait_seconds if isinstance(error, _TryAgain) else None
                self.sleep(min(max(wait, asked or 0.0), _MAX_WAIT_SECONDS))
                wait *= 2
        raise AssertionError

    def _follow(self, url: str, *, start: int, length: int) -> bytes:
        for _ in range(_MAX_REDIRECTS):
            answer = self._ask(url, start=start, length=length)
            if isinstance(answer, bytes):
                return answer
            url = urljoin(url, answer)
            if not url.startswith(("http://", "https://")):
                raise RefusedRange(f"redirected to {url[:200]}")
        raise RefusedRange(f"the server redirects more than {_MAX_REDIRECTS} times")

    def _ask(self, url: str, *, start: int, length: int) -> bytes | str:
        """The bytes, or where they are instead."""
        parts = urlsplit(url)
        self._wait_for(parts.netloc)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self.timeout_seconds)
        try:
            last = start + length - 1
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {
                "Range": f"bytes={start}-{last}",
                "User-Agent": "rhizotron",
                "Accept-Encoding": "identity",
            }
            connection.request("GET", path, headers=headers)
            return self._check(connection.getresponse(), start=start, length=length)
        finally:
            connection.close()

    def _check(self, response: http.client.HTTPResponse, *, start: int, length: int) -> bytes | str:
        status = response.status
        if status in _TRANSIENT:
            wait = response.getheader("Retry-After") or ""
            raise _TryAgain(f"status {status}", wait_seconds=float(wait) if wait.isdigit() else None)
        if status in (301, 302, 303, 307, 308):
            return response.getheader("Location") or ""
        if status != 206:
            what = "the whole file instead of a range" if status == 200 else f"status {status}"
            raise RefusedRange(f"the server answers with {what}")
        given = (response.getheader("Content-Range") or "").strip().partition("/")[0]
        if given != f"bytes {start}-{start + length - 1}":
            raise RefusedRange(
                f"the server gives {given or 'no range'!r}, not bytes {start}-{start + length - 1}"
            )
        data = self._receive(response, size=length + 1)
        if len(data) > length:
            raise RefusedRange(f"the server gives more than the {length} bytes that it says")
        if len(data) < length:
            raise _TryAgain(f"{len(data)} of {length} bytes came")
        return data

    def _receive(self, response: http.client.HTTPResponse, *, size: int) -> bytes:
        """At most so many bytes; a server that sends drop by drop does not hold the reader for ever."""
        deadline = time.monotonic() + self.max_seconds
        pieces: list[bytes] = []
        while size and (piece := response.read1(min(size, _PIECE_BYTES))):
            pieces.append(piece)
            size -= len(piece)
            if time.monotonic() > deadline:
                raise _TryAgain(f"it took more than {self.max_seconds} s")
        return b"".join(pieces)

    def _wait_for(self, host: str) -> None:
        """Keep the interval between requests to a host."""
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            at = max(now, self._next.get(host, now))
            self._next[host] = at + self.host_interval_seconds
        if at > now:
            self.sleep(at - now)
