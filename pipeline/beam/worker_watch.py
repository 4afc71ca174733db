"""Worker processes of the local runner, watched: a dead one fails what it was asked, whenever it dies.

Beam notices a dead worker only while it waits for that worker's data. One killed after its last output but
before its answer, or before it has connected, was waited for without end.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from apache_beam.portability.api import beam_fn_api_pb2, beam_runner_api_pb2
from apache_beam.runners.pipeline_context import PipelineContext
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (
    SubprocessSdkWorkerHandler,
    WorkerHandler,
)
from apache_beam.runners.portability.local_job_service import SubprocessSdkWorker
from apache_beam.transforms.environments import Environment, SubprocessSDKEnvironment

URN = "rhizotron:env:watched_subprocess:v1"
ANSWER_SECONDS = 0.2
"""Between two looks at what a dead worker is still asked."""


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

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._closing = threading.Event()

    def start_worker(self) -> None:
        self.worker = SubprocessSdkWorker(
            self._worker_command_line, self.control_address, self.provision_info, self.worker_id
        )
        self.worker_thread = threading.Thread(name="run_worker", target=self._run)
        self.worker_thread.start()

    def close(self) -> None:
        self._closing.set()
        super().close()

    def _run(self) -> None:
        reason = "it ended before the job"
        try:
            self.worker.run()
        except RuntimeError as error:
            reason = str(error)
        while not self._closing.wait(ANSWER_SECONDS):
            self._answer(f"a worker process died: {reason}")

    def _answer(self, message: str) -> None:
        asked = self.control_conn._futures_by_id
        for instruction_id in [*asked]:
            future = asked.pop(instruction_id, None)  # Beam's own reader may have been faster
            if future is not None:
                future.set(beam_fn_api_pb2.InstructionResponse(instruction_id=instruction_id, error=message))
