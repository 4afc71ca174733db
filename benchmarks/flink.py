"""A run on a Flink cluster of this machine beside the local runner: seconds, bytes, the same release.

    python -m benchmarks.flink DOCUMENTS --runners FOLDER --copies 3 --copies 10 --runs 2

FOLDER is what `deploy/runners.sh` filled; DOCUMENTS are JSON lines, as in `compare_datatrove`. Both sides run
all stages with two workers over two sizes, in turn, and cluster duplicates directly and in steps; kernels are
compiled before. Marginal seconds are the difference of medians, so start-up cancels out and is told apart.
Of the steps, the bytes that they leave for one another are told too. The bytes that Flink's tasks send one
another are Flink's own count; those that stay in a task manager are among them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import click
import yaml

from benchmarks import perturb, rhizotron_side
from benchmarks.dedup_layers import clustering_bytes
from benchmarks.flink_cluster import FlinkCluster, start_cluster
from benchmarks.measure import measure
from benchmarks.workers import FILE_BYTES
from layers import storage
from pipeline.plan.make import make_plan

WORKERS = 2
SIDES = ("local", "flink")
PATHS = ("direct", "distributed")


@click.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--runners", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/flink"), show_default=True)
@click.option("--copies", multiple=True, type=int, default=(3, 10), show_default=True, help="Two sizes.")
@click.option("--runs", type=int, default=2, show_default=True, help="Of each side, path and size.")
@click.option("--path", "paths", multiple=True, type=click.Choice(PATHS), default=PATHS, show_default=True)
def main(
    documents: Path, runners: Path, work: Path, copies: tuple[int, int], runs: int, paths: tuple[str, ...]
) -> None:
    """Seconds of whole runs over two sizes on the local runner and on Flink; their releases must be equal."""
    read = perturb.read_documents(documents)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHON": sys.executable}
    subprocess.run([sys.executable, "-m", "pipeline.beam.warm"], env=environment, check=True)
    seconds: dict[tuple[str, str], list[float]] = {(path, side): [] for path in paths for side in SIDES}
    sizes = []
    with start_cluster(runners, run_folder=(work / "cluster").absolute(), environment=environment) as cluster:
        for number in sorted(copies):
            folder = (work / f"{number}-copies").absolute()
            shutil.rmtree(folder, ignore_errors=True)
            size = sum(len(document["text"].encode()) for document in read) * number
            facts = perturb.write_corpus(
                read, folder / "inputs", copies=number, files=max(8, -(-size // FILE_BYTES))
            )
            sizes.append(facts.text_bytes / 1e6)
            for path in paths:
                corpus = _write_corpus_file(folder, path=path)
                found: dict[str, list[float]] = {side: [] for side in SIDES}
                digests = set()
                for side in SIDES * runs:
                    took, digest = _run(side, corpus, cluster=cluster, environment=environment)
                    found[side].append(took)
                    digests.add(digest)
                    sent = f", {_sent(cluster, documents=facts.documents)}" if side == "flink" else ""
                    click.echo(
                        f"{sizes[-1]:,.0f} MB, {path}, {side}: {took:.1f} s, release {digest[:16]}{sent}"
                    )
                if len(digests) != 1:
                    raise click.ClickException(f"the releases differ; see {folder}")
                for side in SIDES:
                    seconds[path, side].append(median(found[side]))
                if path == "distributed":
                    click.echo(_between_steps(corpus))
            shutil.rmtree(folder)
    for path in paths:
        click.echo(f"{path}: " + _compare({side: seconds[path, side] for side in SIDES}, sizes=sizes))


def _sent(cluster: FlinkCluster, *, documents: int) -> str:
    sent_bytes = cluster.sent_bytes()
    return f"{sent_bytes / 1e6:.2f} MB between tasks ({sent_bytes / documents:.1f} bytes per document)"


def _between_steps(corpus: Path) -> str:
    """Bytes per document that the steps of clustering leave for one another, done again in this process."""
    found = clustering_bytes(make_plan(str(corpus), output=str(corpus.parent / SIDES[0])).job)
    parts = ", ".join(f"{step} {size:.0f}" for step, size in found.items())
    return f"between steps: {sum(found.values()):.0f} bytes per document ({parts})"


def _compare(seconds: dict[str, list[float]], *, sizes: Sequence[float]) -> str:
    marginal = {side: large - small for side, (small, large) in seconds.items()}
    extra = sizes[1] - sizes[0]
    parts = []
    for side, (small, _) in seconds.items():
        fixed = small - marginal[side] * sizes[0] / extra
        parts.append(f"{side} {fixed:.1f} s fixed, {extra / marginal[side]:.1f} MB/s marginal")
    ratio = marginal["flink"] / marginal["local"]
    return f"{'; '.join(parts)}; Flink takes {ratio:.2f} × the local runner's time, marginal"


def _write_corpus_file(folder: Path, *, path: str) -> Path:
    corpus = rhizotron_side.write_corpus_file(folder / "inputs", folder)
    config = yaml.safe_load(corpus.read_text("utf-8"))
    config["decide"] = {"clustering": {"path": path}}
    corpus.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return corpus


def _run(side: str, corpus: Path, *, cluster: FlinkCluster, environment: dict[str, str]) -> tuple[float, str]:
    """(seconds, digest of the manifest, which lists the digest of every file) of one whole run."""
    out = corpus.parent / side
    shutil.rmtree(out, ignore_errors=True)
    there = cluster.arguments if side == "flink" else ["--workers", str(WORKERS)]
    command = [sys.executable, "-m", "pipeline.cli", "run", str(corpus), "--out", str(out), "--ignore-disk"]
    cost = measure([*command, *there], log=corpus.parent / f"{side}.log", env=environment)
    digest, _ = storage.digest_file(str(out / "release" / "manifest.json"))
    return cost.wall_seconds, digest


if __name__ == "__main__":
    main()
