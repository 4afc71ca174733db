"""A run on a Flink cluster of this machine beside the local runner: seconds, and the same bytes.

    python -m benchmarks.flink DOCUMENTS --runners FOLDER --copies 3 --copies 10

FOLDER is what `deploy/runners.sh` filled; DOCUMENTS are JSON lines, as in `compare_datatrove`. Both sides
run all stages with two workers over two sizes: marginal seconds are the difference, so start-up cancels out
and is told apart. `--path distributed` clusters duplicates in steps on both sides.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import yaml

from benchmarks import perturb, rhizotron_side
from benchmarks.flink_cluster import FlinkCluster, start_cluster
from benchmarks.measure import measure
from benchmarks.workers import FILE_BYTES
from pipeline.layers import storage

WORKERS = 2


@click.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--runners", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/flink"), show_default=True)
@click.option("--copies", multiple=True, type=int, default=(3, 10), show_default=True, help="Two sizes.")
@click.option("--path", type=click.Choice(["direct", "distributed"]), default="direct", show_default=True)
def main(documents: Path, runners: Path, work: Path, copies: tuple[int, int], path: str) -> None:
    """Seconds of whole runs over two sizes on the local runner and on Flink; their releases must be equal."""
    read = perturb.read_documents(documents)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHON": sys.executable}
    seconds: dict[str, list[float]] = {"local": [], "flink": []}
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
            corpus = _write_corpus_file(folder, path=path)
            digests = []
            for side in seconds:
                found, digest = _run(side, corpus, cluster=cluster, environment=environment)
                seconds[side].append(found)
                digests.append(digest)
                click.echo(f"{sizes[-1]:,.0f} MB, {path}, {side}: {found:.1f} s, release {digest[:16]}")
            if digests[0] != digests[1]:
                raise click.ClickException("the releases differ")
            shutil.rmtree(folder)
    click.echo(_compare(seconds, sizes=sizes))


def _compare(seconds: dict[str, list[float]], *, sizes: Sequence[float]) -> str:
    lines = []
    marginal = {side: large - small for side, (small, large) in seconds.items()}
    extra = sizes[1] - sizes[0]
    for side, (small, _) in seconds.items():
        fixed = small - marginal[side] * sizes[0] / extra
        lines.append(f"{side}: {fixed:.1f} s fixed, {extra / marginal[side]:.1f} MB/s marginal")
    lines.append(
        f"Flink takes {marginal['flink'] / marginal['local']:.2f} × the local runner's time, marginal"
    )
    return "\n".join(lines)


def _write_corpus_file(folder: Path, *, path: str) -> Path:
    corpus = rhizotron_side.write_corpus_file(folder / "inputs", folder)
    config = yaml.safe_load(corpus.read_text("utf-8"))
    config["decide"] = {"clustering": {"path": path}}
    corpus.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return corpus


def _run(side: str, corpus: Path, *, cluster: FlinkCluster, environment: dict[str, str]) -> tuple[float, str]:
    """(seconds, digest of the manifest, which lists the digest of every file) of one whole run."""
    out = corpus.parent / side
    there = cluster.arguments if side == "flink" else ["--workers", str(WORKERS)]
    command = [sys.executable, "-m", "pipeline.cli", "run", str(corpus), "--out", str(out), "--ignore-disk"]
    cost = measure([*command, *there], log=corpus.parent / f"{side}.log", env=environment)
    digest, _ = storage.digest_file(str(out / "release" / "manifest.json"))
    shutil.rmtree(out)
    return cost.wall_seconds, digest


if __name__ == "__main__":
    main()
