"""The lines that were removed from a release most often."""

import heapq
from typing import Any

import numpy as np
import pyarrow as pa

from layers import storage
from layers.problems import suggest
from layers.shards import read_shard
from pipeline.errors import InputError
from pipeline.stages.publish.removed_lines import FOLDER


def top_lines(release: str, *, count: int, source: str | None = None) -> list[dict[str, Any]]:
    """The lines that were removed most often, first by lines, then by source and key.

    Raises InputError where release is none, or its ledger lists no removed lines.
    """
    folder = storage.join(release, FOLDER)
    paths = (
        sorted(storage.list_tree(folder)) if storage.exists(storage.join(release, "manifest.json")) else None
    )
    if paths is None:
        raise InputError(f"{release} is no release: it has no manifest.json")
    if not paths:
        raise InputError(f"no lines were removed in {release}; `lines` of the corpus file says which are")
    if source is not None:
        by_source = {path.rpartition(".")[0]: path for path in paths}
        if source not in by_source:
            near = suggest(source, names=[*by_source])
            raise InputError(f"no lines of {source} were removed in {release}{near}")
        paths = [by_source[source]]
    top: list[dict[str, Any]] = []
    for path in paths:
        for batch in read_shard(storage.join(folder, path)):
            kept = batch.take(pa.array(np.argsort(-batch.column("lines").to_numpy(), kind="stable")[:count]))
            top = heapq.nsmallest(count, [*top, *kept.to_pylist()], key=_rank)
    return top


def _rank(row: dict[str, Any]) -> tuple[int, str, int, str]:
    return (-row["lines"], row["source"], -1 if row["key"] is None else row["key"], row["example"])
