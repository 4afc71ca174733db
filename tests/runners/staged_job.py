"""Reads and runs a staged job: `describe PIPELINE` prints JSON; `run PIPELINE JOB_PORT POOL_PORT` runs it."""

import base64
import bz2
import json
import pickletools
import sys
import zlib
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import (
    beam_job_api_pb2,
    beam_job_api_pb2_grpc,
    beam_runner_api_pb2,
    endpoints_pb2,
)
from apache_beam.runners.portability.fn_api_runner import translations
from apache_beam.runners.portability.portable_runner import JobServiceHandle

PARDO = "beam:transform:pardo:v1"
GROUP = "beam:transform:group_by_key:v1"
START_SECONDS = 120
"""For a server to answer; a pool imports Beam first, with all other tests beside it."""


def read_pipeline(path: str) -> beam_runner_api_pb2.Pipeline:
    return beam_runner_api_pb2.Pipeline.FromString(Path(path).read_bytes())


def describe(pipeline: beam_runner_api_pb2.Pipeline) -> dict[str, object]:
    parts = pipeline.components
    pickled = {}
    for transform in parts.transforms.values():
        if transform.spec.urn == PARDO:
            payload = beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload)
            if payload.do_fn.payload:
                pickled[transform.unique_name] = unpack(payload.do_fn.payload)
    coders = [unpack(each.spec.payload) for each in parts.coders.values() if "pickled" in each.spec.urn]
    return {
        "fused": fused_steps(pipeline),
        "pickled_bytes": {name: len(data) for name, data in pickled.items()},
        "pickled_names": {name: list_names(data) for name, data in pickled.items()},
        "coders": sorted({name for data in coders for name in list_names(data)}),
    }


def unpack(payload: bytes) -> bytes:
    """The pickle that Beam has compressed."""
    packed = base64.b64decode(payload.rpartition(b"$")[2])  # a coder's has its name in front
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return bz2.decompress(packed)


def list_names(pickled: bytes) -> list[str]:
    """module.name of everything that a pickle imports."""
    found: set[str] = set()
    strings: list[str] = []
    kept: dict[int, str] = {}
    for op, value, _ in pickletools.genops(pickled):
        argument: Any = value
        if op.name == "GLOBAL":
            found.add(argument.replace(" ", "."))
        elif op.name == "STACK_GLOBAL":
            found.add(".".join(strings[-2:]))
        elif op.name == "MEMOIZE":
            kept[len(kept)] = strings[-1] if strings else ""
        elif op.name in ("BINGET", "LONG_BINGET"):
            strings.append(kept.get(argument, ""))
        elif "UNICODE" in op.name:
            strings.append(argument)
    return sorted(found)


def fused_steps(pipeline: beam_runner_api_pb2.Pipeline) -> list[list[str]]:
    """Names of the ParDos that are fused into each stage."""
    phases = ["annotate_downstream_side_inputs", "fix_side_input_pcoll_coders", "pack_combiners"]
    phases += ["lift_combiners", "expand_sdf", "expand_gbk", "sink_flattens", "greedily_fuse"]
    _, stages = translations.create_and_optimize_stages(
        pipeline,
        phases=[getattr(translations, name) for name in phases],
        known_runner_urns=frozenset([GROUP, "beam:transform:flatten:v1"]),
    )
    fused = [[each.unique_name for each in stage.transforms if each.spec.urn == PARDO] for stage in stages]
    return [names for names in fused if names]


def wait_for_server(port: int) -> grpc.Channel:
    """A channel to a server of this machine, once it answers."""
    channel = grpc.insecure_channel(f"localhost:{port}")
    grpc.channel_ready_future(channel).result(timeout=START_SECONDS)
    return channel


def run(pipeline: beam_runner_api_pb2.Pipeline, *, job_port: int, pool_port: int) -> str:
    """Run it on a job server with a pool of workers in place of the container → the last state."""
    worker = endpoints_pb2.ApiServiceDescriptor(url=f"localhost:{pool_port}")
    payload = beam_runner_api_pb2.ExternalPayload(endpoint=worker).SerializeToString()
    for environment in pipeline.components.environments.values():
        environment.urn, environment.payload = "beam:env:external:v1", payload
        del environment.dependencies[:]  # the project is there
    wait_for_server(pool_port).close()  # the job server asks it once and gives up
    channel = wait_for_server(job_port)
    service = beam_job_api_pb2_grpc.JobServiceStub(channel)
    _, messages, states = JobServiceHandle(service, PipelineOptions([])).submit(pipeline)
    last = ""
    for state in states:
        last = beam_job_api_pb2.JobState.Enum.Name(state.state)
        if last in ("DONE", "FAILED", "CANCELLED"):
            break
    if last == "FAILED":
        print(next(iter(messages), "no message"), file=sys.stderr)
    return last


def main(action: str, path: str, *ports: str) -> None:
    pipeline = read_pipeline(path)
    if action == "describe":
        print(json.dumps(describe(pipeline)))
    else:
        print(run(pipeline, job_port=int(ports[0]), pool_port=int(ports[1])))


if __name__ == "__main__":
    main(*sys.argv[1:])
