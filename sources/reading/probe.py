"""Files whose library ends the whole process: aborting in a child process, many files a child.

A child writes a line for each file that it has opened, so where it dies is known.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial

import sources
from layers.storage import InputFile, is_remote
from sources.base import SourceSpec
from sources.reading.sample import choose_files, read_sample

ABORTED = "the library that reads it ends the process: it is encrypted or corrupt; remove the file or mend it"
REMOTE_THREADS = 16


def find_aborting(files: Sequence[InputFile], *, spec: SourceSpec) -> dict[str, str]:
    """uri → what is wrong, of the files whose opening would end the process; none for most source types.

    Raises RuntimeError where the child cannot work at all.
    """
    if not getattr(sources.load(spec.type), "MAY_ABORT", False):
        return {}
    aborting: dict[str, str] = {}
    threads = REMOTE_THREADS if is_remote(spec.root) else 1
    start = 0
    while start < len(files):
        opened, last_words = _run_child(files[start:], spec=spec, threads=threads)
        start += opened
        if last_words is None:
            continue
        if threads > 1:  # the file is one of those that were open together
            opened, last_words = _run_child(files[start : start + threads], spec=spec, threads=1)
            start += opened
        if last_words is not None:
            aborting[files[start].uri] = f"{ABORTED} ({last_words})"
            start += 1
    return aborting


def _run_child(files: Sequence[InputFile], *, spec: SourceSpec, threads: int) -> tuple[int, str | None]:
    """(files that were opened, the last words of a child that died)."""
    task = {
        "spec": asdict(replace(spec, fields=dict(spec.fields), options=dict(spec.options))),
        "files": [asdict(file) for file in files],
        "threads": threads,
        "sampled": [file.uri for file in choose_files(files)],
    }
    done = subprocess.run(
        [sys.executable, "-m", "sources.reading.probe"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    opened = done.stdout.count("\n")
    words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode > 0:
        raise RuntimeError(f"the files of {spec.uid} cannot be probed: {' '.join(words[-1:])}")
    if done.returncode == 0:
        return opened, None
    why = [line.removeprefix("what():").strip() for line in words if line.startswith("what():")]
    return opened, (why or words or [f"signal {-done.returncode}"])[-1]


def main() -> None:
    """Open the files that standard input names; a line for each that did not end this process."""
    task = json.load(sys.stdin)
    spec = SourceSpec(**task["spec"])
    files = [InputFile(**file) for file in task["files"]]
    with ThreadPoolExecutor(task["threads"]) as pool:
        for start in range(0, len(files), task["threads"]):
            together = files[start : start + task["threads"]]
            list(pool.map(partial(_open, spec=spec, sampled=task["sampled"]), together))
            print("\n" * len(together), end="", flush=True)


def _open(file: InputFile, *, spec: SourceSpec, sampled: Sequence[str]) -> None:
    with suppress(Exception):  # whoever opens the file next says what is wrong with it
        sources.load(spec.type).split(file, spec=spec)
        if file.uri in sampled:
            read_sample(file, spec=spec)


if __name__ == "__main__":
    main()
