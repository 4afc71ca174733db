"""What Dataflow would be given, as far as that goes without an account: a template in a storage emulator.

The layers in a bucket go through the same code; the staged job graph is run on Prism. deploy/runners.sh
installs what this needs; RHIZOTRON_RUNNERS names the folder.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import small_corpus
import yaml

from benchmarks.flink_cluster import free_port

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("RHIZOTRON_RUNNERS", "/nowhere"))
PYTHON = HOME / "gcp" / "bin" / "python"
BUCKET = "gs://rhizotron-test"
SECONDS = 300

pytestmark = pytest.mark.skipif(
    not (HOME / "gcp" / ".complete").exists(),
    reason=f"no emulator in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh",
)


@pytest.fixture(scope="module")
def environment(google_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Of a process that sees the emulator's bucket as Google's storage."""
    port = free_port()
    command = [str(HOME / "gcp" / "bin" / "gcp-storage-emulator"), "start", f"--port={port}", "--in-memory"]
    url = f"http://127.0.0.1:{port}"
    log = (tmp_path_factory.mktemp("emulator") / "log").open("wb")
    with subprocess.Popen([*command, "--host=127.0.0.1"], stdout=log, stderr=log) as emulator:
        try:
            create_bucket(url)
            yield os.environ | {
                "PYTHONPATH": google_path,
                "STORAGE_EMULATOR_HOST": url,
                "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # asks Google what kind of bucket it is
            }
        finally:
            emulator.send_signal(signal.SIGKILL)


