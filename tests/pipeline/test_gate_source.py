"""A source that becomes gated on request: its card stays, the releases from the next version on change."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
from removal_corpus import request, rhizotron, succeed, write_corpus, write_request

from governance import front_matter
from pipeline.inspect.verify.release import verify

GATE = {"action": "gate_source", "kind": "custodian_withdrawal"}
SELECTORS = [{"type": "source_uid", "value": "health_gzip"}]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus file whose output has a release; the last test changes it."""
    config = write_corpus(tmp_path_factory.mktemp("gated"), local={"workers": 1})
    succeed("run", config)
    return config


def count(release: Path, *, source: str) -> int:
    """Documents of a source in all tables with a text."""
    tables = (pa.ipc.open_file(path).read_all() for path in (release / "data").rglob("*.arrow"))
    return sum(table["source"].to_pylist().count(source) for table in tables)


def read_head(release: Path) -> dict[str, Any]:
    """The front matter of the README."""
    fields = front_matter.load_typed(front_matter.split((release / "README.md").read_text("utf-8"))[0])
    assert isinstance(fields, dict)
    return fields


def test_with_a_release_per_class_a_gated_source_moves_to_the_gated_class(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    publish = {"target_bytes": 1_500, "split": "class", "allow_unreviewed": True}
    config = write_corpus(folder, publish=publish, local={"workers": 1})
    succeed("run", config)
    release = folder / "out" / "release"
    assert [path.name for path in release.iterdir()] == ["open"]
    documents = count(release / "open", source="health_gzip")
    shutil.copytree(release / "open", tmp_path / "copy")
    before = small_corpus.tree_digests(release / "open" / "data")
    card = (folder / "cards" / "health_gzip.md").read_bytes()
    asked = write_request(folder, request(SELECTORS, **GATE))

    dry = json.loads(succeed("remove", asked, config, "--dry-run", "--json").stdout)
    (gated,) = dry["gated"]
    assert (gated["source"], gated["documents"], gated["moves"]) == (
        "health_gzip",
        documents,
        {"open": "gated-open"},
    )
    assert not (folder / "removals").exists()
    done = json.loads(succeed("remove", asked, config, "--execute", "--json").stdout)

    assert (done["release"], done["negative_search"]["left"]) == ("2.0.0", 0)
    assert count(release / "gated-open", source="health_gzip") == documents
    assert count(release / "open", source="health_gzip") == 0
    kept = {path: digest for path, digest in before.items() if "health_gzip" not in path}
    assert small_corpus.tree_digests(release / "open" / "data") == kept
    assert (folder / "cards" / "health_gzip.md").read_bytes() == card
    heads = {name: read_head(release / name) for name in ("open", "gated-open")}
    assert {name: "extra_gated_prompt" in head for name, head in heads.items()} == {
        "open": False,
        "gated-open": True,
    }
    for name in heads:
        assert verify(str(release / name)).mismatches == []
    succeed("run", config, "--out", folder / "fresh")
    assert small_corpus.tree_digests(folder / "fresh" / "release") == small_corpus.tree_digests(release)
    listed = release / "open" / "removals" / "lists" / "small-2.0.0.jsonl"
    _apply_to_a_copy(tmp_path / "copy", listed=listed, documents=documents)
    _remove_from_the_gated_class(folder, config=config)


def _apply_to_a_copy(copy: Path, *, listed: Path, documents: int) -> None:
    """A copy is told what is gated, and loses it only if that is asked for."""
    head, row = (json.loads(line) for line in listed.read_text("utf-8").splitlines())
    assert head["schema"] == "rhizotron-removals/2"
    assert (row["action"], row["selector"], "health_gzip" in json.dumps(row)) == (
        "gate_source",
        "source_uid",
        False,
    )
    before = small_corpus.tree_digests(copy)
    told = json.loads(succeed("apply-removals", listed, copy, "--json").stdout)
    assert (told["gated_documents"], told["documents_removed"], told["changed"]) == (documents, 0, {})
    assert {path.split("/")[2] for path in told["gated"]} == {"health_gzip"}
    assert small_corpus.tree_digests(copy) == before
    taken = json.loads(succeed("apply-removals", listed, copy, "--without-gated", "--json").stdout)
    assert (taken["gated_documents"], taken["documents_removed"]) == (0, documents)
    assert count(copy, source="health_gzip") == 0


def _remove_from_the_gated_class(folder: Path, *, config: Path) -> None:
    """A source that came to a class keeps its cut there, as those that were in it."""
    release = folder / "out" / "release" / "gated-open"
    shards = sorted((release / "data").rglob("*.arrow"))
    before = small_corpus.tree_digests(release / "data")
    target = next(path for path in shards if "00000" in path.name and "of-00001" not in path.name)
    doc_id = pa.ipc.open_file(target).read_all()["doc_id"][0].as_py()
    asked = write_request(folder, request([{"type": "doc_id", "value": doc_id}], number=2))
    succeed("remove", asked, config, "--execute")
    after = small_corpus.tree_digests(release / "data")
    assert after.keys() == before.keys()
    assert [path for path in before if before[path] != after[path]] == [
        target.relative_to(release / "data").as_posix()
    ]


@pytest.mark.parametrize(
    ("selectors", "changes", "said"),
    [
        ([{"type": "source_uid", "value": "health_gzp"}], {}, "did you mean 'health_gzip'?"),
        ([{"type": "url", "value": "https://example.org/"}], {}, "selectors of type source_uid"),
        (
            SELECTORS,
            {"scope": {"languages": ["en"], "time": "existing_and_future"}},
            "scope.languages is all",
        ),
        (SELECTORS, {"scope": {"languages": "all", "time": "existing"}}, "scope.time existing_and_future"),
    ],
)
def test_what_cannot_be_gated_is_refused(
    corpus: Path, selectors: list[dict[str, Any]], changes: dict[str, Any], said: str
) -> None:
    asked = write_request(corpus.parent, request(selectors, **GATE | changes))
    refused = rhizotron("remove", asked, corpus, "--dry-run")
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_a_source_whose_card_is_gated_is_not_gated_again(corpus: Path) -> None:
    card = corpus.parent / "cards" / "health_gzip.md"
    text = card.read_text("utf-8")
    asked = write_request(corpus.parent, request(SELECTORS, **GATE))
    for tier in ("gated", "internal"):
        card.write_text(text.replace("access_tier: open", f"access_tier: {tier}"), "utf-8")
        refused = rhizotron("remove", asked, corpus, "--dry-run")
        assert refused.exit_code == 2
        assert f"health_gzip is {tier} by its card" in " ".join(refused.output.split())
    card.write_text(text, "utf-8")


def test_a_ledger_that_cannot_be_written_is_told_before_anything_is_changed(corpus: Path) -> None:
    """A file stands where its folder would be; read-only media say the same."""
    (corpus.parent / "no_folder").write_text("")
    text = corpus.read_text()
    before = small_corpus.tree_digests(corpus.parent / "out")
    asked = write_request(corpus.parent, request(SELECTORS, **GATE))
    corpus.write_text(f"{text}removals: no_folder/removals\n")
    refused = rhizotron("remove", asked, corpus, "--execute")
    corpus.write_text(text)
    assert refused.exit_code == 2
    assert "no_folder/removals cannot be written" in " ".join(refused.output.split())
    assert small_corpus.tree_digests(corpus.parent / "out") == before


def test_one_release_of_all_is_gated_as_a_whole_until_the_request_is_taken_back(corpus: Path) -> None:
    config, tmp_path = corpus, corpus.parent
    release = tmp_path / "out" / "release"
    before = small_corpus.tree_digests(release / "data")
    fields = request(SELECTORS, **GATE)
    asked = write_request(tmp_path, fields)
    said = succeed("remove", asked, config, "--execute", "--progress", "none").stdout
    assert "the release as a whole gets a gate" in said
    assert "none of it is open" in said
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["removals"]["gated_sources"] == ["health_gzip"]
    tiers = {uid: source["access_tier"] for uid, source in manifest["sources"].items()}
    assert {uid for uid, tier in tiers.items() if tier != "open"} == {"health_gzip"}
    assert "extra_gated_prompt" in read_head(release)
    assert small_corpus.tree_digests(release / "data") == before
    assert verify(str(release)).mismatches == []
    # the ledger holds in every run; without the request the source is open again, as a new major version
    refused = rhizotron("run", _rewrite(config, "2.0.0", "1.0.0"))
    assert (refused.exit_code, "below 2.0.0" in refused.output) == (2, True)
    _rewrite(config, "1.0.0", "2.0.0")
    place = tmp_path / "removals" / "requests" / f"{fields['request_id']}.yaml"
    rejected = "state: rejected\n  reason: taken back"
    place.write_text(place.read_text().replace("state: executed", rejected))
    refused = rhizotron("run", config)
    assert "2.0.0 is no new major version" in refused.output
    succeed("run", _rewrite(config, "2.0.0", "3.0.0"))
    assert "extra_gated_prompt" not in read_head(release)


def _rewrite(config: Path, old: str, new: str) -> Path:
    config.write_text(config.read_text().replace(old, new))
    return config
