"""Worker processes of the local runner, watched: a dead one fails what it was asked, whenever it dies.

Beam notices a dead worker only while it waits for that worker's data. One killed after its last output but
before its answer, or before it has connected, was waited for without end. And Beam has no way to end one
that works: it waits for its unit.
"""

import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import grpc  # type: ignore[import-untyped]
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_runner_api_pb2,
    endpoints_pb2,
)
from apache_beam.runners.pipeline_context import PipelineContext
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (
    SUBPROCESS_LOCK,
    SubprocessSdkWorkerHandler,
    WorkerHandler,
)
from apache_beam.runners.portability.local_job_service import BeamFnLoggingServicer
from apache_beam.transforms.environments import Environment, SubprocessSDKEnvironment
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance
from google.protobuf import json_format, text_format  # type: ignore[import-untyped]

from pipeline.beam.worker import UNREACHABLE

URN = "rhizotron:env:watched_subprocess:v1"
ANSWER_SECONDS = 0.2
"""Between two looks at what a dead worker is still asked."""
END_SECONDS = 10.0
"""For workers that were told to end, which takes them milliseconds; then they are killed."""
CANNOT_CONNECT = "a worker process could not connect to its driver"

_running: set["WatchedWorker"] = set()


def end_workers() -> None:
    """Tell all worker processes of this one to put away what they have in hand, and to end."""
    for each in [*_running]:
        each.end()


@Environment.register_urn(URN, bytes)
class WatchedEnvironment(SubprocessSDKEnvironment):
    """Workers started by a shell command, as Beam's own, in a WatchedWorker."""

    def to_runner_api_parameter(self, context: PipelineContext) -> tuple[str, bytes]:
        return URN, self.command_string.encode()

    @staticmethod
    def from_runner_api_parameter(
        payload: bytes,
        capabilities: Iterable[str],
        artifacts: Iterable[beam_runner_api_pb2.ArtifactInformation],
        resource_hints: Mapping[str, bytes],
        context: PipelineContext,
    ) -> "WatchedEnvironment":
        return WatchedEnvironment(payload.decode(), capabilities, artifacts, resource_hints)


@WorkerHandler.register_environment(URN, bytes)
class WatchedWorker(SubprocessSdkWorkerHandler):
    """Answers with an error for a worker whose process has ended, until the runner closes it."""

    _told_at: float | None = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._closing = threading.Event()

    def start_worker(self) -> None:
        self._log_server = grpc.server(shared_unbounded_instance())
        beam_fn_api_pb2_grpc.add_BeamFnLoggingServicer_to_server(BeamFnLoggingServicer(), self._log_server)
        log_port = self._log_server.add_insecure_port("localhost:0")
        self._log_server.start()
        options = self.provision_info.provision_info.pipeline_options
        environment = os.environ | {
            "CONTROL_API_SERVICE_DESCRIPTOR": _descriptor(self.control_address),
            "LOGGING_API_SERVICE_DESCRIPTOR": _descriptor(f"localhost:{log_port}"),
            "PIPELINE_OPTIONS": json_format.MessageToJson(options),
            "WORKER_ID": self.worker_id,
        }
        with SUBPROCESS_LOCK:
            self._process = subprocess.Popen(self._worker_command_line, shell=True, env=environment)
        _running.add(self)
        self.worker_thread = threading.Thread(name="run_worker", target=self._run)
        self.worker_thread.start()

    def end(self) -> None:
        """Tell it to end, without waiting; `stop_worker` waits."""
        self._told_at = time.monotonic()
        self._process.terminate()

    def close(self) -> None:
        self._closing.set()
        super().close()

    def stop_worker(self) -> None:
        while self.worker_thread.is_alive():
            self.worker_thread.join(ANSWER_SECONDS)
            if self._told_at is not None and time.monotonic() - self._told_at > END_SECONDS:
                self._process.kill()

    def _run(self) -> None:
        exit_code = self._process.wait()
        _running.discard(self)
        self._log_server.stop(0)
        reason = f"a worker process died: it ended with exit code {exit_code}"
        if exit_code == UNREACHABLE:
            reason = f"{CANNOT_CONNECT} at {self.control_address}; what lies between them on this machine?"
        while not self._closing.wait(ANSWER_SECONDS):
            self._answer(reason)

    def _answer(self, message: str) -> None:
        asked = self.control_conn._futures_by_id
        for instruction_id in [*asked]:
            future = asked.pop(instruction_id, None)  # Beam's own reader may have been faster
            if future is not None:
                future.set(beam_fn_api_pb2.InstructionResponse(instruction_id=instruction_id, error=message))


def _descriptor(url: str) -> str:
    return text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url))
