"""Personal data is found once, masked at publish, told by nothing in a release; nothing else changes."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from filters.hashes.exact import exact_hashes
from governance.manifest import Manifest
from governance.personal_data import sum_shares
from layers.document import make_doc_id, make_text_id
from layers.shard_writer import write_shard
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import ConfigError
from pipeline.inspect.explain import explain
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import make_plan
from pipeline.stages.publish.cut import read_tasks

P = small_corpus.PARAGRAPHS
VALUES = (
    "ana.moyo@mail.co.za", "197.80.5.9", "joe7@mail.co.za", "kofi@posta.co.ke", "line.owner@mail.co.za",
    "writer3@mail.co.za", "pa55word1", "+27 11 978 5313",
)  # fmt: skip
LINE = f"Ask {VALUES[4]} for a copy"
ROWS: list[dict[str, Any]] = [
    *small_corpus.records(),
    # with a key of its own; without, so that its key is a digest; a twin of that, dropped; a key of two texts
    {"id": "named", "lang": "en", "text": f"{P['en'][10]} Write to {VALUES[0]} or {VALUES[1]}."},
    {"lang": "en", "text": f"{P['en'][11]} Write to {VALUES[2]} today."},
    {"lang": "en", "text": f"{P['en'][11]}  Write to {VALUES[2]} today!"},
    {"id": "twice", "lang": "sw", "text": f"{P['sw'][10]} Andika kwa {VALUES[3]}."},
    {"id": "twice", "lang": "sw", "text": f"{P['sw'][9]} {P['sw'][8]} Barua."},
    # beside the text: without a key; its shorter twin, dropped; with a key that is the address
    {"lang": "en", "text": P["en"][9], "author": f"A. Writer <{VALUES[5]}>", "title": f"Call {VALUES[7]}"},
    {"lang": "en", "text": P["en"][9].rpartition(" ")[0], "title": f"Call {VALUES[7]}"},
    {
        "id": f"https://joe:{VALUES[6]}@site.co.za/1",
        "lang": "en",
        "text": P["en"][8],
        "url": f"https://joe:{VALUES[6]}@site.co.za/1",
        "phones": {"home": [VALUES[7]]},
    },
    *({"id": f"page{n}", "lang": "fr", "text": f"{P['fr'][n]}\n{P['es'][n]}\n{LINE}"} for n in (9, 10)),
    {"lang": "fr", "text": f"{P['fr'][11]}\n{P['es'][11]}\n{LINE}"},
]
CHANGES: dict[str, Any] = {
    "local": {"workers": 1},
    "decide": {"quality": False},
    "lines": {"min_count": 2, "min_chars": 10},
}


def run(config: Path, **changes: Any) -> None:
    raw = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump(raw | changes, allow_unicode=True))
    runners.run(make_plan(config))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus file that has been run."""
    config = small_corpus.write_corpus(tmp_path_factory.mktemp("masked"), rows=ROWS, changes=CHANGES)
    raw = yaml.safe_load(config.read_text())
    fields = raw["sources"][0]["fields"]
    fields |= {"author": "author", "title": "title", "extra": {"phones": "phones"}}
    config.write_text(yaml.safe_dump(raw, allow_unicode=True))
    # one document a file, so that the digest of the file is one of the document
    (config.parent / "data" / "letter.txt").write_text(f"{P['sw'][7]} {VALUES[0]}", encoding="utf-8")
    runners.run(make_plan(config))
    return config


@pytest.fixture(scope="module")
def release(corpus: Path) -> Path:
    return corpus.parent / "out" / "release"


def published(release: Path, kind: str) -> list[dict[str, Any]]:
    paths = sorted((release / kind).rglob("*.arrow"))
    return [row for path in paths for row in read_table(str(path)).to_pylist()]


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield value


def test_no_value_is_in_any_file_and_each_has_a_placeholder(release: Path) -> None:
    for path in release.rglob("*"):
        if path.is_file():
            told = (
                [str(leaf) for leaf in leaves(read_table(str(path)).to_pylist())]
                if path.suffix == ".arrow"
                else [path.read_text("utf-8")]
            )
            assert not [value for value in VALUES for text in told if value in text], path
    masked = {row["text"][-40:] for row in published(release, "data") if row["redactions"]}
    assert any(text.endswith("Write to <EMAIL> or <IP>.") for text in masked)
    assert any(text.endswith("Write to <EMAIL> today.") for text in masked) or any(
        text.endswith("Write to <EMAIL> today!") for text in masked
    )


