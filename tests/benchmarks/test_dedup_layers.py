"""The benchmark's synthetic layers can be decided about: one answer, planted duplicates found."""

from pathlib import Path

import pytest
import small_corpus

from benchmarks.dedup_layers import make_layers_plan, write_layers
from layers import storage
from layers.entries import read_entries
from pipeline.beam import runners

DOCUMENTS = 3000


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    write_layers(folder, n=DOCUMENTS)
    return folder


def decide(folder: Path, *, path: str) -> tuple[dict[str, str], int]:
    """(digests of the decisions, documents kept) by one path of clustering."""
    plan = make_layers_plan(folder, path=path, workers=1, documents_per_partition=500)
    storage.remove(plan.job.decisions.url)
    runners.run(plan, stages=("decide",))
    kept = [
        count
        for entry in read_entries(plan.job.decisions.url)
        for count in entry.counts
        if count.flow == "kept"
    ]
    return small_corpus.tree_digests(storage.local_path(plan.job.decisions.url)), sum(
        count.documents or 0 for count in kept
    )


def test_both_paths_find_the_planted_duplicates(layers: Path) -> None:
    digests, kept = decide(layers, path="direct")
    assert decide(layers, path="distributed") == (digests, kept)
    # a tenth is one hot bucket, 30 % is in clusters whose members share about half of their bands
    assert 0.6 * DOCUMENTS < kept < 0.8 * DOCUMENTS
