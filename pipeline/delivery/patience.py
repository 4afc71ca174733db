"""Requests to the Hub that are tried again where that may help, and what their failures mean in one line."""

import email.utils
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from layers.hub_errors import explain_refusal
from pipeline.errors import RunError

_T = TypeVar("_T")

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_NO_RIGHTS = frozenset({401, 403})
_XET_STATUS = re.compile(r"HTTP status (?:client|server) error \((\d{3})\b")
"""In the text of what hf_xet raises, which has no response."""
_MAX_WAIT_SECONDS = 300.0
"""Of a Retry-After: the Hub counts requests in windows of five minutes."""


class HubFailure(RunError):
    """What the Hub refused, or did not do after all tries; status is HTTP's, None where there was none."""

    def __init__(self, message: str, *, status: int | None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Patience:
    """How often a request is tried, and how long the pauses are, which double."""

    tries: int = 6
    first_pause_seconds: float = 1.0
    max_pause_seconds: float = 32.0
    tell: Callable[[str], None] = lambda text: None

    def attempt(
        self,
        place: str,
        doing: str,
        call: Callable[[], _T],
        *,
        settled: Callable[[], _T | None] = lambda: None,
    ) -> _T:
        """What call answers; after a failure that may pass, settled is asked first whether it was done.

        A request that failed may have been carried out: settled answers as call would have, or None.
        Raises HubFailure, one line that names the place and what was being done.
        """
        pause = self.first_pause_seconds
        for number in range(1, self.tries + 1):
            try:
                return call()
            except Exception as error:  # of several libraries: all end as one sentence
                if number == self.tries or not is_transient(error):
                    tried = f", tried {number} times" if number > 1 else ""
                    message = f"{place}: {doing}{tried}: {explain(error)}"
                    raise HubFailure(message, status=status_of(error)) from error
                wait = _asked_wait(error)
                wait = pause if wait is None else min(wait, _MAX_WAIT_SECONDS)
                self.tell(f"{doing}: {describe(error)}; trying again in {wait:g} s")
            time.sleep(wait)
            pause = min(2 * pause, self.max_pause_seconds)
            if (answer := settled()) is not None:
                return answer
        raise AssertionError("unreachable")

    def wait_until(self, ask: Callable[[], _T], is_so: Callable[[_T], bool]) -> _T:
        """What ask answers once it is so, or after as many tries as a request has: Hubs take their time."""
        pause = self.first_pause_seconds
        for _ in range(self.tries - 1):
            answer = ask()
            if is_so(answer):
                return answer
            time.sleep(pause)
            pause = min(2 * pause, self.max_pause_seconds)
        return ask()


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an error or of what caused it."""
    for cause in _causes(error):
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
        if match := _XET_STATUS.search(str(cause)):
            return int(match[1])
    return None


def is_transient(error: BaseException) -> bool:
    """True where the same request may go well a little later."""
    status = status_of(error)
    if status is not None:
        return status in _TRANSIENT
    return any(
        isinstance(cause, ConnectionError | TimeoutError)
        # httpx in huggingface_hub 1, httpx2 in 2: one name in both
        or any(kind.__name__ == "TransportError" for kind in type(cause).__mro__)
        for cause in _causes(error)
    )


def describe(error: BaseException) -> str:
    """What happened, in a few words."""
    status = status_of(error)
    if status is not None:
        return f"the Hub answers {status}"
    cause = [*_causes(error)][-1]
    return f"{type(cause).__name__}: {_first_line(str(cause))}"


def explain(error: BaseException) -> str:
    """What was wrong and what to do, in one line."""
    from huggingface_hub import constants

    refusal = explain_refusal(error, what="repository")
    if refusal is not None:
        return f"it {refusal}"
    status = status_of(error)
    said = _said_by_server(error)
    if status in _NO_RIGHTS:
        may = f"set HF_TOKEN to a token of {constants.ENDPOINT} that may write there"
        return f"the token has no right to do that ({status}{said}): {may}"
    if status == 413:
        return f"the Hub refuses the request as too large (413{said})"
    if status is not None and status in _TRANSIENT:
        return f"the Hub answers {status}{said}: run the same command later, what is uploaded stays"
    if status is not None:
        return f"the Hub answers {status}{said}"
    what = describe(error)
    advice = ": check the network and run the same command again" if is_transient(error) else ""
    return f"{what}{advice}"


def quiet_client() -> None:
    """Keep the client's own bars and log off the terminal: what is to be known is printed by us."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, but not in __all__
        disable_progress_bars,
        logging,
    )

    disable_progress_bars()
    logging.set_verbosity_error()


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _said_by_server(error: BaseException) -> str:
    """`: text` of the server's own message; empty where there is none."""
    for cause in _causes(error):
        said = getattr(cause, "server_message", None)
        if said:
            return f": {_first_line(str(said))}"
    return ""


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:300]


def _asked_wait(error: BaseException) -> float | None:
    """Seconds that the server asks to wait, of Retry-After; None where it asks for none."""
    for cause in _causes(error):
        headers: Mapping[str, Any] = getattr(getattr(cause, "response", None), "headers", {})
        asked = headers.get("Retry-After")
        if asked is None:
            continue
        try:
            return max(0.0, float(asked))
        except ValueError:
            pass
        try:
            return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
        except ValueError:
            return None
    return None
