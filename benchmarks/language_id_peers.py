"""Our language model and every other identifier at hand, on the same lines that ours has not seen.

    python -m benchmarks.language_id_peers LINES.parquet --model FOLD.ftz --held-out SOURCE,SOURCE \\
        --peer-python /path/to/env/bin/python

LINES.parquet holds lang, source and text. Each --model answers for the sources of the --held-out beside it,
which must not have been part of its training; several pairs make one set of lines. Prints Markdown; keeps
it, a JSON and two plots below --out. benchmarks/README.md says how to make the environments.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.lid import plots, report
from benchmarks.lid.adapters import ADAPTERS
from benchmarks.lid.labels import to_tags
from benchmarks.lid.lines import Lines, read_lines
from benchmarks.lid.results import OURS, compare_on_named, summarize
from benchmarks.report import MEGABYTE, describe_machine
from filters.language_id import VENDORED, load_model, model_digest

ROOT = Path(__file__).resolve().parents[1]
SIDE = ROOT / "benchmarks" / "lid" / "side.py"
CODE = [SIDE.read_text(), SIDE.with_name("adapters.py").read_text()]
KERNEL_LID_176 = "lid.176"
"""The result of lid.176 through our kernel and our choice by script."""
ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")


class Bench:
    """Runs of identifiers over one set of lines; everything lies below one folder."""

    def __init__(self, lines: Lines, *, folder: Path, max_seconds: float, keep: bool) -> None:
        self.lines = lines
        self.folder = folder
        self.max_seconds = max_seconds
        self.keep = keep
        (folder / "runs").mkdir(parents=True, exist_ok=True)

    def run(
        self,
        adapter: str,
        *,
        rows: Sequence[int],
        python: str = sys.executable,
        version: str,
        model: str = "",
    ) -> dict[str, Any]:
        """One identifier over some lines: side.run's result, with answers and labels as tags.

        version is what, besides the code of the adapters, decides the answers.
        """
        texts = [self.lines.texts[row] for row in rows]
        content = json.dumps(texts, ensure_ascii=False)
        key = hashlib.sha256(json.dumps([adapter, version, python, *CODE, content]).encode()).hexdigest()[:16]
        inputs, output = (self.folder / "runs" / f"{adapter}-{key}.{kind}.json" for kind in ("in", "out"))
        if not (self.keep and output.exists()):
            inputs.write_text(content, encoding="utf-8")
            command = [python, str(SIDE), adapter, str(inputs), str(output), f"--model={model}"]
            print(f"{adapter} {model}: {len(rows):,} lines", file=sys.stderr)
            subprocess.run(
                [*command, f"--max-seconds={self.max_seconds}"], check=True, env=_environment(adapter)
            )
            inputs.unlink()
        result: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
        tags = to_tags(result["labels"], adapter=adapter)
        answers = [None if answer is None else tags.get(answer) for answer in result["answers"]]
        if strange := {answer for answer in result["answers"] if answer is not None and answer not in tags}:
            raise ValueError(f"{adapter} answered {sorted(strange)}, which is not in its list of labels")
        return {**result, "answers": [tag or "und" for tag in answers], "tags": set(tags.values())}

    def run_models(self, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
        """Our model: each line is answered by the model that has not seen its source."""
        answers = ["und"] * len(self.lines.texts)
        parts = []
        for model, sources in pairs:
            rows = self.lines.rows(sources)
            part = self.run(OURS, rows=rows, version=model_digest(model), model=model)
            for row, tag in zip(rows, part["answers"], strict=True):
                answers[row] = tag
            parts.append(part)
        return {
            "version": parts[0]["version"],
            "answers": answers,
            "tags": set().union(*(part["tags"] for part in parts)),
            **{field: sum(part[field] for part in parts) for field in ("cpu_seconds", "text_bytes")},
            **{
                field: max(part[field] for part in parts)
                for field in ("load_seconds", "model_bytes", "peak_bytes")
            },
        }


def _environment(adapter: str) -> dict[str, str]:
    """One thread; the project can be imported only where it is measured."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    threads = {f"{name}_NUM_THREADS": "1" for name in ONE_THREAD}
    return {**kept, **threads, **({"PYTHONPATH": str(ROOT)} if adapter == OURS else {})}


