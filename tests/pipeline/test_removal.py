"""Removals in a run: whole releases compared with those of a fresh run that has the same ledger."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus
import yaml
from removal_corpus import SECRET, request, rhizotron, succeed, write_corpus, write_request

from layers.entries import read_entries
from pipeline.inspect.verify.release import verify

PARAGRAPHS = small_corpus.PARAGRAPHS


def documents(release: Path) -> dict[str, dict[str, Any]]:
    """Key in the source → what the release and its sidecar say of the document."""
    found = {}
    for path in sorted((release / "data").rglob("*.arrow")):
        rows = pa.ipc.open_file(path).read_all().to_pylist()
        sidecar = release / "provenance" / path.relative_to(release / "data")
        keys = pa.ipc.open_file(sidecar).read_all().to_pylist()
        for row, own in zip(rows, keys, strict=True):
            found[f"{row['source']}:{own['record_id']}:{row['lang']}"] = {**own, **row, "shard": path.name}
    return found


def texts(release: Path) -> dict[str, str]:
    """doc_id → text of every row, also of those that share a key."""
    tables = [pa.ipc.open_file(path).read_all() for path in sorted((release / "data").rglob("*.arrow"))]
    return {row["doc_id"]: row["text"] for table in tables for row in table.to_pylist()}


def modified(out: Path, layer: str) -> dict[str, int]:
    """Unit → when its entry was written."""
    return {
        str(entry.unit): (out / layer / entry.unit.source / f"{entry.unit.name}.json").stat().st_mtime_ns
        for entry in read_entries(str(out / layer))
    }


@dataclass(frozen=True)
class Removed:
    """An output before and after two requests."""

    folder: Path
    config: Path
    before: dict[str, str]
    was: dict[str, dict[str, Any]]
    times: dict[str, dict[str, int]]
    dry: dict[str, Any]
    done: dict[str, Any]
    after: dict[str, str]
    redone: dict[str, set[str]]

    @property
    def release(self) -> Path:
        return self.folder / "out" / "release"


@pytest.fixture(scope="module")
def removed(tmp_path_factory: pytest.TempPathFactory) -> Removed:
    folder = tmp_path_factory.mktemp("removed")
    config = write_corpus(folder)
    succeed("run", config)
    out = folder / "out"
    before, was = small_corpus.tree_digests(out / "release"), documents(out / "release")
    times = {layer: modified(out, layer) for layer in ("raw", "measured")}
    asked = write_request(
        folder,
        request(
            [
                {"type": "doc_id", "value": was["health_json:nearly:en"]["doc_id"]},
                {"type": "url", "value": "http://mirror.example/a?b=2&a=1"},
                {"type": "url", "value": "HTTPS://EXAMPLE.org:443/fr/0#x"},
            ]
        ),
    )
    dry = json.loads(succeed("remove", asked, config, "--dry-run", "--json").stdout)
    assert small_corpus.tree_digests(out / "release") == before
    assert not (folder / "removals").exists()
    done = json.loads(succeed("remove", asked, config, "--execute", "--json").stdout)
    redone = {
        layer: {unit for unit, time in modified(out, layer).items() if times[layer].get(unit) != time}
        for layer in times
    }
    after = small_corpus.tree_digests(out / "release")
    return Removed(folder, config, before, was, times, dry, done, after, redone)


def test_the_dry_run_says_what_goes_what_stays_and_what_comes_back(removed: Removed) -> None:
    was = removed.was
    gone = {each["doc_id"]: each for each in removed.dry["documents"]}
    kept = [was[f"health_json:{key}"]["doc_id"] for key in ("nearly:en", "es-3:es", "fr-0:fr")]
    assert {each for each in gone if gone[each]["released"]} == {*kept}
    # es-3 is the text of the mirror, whose URL is asked for; it is in the release for it
    assert [gone[each]["exact_twin"] for each in kept] == [False, True, False]
    returning = [(twin["of"], twin["method"], twin["asked_for"]) for twin in removed.dry["returning"]]
    assert (kept[0], "minhash", False) in returning  # en-1, which nobody asked for
    assert (kept[1], "exact_hash", True) in returning
    assert {twin["asked_for"] for twin in removed.dry["returning"] if twin["method"] == "exact_hash"} == {
        True
    }
    assert removed.done["documents"] == removed.dry["documents"]


def test_documents_and_their_copies_are_gone_and_a_near_duplicate_that_nobody_asked_for_is_back(
    removed: Removed,
) -> None:
    now = documents(removed.release)
    gone = {key for key in removed.was if key not in now}
    assert gone == {f"health_json:{key}" for key in ("nearly:en", "es-3:es", "fr-0:fr")}
    assert {key for key in now if key not in removed.was} == {"health_json:en-1:en"}
    texts = {each["text"] for each in now.values()}
    assert not {PARAGRAPHS["es"][3], PARAGRAPHS["fr"][0]} & texts
    # the other text of the key fr-0 keeps the id that it had while the key was shared
    assert all(now[key]["doc_id"] == removed.was[key]["doc_id"] for key in now if key in removed.was)


def test_a_fresh_run_with_the_same_ledger_gives_the_same_bytes(removed: Removed) -> None:
    succeed("run", removed.config, "--out", removed.folder / "fresh")
    assert small_corpus.tree_digests(removed.folder / "fresh" / "release") == removed.after


def test_untouched_shards_have_the_bytes_that_they_had(removed: Removed) -> None:
    touched = {*removed.done["shards"], removed_shard(removed)}
    shards = {path for path in removed.before if path.startswith(("data/", "provenance/"))}
    assert shards == {path for path in removed.after if path.startswith(("data/", "provenance/"))}
    changed = {path for path in shards if removed.before[path] != removed.after[path]}
    assert {path.partition("/")[2] for path in changed} == touched
    assert len(touched) < len(shards) / 8


def removed_shard(removed: Removed) -> str:
    """Where the near duplicate came back."""
    shard = documents(removed.release)["health_json:en-1:en"]["shard"]
    return f"en/health_json/{shard}"


def test_only_units_that_the_request_is_about_are_made_again(removed: Removed) -> None:
    assert removed.redone["raw"] == {*removed.done["units"]}
    assert {unit.rpartition(" part ")[0] for unit in removed.redone["measured"]} <= removed.redone["raw"]
    assert 0 < len(removed.redone["raw"]) < len(removed.times["raw"]) / 2
    assert 0 < len(removed.redone["measured"]) < len(removed.times["measured"]) / 2


def test_the_release_is_a_new_major_version_whose_ledger_balances_and_names_no_selector(
    removed: Removed,
) -> None:
    answer = verify(str(removed.release))
    assert (answer.mismatches, answer.documents) == ([], len(documents(removed.release)))
    manifest = json.loads((removed.release / "manifest.json").read_bytes())
    assert manifest["version"] == "2.0.0"
    assert yaml.safe_load(removed.config.read_text())["version"] == "2.0.0"
    counted = {key: manifest["removals"][key] for key in ("documents", "redacted_documents", "list")}
    assert counted == {
        "documents": len(removed.done["documents"]),
        "redacted_documents": 0,
        "list": "removals/lists/small-2.0.0.jsonl",
    }
    rows = pa.ipc.open_file(removed.release / "ledger" / "health_json.arrow").read_all().to_pylist()
    own = [row for row in rows if row["reason"] == "removal_request"]
    assert {(row["doc_id"], row["record_id"], row["detail"]) for row in own} == {
        (None, None, "removed on request")
    }


def test_explain_names_the_request_that_took_a_document_and_nothing_of_its_text(removed: Removed) -> None:
    doc_id = removed.was["health_json:nearly:en"]["doc_id"]
    facts = {
        "request_id": "01JDT5C3V4W5X6Y7Z8A9B0C1D1",
        "kind": "copyright",
        "release": "2.0.0",
        "lang": "en",
    }
    for name in (doc_id, doc_id[:12], "nearly"):
        (life,) = json.loads(succeed("explain", name, removed.config, "--json").stdout)
        assert life["doc_id"] == doc_id
        assert life["removed"].items() >= {**facts, "is_twin": False}.items()
    copy = removed.was["health_json:es-3:es"]["doc_id"]
    (life,) = json.loads(succeed("explain", copy, removed.config, "--json").stdout)
    assert life["removed"]["is_twin"] is True
    told = succeed("explain", doc_id, removed.config).output
    assert "on request 01JDT5C3V4W5X6Y7Z8A9B0C1D1 (copyright)" in told
    assert removed.was["health_json:nearly:en"]["text"][:40] not in told
    assert rhizotron("explain", "0" * 32, removed.config).exit_code == 1


def test_nothing_of_it_is_left_in_any_file_of_the_output(removed: Removed) -> None:
    assert removed.done["negative_search"]["left"] == 0
    words = [PARAGRAPHS["es"][3][:80].encode(), b"mirror.example", b'example.org/en/1"']
    texts = {path: path.read_bytes() for path in (removed.folder / "out").rglob("*") if path.is_file()}
    assert not [path for path, data in texts.items() for word in words if word in data]
    recorded = yaml.safe_load(
        (removed.folder / "removals/requests/01JDT5C3V4W5X6Y7Z8A9B0C1D1.yaml").read_text()
    )
    assert recorded["decision"]["state"] == "executed"
    assert recorded["execution"]["verified_by_test"] is True
    assert recorded["execution"]["searched_files"] == removed.done["negative_search"]["searched_files"]


def test_what_was_left_behind_is_found(removed: Removed, tmp_path: Path) -> None:
    from governance.removals.ledger import read_ledger
    from pipeline.commands.removal import search
    from pipeline.plan.make import make_plan

    plan = make_plan(removed.config)
    ledger = read_ledger(str(removed.folder / "removals"))
    ((uid, asked),) = ledger.requests.items()
    out = Path(plan.job.output)
    left = {
        "failures/note.json": json.dumps({"at": "http://mirror.example/a?b=2&a=1"}).encode(),
        "samples/page.md": ledger.executed[uid].tombstones[0].doc_id.encode(),
    }
    for name, data in left.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(data)
    try:
        _, found = search(
            plan, request=asked, executed=ledger.executed[uid], folder=str(removed.folder / "removals")
        )
    finally:
        for name in left:
            (out / name).unlink()
    assert {each.path for each in found} == {*left}


def test_the_same_removal_again_changes_nothing(removed: Removed) -> None:
    asked = removed.folder / "01JDT5C3V4W5X6Y7Z8A9B0C1D1.yaml"
    succeed("run", removed.config)
    assert small_corpus.tree_digests(removed.release) == removed.after
    again = json.loads(succeed("remove", asked, removed.config, "--dry-run", "--json").stdout)
    assert again["documents"] == []


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any], dict[str, Any]]:
    """(folder, config, the document before, what was done) of a span that was cut."""
    folder = tmp_path_factory.mktemp("redacted")
    config = write_corpus(folder)
    succeed("run", config)
    was = documents(folder / "out" / "release")["health_json:spoken:en"]
    start = was["text"].index(SECRET)
    span = {"type": "span", "doc_id": was["doc_id"], "start": start, "end": start + len(SECRET)}
    fields = request([span], kind="privacy_erasure", action="redact_span")
    asked = write_request(folder, fields | {"requester": {"relationship": "self", "verified": "account"}})
    done = json.loads(succeed("remove", asked, config, "--execute", "--json").stdout)
    return folder, config, was, done


def test_a_span_is_cut_wherever_the_document_has_it(
    redacted: tuple[Path, Path, dict[str, Any], dict[str, Any]],
) -> None:
    folder, config, was, done = redacted
    release = folder / "out" / "release"
    now = documents(release)["health_json:spoken:en"]
    assert now["text"] == was["text"].replace(SECRET, "[removed]")
    assert now["doc_id"] == was["doc_id"]
    assert (now["title"], now["raw_sha256"]) == ("Say [removed]" if was["title"] else None, None)
    out = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert not [path for path in out if SECRET.encode() in path.read_bytes()]
    assert len(done["documents"]) == 1
    listed = [
        json.loads(line) for line in (release / "removals/lists/small-2.0.0.jsonl").read_text().splitlines()
    ]
    start = was["text"].index(SECRET)
    assert listed[1:] == [
        {
            "action": "redact_span",
            "added": listed[1]["added"],
            "doc_id": was["doc_id"],
            "source": "health_json",
            "language": "en",
            "kind": "privacy_erasure",
            "start": start,
            "end": start + len(SECRET),
            "text_chars": len(was["text"]),
        }
    ]
    assert SECRET not in json.dumps(done)
    succeed("run", config, "--out", folder / "fresh")
    assert small_corpus.tree_digests(folder / "fresh" / "release") == small_corpus.tree_digests(release)


def test_a_run_refuses_a_version_that_is_not_above_the_last_one(
    redacted: tuple[Path, Path, dict[str, Any], dict[str, Any]],
) -> None:
    folder, config, *_ = redacted
    released = small_corpus.tree_digests(folder / "out" / "release")
    text = config.read_text()
    config.write_text(text.replace("2.0.0", "1.9.0"))
    refused = rhizotron("run", config)
    assert refused.exit_code == 2
    assert "$.version: 1.9.0 is below 2.0.0" in refused.output
    config.write_text(text)
    # a request that was accepted, and whose removal is not a new version
    fields = request([{"type": "url", "value": "https://example.org/en/2"}], number=2)
    ledger = folder / "removals" / "requests"
    path = write_request(ledger, fields)
    refused = rhizotron("run", config)
    assert refused.exit_code == 1
    assert "removals changed since release 2.0.0: 2.0.0 is no new major version" in refused.output
    assert small_corpus.tree_digests(folder / "out" / "release") == released
    path.unlink()
    succeed("run", config)  # withdrawn: what went is read again
    assert small_corpus.tree_digests(folder / "out" / "release") == released


def test_a_list_is_applied_to_a_stranger_s_copy(removed: Removed, tmp_path: Path) -> None:
    first = tmp_path / "first"  # the release as it was before the removal
    (tmp_path / "again").mkdir()
    config = write_corpus(tmp_path / "again")
    succeed("run", config)
    (tmp_path / "again" / "out" / "release").rename(first)
    before = small_corpus.tree_digests(first)
    listed = removed.release / "removals/lists/small-2.0.0.jsonl"
    applied = json.loads(succeed("apply-removals", listed, first, "--json").stdout)
    assert applied["documents_removed"] == 3
    assert documents(first).keys() == documents(removed.release).keys() - {"health_json:en-1:en"}
    changed = {path for path, digest in small_corpus.tree_digests(first).items() if before[path] != digest}
    assert changed == {*applied["changed"]}
    once = small_corpus.tree_digests(first)
    again = json.loads(succeed("apply-removals", listed, first, "--json").stdout)
    assert (again["documents_removed"], again["changed"]) == (0, {})
    assert small_corpus.tree_digests(first) == once
    _apply_to_parquet(first, listed=listed, folder=tmp_path / "parquet")


def _apply_to_parquet(first: Path, *, listed: Path, folder: Path) -> None:
    """Somebody's own files, of some columns: found by URL alone."""
    folder.mkdir()
    rows = [
        {"url": "https://example.org/fr/0?x=1", "body": "another page"},
        {"url": "https://example.org/fr/0", "body": "the page"},
        {"url": None, "body": "no page"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "own.parquet", compression="snappy")
    succeed("apply-removals", listed, folder)
    left = pq.read_table(folder / "own.parquet")
    assert left["body"].to_pylist() == ["another page", "no page"]
    assert pq.ParquetFile(folder / "own.parquet").metadata.row_group(0).column(0).compression == "SNAPPY"


def test_a_masked_document_goes_by_the_id_that_its_class_of_release_has(tmp_path: Path) -> None:
    """Its key has several texts, so that the layers know it by a digest of key and text."""
    value = "kofi@posta.co.ke"
    twice = [
        {"id": "twice", "lang": "sw", "text": f"{PARAGRAPHS['sw'][10]} Andika kwa {value}."},
        {"id": "twice", "lang": "sw", "text": f"{PARAGRAPHS['sw'][9]} {PARAGRAPHS['sw'][8]} Barua."},
    ]
    changes = {"publish": {"split": "class"}, "decide": {"quality": False}, "local": {"workers": 1}}
    config = small_corpus.write_corpus(tmp_path, rows=[*small_corpus.records(), *twice], changes=changes)
    succeed("run", config)
    (release,) = [path.parent for path in (tmp_path / "out" / "release").rglob("manifest.json")]
    assert release.parent == tmp_path / "out" / "release"
    (doc_id,) = [each for each, text in texts(release).items() if "Andika kwa <EMAIL>" in text]
    asked = write_request(tmp_path, request([{"type": "doc_id", "value": doc_id}]))
    done = json.loads(succeed("remove", asked, config, "--execute", "--json").stdout)
    assert [each["doc_id"] for each in done["documents"]] == [doc_id]
    left = texts(release)
    assert doc_id not in left
    assert any(text.endswith("Barua.") for text in left.values())
    (listed,) = (release / "removals" / "lists").iterdir()
    assert {json.loads(line).get("doc_id") for line in listed.read_text().splitlines()} == {None, doc_id}
    assert verify(str(release)).mismatches == []
    succeed("run", config, "--out", tmp_path / "fresh")
    fresh = small_corpus.tree_digests(tmp_path / "fresh" / "release")
    assert fresh == small_corpus.tree_digests(tmp_path / "out" / "release")
