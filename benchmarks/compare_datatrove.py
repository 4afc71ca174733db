"""This pipeline and datatrove 0.10 on the same documents, machine and number of workers.

    python -m benchmarks.compare_datatrove DOCS_DIR --copies 4 --workers 2 --runs 3 \\
        --datatrove-python /path/to/other-env/bin/python

Runs both sides one after the other, several times, at two sizes, and prints Markdown: CPU-seconds
that do not depend on the size, MB per CPU-second beyond them, the ratio, memory, what each side
measures, and how far their decisions agree. benchmarks/README.md says how to make the other
environment and how to read the numbers.
"""

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import agreement, perturb, report, rhizotron_side
from benchmarks.measure import Cost, measure
from benchmarks.perturb import CorpusFacts

DATATROVE_SIDE = Path(__file__).with_name("datatrove_side.py")
MODEL = Path(__file__).resolve().parents[1] / "filters" / "models" / "lid.176.ftz"
FILE_BYTES = 16 << 20
"""Input files are about this large, at least two per worker, so that work can be dealt evenly."""


class Bench:
    """Inputs, sides and results of one comparison; everything lies below one folder."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.folder: Path = arguments.work
        self.workers: int = arguments.workers
        self.python: Path | None = arguments.datatrove_python
        self.model: Path = arguments.model.absolute()
        self.runs: list[dict[str, Any]] = []
        self.sets: dict[str, CorpusFacts] = {}

    def prepare(self, name: str, documents: list[dict[str, Any]], *, copies: int, seed: int) -> None:
        """Write one input set as plain files."""
        size = sum(len(document["text"].encode()) for document in documents) * copies
        files = max(2 * self.workers, -(-size // FILE_BYTES))
        shutil.rmtree(self.inputs(name), ignore_errors=True)
        facts = perturb.write_corpus(documents, self.inputs(name), copies=copies, files=files, seed=seed)
        self.sets[name] = facts
        print(f"{name}: {facts.documents:,} documents, {facts.text_bytes / 1e6:.1f} MB", file=sys.stderr)

    def inputs(self, name: str) -> Path:
        return self.folder / "inputs" / name

    def output(self, side: str, name: str) -> Path:
        return self.folder / "outputs" / f"{side}-{name}"

    def run(self, side: str, name: str, *, record: bool = True) -> Cost:
        """Run one side over one set, from nothing; the output of the last run stays."""
        out = self.output(side, name)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        log = self.folder / "logs" / f"{side}-{name}-{len(self.runs)}.log"
        cost = measure(self._command(side, name, out), log=log, env=_environment())
        if record:
            facts = {"side": side, "set": name, "text_bytes": self.sets[name].text_bytes, **asdict(cost)}
            self.runs.append(facts)
            with (self.folder / "runs.jsonl").open("a", encoding="utf-8") as kept:  # outlives a later failure
                kept.write(json.dumps(facts) + "\n")
            print(
                f"{side} on {name}: {cost.cpu_seconds:.1f} CPU-s, {cost.wall_seconds:.1f} s, "
                f"{cost.peak_pss_bytes / 1e6:.0f} MB",
                file=sys.stderr,
            )
        return cost

    def _command(self, side: str, name: str, out: Path) -> list[str]:
        if side == "rhizotron":
            corpus_file = rhizotron_side.write_corpus_file(self.inputs(name), out / "config")
            return rhizotron_side.command(corpus_file, out / "layers", workers=self.workers)
        if self.python is None:
            raise ValueError("--datatrove-python is needed to run datatrove's side")
        words = self.folder / "stop_words.json"
        words.write_text(json.dumps(rhizotron_side.stop_words(), ensure_ascii=False), encoding="utf-8")
        return [
            str(self.python.absolute()),
            str(DATATROVE_SIDE),
            str(self.inputs(name)),
            str(out),
            f"--model={self.model}",
            f"--workers={self.workers}",
            f"--mode={side.removeprefix('datatrove-')}",
            f"--stop-words={words}",
        ]

    def agree(self, side: str, name: str) -> agreement.Agreement:
        """Agreement of the last runs of both sides over one set."""
        ids = [row["id"] for row in agreement.read_json_lines(self.inputs(name))]
        return agreement.compare(
            agreement.read_rhizotron(
                self.output("rhizotron", name) / "layers", ids=ids, source=rhizotron_side.SOURCE
            ),
            agreement.read_datatrove(self.output(side, name), ids=ids),
        )


def _environment() -> dict[str, str]:
    # No look-ups on the Hub and one thread per process for numerical libraries, on both sides.
    return {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run_all(arguments: argparse.Namespace) -> dict[str, Any]:
    """Prepare, warm, run and compare; returns everything that the report is made of."""
    bench = Bench(arguments)
    sides = ["rhizotron", *(f"datatrove-{mode}" for mode in arguments.modes)]
    documents = perturb.read_documents(arguments.documents, max_text_bytes=arguments.max_text_bytes)
    subset = documents
    if arguments.datatrove_max_text_bytes is not None:
        subset = perturb.read_documents(
            arguments.documents, max_text_bytes=arguments.datatrove_max_text_bytes
        )
    shared = len(subset) == len(documents)
    bench.prepare("warm", documents[:200], copies=1, seed=arguments.seed)
    bench.prepare("small", documents, copies=1, seed=arguments.seed)
    bench.prepare("large", documents, copies=arguments.copies, seed=arguments.seed)
    if not shared:
        bench.prepare("sample-small", subset, copies=1, seed=arguments.seed)
        bench.prepare("sample-large", subset, copies=arguments.copies, seed=arguments.seed)
    for side in sides:
        bench.run(side, "warm", record=False)
    for number in range(arguments.runs):
        for size in ("small", "large"):
            for side in sides:
                slow = side != "rhizotron"
                if slow and number >= (arguments.datatrove_runs or arguments.runs):
                    continue
                bench.run(side, size if shared or not slow else f"sample-{size}")
    compared = "large" if shared else "sample-large"
    if not shared:
        bench.run("rhizotron", compared)  # the decisions about the very documents that datatrove had
    return {
        "sets": {name: asdict(facts) for name, facts in bench.sets.items()},
        "workers": arguments.workers,
        "runs": bench.runs,
        "compared": compared,
        "agreement": {side: asdict(bench.agree(side, compared)) for side in sides[1:]},
        "rhizotron": rhizotron_side.describe(bench.output("rhizotron", compared) / "layers"),
        "machine": report.describe_machine(),
        "datatrove_versions": json.loads(
            (bench.output(sides[1], compared) / "versions.json").read_text(encoding="utf-8")
        )
        if len(sides) > 1
        else {},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", type=Path, help="folder of *.jsonl or *.jsonl.zst files")
    parser.add_argument("--copies", type=int, default=4, help="the large size, in copies of the documents")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--datatrove-runs", type=int, help="fewer runs of the slow side")
    parser.add_argument("--datatrove-python", type=Path, help="python of the environment with datatrove 0.10")
    parser.add_argument("--modes", nargs="*", choices=("one", "by-language"), default=["one", "by-language"])
    parser.add_argument("--model", type=Path, default=MODEL, help="lid.176.ftz, for datatrove's side")
    parser.add_argument("--max-text-bytes", type=int, help="an even sample of the documents of this size")
    parser.add_argument("--datatrove-max-text-bytes", type=int, help="a smaller sample for the slow side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("out/benchmark"), help="scratch folder")
    arguments = parser.parse_args()
    if arguments.modes and arguments.datatrove_python is None:
        parser.error("give --datatrove-python (see benchmarks/README.md), or --modes with nothing after it")
    results = run_all(arguments)
    (arguments.work / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    markdown = report.render(results)
    (arguments.work / "results.md").write_text(markdown, encoding="utf-8")
    print(markdown)


if __name__ == "__main__":
    main()
