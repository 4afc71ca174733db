"""A server on 127.0.0.1 that speaks as much of the Hugging Face Hub as a download needs.

As the Hub does, it answers HEAD /owner/name/resolve/commit/file with the commit, the SHA-256 and the size,
and redirects to another host (here: localhost) for the bytes, where ranges may be asked for.
"""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """Repositories as owner/name → commit → file → bytes, and what was asked of the server."""

    repositories: dict[str, dict[str, dict[str, bytes]]]
    gated: frozenset[str] = frozenset()
    cut_after: int | None = None
    """Bytes after which the connection breaks."""
    cuts: int = 0
    """How often it still breaks."""
    wrong: bool = False
    """Whether other bytes are served than those whose SHA-256 is stated."""
    down: bool = False
    requests: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def downloads(self) -> int:
        return sum(request.startswith("GET /bytes/") for request in self.requests)

    def find(self, repository: str, commit: str, file: str) -> tuple[str, bytes]:
        """("", content), or (code of the Hub's error, b"")."""
        if repository in self.gated:
            return "GatedRepo", b""
        commits = self.repositories.get(repository)
        if commits is None:
            return "RepoNotFound", b""
        if commit not in commits:
            return "RevisionNotFound", b""
        if file not in commits[commit]:
            return "EntryNotFound", b""
        return "", commits[commit][file]


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            hub.requests.append(f"{self.command} {self.path}")
            if hub.down:
                self._send(503, {})
            elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
                self._resolve(*match.groups())
            elif match := re.fullmatch(r"/bytes/([^/]+/[^/]+)/([^/]+)/(.+)", self.path):
                self._send_bytes(hub.find(*match.groups())[1])
            else:
                self._send(404, {})

        def _resolve(self, repository: str, commit: str, file: str) -> None:
            code, content = hub.find(repository, commit, file)
            if code:
                # as the Hub answers somebody without a token
                status = {"GatedRepo": 401, "RepoNotFound": 401}.get(code, 404)
                self._send(status, {"X-Error-Code": code, "X-Error-Message": code})
                return
            stated = hashlib.sha256(content).hexdigest()
            port = hub.url.rsplit(":", 1)[1]
            self._send(
                302,
                {
                    "X-Repo-Commit": commit,
                    "X-Linked-Etag": f'"{stated}"',
                    "X-Linked-Size": str(len(content)),
                    "Location": f"http://localhost:{port}/bytes/{repository}/{commit}/{file}",
                },
            )

        def _send_bytes(self, content: bytes) -> None:
            if hub.wrong:
                content = content[:-1] + bytes([content[-1] ^ 1])
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            start = int(asked[1]) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if self.command == "GET":
                stop = len(content)
                if hub.cut_after is not None and hub.cuts > 0:
                    hub.cuts -= 1
                    stop = min(stop, start + hub.cut_after)
                    self.close_connection = True
                self.wfile.write(content[start:stop])

        def _send(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

    return Handler


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve hub on a free port of this machine; its url is for HF_ENDPOINT."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
