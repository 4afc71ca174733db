"""Deduplication alone, this pipeline and datatrove 0.10 on the same documents: cost, and who agrees where.

    python -m benchmarks.compare_dedup DOCS_DIR --copies 4 --workers 2 --runs 3 \\
        --datatrove-python /path/to/other-env/bin/python

Cost: signatures, buckets, clusters and removal of both sides (dedup_side.py, datatrove_dedup_side.py) at two
sizes, and a whole run of this pipeline without signals and quality rules beside them. Agreement: clusters of
all documents as they are, with datatrove under another seed as the measure of what chance alone changes.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import perturb, report, rhizotron_side
from benchmarks.cluster_agreement import (
    KINDS,
    LIMITS,
    Difference,
    Groups,
    Similarities,
    count_by_similarity,
    explain,
    find_groups,
)
from benchmarks.compare_datatrove import MODEL, Bench
from benchmarks.dedup_side import OPTIONS
from benchmarks.measure import measure
from filters.hashes.minhash import band_names, shingle_hashes

SIDES = {
    "dedup": "Rhizotron: signatures, buckets, clusters, removal",
    "run": "Rhizotron: a whole run without signals and quality rules",
    "datatrove-dedup": "datatrove: its four MinHash blocks, spaCy's `xx`",
}
_OTHER_SIDE = Path(__file__).with_name("datatrove_dedup_side.py")
_DECIDE = {"quality": False, "exact_duplicates": False, "duplicate_scope": "global"}


class DedupBench(Bench):
    """The sides of this comparison; inputs, runs and results as in the comparison of whole runs."""

    def _command(self, side: str, name: str, out: Path) -> list[str]:
        if side == "dedup":
            return [sys.executable, "-m", "benchmarks.dedup_side", *self._common(name, out)]
        if side == "run":
            corpus_file = rhizotron_side.write_corpus_file(
                self.inputs(name), out / "config", signals=[], decide=_DECIDE
            )
            return rhizotron_side.command(corpus_file, out / "layers", workers=self.workers)
        seed = side.removeprefix("datatrove-dedup").removeprefix("-seed-") or "1"
        return [*self.other_python(), str(_OTHER_SIDE), "run", *self._common(name, out), f"--seed={seed}"]

    def _common(self, name: str, out: Path) -> list[str]:
        return [str(self.inputs(name)), str(out), f"--workers={self.workers}"]

    def other_python(self) -> list[str]:
        if self.python is None:
            raise ValueError("--datatrove-python is needed to run datatrove's side")
        return [str(self.python.absolute())]


def compare_costs(bench: DedupBench, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all sides at two sizes, one after the other, alternating."""
    documents = perturb.read_documents(arguments.documents)
    sample = perturb.read_documents(arguments.documents, max_text_bytes=arguments.datatrove_max_text_bytes)
    bench.prepare("warm", documents[:200], copies=1, seed=arguments.seed)
    for prefix, rows in (("", documents), ("sample-", sample)):
        bench.prepare(f"{prefix}small", rows, copies=1, seed=arguments.seed)
        bench.prepare(f"{prefix}large", rows, copies=arguments.copies, seed=arguments.seed)
    for side in SIDES:
        bench.run(side, "warm", record=False)
    for number in range(arguments.runs):
        for size in ("small", "large"):
            for side in SIDES:
                slow = side.startswith("datatrove")
                if not slow or number < arguments.datatrove_runs:
                    bench.run(side, f"sample-{size}" if slow else size)
    return {"runs": bench.runs, "sets": {name: vars(facts) for name, facts in bench.sets.items()}}