def create_bucket(url: str) -> None:
    body = json.dumps({"name": BUCKET.removeprefix("gs://")}).encode()
    asked = urllib.request.Request(f"{url}/storage/v1/b", data=body, method="POST")
    asked.add_header("Content-Type", "application/json")
    for _ in range(600):  # two minutes
        try:
            urllib.request.urlopen(asked, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the emulator does not answer")


def run_python(code: str, *arguments: object, environment: Mapping[str, str]) -> str:
    command = [str(PYTHON), "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rhizotron(*arguments: object, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)


# one file after the other: the emulator answers one connection at a time, and hung on a recursive copy
UPLOAD = """
import pathlib, sys, fsspec
fs, (_, folder, bucket) = fsspec.filesystem("gs"), sys.argv
for path in sorted(pathlib.Path(folder).rglob("*")):
    if path.is_file():
        fs.put_file(str(path), f"{bucket}/{path.relative_to(folder)}")
"""
DOWNLOAD = """
import pathlib, sys, fsspec
fs, (_, bucket, folder) = fsspec.filesystem("gs"), sys.argv
root = bucket.removeprefix("gs://") + "/"
for name in sorted(fs.find(bucket)):
    path = pathlib.Path(folder, name.removeprefix(root))
    path.parent.mkdir(parents=True, exist_ok=True)
    fs.get_file(name, str(path))
"""


@pytest.fixture(scope="module")
def corpus(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small corpus, its cards and its data in the bucket."""
    folder = tmp_path_factory.mktemp("corpus")
    config = small_corpus.write_corpus(folder)
    for name in ("data", "cards"):
        run_python(UPLOAD, folder / name, f"{BUCKET}/corpus/{name}", environment=environment)
    raw: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    raw["cards"] = f"{BUCKET}/corpus/cards"
    for source in raw["sources"]:
        source["root"] = f"{BUCKET}/corpus"
    remote = folder / "remote.yaml"
    remote.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return remote


@pytest.fixture(scope="module")
def expected(corpus: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The release of the same corpus on this machine's disk."""
    done = rhizotron("run", corpus.with_name("corpus.yaml"), environment=environment)
    assert done.returncode == 0, done.stderr
    return small_corpus.tree_digests(corpus.parent / "out" / "release")


def test_layers_in_a_bucket_hold_the_release_of_layers_on_a_disk(
    corpus: Path, expected: dict[str, str], environment: Mapping[str, str], tmp_path: Path
) -> None:
    done = rhizotron("run", corpus, "--out", f"{BUCKET}/local", environment=environment)
    assert done.returncode == 0, done.stderr
    assert fetch(f"{BUCKET}/local", tmp_path, environment=environment) == expected
    again = rhizotron("run", corpus, "--out", f"{BUCKET}/local", environment=environment)
    assert again.returncode == 0, again.stderr


def fetch(out: str, folder: Path, *, environment: Mapping[str, str]) -> dict[str, str]:
    run_python(DOWNLOAD, f"{out}/release", folder / "release", environment=environment)
    return small_corpus.tree_digests(folder / "release")


@pytest.fixture(scope="module")
def staged(
    corpus: Path, environment: Mapping[str, str], wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What `run --runner dataflow --template_location` leaves in the bucket, fetched."""
    folder = tmp_path_factory.mktemp("staged")
    google = ["--project=example-project", "--region=europe-west4", "--no_auth", "--max_num_workers=20"]
    google += [f"--{name}_location={BUCKET}/{name}" for name in ("temp", "staging")]
    google += [f"--template_location={BUCKET}/template/rhizotron"]
    workers = ["--machine_type=n2-standard-4", "--number_of_worker_harness_threads=1"]
    out = ["--out", f"{BUCKET}/dataflow", "--runner", "dataflow", "--", *google, *workers]
    done = rhizotron("run", corpus, *out, f"--extra_package={wheel}", environment=environment)
    assert done.returncode == 0, done.stderr
    assert "the job is stored, nothing has run yet" in done.stdout
    run_python(DOWNLOAD, f"{BUCKET}/staging", folder / "staging", environment=environment)
    run_python(DOWNLOAD, f"{BUCKET}/template", folder / "template", environment=environment)
    return folder


def test_the_wheel_and_nothing_of_the_session_is_staged(staged: Path, wheel: Path) -> None:
    (folder,) = (staged / "staging").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "extra_packages.txt",
        "pipeline.pb",
        wheel.name,
        "submission_environment_dependencies.txt",
    }
    assert (folder / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def template(staged: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((staged / "template" / "rhizotron").read_text(encoding="utf-8"))
    return found


def test_the_template_says_how_workers_are_made(template: dict[str, Any]) -> None:
    (pool,) = template["environment"]["workerPools"]
    assert pool["machineType"] == "n2-standard-4"
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 20
    assert sorted(package["name"] for package in pool["packages"]) == [
        "extra_packages.txt",
        "rhizotron-0.1.0-py3-none-any.whl",
        "submission_environment_dependencies.txt",
    ]
    (container,) = pool["sdkHarnessContainerImages"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert container["containerImage"].endswith(f"/beam_python{version}_sdk:2.77.0")
    options = template["environment"]["sdkPipelineOptions"]["options"]
    assert options["save_main_session"] is False
    assert options["number_of_worker_harness_threads"] == 1


@pytest.fixture(scope="module")
def described(staged: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    script = Path(__file__).with_name("staged_job.py")
    (pipeline,) = (staged / "staging").rglob("pipeline.pb")
    command = [str(PYTHON), str(script), "describe", str(pipeline)]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=SECONDS)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_each_stage_lists_its_tasks_in_one_step_and_does_them_in_the_next(described: dict[str, Any]) -> None:
    """Work is fused with the count of what is done, never with the listing before: it would not spread."""
    own = [[name for name in step if "/Spread/" not in name] for step in described["fused"]]
    ends = ("KeyWithVoid", "UnKey", "decode)", "InjectDefault", "core.py")
    own = [[name for name in step if not any(end in name for end in ends)] for step in own]
    assert sorted(step for step in own if step) == [
        ["Check filters", "Decide", "Publish/List"],
        ["Check records", "Measure/List"],
        ["Ingest/List"],
        ["Ingest/Work"],
        ["Measure/Work"],
        ["Publish/Work"],
        ["Release"],
    ]


def test_nothing_is_pickled_but_the_job_and_names(described: dict[str, Any]) -> None:
    ours = {name: names for name, names in described["pickled_names"].items() if "/Spread/" not in name}
    rooms = [f"pipeline.{name}." for name in ("beam.stages", "beam.work", "job", "config")]
    blocks_of_the_corpus_file = ("governance.about.About", "governance.reservations.terms.Terms")
    known = (
        "apache_beam.",
        "sources.base.SourceSpec",
        "logging.getLogger",
        *blocks_of_the_corpus_file,
        *rooms,
    )
    strange = {name: [each for each in names if not each.startswith(known)] for name, names in ours.items()}
    assert {name: names for name, names in strange.items() if names} == {}
    assert max(described["pickled_bytes"].values()) < 10_000
    assert [name for name in described["coders"] if name.startswith("pipeline.")] == [
        "pipeline.beam.coders.TaskCoder",
        "pipeline.stages.publish.cut.ShardTask",
        "pipeline.stages.raw_parts.PartTask",
        "pipeline.stages.units.PlannedUnit",
    ]


@pytest.mark.skipif(not (HOME / "prism").exists(), reason=f"no Prism in RHIZOTRON_RUNNERS={HOME}")
def test_the_staged_job_gives_the_release_of_the_local_runner(
    staged: Path, expected: dict[str, str], environment: Mapping[str, str], tmp_path: Path
) -> None:
    job_port, pool_port = free_port(), free_port()
    prism = [
        str(HOME / "prism"),
        f"--job_port={job_port}",
        "--serve_http=false",
        "--idle_shutdown_timeout=5m",
    ]
    pool = [str(PYTHON), "-m", "pipeline.beam.worker_pool", f"--service_port={pool_port}"]
    (pipeline,) = (staged / "staging").rglob("pipeline.pb")
    script = Path(__file__).with_name("staged_job.py")
    command = [str(PYTHON), str(script), "run", str(pipeline), str(job_port), str(pool_port)]
    with subprocess.Popen(prism) as server, subprocess.Popen(pool, env=environment) as workers:
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
        finally:
            server.terminate()
            workers.terminate()
    assert done.stdout.strip() == "DONE", done.stderr
    assert fetch(f"{BUCKET}/dataflow", tmp_path, environment=environment) == expected


def test_places_that_workers_elsewhere_cannot_reach_are_named(
    corpus: Path, environment: Mapping[str, str]
) -> None:
    config = corpus.with_name("corpus.yaml")
    done = rhizotron("run", config, "--runner", "dataflow", environment=environment)
    assert done.returncode == 2
    for what in ("--out", "cards", "root of source health_json", "workers would not have rhizotron"):
        assert what in done.stderr
