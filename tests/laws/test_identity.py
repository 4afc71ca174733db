"""Law 5: a document is identified by its source and natural key, whatever happens to its text and place."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from hypothesis import given
from hypothesis import strategies as st

from layers.document import make_doc_id
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from sources.base import natural_key


def reference(uid: str, key: str) -> bytes:
    """The preimage in words: length of the uid in bytes, colon, uid, colon, key; all UTF-8."""
    preimage = str(len(uid.encode("utf-8"))) + ":" + uid + ":" + key
    return hashlib.sha256(preimage.encode("utf-8")).digest()[:16]


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_an_id_is_128_bits_of_the_documented_digest(uid: str, key: str) -> None:
    assert make_doc_id(uid, record_id=key) == reference(uid, key)


def test_an_id_stays_what_it_was() -> None:
    """Ids of published documents: a change here breaks every removal list and citation."""
    assert make_doc_id("wiki", record_id="42").hex() == "3ca493ab779167ea027cfe6ac5b163b0"


def test_no_two_pairs_of_source_and_key_share_a_preimage() -> None:
    assert make_doc_id("a", record_id="b:c") != make_doc_id("a:b", record_id="c")
    assert make_doc_id("1:a", record_id="") != make_doc_id("1", record_id="a:")


@pytest.mark.parametrize(
    ("record_id", "url", "date", "expected"),
    [
        ("7", "http://a", "2020", "7"),
        ("", "http://a", "2020", ""),
        (None, "http://a", "2020", "http://a 2020"),
        (None, "http://a", None, "sha256:" + "61" * 32),
        (None, None, "2020", "sha256:" + "61" * 32),
        (None, None, None, "sha256:" + "61" * 32),
    ],
)
def test_the_natural_key_is_the_id_else_url_and_date_else_the_hash(
    record_id: str | None, url: str | None, date: str | None, expected: str
) -> None:
    assert natural_key(record_id, url=url, date=date, raw_sha256=b"a" * 32) == expected


def run(folder: Path, **options: Any) -> Path:
    runners.run(make_plan(small_corpus.write_corpus(folder, **options)))
    return folder / "out"


def read_rows(out: Path, pattern: str) -> list[dict[str, Any]]:
    return [row for path in sorted(out.glob(pattern)) for row in read_table(str(path)).to_pylist()]


def ids(out: Path) -> dict[tuple[str, int], bytes]:
    """(container, offset) → doc_id of every document read."""
    rows = read_rows(out, "raw/*/*.documents-*.arrow")
    return {(row["container"], row["offset"]): row["doc_id"] for row in rows}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("once"))


def test_every_id_of_a_run_is_that_of_its_source_and_key(once: Path) -> None:
    count = 0
    for uid in small_corpus.SOURCES:
        for row in read_rows(once, f"raw/{uid}/*.documents-*.arrow"):
            assert row["doc_id"] == reference(uid, row["record_id"])
            count += 1
    assert count == len(small_corpus.records()) + 9 * 5 + len(small_corpus.PARAGRAPHS["sw"][12:])


def test_plain_files_are_named_by_their_path_in_the_source(once: Path) -> None:
    keys = {row["record_id"] for row in read_rows(once, "raw/health_text/*.documents-*.arrow")}
    assert keys == {f"data/page{n}.txt" for n in range(len(small_corpus.PARAGRAPHS["sw"][12:]))}


def test_ids_do_not_depend_on_where_units_are_cut(once: Path, tmp_path: Path) -> None:
    again = run(tmp_path, changes={"unit_bytes": 3_000})
    assert ids(again) == ids(once)
    assert len(list(again.glob("raw/health_json/*.json"))) > len(list(once.glob("raw/health_json/*.json")))


def test_ids_do_not_depend_on_edits(once: Path, tmp_path: Path) -> None:
    again = run(tmp_path, changes={"measure": {"edits": []}})
    before = read_rows(once, "measured/*/*.text.arrow")
    after = read_rows(again, "measured/*/*.text.arrow")
    assert {row["doc_id"] for row in after} == {row["doc_id"] for row in before}
    assert {row["text"] for row in after} != {row["text"] for row in before}, "an edit did change a text"


def test_ids_do_not_depend_on_the_order_of_records_or_on_their_text(once: Path, tmp_path: Path) -> None:
    rows = [row | {"text": row["text"] + " End."} for row in reversed(small_corpus.records())]
    again = run(tmp_path, rows=rows)
    name = "raw/health_json/*.documents-*.arrow"
    keys = {row["record_id"]: row["doc_id"] for row in read_rows(once, name)}
    assert {row["record_id"]: row["doc_id"] for row in read_rows(again, name)} == keys


def test_ids_do_not_depend_on_the_name_of_the_file(once: Path, tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "data" / "rows.jsonl").rename(tmp_path / "data" / "zzz.json-lines")
    config.write_text(config.read_text().replace("data/rows.jsonl\n", "data/zzz.json-lines\n"))
    runners.run(make_plan(config))
    name = "raw/health_json/*.documents-*.arrow"
    assert {r["doc_id"] for r in read_rows(tmp_path / "out", name)} == {
        r["doc_id"] for r in read_rows(once, name)
    }


@pytest.mark.parametrize("unit_bytes", [10_000, 1_000_000])
def test_of_a_key_that_several_texts_have_every_text_stays(unit_bytes: int, tmp_path: Path) -> None:
    """In other languages, units and files of the same source; copies of one text are copies."""
    paragraphs = small_corpus.PARAGRAPHS
    rows = [
        {"id": f"{lang}-{n}", "text": text, "lang": lang}
        for n in range(9)
        for lang, texts in sorted(paragraphs.items())
        for text in [texts[n]]
    ]
    rows[40]["id"] = rows[7]["id"]  # another language, another unit
    rows[2]["id"] = rows[60]["id"]
    rows[33]["id"] = rows[24]["id"]  # same language
    config = small_corpus.write_corpus(
        tmp_path, rows=rows, changes={"unit_bytes": unit_bytes, "decide": {"quality": False}}
    )
    later = [
        {"id": rows[0]["id"], "text": f"{paragraphs['en'][10]} And more."},
        rows[7],
        rows[8],
    ]
    (tmp_path / "data" / "rows2.jsonl").write_text("".join(json.dumps(row) + "\n" for row in later))
    config.write_text(config.read_text().replace("- data/rows.jsonl\n", "- data/rows*.jsonl\n"))
    runners.run(make_plan(config))
    texts: dict[str, set[str]] = {}
    for row in [*rows, *later]:
        texts.setdefault(row["id"], set()).add(row["text"])
    several = {reference("health_json", key).hex() for key, each in texts.items() if len(each) > 1}
    ledger = read_table(str(tmp_path / "out" / "release" / "ledger" / "health_json.arrow")).to_pylist()
    repeated = [row for row in ledger if "duplicate_key" in row["reasons"]]
    assert {row["container"] for row in repeated} == {"data/rows2.jsonl"}
    assert sorted(row["record_id"] for row in repeated) == sorted([rows[7]["id"], rows[8]["id"]])
    kept = read_rows(tmp_path / "out", "release/data/*/health_json/*.arrow")
    origins = read_rows(tmp_path / "out", "release/provenance/*/health_json/*.arrow")
    assert len({row["doc_id"] for row in kept}) == len(kept), "an id is published once"
    for row, origin in zip(kept, origins, strict=True):
        plain = reference("health_json", origin["record_id"])
        if plain.hex() in several:
            of_text = hashlib.sha256(plain + origin["exact_hash"]).hexdigest()[:32]
            assert (row["doc_id"], row["key_id"]) == (of_text, plain.hex())
        else:
            assert (row["doc_id"], row["key_id"]) == (plain.hex(), None)
    assert len(several) == 4
    gone = [row["key_id"] for row in ledger if row["key_id"] in several and row not in repeated]
    assert len([row for row in kept if row["key_id"] is not None]) + len(gone) == 8
    assert all(
        row["reason"] in ("exact_duplicate", "near_duplicate") for row in ledger if row["key_id"] in gone
    )


def test_the_same_key_in_two_sources_is_two_documents() -> None:
    assert make_doc_id("a", record_id="1") != make_doc_id("b", record_id="1")
