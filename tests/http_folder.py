"""A folder behind HTTP, by ranges as object stores give them; answers may be wrong or late on purpose."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


@dataclass
class HttpFolder:
    """The first requests get the answers of `faults`, the others what they ask for."""

    root: Path
    has_ranges: bool = True
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of each request."""
    url: str = ""


@contextmanager
def serve(folder: HttpFolder) -> Iterator[HttpFolder]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers["Range"] or ""
            folder.asked.append((self.path, asked))
            fault = folder.faults.pop(0) if folder.faults else ""
            path = folder.root / unquote(self.path.lstrip("/"))
            if fault.isdigit() or not path.is_file():
                self.send_response(int(fault or 404))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.answer(path, asked=asked, fault=fault)

        def answer(self, path: Path, *, asked: str, fault: str) -> None:
            content = path.read_bytes()
            span = re.fullmatch(r"bytes=(\d+)-(\d+)", asked) if folder.has_ranges else None
            start, stop = (0, len(content)) if span is None else (int(span[1]), int(span[2]) + 1)
            status = 200 if span is None else 206 if start < len(content) else 416
            data = content[start:stop] if status < 400 else b""
            self.send_response(status)
            said = f"{start}-{start + len(data) - 1}" if data else "*"
            if span is not None:
                self.send_header("Content-Range", f"bytes {said}/{len(content)}")
            if fault != "no length":
                self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
            self.end_headers()
            if fault == "stall":
                time.sleep(1)
            self.wfile.write(data[: len(data) // 2] if fault == "reset" else data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    folder.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield folder
    finally:
        server.shutdown()
        server.server_close()
