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


def decide(folder: Path, *, path: str, largest: int = DOCUMENTS) -> tuple[dict[str, str], int]:
    """(digests of the decisions, documents kept) by one path of clustering."""
    plan = make_layers_plan(
        folder, path=path, workers=1, documents_per_partition=500, max_cluster_documents=largest
    )
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
    assert 0.6 * DOCUMENTS < kept < 0.9 * DOCUMENTS


@pytest.mark.parametrize(
    ("shape", "least", "most"), [("identical", 1, 1), ("chained", 80, 130), ("shared", DOCUMENTS, DOCUMENTS)]
)
def test_both_paths_bear_a_component_of_everything(shape: str, least: int, most: int, tmp_path: Path) -> None:
    """Of identical documents one stays, of a chain one in twenty or more, of what only shares a band all."""
    write_layers(tmp_path, n=DOCUMENTS, shape=shape)
    digests, kept = decide(tmp_path, path="direct")
    assert least <= kept <= most
    assert decide(tmp_path, path="distributed") == (digests, kept)
    # cut into pieces of a third, each is compared by itself
    digests, kept_of_pieces = decide(tmp_path, path="direct", largest=DOCUMENTS // 3)
    assert kept <= kept_of_pieces <= 4 * kept
    assert decide(tmp_path, path="distributed", largest=DOCUMENTS // 3) == (digests, kept_of_pieces)
