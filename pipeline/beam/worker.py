"""A worker process: Beam's harness, which ends with whoever has started it and leaves nothing half-written.

Beam's own goes on with its unit for as long as that takes when the driver is gone, and a signal ends it with
its temporary files where they are. Its entry point also lets the first warning of an import open a log on
standard error, and everything it says at INFO then lands on the user's terminal.
"""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

from layers import storage
from pipeline.beam.proxy import VARIABLE, direct_hosts

PARENT_SECONDS = 1.0
"""Between two looks at whether the parent is there."""

UNREACHABLE = 75
"""Exit code of a worker that waited in vain for its driver's port: 60 s, as Beam's harness has it."""


def command(*arguments: str) -> list[str]:
    """Of a worker process that ends with this one; the current folder has no part in what it imports."""
    return [sys.executable, "-P", "-m", "pipeline.beam.worker", f"--parent={os.getpid()}", *arguments]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, required=True, help="the process with which this one ends")
    parser.add_argument("--control", help="address of the runner, where no variable of Beam's names it")
    parser.add_argument("--id", help="of this worker, with --control")
    asked = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    threading.Thread(target=_watch, args=(asked.parent,), daemon=True).start()
    os.environ[VARIABLE] = direct_hosts()  # before gRPC looks at it
    gc.disable()  # what imports make stays: to look through it again and again took a tenth of the time
    logging.getLogger().addHandler(logging.NullHandler())  # before Beam is imported
    import grpc  # type: ignore[import-untyped]

    try:
        _serve(asked.control, worker_id=asked.id)
    except grpc.FutureTimeoutError:
        end(UNREACHABLE)
    except grpc.RpcError:  # the runner is gone, and the unit in hand is nobody's any more
        end(1)
    end(0)


def _serve(control: str | None, *, worker_id: str | None) -> None:
    from apache_beam.runners.worker import sdk_worker, sdk_worker_main

    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 10, 10)  # batches of rows are few objects; the default looks after every 700
    if control is None:
        sdk_worker_main.main([])
        return
    harness = sdk_worker.SdkHarness(
        control, worker_id=worker_id, state_cache_size=0, data_buffer_time_limit_ms=-1
    )
    harness.run()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    end(1)


def _end(number: int, frame: FrameType | None) -> None:
    end(128 + number)


def end(exit_code: int) -> NoReturn:
    """End now, whatever the other threads do, without a temporary file left."""
    storage.end_writing()
    sys.stdout.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    main()
