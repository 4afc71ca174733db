"""A removal from a source whose repeated lines go: one line is repeated no more, and comes back elsewhere."""

import json
from pathlib import Path

import pyarrow as pa
import small_corpus
from removal_corpus import PARAGRAPHS, request, succeed, write_corpus, write_request

FOOTER = "Read more about this on the pages of our ministry."
PAGES = [
    {
        "id": "fr-foot",
        "lang": "fr",
        "text": f"{PARAGRAPHS['fr'][12]}\n{FOOTER}",
        "url": "https://a.example/fr",
    },
    {
        "id": "sw-foot",
        "lang": "sw",
        "text": f"{PARAGRAPHS['es'][12]}\n{FOOTER}",
        "url": "https://a.example/es",
    },
]


def shards_with(release: Path, *, text: str) -> list[str]:
    return [
        path.relative_to(release / "data").as_posix()
        for path in sorted((release / "data").rglob("*.arrow"))
        if any(text in each for each in pa.ipc.open_file(path).read_all()["text"].to_pylist())
    ]


def test_a_line_that_is_repeated_no_more_is_back_in_another_shard_and_the_dry_run_says_that_it_may(
    tmp_path: Path,
) -> None:
    rule = {"min_count": 2, "min_documents": 2, "min_chars": 20}
    config = write_corpus(tmp_path, lines=rule, local={"workers": 1})
    with (tmp_path / "data" / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(page, ensure_ascii=False) + "\n" for page in PAGES)
    succeed("run", config)
    release = tmp_path / "out" / "release"
    assert shards_with(release, text=FOOTER) == []
    (other,) = shards_with(release, text=PARAGRAPHS["es"][12])
    before = small_corpus.tree_digests(release / "data")
    asked = write_request(tmp_path, request([{"type": "url", "value": "https://a.example/fr"}]))

    dry = json.loads(succeed("remove", asked, config, "--dry-run", "--json").stdout)
    succeed("remove", asked, config, "--execute", "--workers", "2")

    assert dry["recounted"] == ["health_json"]
    assert shards_with(release, text=FOOTER) == [other]
    after = small_corpus.tree_digests(release / "data")
    assert {path for path in before if before[path] != after.get(path)} == {*dry["shards"], other}
    _remove_without_copies(tmp_path, config=config)
    succeed("run", config, "--out", tmp_path / "fresh")
    assert small_corpus.tree_digests(tmp_path / "fresh" / "release") == small_corpus.tree_digests(release)


def _remove_without_copies(folder: Path, *, config: Path) -> None:
    """With `derived: false` a copy that was dropped for what goes comes back, and the dry run says so."""
    release = folder / "out" / "release"
    rows = [
        row
        for path in sorted((release / "data").rglob("*.arrow"))
        for row in pa.ipc.open_file(path).read_all().select(["doc_id", "source", "text"]).to_pylist()
    ]
    (kept,) = [row for row in rows if row["text"] == PARAGRAPHS["es"][7]]
    scope = {"languages": "all", "time": "existing_and_future", "derived": False}
    fields = request([{"type": "doc_id", "value": kept["doc_id"]}], number=2, scope=scope)
    asked = write_request(folder, fields)
    dry = json.loads(succeed("remove", asked, config, "--dry-run", "--json").stdout)
    (twin,) = dry["returning"]
    assert (twin["of"], twin["method"], twin["asked_for"]) == (kept["doc_id"], "exact_hash", False)
    succeed("remove", asked, config, "--execute")
    tables = [pa.ipc.open_file(path).read_all() for path in sorted((release / "data").rglob("*.arrow"))]
    now = {row["doc_id"]: row["text"] for table in tables for row in table.to_pylist()}
    assert kept["doc_id"] not in now
    assert now[twin["doc_id"]] == PARAGRAPHS["es"][7]
