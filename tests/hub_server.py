"""A server on 127.0.0.1 that speaks as much of the Hugging Face Hub as a download needs.

As the Hub does, it answers HEAD /owner/name/resolve/commit/file with the commit, the SHA-256 and the size,
and redirects to another host (here: localhost) for the bytes, where ranges may be asked for. Of datasets,
whose names start with `datasets/`, it tells the commit of a branch and lists the files of a commit in pages.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from huggingface_hub import constants

import layers.hub_tree

LFS_BYTES = 2000
"""Files of this size and above have a SHA-256 at the Hub, shorter ones the name that Git gives them."""
PAGE_ENTRIES = 3
_NAME = r"((?:datasets/)?[^/]+/[^/]+)"


@dataclass
class Hub:
    """Repositories as owner/name → commit → file → bytes, and what was asked of the server."""

    repositories: dict[str, dict[str, dict[str, bytes]]]
    gated: frozenset[str] = frozenset()
    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    """owner/name → branch → commit."""
    date: str = "2025-03-04T05:06:07.000Z"
    """Of every commit."""
    withdrawn: set[str] = field(default_factory=set)
    """Files that are listed, but no longer there."""
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
        if file not in commits[commit] or file in self.withdrawn:
            return "EntryNotFound", b""
        return "", commits[commit][file]


class _Handler(BaseHTTPRequestHandler):
    """Answers for the Hub of a subclass."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        if self.hub.down:
            self._send(503, {})
        elif match := re.fullmatch(rf"/{_NAME}/resolve/([^/]+)/(.+)", self.path):
            self._resolve(*map(unquote, match.groups()))
        elif match := re.fullmatch(rf"/bytes/{_NAME}/([^/]+)/(.+)", self.path):
            self._send_bytes(self.hub.find(*map(unquote, match.groups()))[1])
        elif match := re.fullmatch(rf"/api/{_NAME}(/revision/([^/?]+))?(\?.*)?", self.path):
            self._tell_revision(match[1], match[3] or "main")
        elif match := re.fullmatch(rf"/api/{_NAME}/tree/([^/?]+)(\?.*)?", self.path):
            self._list_tree(match[1], match[2])
        else:
            self._send(404, {})

    def _resolve(self, repository: str, commit: str, file: str) -> None:
        code, content = self.hub.find(repository, commit, file)
        if code:
            self._refuse(code)
            return
        stated = hashlib.sha256(content).hexdigest()
        port = self.hub.url.rsplit(":", 1)[1]
        self._send(
            302,
            {
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{stated}"',
                "X-Linked-Size": str(len(content)),
                "Location": f"http://localhost:{port}/bytes/{repository}/{commit}/{quote(file)}",
            },
        )

    def _refuse(self, code: str) -> None:
        # as the Hub answers somebody without a token
        status = {"GatedRepo": 401, "RepoNotFound": 401}.get(code, 404)
        self._send(status, {"X-Error-Code": code, "X-Error-Message": code})

    def _tell_revision(self, repository: str, revision: str) -> None:
        commits = self.hub.repositories.get(repository)
        commit = self.hub.branches.get(repository, {}).get(revision, revision)
        if commits is None or commit not in commits:
            self._refuse("RepoNotFound" if commits is None else "RevisionNotFound")
            return
        name = repository.removeprefix("datasets/")
        self._send_json(
            {"id": name, "sha": commit, "lastModified": self.hub.date, "tags": [], "private": False}
        )

    def _list_tree(self, repository: str, commit: str) -> None:
        files = self.hub.repositories.get(repository, {}).get(commit)
        if files is None:
            self._refuse("RevisionNotFound" if repository in self.hub.repositories else "RepoNotFound")
            return
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
        entries: list[dict[str, object]] = [
            {"type": "directory", "path": name, "oid": "0" * 40} for name in sorted(folders)
        ]
        entries += [_describe(name, content) for name, content in sorted(files.items())]
        more = start + PAGE_ENTRIES < len(entries)
        url = f"{self.hub.url}/api/{repository}/tree/{commit}?recursive=true&cursor={start + PAGE_ENTRIES}"
        links = {"Link": f'<{url}>; rel="next"'} if more else {}
        self._send_json(entries[start : start + PAGE_ENTRIES], headers=links)

    def _send_json(self, content: object, *, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def _send_bytes(self, content: bytes) -> None:
        if self.hub.wrong:
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        start = int(asked[1]) if asked else 0
        whole = len(content)
        content = content[: int(asked[2]) + 1] if asked and asked[2] else content
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{whole}")
        self.end_headers()
        if self.command == "GET":
            stop = len(content)
            if self.hub.cut_after is not None and self.hub.cuts > 0:
                self.hub.cuts -= 1
                stop = min(stop, start + self.hub.cut_after)
                self.close_connection = True
            self.wfile.write(content[start:stop])

    def _send(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()


def _describe(name: str, content: bytes) -> dict[str, object]:
    """An entry of a tree, as the Hub states it."""
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": oid}
    if len(content) < LFS_BYTES:
        return entry
    large = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return entry | {"lfs": large}


def point_at(hub: Hub, *, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process and its children ask a server, with a cache of their own."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


def go_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forbid this process and its children the network; nothing but the cache is left of what was read."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    layers.hub_tree._load_tree.cache_clear()


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve hub on a free port of this machine; its url is for HF_ENDPOINT."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
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