def compare_clusters(bench: DedupBench) -> dict[str, Any]:
    """Agreement over the documents as they are, and of datatrove with itself under another seed."""
    sides = ("dedup", "datatrove-dedup", "datatrove-dedup-seed-2")
    for side in sides:
        bench.run(side, "small", record=False)
    texts = [row["text"] for row in read_rows(bench.inputs("small"))]
    rows = count_rows(bench.inputs("small"))
    clusters = {side: read_clusters(bench.output(side, "small"), rows=rows) for side in sides}
    groups = find_groups(clusters["dedup"], clusters["datatrove-dedup"])
    links = {
        "first": list(our_links(bench.output("dedup", "small"))),
        "second": list(their_links(bench.output("datatrove-dedup", "small"), rows=rows)),
    }
    names = {"first": clusters["dedup"], "second": clusters["datatrove-dedup"]}
    chance = find_groups(clusters["datatrove-dedup"], clusters["datatrove-dedup-seed-2"])
    compare = _Comparer(bench, texts, {*groups.documents, *chance.documents})
    return {
        "documents": len(texts),
        "groups": groups,
        "chance": chance,
        "difference": explain(groups, clusters=names, links=links, compare=compare),
        "similar": [
            count_by_similarity(found, similarity=compare.least_similarity) for found in (groups, chance)
        ],
    }


class _Comparer:
    """Exact similarities of two documents, as each side reads them."""

    def __init__(self, bench: DedupBench, texts: list[str], wanted: set[int]) -> None:
        numbers = sorted(wanted)
        folder = bench.folder / "shingles"
        folder.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps({"text": texts[number]}) + "\n" for number in numbers)
        (folder / "texts.jsonl").write_text("".join(lines), encoding="utf-8")
        paths = [str(folder / name) for name in ("texts.jsonl", "shingles.jsonl")]
        command = [*bench.other_python(), str(_OTHER_SIDE), "shingles", *paths]
        measure(command, log=bench.folder / "logs" / "shingles.log")
        self.sets: dict[int, dict[str, set[int]]] = {}
        with open(paths[1], encoding="utf-8") as rows:
            for number, row in zip(numbers, rows, strict=True):
                here = shingle_hashes(texts[number], lang=None, options=OPTIONS)
                there = {name: set(values) for name, values in json.loads(row).items()}
                self.sets[number] = {"here": set(here.tolist()), **there}

    def __call__(self, a: int, b: int) -> tuple[Similarities, tuple[int, int]]:
        one, other = self.sets[a], self.sets[b]
        similar = {name: _jaccard(one[name], other[name]) for name in one}
        return similar, (len(one["all"]), len(other["all"]))

    def least_similarity(self, a: int, b: int) -> float:
        """The smaller of the similarities that the two sides see."""
        return min(_jaccard(self.sets[a][name], self.sets[b][name]) for name in ("here", "all"))


def _jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def read_rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def count_rows(folder: Path) -> np.ndarray:
    """First document of each input file, and the number of all: k files → int64 [k + 1]."""
    counts = [sum(1 for _ in path.open("rb")) for path in sorted(folder.glob("*.jsonl"))]
    return np.cumsum([0, *counts])


def read_clusters(out: Path, *, rows: np.ndarray) -> np.ndarray:
    """A name (any integer) of each document's cluster, from files of (row of the file, cluster) pairs."""
    names = -1 - np.arange(rows[-1])  # of its own
    for path in sorted((out / "clusters").glob("*.clusters")):
        pairs = np.fromfile(path, "<u4").reshape(-1, 2).astype(np.int64)
        names[rows[int(path.stem)] + pairs[:, 0]] = pairs[:, 1]
    return names


def our_links(out: Path) -> Iterator[tuple[int, int]]:
    """Pairs of neighbours among the documents that share a band, as datatrove writes them."""
    files = sorted((out / "bands").glob("*.arrow"))
    table = pa.concat_tables([pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in files])
    for name in band_names(OPTIONS):
        band = table[name].combine_chunks()
        valid = np.flatnonzero(band.is_valid().to_numpy(zero_copy_only=False))
        values = band.fill_null(0).to_numpy()[valid]
        order = np.argsort(values, kind="stable")
        for one, other in pairwise(order.tolist()):
            if values[one] == values[other]:
                yield int(valid[one]), int(valid[other])


