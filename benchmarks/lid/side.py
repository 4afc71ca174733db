"""One identifier over one file of lines: run by the Python of the environment that holds it.

    python side.py --list
    python side.py NAME LINES.json OUT.json [--model MODEL]

LINES.json is a list of texts. OUT.json gets the answers, every label the identifier can give, the version,
the size of the model's files and the costs: seconds to load, CPU-seconds of the fastest pass over all
lines once warm, the highest resident memory.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # in another environment nothing of this project is installed: load by place
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.lid.adapters import ADAPTERS, find_installed

WARM_LINES = 500
MAX_PASSES = 5


def run(name: str, texts: list[str], *, model: str, max_seconds: float) -> dict[str, Any]:
    """Load, warm, and time passes until there are MAX_PASSES or max_seconds are spent; the first is whole."""
    before = _memory_bytes("VmRSS")
    start = time.process_time()
    identifier = ADAPTERS[name].load(model)
    load_seconds = time.process_time() - start
    identifier.predict(texts[:: max(1, len(texts) // WARM_LINES)])
    answers: list[str | None] = []
    seconds: list[float] = []
    while not seconds or (sum(seconds) + seconds[-1] <= max_seconds and len(seconds) < MAX_PASSES):
        start = time.process_time()
        answers = identifier.predict(texts)
        seconds.append(time.process_time() - start)
    if len(answers) != len(texts):
        raise ValueError(f"{name} gave {len(answers)} answers to {len(texts)} texts")
    return {
        "name": name,
        "version": find_installed([name])[name],
        "labels": list(identifier.labels),
        "answers": answers,
        "load_seconds": load_seconds,
        "cpu_seconds": min(seconds),
        "passes": len(seconds),
        "text_bytes": sum(len(text.encode()) for text in texts),
        "model_bytes": sum(path.stat().st_size for path in identifier.files),
        "peak_bytes": _memory_bytes("VmHWM"),
        "start_bytes": before,
    }


def _memory_bytes(field: str) -> int:
    """A field of /proc/self/status; not ru_maxrss, which a child inherits from its parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return int(rest.split()[0]) * 1024
    raise OSError(f"/proc/self/status has no {field}; measuring memory needs Linux")


def main() -> None:
    parser = argparse.ArgumentParser(description="Run one language identifier over a file of lines.")
    parser.add_argument("name", nargs="?", choices=list(ADAPTERS))
    parser.add_argument("lines", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--model", default="")
    parser.add_argument("--max-seconds", type=float, default=20.0)
    parser.add_argument("--list", action="store_true", help="print which adapters' packages are installed")
    arguments = parser.parse_args()
    if arguments.list:
        print(json.dumps(find_installed()))
        return
    if arguments.out is None:
        parser.error("give NAME, LINES.json and OUT.json, or --list")
    del sys.path[0]  # no folder of the project may stand before a peer's own modules
    texts = json.loads(arguments.lines.read_text(encoding="utf-8"))
    result = run(arguments.name, texts, model=arguments.model, max_seconds=arguments.max_seconds)
    arguments.out.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
