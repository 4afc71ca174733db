"""Files whose library ends the whole process: aborting in a child process, many files a child.

A child writes a line for each file that it has opened, so where it dies is known.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import sources
from layers import plugins
from layers.columns import postpone_pandas
from layers.plugins import Plugin
from layers.storage import InputFile, is_remote
from sources.base import SourceSpec
from sources.reading.sample import choose_files, read_sample

ABORTED = "the library that reads it ends the process: it is encrypted or corrupt; remove the file or mend it"
REMOTE_THREADS = 16


def find_aborting(
    files: Mapping[str, Sequence[InputFile]], *, specs: Mapping[str, SourceSpec]
) -> dict[tuple[str, str], str]:
    """(source, uri) → what is wrong, of the files of sources whose opening would end the process.

    Opened are all files of the types that can do that, and the first records of some are read. Raises
    RuntimeError where the child cannot work at all.
    """
    tasks = [
        (uid, file)
        for uid in sorted(files)
        if getattr(sources.load(specs[uid].type), "MAY_ABORT", False)
        for file in files[uid]
    ]
    sampled = {uid: [file.uri for file in choose_files(files[uid])] for uid, _ in tasks}
    threads = REMOTE_THREADS if any(is_remote(specs[uid].root) for uid, _ in tasks) else 1
    aborting: dict[tuple[str, str], str] = {}
    start = 0
    while start < len(tasks):
        opened, last_words = _run_child(tasks[start:], specs=specs, sampled=sampled, threads=threads)
        start += opened
        if last_words is None:
            continue
        if threads > 1:  # the file is one of those that were open together
            together = tasks[start : start + threads]
            opened, last_words = _run_child(together, specs=specs, sampled=sampled, threads=1)
            start += opened
        if last_words is not None:
            uid, file = tasks[start]
            aborting[uid, file.uri] = f"{ABORTED} ({last_words})"
            start += 1
    return aborting


def _run_child(
    tasks: Sequence[tuple[str, InputFile]],
    *,
    specs: Mapping[str, SourceSpec],
    sampled: Mapping[str, Sequence[str]],
    threads: int,
) -> tuple[int, str | None]:
    """(files that were opened, the last words of a child that died)."""
    used = {uid: specs[uid] for uid, _ in tasks}
    message = {
        "specs": {uid: asdict(_plain(spec)) for uid, spec in used.items()},
        "tasks": [[uid, asdict(file)] for uid, file in tasks],
        "sampled": sampled,
        "threads": threads,
        "plugins": [asdict(plugin) for plugin in plugins.active()],
    }
    done = subprocess.run(
        [sys.executable, "-m", "sources.reading.probe"],
        input=json.dumps(message),
        capture_output=True,
        text=True,
        check=False,
    )
    opened = done.stdout.count("\n")
    words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode > 0:
        raise RuntimeError(f"files cannot be probed: {' '.join(words[-1:])}")
    if done.returncode == 0:
        return opened, None
    why = [line.removeprefix("what():").strip() for line in words if line.startswith("what():")]
    return opened, (why or words or [f"signal {-done.returncode}"])[-1]


def _plain(spec: SourceSpec) -> SourceSpec:
    return replace(spec, fields=dict(spec.fields), extra=dict(spec.extra), options=dict(spec.options))


def main() -> None:
    """Open the files that standard input names; a line for each that did not end this process."""
    postpone_pandas()
    message = json.load(sys.stdin)
    plugins.activate([_read_plugin(plugin) for plugin in message["plugins"]])
    specs = {uid: SourceSpec(**spec) for uid, spec in message["specs"].items()}
    tasks = [(specs[uid], InputFile(**file)) for uid, file in message["tasks"]]
    threads, sampled = message["threads"], message["sampled"]
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(tasks), threads):
            together = tasks[start : start + threads]
            list(pool.map(lambda task: _open(task[1], spec=task[0], sampled=sampled), together))
            print("\n" * len(together), end="", flush=True)


def _read_plugin(values: dict[str, Any]) -> Plugin:
    return Plugin(**values | {"modules": tuple(tuple(module) for module in values["modules"])})


def _open(file: InputFile, *, spec: SourceSpec, sampled: Mapping[str, Sequence[str]]) -> None:
    with suppress(Exception):  # whoever opens the file next says what is wrong with it
        sources.load(spec.type).split(file, spec=spec)
        if file.uri in sampled[spec.uid]:
            read_sample(file, spec=spec)


if __name__ == "__main__":
    main()