def their_links(out: Path, *, rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """The pairs of documents that datatrove's buckets found."""
    for path in sorted((out / "pairs").glob("*.dups")):
        for file, row, other_file, other_row in np.fromfile(path, "<u4").reshape(-1, 4).tolist():
            yield int(rows[file] + row), int(rows[other_file] + other_row)


def render_costs(costs: dict[str, Any]) -> str:
    """Markdown of the costs; the last column is datatrove's marginal cost in units of the row's."""
    lines = {side: report.fit_side(costs, side, "cpu_seconds") for side in SIDES}
    theirs = lines["datatrove-dedup"].seconds_per_mb
    rows = [
        "| | fixed CPU-s | marginal MB per CPU-s (lowest–highest) | datatrove, marginal: × |",
        "|---|---|---|---|",
    ]
    for side, line in lines.items():
        rows.append(
            f"| {SIDES[side]} | {line.fixed_seconds:.1f} | {line.mb_per_second:.3g} "
            f"({line.lowest_mb_per_second:.3g}–{line.highest_mb_per_second:.3g}) | "
            f"{theirs / line.seconds_per_mb:.1f} |"
        )
    sets = ", ".join(f"{name} {facts['text_bytes'] / 1e6:.1f} MB" for name, facts in costs["sets"].items())
    return "\n".join([*rows, "", f"Sets: {sets}."])


def render_agreement(found: dict[str, Any]) -> str:
    """Markdown of the agreement, and of each kind of difference with its counts."""
    difference: Difference = found["difference"]
    rows = [
        "| | clusters | cut alike | documents in them | in others | dropped |",
        "|---|---|---|---|---|---|",
        _agreement_row("Rhizotron, datatrove", found["groups"]),
        _agreement_row("datatrove, datatrove with another seed", found["chance"]),
        "",
        "| why a link is missing | groups | links only here | links only there |",
        "|---|---|---|---|",
    ]
    for kind in (*KINDS, "unexplained"):
        links = [difference.links[side][kind] for side in ("first", "second")]
        rows.append(f"| {kind} | {difference.groups[kind]} | {links[0]} | {links[1]} |")
    rows += ["", "| least similarity within | clusters | cut alike | datatrove twice | cut alike |"]
    rows.append("|---|---|---|---|---|")
    for low, high, *counts in zip(LIMITS, (*LIMITS[1:], 1.0), *found["similar"], strict=True):
        cells = " | ".join(f"{both:,} | {same:,} ({same / max(both, 1):.1%})" for both, same in counts)
        rows.append(f"| {low} to {high} | {cells} |")
    return f"{found['documents']:,} documents.\n\n" + "\n".join(rows)


def _agreement_row(name: str, groups: Groups) -> str:
    dropped = " / ".join(f"{count:,}" for count in groups.removed)
    return (
        f"| {name} | {len(groups.alike) + len(groups.differ):,} | {len(groups.alike):,} "
        f"({groups.agreement:.1%}) | {sum(map(len, groups.alike)):,} | {sum(map(len, groups.differ)):,} | "
        f"{dropped} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", type=Path, help="folder of *.jsonl or *.jsonl.zst files")
    parser.add_argument("--copies", type=int, default=4, help="the large size, in copies of the documents")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--datatrove-runs", type=int, default=2)
    parser.add_argument("--datatrove-python", type=Path, required=True, help="its environment's python")
    parser.add_argument("--datatrove-max-text-bytes", type=int, default=6_000_000, help="its even sample")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("out/benchmark-dedup"), help="scratch folder")
    parser.add_argument("--only", choices=("costs", "agreement"), help="one half of the comparison")
    arguments = parser.parse_args()
    arguments.model = MODEL
    bench = DedupBench(arguments)
    parts = [f"{name} {value}" for name, value in report.describe_machine().items()]
    sections = [", ".join(parts)]
    if arguments.only != "agreement":
        sections.append(render_costs(compare_costs(bench, arguments)))
    else:
        bench.prepare("small", perturb.read_documents(arguments.documents), copies=1, seed=arguments.seed)
    if arguments.only != "costs":
        sections.append(render_agreement(compare_clusters(bench)))
    markdown = "\n\n".join(sections) + "\n"
    (arguments.work / "results.md").write_text(markdown, encoding="utf-8")
    print(markdown)


if __name__ == "__main__":
    main()
