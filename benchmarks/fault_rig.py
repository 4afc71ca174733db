"""What faults.py runs on: a corpus from the demo on a file system that can fail, and a look at its runs."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.fault_hooks.signals.poison import MARK
from filters import base

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo"
SOURCES = ("tico19", "african_storybook_sw", "sona_za", "pratham_books")
MAX_SECONDS = 400
START = b"\n-- run\n"
STAGES: Mapping[str, str] = {
    "ingest": "raw",
    "count": "line_counts",
    "measure": "measured",
    "decide": "decisions",
    "publish": "release.staging",
}
"""Stage → the folder of an output in which its first file says that it has begun."""


def write_corpus(folder: Path, *, sources: Sequence[str] = SOURCES) -> Path:
    """folder/site with files of the demo, one of them with the poisonous mark, and folder/corpus.yaml."""
    site = folder / "site"
    config = yaml.safe_load((DEMO / "corpus.yaml").read_text(encoding="utf-8"))
    chosen = [
        source | {"root": f"flaky://{site}"} for source in config["sources"] if source["card"] in sources
    ]
    for source in chosen:
        paths = [path for pattern in source["paths"] for path in sorted(DEMO.glob(pattern))][:20]
        source["paths"] = [str(path.relative_to(DEMO)) for path in paths]
        for path in paths:
            target = site / path.relative_to(DEMO)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    story = sorted(site.glob("data/*/*.txt"))[0]
    story.write_text(story.read_text(encoding="utf-8") + f"\n{MARK}\n", encoding="utf-8")
    config |= {
        "name": "faults",
        "cards": str((DEMO / config["cards"]).resolve()),
        "output": "out",
        "sources": chosen,
        "lines": {"min_count": 2, "min_chars": 5},
        "unit_bytes": 100_000,
        "local": {"max_in_process_bytes": 0, "workers": 2},
        "publish": {"target_bytes": 50_000, "allow_unreviewed": True},
        "measure": {"signals": sorted({*base.default_signals(), "poison"})},
    }
    path = folder / "corpus.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@dataclass
class Run:
    """One `rhizotron run`, as often as it takes: its driver is a process group with its workers."""

    corpus: Path
    out: Path
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    prefix: Sequence[str] = ()
    cwd: Path | None = None

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            log.write(START)
            log.flush()
            return subprocess.Popen(
                [*self.prefix, *self._command("run"), "--ignore-disk", *self.arguments],
                env=self.environment,
                cwd=self.cwd,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def wait_for(self, stage: str, *, running: subprocess.Popen[bytes], seconds: float) -> bool:
        """Until a stage has begun, and seconds more; False: the run was over before."""
        folder = self.out / STAGES[stage]
        while not (folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))):
            if running.poll() is not None:
                return False
            time.sleep(0.01)
        time.sleep(seconds)
        return running.poll() is None

    def clean(self) -> str:
        """`rhizotron clean`, and what is left over all the same: empty where nothing is."""
        with self.log.open("ab") as log:
            subprocess.run(self._command("clean"), env=self.environment, check=True, stdout=log, stderr=log)
        rubbish = [str(path) for path in self.out.rglob(".tmp-*")]
        rubbish += [name for name in ("release.staging", "release.previous", "clusters") if self._has(name)]
        return ", ".join(rubbish)

    def last_words(self) -> str:
        """What the latest run says went wrong, in a line."""
        said = self.log.read_bytes().rpartition(START)[2].decode(errors="replace")
        _, mark, words = said.rpartition("rhizotron: ")
        return " ".join((words if mark else said[-500:]).split())

    def verify(self) -> str:
        """What `rhizotron verify` finds wrong with the release: empty, nothing."""
        command = [sys.executable, "-P", "-m", "pipeline.cli", "verify", str(self.out / "release")]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return " ".join((done.stdout + done.stderr).split()) if done.returncode else ""

    def _command(self, name: str) -> list[str]:
        # -P: the folder of a fault has modules with our names
        command = [sys.executable, "-P", "-m", "pipeline.cli", name]
        return [*command, str(self.corpus), "--out", str(self.out)]

    def _has(self, name: str) -> bool:
        return any(path.is_file() for path in (self.out / name).rglob("*"))


def release_digests(out: Path) -> dict[str, str]:
    """Path → SHA-256 of each file of a release; empty: there is none."""
    return {
        str(path.relative_to(out / "release")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "release").rglob("*"))
        if path.is_file()
    }


def stage_seconds(out: Path) -> dict[str, float]:
    """Stage → seconds between the first and the last entry of an undisturbed run."""
    folders = dict(STAGES) | {"publish": "published"}
    found = {}
    for stage, folder in folders.items():
        times = [path.stat().st_mtime for path in (out / folder).rglob("*.json")]
        found[stage] = max(times) - min(times) if times else 0.0
    return found


def session_processes(session: int) -> list[int]:
    """Processes of a session, zombies apart."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                state, _, _, of = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(of) == session and state != "Z":
                found.append(int(name))
    return sorted(found)


def kill_session(session: int) -> None:
    """kill -9 of a driver and everything that it has started."""
    for pid in session_processes(session):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait(running: subprocess.Popen[bytes]) -> int:
    """Exit code; 124 as of `timeout` when it must be ended by force, which is a failure of the bench too."""
    try:
        return running.wait(timeout=MAX_SECONDS)
    except subprocess.TimeoutExpired:
        kill_session(running.pid)
        running.wait()
        return 124


@contextmanager
def small_disk(folder: Path, *, size_bytes: int) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def grow(disk: Path) -> str:
    subprocess.run(["mount", "-o", "remount,size=2g", disk], check=True)
    return ""


def await_end_of(session: int, *, max_seconds: float = 60.0) -> str:
    """Workers of a dead driver end by themselves."""
    deadline = time.monotonic() + max_seconds
    while session_processes(session):
        if time.monotonic() > deadline:
            kill_session(session)
            return f"workers of the killed driver were still there after {max_seconds:.0f} s"
        time.sleep(0.1)
    return ""
