"""A worker process that dies fails the job, wherever it dies: nobody waits for it."""

import os
import subprocess
import sys

import pytest

from pipeline.beam.worker import UNREACHABLE

PIPELINE = """
import os, signal, sys
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from pipeline.beam import runners
from pipeline.beam.worker_watch import WatchedEnvironment

class Die(beam.DoFn):
    def process(self, number):
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number

runner, options = runners.make_local_runner(workers=2)
if sys.argv[1].startswith("exit"):
    runner = FnApiRunner(default_environment=WatchedEnvironment.from_command_string(sys.argv[1]))
pipeline = beam.Pipeline(runner=runner, options=PipelineOptions(options))
done = pipeline | beam.Create([1, 2, 3]) | beam.Reshuffle() | beam.ParDo(Die())
if sys.argv[1] == "with output":
    done | "Again" >> beam.Reshuffle() | beam.Map(print)
try:
    pipeline.run().wait_until_finish()
except RuntimeError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("with output", "Channel closed prematurely"),  # Beam notices by itself
        ("without output", "a worker process died: it ended with exit code -9"),
        ("exit 3", "a worker process died: it ended with exit code 3"),  # before it has connected
        (f"exit {UNREACHABLE}", "a worker process could not connect to its driver at localhost:"),
    ],
)
def test_a_dead_worker_fails_the_job(when: str, reason: str) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PIPELINE, when]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert reason in done.stdout
