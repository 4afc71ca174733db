"""Locks in object stores are made by requests that the store refuses to the second: on emulators of both.

deploy/runners.sh installs what this needs; RHIZOTRON_RUNNERS names the folder.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HOME = Path(os.environ.get("RHIZOTRON_RUNNERS", "/nowhere"))
PYTHON = HOME / "gcp" / "bin" / "python"
BUCKET = "rhizotron-locks"
SECONDS = 300
OUTPUTS = 20
DRIVERS = 3

pytestmark = pytest.mark.skipif(
    not ((HOME / "gcp" / ".complete").exists() and (HOME / "fake-gcs-server").exists()),
    reason=f"no emulators in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh",
)


@dataclass(frozen=True)
class Store:
    """An emulator that runs, and the environment of those who take it for the real one."""

    url: str
    environment: Mapping[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(command: Sequence[object], *, log: Path) -> Iterator[None]:
    with (
        log.open("wb") as output,
        subprocess.Popen([*map(str, command)], stdout=output, stderr=output) as server,
    ):
        try:
            yield
        finally:
            server.kill()


def ask(method: str, url: str, *, body: bytes = b"") -> None:
    """Until the emulator answers, two minutes at most."""
    request = urllib.request.Request(url, data=body, method=method)
    request.add_header("Content-Type", "application/json")
    for _ in range(600):
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="module")
def gcs(google_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [HOME / "fake-gcs-server", "-scheme=http", "-host=127.0.0.1", f"-port={port}"]
    command += ["-backend=memory", f"-public-host=127.0.0.1:{port}"]
    with serve(command, log=tmp_path_factory.mktemp("gcs") / "log"):
        ask("POST", f"{url}/storage/v1/b", body=json.dumps({"name": BUCKET}).encode())
        yield Store(
            f"gs://{BUCKET}",
            {
                "PYTHONPATH": google_path,
                "STORAGE_EMULATOR_HOST": url,
                "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # asks Google what kind of bucket it is
            },
        )


@pytest.fixture(scope="module")
def s3(google_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [HOME / "gcp" / "bin" / "moto_server", "-H", "127.0.0.1", "-p", port]
    with serve(command, log=tmp_path_factory.mktemp("s3") / "log"):
        ask("PUT", f"{url}/{BUCKET}")
        settings = {
            "PYTHONPATH": google_path,
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        yield Store(f"s3://{BUCKET}", {"AWS_ENDPOINT_URL": url, **settings})


def start(code: str, *arguments: object, store: Store) -> subprocess.Popen[str]:
    """A process that waits for a line before it begins, and after it has printed what came of it."""
    environment = os.environ | store.environment
    command = [str(PYTHON), "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


LOCK = """
import sys
from contextlib import ExitStack
from types import SimpleNamespace
from pipeline.beam.lock import lock_output
from pipeline.errors import OutputLocked

won, refused = [], []
print("ready", flush=True)
sys.stdin.readline()
with ExitStack() as stack:
    for output in sys.argv[1:]:
        try:
            stack.enter_context(lock_output(SimpleNamespace(output=output)))
            won.append(output)
        except OutputLocked as error:
            refused.append(str(error))
    print(*won, flush=True)
    print(*refused, sep="\\n", flush=True)
    sys.stdin.readline()
"""


def race(outputs: Sequence[str], *, drivers: int, store: Store) -> list[list[str]]:
    """What each of several drivers got, that ask for all locks at the same time and then hold them."""
    processes = [start(LOCK, *outputs, store=store) for _ in range(drivers)]
    try:
        for process in processes:
            assert process.stdin is not None and process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
        for process in processes:
            print(file=process.stdin, flush=True)
        won = [process.stdout.readline().split() for process in processes if process.stdout is not None]
        for process in processes:
            _, errors = process.communicate("\n", timeout=SECONDS)
            assert process.returncode == 0, errors
        return won
    finally:
        for process in processes:
            process.kill()


def test_of_drivers_that_race_for_an_output_exactly_one_gets_it(gcs: Store) -> None:
    outputs = [f"{gcs.url}/race/{n}" for n in range(OUTPUTS)]
    won = race(outputs, drivers=DRIVERS, store=gcs)
    assert sorted(output for each in won for output in each) == sorted(outputs)
    again = race(outputs, drivers=1, store=gcs)
    assert again == [outputs], "all were given back"


@pytest.mark.parametrize("name", ["gcs", "s3"])
def test_a_lock_object_keeps_the_second_driver_off(name: str, request: pytest.FixtureRequest) -> None:
    """Moto looks and writes in two steps, so that on it nobody may race."""
    store: Store = request.getfixturevalue(name)
    output = f"{store.url}/one/out"
    first = start(LOCK, output, store=store)
    assert first.stdin is not None and first.stdout is not None
    try:
        assert first.stdout.readline() == "ready\n", first.communicate()[1]
        print(file=first.stdin, flush=True)
        assert first.stdout.readline() == f"{output}\n"
        second = start(LOCK, output, store=store)
        printed, errors = second.communicate("\n\n", timeout=SECONDS)
        assert second.returncode == 0, errors
        assert f"{output} is in use by process {first.pid} of " in printed
        removal = {"gcs": "gcloud storage rm", "s3": "aws s3 rm"}[name]
        assert printed.endswith(f"if that driver is dead, remove its lock: {removal} {output}/.lock\n")
        first.kill()
        first.communicate()
        printed, _ = start(LOCK, output, store=store).communicate("\n\n", timeout=SECONDS)
        assert "(no such process is running any more)" in printed, "the lock of a killed driver stays"
    finally:
        first.kill()