def test_columns_say_what_was_masked(release: Path) -> None:
    data, provenance = published(release, "data"), published(release, "provenance")
    masked = 0
    for row, place in zip(data, provenance, strict=True):
        text = row["text"].encode()
        assert row["doc_id"] == place["doc_id"]
        assert row["text_bytes"] == len(text)
        spans = place["personal_data"]
        assert [text[s["start"] : s["end"]].decode() for s in spans] == [
            {"email": "<EMAIL>", "ip": "<IP>"}[s["kind"]] for s in spans
        ]
        kinds = sorted(span["kind"] for span in spans)
        assert [(each["kind"], each["count"]) for each in row["redactions"]] == [
            (kind, kinds.count(kind)) for kind in sorted(set(kinds))
        ]
        if spans:
            masked += 1
            assert (place["raw_sha256"], place["exact_hash"], place["carriers"]) == (None, None, None)
            assert place["record_id"] is None or not place["record_id"].startswith("sha256:")
        elif "<" not in f"{row['title']}{row['extra']}":
            # the record had LINE, which was removed, and with it an address
            assert (place["raw_sha256"] is None) is ("repeated_lines" in place["edits"])
    (beside,) = [row for row in data if row["title"]]
    assert (beside["title"], beside["author"]) == ("Call <TELEPHONE>", "A. Writer <<EMAIL>>")
    (linked,) = [row for row in data if row["extra"]]
    assert (linked["url"], linked["extra"]) == ("https://site.co.za/1", '{"phones":{"home":["<TELEPHONE>"]}}')
    (place,) = [place for place in provenance if place["doc_id"] == linked["doc_id"]]
    assert (place["record_id"], place["raw_sha256"]) == ("https://<CREDENTIALS>@site.co.za/1", None)
    block = Manifest.from_json((release / "manifest.json").read_bytes()).personal_data
    assert block is not None
    assert any("repeated_lines" in place["edits"] for place in provenance)
    assert sum_shares(block.shares()).fields == {
        "author": 1, "extra": 1, "record_id": 1, "title": 1, "url": 1,
    }  # fmt: skip
    assert sum(share.documents for share in block.shares()) == masked
    assert {kind: (c.found, c.masked) for kind, c in block.sum_kinds().items()} == {
        "email": (masked, masked),
        "ip": (1, 1),
    }


def hashes_of(corpus: Path) -> dict[bytes, str]:
    """Digests that somebody who guesses a value can compute, and of what."""
    job = make_plan(corpus).job
    told: dict[bytes, str] = {}
    lines = (corpus.parent / "data" / "rows.jsonl").read_bytes().splitlines()
    letter = (corpus.parent / "data" / "letter.txt").read_bytes()
    records = [line for line in [*lines, letter] if any(value.encode() in line for value in VALUES)]
    assert len(records) == 11
    for record in records:
        digest = hashlib.sha256(record)
        text = letter.decode() if record is letter else json.loads(record)["text"]
        key = "" if record is letter else json.loads(record).get("id", "")
        exact = exact_hashes(pa.array([text], pa.large_string()))[0].as_py()
        told[digest.digest()] = "record"
        if any(value in text for value in VALUES):
            told |= {
                hashlib.sha256(text.encode()).digest(): "text",
                hashlib.md5(text.encode()).digest(): "text, md5",
                exact: "exact_hash",
            }
        for uid in job.specs:
            digest_id = make_doc_id(uid, record_id=f"sha256:{digest.hexdigest()}")
            told |= {digest_id: "id of the record's digest"}
            for key_id in (make_doc_id(uid, record_id=key), digest_id):
                told |= {make_text_id(key_id, exact_hash=exact): "id of key and text"}
    for path in (corpus.parent / "out" / "measured").rglob("*.lines.arrow"):
        for row in read_table(str(path)).to_pylist():
            if any(value in row["example"] for value in VALUES):
                told[row["key"].to_bytes(8, "big")] = "key of a line"
    assert "key of a line" in told.values()
    return told


