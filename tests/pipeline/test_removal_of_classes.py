"""A removal from an output of one release per class: each is made again, and alone a whole release."""

import json
from pathlib import Path

import pyarrow as pa
import small_corpus
from removal_corpus import request, succeed, write_corpus, write_request

from pipeline.inspect.verify.release import verify

CLASSES = ("gated-open", "open")


def doc_ids(release: Path) -> dict[str, str]:
    """doc_id → source, of every row."""
    rows = [
        row
        for path in sorted((release / "data").rglob("*.arrow"))
        for row in pa.ipc.open_file(path).read_all().select(["doc_id", "source"]).to_pylist()
    ]
    return {row["doc_id"]: row["source"] for row in rows}


def test_documents_of_two_classes_go_from_both_and_a_fresh_run_gives_the_same_bytes(tmp_path: Path) -> None:
    config = write_corpus(
        tmp_path, publish={"target_bytes": 4_000, "split": "class", "allow_unreviewed": True}
    )
    card = tmp_path / "cards" / "health_gzip.md"
    card.write_text(card.read_text("utf-8").replace("access_tier: open", "access_tier: gated"), "utf-8")
    succeed("run", config)
    release = tmp_path / "out" / "release"
    assert sorted(path.name for path in release.iterdir()) == [*CLASSES]
    before = {name: doc_ids(release / name) for name in CLASSES}
    assert {source for source in before["gated-open"].values()} == {"health_gzip"}
    gone = {name: min(ids) for name, ids in before.items()}
    selectors = [{"type": "doc_id", "value": doc_id} for doc_id in gone.values()]
    asked = write_request(tmp_path, request(selectors))

    done = json.loads(succeed("remove", asked, config, "--execute", "--json").stdout)

    assert done["negative_search"]["left"] == 0
    for name in CLASSES:
        kept = doc_ids(release / name)
        assert gone[name] not in kept
        assert {*before[name]} - {*kept} == {gone[name]}
        assert not verify(str(release / name)).mismatches
        manifest = json.loads((release / name / "manifest.json").read_text("utf-8"))
        assert manifest["version"] == "2.0.0"
    succeed("run", config, "--out", tmp_path / "fresh")
    assert small_corpus.tree_digests(tmp_path / "fresh" / "release") == small_corpus.tree_digests(release)
