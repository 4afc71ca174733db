"""Spans asked for by digest, and spans that are corrected: one corpus, two requests, one after the other."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
import yaml
from removal_corpus import PARAGRAPHS, SECRET, request, rhizotron, succeed, write_corpus, write_request

from pipeline.inspect.verify.release import verify

OWN = {"requester": {"relationship": "self", "verified": "account"}}
ERASURE = {"kind": "privacy_erasure", "action": "redact_span", **OWN}
RECTIFICATION = {"kind": "privacy_rectification", "action": "correct", **OWN}
OLD, NEW = "Our password is", "The word of our house was"


def texts(release: Path) -> dict[str, str]:
    """doc_id → text."""
    tables = [pa.ipc.open_file(path).read_all() for path in sorted((release / "data").rglob("*.arrow"))]
    return {row["doc_id"]: row["text"] for table in tables for row in table.to_pylist()}


def files_with(folder: Path, *, word: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus file whose output has a release; its first tests change nothing."""
    config = write_corpus(tmp_path_factory.mktemp("spans"), local={"workers": 1})
    succeed("run", config)
    return config


@pytest.fixture(scope="module")
def spoken(corpus: Path) -> str:
    """doc_id of the document with the secret."""
    (doc_id,) = [key for key, text in texts(corpus.parent / "out" / "release").items() if SECRET in text]
    return doc_id


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ({"start": 1, "end": 10**6, "replacement": "x"}, "but the text has"),
        ({"start": 1, "end": 4, "value": "not it", "replacement": "x"}, "what stands at start to end is not"),
        ({"doc_id": "0" * 32, "start": 1, "end": 4, "replacement": "x"}, "no document of the output is 0000"),
        ({"value": "sword", "replacement": "word"}, "has what was replaced again"),  # of password: pasword
    ],
)
def test_a_correction_that_cannot_be_made_is_refused(
    corpus: Path, spoken: str, selector: dict[str, Any], said: str
) -> None:
    asked = request([{"type": "span", "doc_id": spoken, **selector}], **RECTIFICATION)
    refused = rhizotron("remove", write_request(corpus.parent, asked), corpus, "--dry-run")
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_a_span_by_digest_goes_and_then_what_is_wrong_is_corrected(corpus: Path, spoken: str) -> None:
    folder, release = corpus.parent, corpus.parent / "out" / "release"
    was = texts(release)
    shutil.copytree(release, folder / "copy")
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    selector = {"type": "span_sha256", "value": digest, "bytes": len(SECRET.encode())}
    asked = write_request(folder, request([selector], **ERASURE))

    done = json.loads(succeed("remove", asked, corpus, "--execute", "--json").stdout)

    start = was[spoken].index(SECRET)
    assert [(each["doc_id"], each["spans"]) for each in done["documents"]] == [
        (spoken, [[start, start + len(SECRET)]])
    ]
    now = texts(release)
    assert now == was | {spoken: was[spoken].replace(SECRET, "[removed]")}
    assert done["negative_search"]["left"] == 0
    assert not files_with(folder / "out", word=SECRET)
    assert not files_with(folder / "out", word=digest)
    _correct(corpus, spoken=spoken, was=now)
    succeed("run", corpus, "--out", folder / "fresh")
    assert small_corpus.tree_digests(folder / "fresh" / "release") == small_corpus.tree_digests(release)
    _apply_to_a_copy(folder / "copy", release=release, spoken=spoken, was=was)


def _correct(corpus: Path, *, spoken: str, was: dict[str, str]) -> None:
    """By quoted text and by offsets, of which the second is that of one place of two."""
    folder, release = corpus.parent, corpus.parent / "out" / "release"
    other = next(key for key, text in was.items() if text == PARAGRAPHS["fr"][4])
    words = was[other].split(" ")
    twice = next(word for word in words if len(word) > 1 and words.count(word) > 1)
    start = was[other].rindex(f" {twice} ") + 1
    selectors = [
        {"type": "span", "value": OLD, "replacement": NEW},
        {"type": "span", "doc_id": other, "start": start, "end": start + len(twice), "replacement": "«ici»"},
    ]
    asked = write_request(folder, request(selectors, number=2, **RECTIFICATION))
    done = json.loads(succeed("remove", asked, corpus, "--execute", "--json").stdout)
    assert {each["doc_id"] for each in done["documents"]} == {spoken, other}
    now = texts(release)
    corrected = was[other][:start] + "«ici»" + was[other][start + len(twice) :]
    assert now == was | {spoken: was[spoken].replace(OLD, NEW), other: corrected}
    assert verify(str(release)).mismatches == []
    assert (done["release"], done["negative_search"]["left"]) == ("3.0.0", 0)
    listed = (release / "removals" / "lists" / "small-3.0.0.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in listed.splitlines()[1:]]
    assert {(row["action"], row["kind"], row["doc_id"]) for row in rows} == {
        ("redact_span", "privacy_erasure", spoken),
        ("correct", "privacy_rectification", spoken),
        ("correct", "privacy_rectification", other),
    }
    for word in (OLD, NEW, "«ici»", SECRET):
        assert word not in listed
        assert word not in json.dumps(done, ensure_ascii=False)
    recorded = yaml.safe_load((folder / "removals/requests" / f"{asked.stem}.yaml").read_text("utf-8"))
    assert recorded["selectors"][0]["replacement"] == NEW  # in the private ledger alone


def _apply_to_a_copy(copy: Path, *, release: Path, spoken: str, was: dict[str, str]) -> None:
    """Whoever has a copy of the first release loses what was wrong; what is right is in the new version."""
    listed = release / "removals" / "lists" / "small-3.0.0.jsonl"
    applied = json.loads(succeed("apply-removals", listed, copy, "--json").stdout)
    assert applied["documents_removed"] == 0
    now = texts(copy)
    assert now.keys() == was.keys()
    assert SECRET not in now[spoken]
    again = json.loads(succeed("apply-removals", listed, copy, "--json").stdout)
    assert (again["spans_cut"], again["changed"]) == (0, {})
