"""Law 4: a run has the same bytes wherever and whenever it runs, or says in a line what is wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import small_corpus

from pipeline.beam import runners
from pipeline.beam.proxy import VARIABLE, bypass_proxy, direct_hosts
from pipeline.plan.make import make_plan

NOBODY = "http://127.0.0.1:9"
PROXIES = {name: NOBODY for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")}
ASCII = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
WORKERS = {"local": {"max_in_process_bytes": 0, "workers": 2}}
MAX_SECONDS = 300


def rhizotron(
    *arguments: object,
    more: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    prefix: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), **(more or {})}
    command = [*prefix, sys.executable, "-P", "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=MAX_SECONDS
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    runners.run(make_plan(small_corpus.write_corpus(folder)))
    return small_corpus.tree_digests(folder / "out" / "release")


def check_run(done: subprocess.CompletedProcess[str], *, folder: Path, expected: dict[str, str]) -> None:
    assert done.returncode == 0, done.stderr
    assert small_corpus.tree_digests(folder / "out" / "release") == expected


def test_proxies_do_not_stand_between_processes_of_this_machine(
    undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=WORKERS)
    done = rhizotron("run", config, "--workers", 2, more=PROXIES)
    check_run(done, folder=tmp_path, expected=undisturbed)


def test_the_folder_of_the_user_has_no_part_in_what_is_imported(
    undisturbed: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "a folder with spaces"
    for name in ("pipeline", "layers", "random"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('the wrong one')")
    small_corpus.write_corpus(folder, changes=WORKERS)
    done = rhizotron("run", "corpus.yaml", "--workers", 2, cwd=folder)
    check_run(done, folder=folder, expected=undisturbed)


def test_a_locale_without_unicode_changes_nothing(undisturbed: dict[str, str], tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    check_run(rhizotron("run", config, more=ASCII), folder=tmp_path, expected=undisturbed)


def test_files_from_the_future_and_another_time_zone_change_nothing(
    undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path)
    for path in (tmp_path / "data").iterdir():
        os.utime(path, (time.time() + 400 * 86_400,) * 2)
    done = rhizotron("run", config, more={"TZ": "Pacific/Kiritimati"})
    check_run(done, folder=tmp_path, expected=undisturbed)


@pytest.mark.parametrize(("workers", "files"), [(1, 16), (2, 32)])
def test_few_open_files_are_enough(
    workers: int, files: int, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=WORKERS)
    limited = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]
    done = rhizotron("run", config, "--workers", workers, prefix=limited)
    check_run(done, folder=tmp_path, expected=undisturbed)


def test_too_few_open_files_are_said_in_a_line(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=WORKERS)
    limited = ["sh", "-c", 'ulimit -n 31; exec "$@"', "sh"]
    done = rhizotron("run", config, "--workers", 2, prefix=limited)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "rhizotron: 2 workers need 32 open files, and this process may have 31: "
        "ulimit -n 1024, or --workers 1"
    )


def test_an_output_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    done = rhizotron("run", config, "--ignore-disk", "--out", "/proc/out")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("rhizotron: /proc/out cannot be written to (")


def test_a_job_server_that_does_not_answer_is_named_after_a_bounded_wait(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    job_server = ["--job_endpoint=localhost:9", "--job_server_timeout=2", "--environment_type=LOOPBACK"]
    done = rhizotron("run", config, "--runner", "portable", "--", *job_server, more=PROXIES)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "rhizotron: no job server answers at localhost:9 (waited 2 s); start it, or name another one: "
        "-- --job_endpoint=HOST:PORT"
    )


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ({}, []),
        ({"no_proxy": ".example.org, b"}, [".example.org", "b"]),
        ({VARIABLE: "c", "no_proxy": "b"}, ["c"]),
    ],
)
def test_hosts_without_a_proxy_are_added_and_taken_back(
    before: dict[str, str], named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (VARIABLE, "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    environment = dict(os.environ)
    with bypass_proxy():
        hosts = os.environ[VARIABLE].split(",")
        assert hosts == [*named, "localhost", "127.0.0.1", "::1", os.uname().nodename]
        assert direct_hosts() == os.environ[VARIABLE], "a worker adds nothing twice"
    assert dict(os.environ) == environment
