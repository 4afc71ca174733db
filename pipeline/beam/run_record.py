"""Writing run.json when a driver has put a release in place."""

import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

import pipeline
from governance.manifest import NAME, sha256
from governance.run_record import CodeState, RunRecord
from layers import storage
from pipeline.job import Job


def now() -> str:
    """The clock, to the second, in UTC: what no release may depend on."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def record_run(
    job: Job, *, runner: str, workers: int | None, stages: Sequence[str], started: str
) -> RunRecord | None:
    """Write run.json beside the release that is there; None: it tells of that release already, or none is."""
    try:
        digest = sha256(storage.read_bytes(storage.join(job.release, NAME)))
    except FileNotFoundError:
        return None
    earlier = _read(job.run_record_url)
    if earlier is not None and earlier.manifest_sha256 == digest:
        return None
    record = RunRecord(
        name=job.config.name,
        version=job.config.version,
        manifest_sha256=digest,
        code=find_code(),
        host=platform.node(),
        platform=platform.platform(),
        python=platform.python_version(),
        runner=runner,
        workers=workers,
        stages=list(stages),
        started=started,
        ended=now(),
    )
    storage.write_bytes(job.run_record_url, record.to_json())
    return record


def find_code() -> CodeState:
    """Commit and state of the checkout that runs, or the commit that pip installed from."""
    installed = distribution("rhizotron")
    root = Path(pipeline.__file__).parents[1]
    # an installation may lie inside of somebody's own repository, whose commit says nothing about it
    if _git(root, "ls-files", "--error-unmatch", "pipeline/job.py") is not None:
        state = _git(root, "status", "--porcelain")
        return CodeState(
            version=installed.version,
            commit=(_git(root, "rev-parse", "HEAD") or "").strip() or None,
            dirty=None if state is None else bool(state.strip()),
        )
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    commit = origin.get("vcs_info", {}).get("commit_id")
    return CodeState(version=installed.version, commit=commit, dirty=None if commit is None else False)


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it is not installed, or the folder is no repository."""
    try:
        result = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


def _read(url: str) -> RunRecord | None:
    try:
        return RunRecord.from_json(storage.read_bytes(url))
    except FileNotFoundError:
        return None