def find_peers(pythons: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Adapter → (the first of some Pythons in whose environment its package is, version); ours left out."""
    found: dict[str, tuple[str, str]] = {}
    for python in pythons:
        done = subprocess.run(
            [python, str(SIDE), "--list"], check=True, stdout=subprocess.PIPE, env=_environment("")
        )
        for adapter, version in json.loads(done.stdout).items():
            if adapter != OURS:
                found.setdefault(adapter, (python, version))
    return found


def pair_models(models: Sequence[str], held_out: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(model, its held-out sources) in order; raises ValueError unless each source has exactly one model."""
    if len(models) != len(held_out) or not models:
        raise ValueError(
            f"{len(models)} --model and {len(held_out)} --held-out: give one --held-out after each --model"
        )
    pairs = [(model, tuple(each.split(","))) for model, each in zip(models, held_out, strict=True)]
    counts = Counter(source for _, sources in pairs for source in sources)
    if twice := sorted(source for source, count in counts.items() if count > 1):
        raise ValueError(f"{', '.join(twice)} is held out more than once: one model answers for each source")
    return pairs


def describe(found: dict[str, Any], *, adapter: str, truth: Sequence[str]) -> dict[str, Any]:
    """What is kept of one identifier."""
    about = ADAPTERS[adapter]
    return {
        "title": about.title,
        "version": found["version"],
        "licence": about.licence,
        "note": about.note,
        "tags": sorted(found["tags"]),
        "mb_per_second": found["text_bytes"] / MEGABYTE / found["cpu_seconds"],
        **{field: found[field] for field in ("cpu_seconds", "load_seconds", "model_bytes", "peak_bytes")},
        **summarize(truth, found["answers"], tags=found["tags"]),
    }


def compare(
    bench: Bench, *, pairs: Sequence[tuple[str, tuple[str, ...]]], peers: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """Run all and return the results, ready for JSON."""
    lines = bench.lines
    everything = range(len(lines.texts))
    runs = {OURS: bench.run_models(pairs)}
    failed = {}
    if any(model != KERNEL_LID_176 for model, _ in pairs):
        digest = model_digest(KERNEL_LID_176)
        runs[KERNEL_LID_176] = bench.run(OURS, rows=everything, version=digest, model=KERNEL_LID_176)
    for adapter, (python, version) in peers.items():
        try:
            runs[adapter] = bench.run(adapter, rows=everything, python=python, version=version)
        except subprocess.CalledProcessError as error:
            failed[adapter] = f"ended with {error.returncode}"
    found = {
        name: describe(run, adapter=OURS if name == KERNEL_LID_176 else name, truth=lines.tags)
        for name, run in runs.items()
    }
    if KERNEL_LID_176 in found:
        found[KERNEL_LID_176]["title"] = "lid.176.ftz, our kernel"
    return {
        "machine": describe_machine(),
        "lines": {
            "count": len(lines.texts),
            "languages": len(set(lines.tags)),
            "sources": dict(Counter(lines.sources)),
            "text_bytes": sum(len(text.encode()) for text in lines.texts),
            "skipped": lines.skipped,
            "digest": lines.digest(),
        },
        "models": [_describe_model(model, sources) for model, sources in pairs],
        "identifiers": found,
        "named": compare_on_named(
            lines.tags,
            {name: run["answers"] for name, run in runs.items()},
            tags={name: run["tags"] for name, run in runs.items()},
        ),
        "failed": failed,
    }


def _describe_model(model: str, sources: tuple[str, ...]) -> dict[str, Any]:
    path = ROOT / "filters" / "models" / VENDORED[model].file if model in VENDORED else Path(model)
    return {
        "model": model if model in VENDORED else path.name,
        "sha256": model_digest(model),
        "bytes": path.stat().st_size,
        "labels": len(load_model(model).labels),
        "held_out": list(sources),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare language identifiers on held-out lines.")
    parser.add_argument("lines", type=Path, help="Parquet file with lang, source and text")
    parser.add_argument("--model", action="append", default=[], help="name or path; once per --held-out")
    parser.add_argument("--held-out", action="append", default=[], help="sources it has not seen: A,B")
    parser.add_argument(
        "--peer-python", action="append", default=[], help="Python of an environment of peers"
    )
    parser.add_argument("--only", help="peers to run, instead of all that are installed: A,B")
    parser.add_argument("--skip", default="", help="peers not to run: A,B")
    parser.add_argument("--max-lines", type=int, default=100, help="lines of each language and source")
    parser.add_argument("--max-seconds", type=float, default=20.0, help="CPU time for passes after the first")
    parser.add_argument("--plot", help="peers in the plot of languages; default: the best five by mean F1")
    parser.add_argument("--out", type=Path, default=Path("out/lid_peers"))
    parser.add_argument("--keep", action="store_true", help="use answers that --out has of the same lines")
    arguments = parser.parse_args()
    try:
        pairs = pair_models(arguments.model, arguments.held_out)
    except ValueError as error:
        parser.error(str(error))
    peers = find_peers(arguments.peer_python)
    if arguments.only is not None:
        wanted = arguments.only.split(",")
        if missing := sorted(set(wanted) - set(peers)):
            parser.error(f"--only {', '.join(missing)}: not installed in any --peer-python")
        peers = {name: peers[name] for name in wanted}
    peers = {name: found for name, found in peers.items() if name not in arguments.skip.split(",")}
    sources = {source for _, each in pairs for source in each}
    lines = read_lines(arguments.lines, sources=sources, max_lines=arguments.max_lines)
    bench = Bench(lines, folder=arguments.out, max_seconds=arguments.max_seconds, keep=arguments.keep)
    results = compare(bench, pairs=pairs, peers=peers)
    results["lines"]["max_lines"] = arguments.max_lines
    text = report.render(results)
    (arguments.out / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    (arguments.out / "report.md").write_text(text, encoding="utf-8")
    chosen = arguments.plot.split(",") if arguments.plot else None
    plots.write_plots(results, folder=arguments.out, chosen=chosen)
    print(text)
    if results["failed"]:
        raise SystemExit(f"{', '.join(results['failed'])} failed; the report is without them")


if __name__ == "__main__":
    main()
