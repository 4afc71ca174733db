"""A worker process that dies fails the job, wherever it dies: nobody waits for it."""

import os
import subprocess
import sys

import pytest

PIPELINE = """
import os, signal, sys
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from pipeline import runners
from pipeline.worker_watch import WatchedEnvironment

class Die(beam.DoFn):
    def process(self, number):
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number

runner, options = runners.make_local_runner(workers=2)
if sys.argv[1] == "before it has connected":
    runner = FnApiRunner(default_environment=WatchedEnvironment.from_command_string("exit 3"))
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
        ("without output", "a worker process died: Worker subprocess exited with return code -9"),
        ("before it has connected", "a worker process died: Worker subprocess exited with return code 3"),
    ],
)
def test_a_dead_worker_fails_the_job(when: str, reason: str) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PIPELINE, when]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert reason in done.stdout