def test_nothing_in_a_release_is_a_digest_of_unmasked_text(corpus: Path, release: Path) -> None:
    told = hashes_of(corpus)
    in_hex = {digest.hex(): what for digest, what in told.items()}
    in_decimal = {str(int.from_bytes(digest, "big")): what for digest, what in told.items()}
    for path in release.rglob("*"):
        if not path.is_file():
            continue
        if path.suffix == ".arrow":
            values = [*leaves(read_table(str(path)).to_pylist())]
            assert not [told[value] for value in values if isinstance(value, bytes) and value in told], path
            text = "\n".join(map(str, values))
        else:
            text = path.read_text("utf-8")
        named = {what for digest, what in (in_hex | in_decimal).items() if digest in text}
        assert not named, path


def test_verify_agrees_and_ids_can_be_computed_from_the_sidecar(release: Path) -> None:
    answer = verify(str(release), texts=True, personal_data=True)
    assert [str(each) for each in answer.mismatches] == []


def test_the_ledger_has_what_masking_removed(corpus: Path, release: Path) -> None:
    ledger = Manifest.from_json((release / "manifest.json").read_bytes()).to_ledger()
    before = ledger.total("bytes", "decisions", "kept")
    assert before == ledger.total("bytes", "release", "kept", "redacted")
    released = sum(row["text_bytes"] for row in published(release, "data"))
    assert released == ledger.total("bytes", "release", "kept") < before


Change = Callable[[dict[str, Any]], dict[str, Any]]


def unmask(row: dict[str, Any]) -> dict[str, Any]:
    text = row["text"].replace("<EMAIL>", VALUES[0])
    return row | {"text": text, "text_bytes": len(text.encode())}


def give_hash(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"exact_hash": bytes(16), "raw_sha256": bytes(32)} if row["personal_data"] else row


@pytest.mark.parametrize(
    ("kind", "change", "checks"),
    [
        ("data", unmask, {"personal data in text", "placeholder at byte", "bytes of text"}),
        (
            "data",
            lambda row: row | ({"title": VALUES[7], "author": VALUES[5]} if row["title"] else {}),
            {"personal data in title", "personal data in author"},
        ),
        ("data", lambda row: row | {"text_bytes": row["text_bytes"] + 1}, {"text_bytes"}),
        ("data", lambda row: row | {"redactions": []}, {"redactions"}),
        (
            "provenance",
            give_hash,
            {"exact_hash of a masked document", "raw_sha256 of a masked document"},
        ),
        ("provenance", lambda row: row | {"record_id": row["record_id"] or "guessed"}, {"doc_id"}),
    ],
)
def test_verify_names_what_is_not_masked_as_it_says(
    release: Path, tmp_path: Path, kind: str, change: Change, checks: set[str]
) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "release"))
    path = copy / kind / "en" / "health_json" / "train-00000-of-00001.arrow"
    table = read_table(str(path))
    rows = pa.Table.from_pylist([change(row) for row in table.to_pylist()], schema=table.schema)
    write_shard(path, iter(rows.to_batches()), schema=table.schema, path=path.name)
    answer = verify(str(copy))
    told = {re.sub(r"( \d+)? of row \d+$", "", item.check) for item in answer.mismatches}
    assert {check for check in told if "under" not in check} - {"bytes", "sha256"} == checks
    assert not any(value in str(item) for item in answer.mismatches for value in VALUES)


def test_explain_finds_a_masked_document_by_its_published_id(corpus: Path, release: Path) -> None:
    rows = [row for row in published(release, "data") if row["redactions"] and row["key_id"] is None]
    for row in rows:
        (life,) = explain(row["doc_id"], plan=make_plan(corpus))
        assert life["personal_data"][0] == {"kind": "email", "values": 1, "masked": True}
        assert not any(value in json.dumps(life, default=str) for value in VALUES)


def test_what_is_masked_changes_without_measuring_and_decides_nothing(corpus: Path, release: Path) -> None:
    def layers() -> dict[str, str]:
        return {
            f"{name}/{path}": digest
            for name in ("raw", "measured", "decisions")
            for path, digest in small_corpus.tree_digests(corpus.parent / "out" / name).items()
        }

    before, masked, tasks = layers(), published(release, "data"), read_tasks(make_plan(corpus).job)
    mask = {
        "mask": ["ip"],
        "by_source": {"health_json": {"by_language": {"sw": "all"}}, "health_text": "none"},
    }
    run(corpus, personal_data=mask)
    assert layers() == before
    assert read_tasks(make_plan(corpus).job) == tasks
    some = published(release, "data")
    texts = [row["text"] for row in some]
    assert [row["doc_id"] for row in some if not row["key_id"]] == [
        row["doc_id"] for row in masked if not row["key_id"]
    ]
    assert sum(VALUES[0] in text and "<IP>" in text for text in texts) == 1
    assert sum(VALUES[0] in text for text in texts) == 2
    assert not any(VALUES[3] in text for text in texts)
    assert [str(each) for each in verify(str(release), texts=True).mismatches] == []
    run(corpus, personal_data={"mask": "default"})
    assert published(release, "data") == masked


