"""A server on 127.0.0.1 that speaks what clients of the Hugging Face Hub use of datasets, and faults.

The surface and its answers are those that were recorded of huggingface_hub 1.31 and 2.4, datasets 5.2 and
hf_xet 1.8. A request that nobody has written down is answered with 404 and stands in `unknown`.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hub.repositories import Repository
from hub.xet_store import Objects


@dataclass
class Fault:
    """What happens to some of the next requests of a kind."""

    request: str
    """Regular expression of `METHOD path`."""
    status: int | None = 503
    """Of the answer; 0: the connection breaks without one; None: it is answered as always."""
    times: int = 1
    skip: int = 0
    """Requests that go well before."""
    carried_out: bool = False
    """Whether the request is carried out all the same, as when a proxy gives up waiting."""
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None
    """What happens at the Hub just before."""
    hangs: threading.Event | None = None
    """Set when the request has come; it is never answered then."""

    def takes(self, request: str) -> bool:
        if not self.times or not re.fullmatch(self.request, request):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Hub:
    """What is at the Hub, who may write, what was asked of it, and what is to go wrong."""

    objects: Objects
    writers: dict[str, str] = field(default_factory=lambda: {"hf_writer": "ann"})
    """Token → name of a user who may write everywhere."""
    readers: dict[str, str] = field(default_factory=lambda: {"hf_reader": "rea"})
    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    max_readme_bytes: int = 1 << 20
    refuses_yaml: list[str] = field(default_factory=list)
    page_entries: int = 1000
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, pattern: str) -> int:
        """Requests of a kind so far."""
        return sum(bool(re.fullmatch(pattern, request)) for request in self.requests)


class Answer(Exception):
    """Ends the work on a request."""

    def __init__(
        self,
        status: int,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers or {}
        self.content = content if content is not None else b"" if body is None else json.dumps(body).encode()


def refuse(status: int, message: str, *, code: str = "") -> Answer:
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return Answer(status, {"error": message}, headers=headers)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: Any
    body: bytes
    user: str | None
    may_write: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")


class _Handler(BaseHTTPRequestHandler):
    """Answers for the Hub of a subclass."""

    hub: Hub
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet: else each answer waits for an acknowledgement

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _handle(self) -> None:
        from hub.routes import answer

        request = self._read()
        line = f"{request.method} {request.path}"
        with self.hub.lock:
            self.hub.requests.append(line)
            fault = next((each for each in self.hub.faults if each.takes(line)), None)
        if fault is not None:
            fault.before()
        if fault is None or fault.carried_out or fault.status is None:
            try:
                answer(self.hub, request)
                made = refuse(500, "a route that answers nothing")
            except Answer as given:
                made = given
        if fault is not None:
            if fault.hangs is not None:
                fault.hangs.set()
                threading.Event().wait(60)
            if fault.status == 0:
                self.close_connection = True
                return
            if fault.status is not None:
                made = Answer(fault.status, {"error": "as ordered"}, headers=fault.headers)
        self._send(made)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        user = self.hub.writers.get(token) or self.hub.readers.get(token)
        return Request(
            self.command,
            unquote(parts.path) if "resolve" in parts.path else parts.path,
            parts.query,
            self.headers,
            self._read_body(),
            user,
            token in self.hub.writers,
        )

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, given: Answer) -> None:
        self.send_response(given.status)
        headers = {"Content-Type": "application/json"} | given.headers
        if "Content-Length" not in headers:
            headers["Content-Length"] = str(len(given.content))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.content)


@contextmanager
def serve(folder: Path) -> Iterator[Hub]:
    """A Hub on a free port of this machine; Xet's store is in folder. Its url is for HF_ENDPOINT."""
    hub = Hub(Objects(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    server.block_on_close = False
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
