"""Libraries that may hang or end the whole process, in child processes that are used again and again.

A child answers one request at a time over pipes, so a daemonic process may have children, too. It ends when
its parent does. What a request may use of the processor is counted by the kernel as CPU time of the child,
whatever else the machine does, and the kernel ends the child: no code of a library has to give way for that.
"""

import fcntl
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from sources.reading.mapping import BadRecord

MAX_CPU_SECONDS = 60.0
"""Of one request. Limits that are counted refuse what would take more than a few seconds."""
MAX_MEMORY_BYTES = 3 << 30
"""Address space of a child: what wants more fails in the child, not in its worker."""
MAX_REQUESTS = 10_000
"""Of one child, which is replaced then: starting one takes 0.3 s, and what a library leaks ends with it."""

TIMEOUT = "error:timeout"
FAILED = "reader_failed"

_PIPE_BYTES = 1 << 20
"""Of a request that goes over in one piece; by default 64 KiB do."""
_READ_BYTES = 64 << 10
"""That are asked for first: what a message is shorter is given back, which costs more the more it is."""
_HEADER = struct.Struct("<BI")
_ANSWER, _BAD_RECORD = range(2)
_MAX_WORDS_BYTES = 1 << 16
_MAX_DETAIL_CHARS = 300
_ENDED_BY_LIMIT = -signal.SIGPROF
_ENDED_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}

Handler = Callable[[bytes], bytes]


class Children:
    """Child processes that run `python -m module`, whose main calls `serve`; any number of threads may ask.

    One child for each request at a time; they stay for the next ones, also of other units.
    """

    def __init__(self, module: str, *, arguments: Sequence[str] = (), max_cpu_seconds: float | None = None):
        """max_cpu_seconds: of one request; None takes MAX_CPU_SECONDS."""
        seconds = MAX_CPU_SECONDS if max_cpu_seconds is None else max_cpu_seconds
        # -P: the folder that a user works in is no place to import from
        self._command = [sys.executable, "-P", "-m", module, str(seconds), *arguments]
        self._idle: list[_Child] = []
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def ask(self, *request: bytes | memoryview) -> bytes:
        """The answer of a child to a request, which may be in pieces.

        Raises BadRecord: what the child's handler raised, TIMEOUT, or FAILED where it raised something else
        or ended its process; RuntimeError where somebody else ended it, or it cannot work at all.
        """
        child = self._borrow()
        try:
            kind, answer = child.ask(request)
        except (OSError, EOFError):
            raise _explain(child.end(), words=child.last_words()) from None
        except BaseException:
            child.kill()
            raise
        if child.requests < MAX_REQUESTS:
            with self._lock:
                self._idle.append(child)
        else:
            child.end()
        if kind == _ANSWER:
            return answer
        reason, _, detail = answer.decode().partition("\n")
        raise BadRecord(reason, detail=detail)

    def close(self) -> None:
        """End the children that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _borrow(self) -> "_Child":
        with self._lock:
            if self._owner != os.getpid():  # a fork: the pipes are those of another process
                self._owner, self._idle = os.getpid(), []
            if self._idle:
                return self._idle.pop()
        return _Child(self._command)


class _Child:
    """One process and its pipes."""

    def __init__(self, command: Sequence[str]) -> None:
        self.requests = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (a pipe that nobody reads would fill)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        assert self._process.stdin is not None
        with suppress(OSError, AttributeError):  # a system without it, or a user with many pipes
            fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def ask(self, request: Sequence[bytes | memoryview]) -> tuple[int, bytes]:
        """(kind of answer, answer); raises OSError or EOFError where the process has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self.requests += 1
        _write(self._process.stdin.fileno(), _ANSWER, *request)
        return _read(self._process.stdout.fileno())

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> int:
        """The exit code, negative for a signal, of a process that ends because nothing more is asked."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return self._process.wait()

    def last_words(self) -> str:
        """The last line that an ended process wrote to standard error."""
        with self._errors as errors:
            errors.seek(0)
            lines = errors.read(_MAX_WORDS_BYTES).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _explain(code: int, *, words: str) -> Exception:
    """What a child that ended says of its record."""
    if code == _ENDED_BY_LIMIT:
        detail = "reading it took more time of the processor than a record may; the process was ended"
        return BadRecord(TIMEOUT, detail=detail)
    if code >= 0 or code in _ENDED_FROM_OUTSIDE:
        return RuntimeError(f"a child process ended with code {code}: {words or 'it said nothing'}")
    name = signal.Signals(-code).name
    return BadRecord(FAILED, detail=f"the library that reads it ended its process with {name}")


def serve(handle: Handler, *, max_cpu_seconds: float) -> None:
    """Answer the requests on standard input until it ends.

    A BadRecord of the handler is an answer, and so is any other exception of it.
    """
    requests, answers = 0, os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # a lower limit is there already, or the system knows none
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    while True:
        try:
            request = _read(requests)[1]
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, max_cpu_seconds)
        try:
            kind, answer = _ANSWER, handle(request)
        except BadRecord as bad:
            kind, answer = _BAD_RECORD, f"{bad.reason}\n{bad.detail}".encode(errors="replace")
        except Exception as error:
            last = "".join(traceback.format_exception_only(error)).strip()
            kind, answer = _BAD_RECORD, f"{FAILED}\n{last[:_MAX_DETAIL_CHARS]}".encode(errors="replace")
        _write(answers, kind, answer)


def _write(pipe: int, kind: int, *content: bytes | memoryview) -> None:
    views = [memoryview(piece) for piece in content]
    left: list[bytes | memoryview] = [_HEADER.pack(kind, sum(view.nbytes for view in views))]
    left += [view.cast("B") for view in views if view.nbytes]
    while left:
        count = os.writev(pipe, left)
        while left and count >= len(left[0]):
            count -= len(left.pop(0))
        if left:
            left[0] = memoryview(left[0])[count:]


def _read(pipe: int) -> tuple[int, bytes]:
    """(kind, content) of a message, behind which nothing follows unasked; raises EOFError."""
    data = os.read(pipe, _READ_BYTES)
    while len(data) < _HEADER.size:
        more = os.read(pipe, _READ_BYTES)
        if not more:
            raise EOFError
        data += more
    kind, length = _HEADER.unpack_from(data)
    pieces, left = [data[_HEADER.size :]], _HEADER.size + length - len(data)
    while left:
        pieces.append(os.read(pipe, min(left, _PIPE_BYTES)))
        left -= len(pieces[-1])
        if not pieces[-1]:
            raise EOFError
    return kind, b"".join(pieces)
