"""Python workers for job servers (environment_type EXTERNAL): Beam's pool, safe to share.

Beam's own knows a worker by the id that its task manager gave it. Two task managers give the same ids, so
the first to end its worker ended the other's, and that job waited for ever. It also starts the first
`python` of PATH, which may lack the project, and never reads what workers print.
"""

import argparse
import atexit
import logging
import signal
import subprocess
import sys
import threading
import time
import traceback
from typing import Any

from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.runners.worker.worker_pool_main import (
    BeamFnExternalWorkerPoolServicer,
    kill_process_gracefully,
)

from pipeline.beam.worker import command

MAX_WAIT_SECONDS = 10.0
"""For a worker to end by itself; it does when its task manager closes the connection."""


class WorkerPool(BeamFnExternalWorkerPoolServicer):
    """Starts a process per worker that it is asked for, in this interpreter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._workers: dict[str, list[subprocess.Popen[bytes]]] = {}
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def StartWorker(self, request: api.StartWorkerRequest, context: Any) -> api.StartWorkerResponse:
        address, worker_id = request.control_endpoint.url, request.worker_id
        try:
            process = subprocess.Popen(command(f"--control={address}", f"--id={worker_id}"))
        except OSError:
            return api.StartWorkerResponse(error=traceback.format_exc())
        with self._lock:
            self._workers.setdefault(worker_id, []).append(process)
        return api.StartWorkerResponse()

    def StopWorker(self, request: api.StopWorkerRequest, context: Any) -> api.StopWorkerResponse:
        with self._lock:
            workers = [*self._workers.get(request.worker_id, [])]
        alive = [worker for worker in workers if worker.poll() is None]
        if len(alive) == 1 and len(workers) == 1:
            kill_process_gracefully(alive[0])
        elif len(alive) == len(workers):
            # of several with this id, the one that is meant has lost its connection and is about to end
            self._await_one(workers)
        ended = [worker for worker in workers if worker.poll() is not None]
        with self._lock:
            for worker in ended:
                self._workers[request.worker_id].remove(worker)
        return api.StopWorkerResponse()

    def _await_one(self, workers: list[subprocess.Popen[bytes]]) -> None:
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while all(worker.poll() is None for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """End all workers."""
        for worker in [worker for workers in self._workers.values() for worker in workers]:
            kill_process_gracefully(worker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service_port", type=int, required=True)
    port = parser.parse_args().service_port
    logging.basicConfig(level=logging.INFO)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    address, server = WorkerPool.start(use_process=True, port=port)
    logging.getLogger(__name__).info("starting workers with %s at %s", sys.executable, address)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
