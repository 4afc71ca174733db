"""How long is waited before a request is tried again, and which ones are not."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.delivery.patience import HubFailure, Patience, is_transient, status_of


class Answered(Exception):
    """As the client raises it, of either of its HTTP libraries."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(f"{status}")
        self.response = type("Response", (), {"status_code": status, "headers": headers})()


PASSING = (408, 429, 500, 502, 503, 504)
LASTING = (400, 401, 403, 404, 409, 412, 413, 501)


@pytest.mark.parametrize("status", [*PASSING, *LASTING])
def test_only_what_may_pass_is_tried_again(status: int) -> None:
    again = status in PASSING
    assert is_transient(Answered(status)) is again
    said_by_xet = ConnectionError(
        f"Request error: HTTP status client error ({status} Whatever), domain: http://x"
    )
    assert (status_of(said_by_xet), is_transient(said_by_xet)) == (status, again)


def test_a_cause_counts_and_an_error_of_the_program_does_not() -> None:
    outer = RuntimeError("Error while uploading 'a' to the Hub.")
    outer.__cause__ = Answered(503)
    assert is_transient(outer)
    assert is_transient(ConnectionResetError()) and is_transient(TimeoutError())
    assert not is_transient(ValueError("a name")) and not is_transient(OSError("disk full"))


def waits(error: Exception, *, patience: Patience, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses until a request that always fails is given up."""
    slept: list[float] = []
    monkeypatch.setattr("pipeline.delivery.patience.time.sleep", slept.append)

    def fail() -> None:
        raise error

    with pytest.raises(HubFailure, match=f"^lab/corpus: commit, tried {patience.tries} times: "):
        patience.attempt("lab/corpus", "commit", fail)
    return slept


def test_pauses_double_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience(tries=6, first_pause_seconds=1, max_pause_seconds=5)
    assert waits(Answered(503), patience=patience, monkeypatch=monkeypatch) == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("100000", 300.0), ("soon", 1.0)],
)
def test_what_the_hub_asks_to_wait_is_waited(
    asked: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Answered(429, **{"Retry-After": asked})
    assert waits(error, patience=Patience(tries=2), monkeypatch=monkeypatch) == [seconds]


def test_a_time_to_wait_for_is_a_pause_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    (waited,) = waits(
        Answered(503, **{"Retry-After": asked}), patience=Patience(tries=2), monkeypatch=monkeypatch
    )
    assert 0 < waited <= 100


def test_what_was_done_though_it_failed_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.delivery.patience.time.sleep", lambda seconds: None)
    calls: list[int] = []

    def fail() -> str:
        calls.append(1)
        raise Answered(504)

    assert Patience().attempt("lab/corpus", "commit", fail, settled=lambda: "done") == "done"
    assert len(calls) == 1