def test_detection_off_leaves_decisions_and_is_said(corpus: Path, release: Path) -> None:
    def decisions() -> list[dict[str, Any]]:
        return [row for row in published(corpus.parent / "out", "decisions") if "keep" in row]

    decided = decisions()
    run(corpus, measure={"personal_data": False})
    off = decisions()
    names = ("lang", "keep", "reason", "reasons", "cluster_size", "duplicate_method", "kept_similarity")
    assert [[row[name] for name in names] for row in off] == [
        [row[name] for name in names] for row in decided
    ]
    assert {row["redactions"] is None for row in published(release, "data")} == {True}
    assert "Personal data looked for: no" in (release / "README.md").read_text("utf-8")
    assert "Personal data looked for: no" in (release / "cards" / "sw.md").read_text("utf-8")
    assert [str(each) for each in verify(str(release), texts=True).mismatches] == []


def test_cleaning_after_a_release_leaves_no_value_and_says_what_is_lost(corpus: Path, release: Path) -> None:
    def rhizotron(*arguments: object) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments)])

    out = corpus.parent / "out"
    run(corpus, measure={})
    before, data = small_corpus.tree_digests(release), published(release, "data")
    kept = next(row for row in data if row["redactions"] and row["key_id"] is None)
    gone = next(row for row in published(release, "ledger") if row["stage"] == "decide")
    (out / "release.staging").mkdir(exist_ok=True)
    (out / "release.staging" / "next").write_text("half")
    refused = rhizotron("clean", "--after-release", out)
    assert refused.exit_code == 2
    assert "has a next release that is not complete" in refused.output
    (out / "release.staging" / "next").unlink()
    cleaned = rhizotron("clean", "--after-release", out)
    assert cleaned.exit_code == 0, cleaned.output
    assert "file(s) with unmasked text removed" in cleaned.output
    assert "run reads the sources again" in " ".join(cleaned.output.split())
    assert small_corpus.tree_digests(release) == before
    for path in out.rglob("*"):
        if path.suffix == ".arrow":
            assert not any(
                value in str(leaf) for leaf in leaves(read_table(str(path)).to_pylist()) for value in VALUES
            ), path
    assert verify(str(release)).mismatches == []
    (life,) = explain(kept["doc_id"], plan=make_plan(corpus))
    assert life["text"] == kept["text"][:300]
    assert life["origin"]["file"].endswith("data/rows.jsonl")
    (life,) = explain(gone["doc_id"], plan=make_plan(corpus))
    assert life["text"] is None
    assert (life["origin"]["offset"], life["decision"]["reason"]) == (gone["offset"], gone["reason"])
    refused = rhizotron("dups", out, "--doc", kept["doc_id"])
    assert refused.exit_code == 2
    assert "was removed by `rhizotron clean --after-release`" in " ".join(refused.output.split())
    # with nothing changed a run has nothing to do; with another mask it reads the sources again
    run(corpus)
    assert not list((out / "raw").rglob("*.arrow"))
    run(corpus, personal_data={"mask": "all"})
    assert list((out / "raw").rglob("*.arrow"))
    assert published(release, "data") == data


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"personal_data": {"mask": ["emial"]}},
            "unknown kind of personal data 'emial'; did you mean 'email'",
        ),
        ({"personal_data": {"by_source": {"nobody": "all"}}}, "unknown source in personal_data.by_source"),
        ({"personal_data": {"by_language": {"xx": "all"}}}, "unknown language 'xx'"),
        ({"measure": {"personal_data": ["phone"]}}, "unknown kind of personal data 'phone'"),
        (
            {"measure": {"personal_data": ["ip"]}, "personal_data": {"mask": ["email"]}},
            "personal_data.mask names email, which measure.personal_data does not look for",
        ),
    ],
)
def test_what_cannot_be_masked_is_an_error(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=changes)
    with pytest.raises(ConfigError) as caught:
        make_plan(config)
    assert problem in str(caught.value)
