"""What is counted in the rows of a release, whichever format its tables have."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.audit import samples
from governance.audit.changes import NOT_READ, compare_documents
from governance.audit.rows import LENGTHS, RowFacts, count_table, host_of, read_beside, read_rows, read_state
from governance.manifest import Output
from layers.shard_writer import write_shard
from tests.governance.audit.small import manifest, table

KEY = ("sw", "wiki")


def count(**columns: list[Any]) -> RowFacts:
    facts = RowFacts()
    count_table(facts, table(**columns), key=KEY)
    return facts


def write(root: Path, path: str, rows: pa.Table) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    if path.endswith(".parquet"):
        pq.write_table(rows, root / path)
    else:
        write_shard(root / path, iter(rows.to_batches()), schema=rows.schema, path=path)


def test_lengths_are_classed_by_code_points_and_large_ones_by_bytes() -> None:
    facts = count(text=["ã" * n for n in (0, 49, 50, 199, 200, 999_999, 1_000_000)] + ["a" * 1_000_001])
    assert [facts.lengths[place] for place in range(len(LENGTHS) + 1)] == [2, 2, 1, 0, 0, 0, 0, 0, 0, 1, 2]
    assert (facts.documents, facts.short, facts.over_megabyte) == (8, 4, 3)


def test_words_scripts_years_and_quality_are_counted_where_there_are_columns() -> None:
    facts = count(
        text=["a", "b", "c"],
        words=[1, 2, None],
        script=["Latn", "Latn", "Arab"],
        date=["March 1999", None, "12/01/2021 (reprint of 1950)"],
        known_trigram_ratio=[0.5, None, 1.0],
    )
    assert facts.words == {KEY: 3} and facts.scripts == {"sw": {"Latn": 2, "Arab": 1}}
    assert facts.years == {"1999": 1, "": 1, "2021": 1}
    assert facts.quality == {"wiki": (1.5, 2)}
    bare = count(text=["a"])
    assert not (bare.has_words or bare.scripts or bare.years or bare.quality or bare.has_reservations)


def test_hosts_and_states_are_of_documents_with_a_url() -> None:
    asked = '{"train": "%s", "protocols": ["c2pa", "robots"]}'
    notes = [asked % "disallow", asked % "allow", None, asked % "disallow"]
    in_text = '{"train": "unknown", "protocols": ["c2pa"]}'
    urls = ["https://a.org/1", "http://a.org:8080/2", "https://b.org/", None, "https://c.org/"]
    facts = count(text=["a", "b", "c", "d", "e"], url=urls, reservation=[*notes, in_text])
    assert facts.hosts == {"a.org": 2, "b.org": 1, "c.org": 1}
    assert facts.unchecked_hosts == {"b.org": 1, "c.org": 1}, (
        "what stands in the text says nothing of the site"
    )
    assert facts.states == {"disallow": 1, "allow": 1, "unchecked": 1, "unknown": 1}
    assert facts.reserved == {"wiki": 2} and facts.has_reservations


@pytest.mark.parametrize(
    ("note", "state"),
    [
        (None, "unchecked"),
        ("", "unchecked"),
        ("{", "unknown"),
        ("[]", "unknown"),
        ('{"train": "maybe"}', "unknown"),
    ],
)
def test_a_reservation_that_says_nothing_is_unknown_and_none_is_unchecked(
    note: str | None, state: str
) -> None:
    assert read_state(note) == state


@pytest.mark.parametrize(
    ("url", "host"),
    [("ftp://a.org/x", ""), ("a.org", ""), ("http://[", ""), ("HTTPS://A.org/x", "a.org"), (None, "")],
)
def test_hosts_are_those_of_the_web(url: str | None, host: str) -> None:
    assert host_of(url) == host


def test_phrases_of_machines_are_told_as_words() -> None:
    facts = count(text=["As an AI language model, I cannot", "regenerate responses", "Regenerate response"])
    assert facts.marked == {KEY: 2}


def test_the_same_documents_are_chosen_in_any_order_of_shards() -> None:
    ids = [f"{n:032x}" for n in range(50)]
    expected = sorted(hashlib.sha256(each.encode()).hexdigest() for each in ids)[:3]
    for step in (1, 7, 50):
        chosen: list[samples.Place] = []
        for start in reversed(range(0, 50, step)):
            samples.choose(chosen, ids[start : start + step], path=f"data/{start}")
        assert [seed for seed, _, _ in chosen] == expected


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_a_release_is_read_with_what_stands_beside_its_texts(ending: str, tmp_path: Path) -> None:
    path = f"data/sw/wiki/train-00000-of-00001.{ending}"
    texts = table(text=["moja", "mbili"], url=["https://a.org/1", None])
    write(tmp_path, path, texts)
    beside = {"doc_id": texts["doc_id"].to_pylist()}
    write(
        tmp_path,
        path.replace("data/", "provenance/"),
        pa.table({**beside, "reservation": ['{"train":"allow"}', None]}),
    )
    write(tmp_path, path.replace("data/", "signals/"), pa.table({**beside, "words": [1, 1]}))
    output = Output(path=path, sha256="a" * 64, bytes=1, rows=2, lang="sw", source="wiki")
    missing = output.model_copy(update={"path": f"data/sw/wiki/gone.{ending}"})
    outside = output.model_copy(update={"path": f"data/../../gone.{ending}"})
    made = manifest({}).model_copy(update={"outputs": [output, missing, outside]})
    facts = read_rows(str(tmp_path), made)
    assert (facts.documents, facts.words[KEY], facts.states) == (2, 2, {"allow": 1})
    assert [each.partition(" ")[0] for each in facts.unread] == [missing.path]
    assert sorted(each["text"] for each in facts.samples["sw"]) == ["mbili", "moja"]
    assert facts.samples["sw"][0]["fields"]["doc_id"] in beside["doc_id"]


def test_sidecars_of_other_documents_are_refused(tmp_path: Path) -> None:
    path = "data/sw/wiki/x.arrow"
    write(tmp_path, path, table(text=["moja"]))
    write(tmp_path, "provenance/sw/wiki/x.arrow", pa.table({"doc_id": ["other"], "reservation": [None]}))
    with pytest.raises(ValueError, match="has other documents"):
        read_beside(str(tmp_path), path, columns=("doc_id",), side=("reservation",))


def test_documents_that_come_go_and_change_are_told_with_their_cause(tmp_path: Path) -> None:
    made = {}
    for name, texts in {
        "old": {"a": "1", "b": "1", "c": "1", "d": "1"},
        "new": {"a": "1", "b": "2", "e": "1"},
    }.items():
        path = "data/sw/wiki/x.arrow"
        ids = pa.table({"doc_id": list(texts), "text": pa.array(texts.values(), pa.large_string())})
        write(tmp_path / name, path, ids)
        digests = pa.array([text.encode() * 16 for text in texts.values()], pa.binary(16))
        write(
            tmp_path / name,
            "provenance/sw/wiki/x.arrow",
            pa.table({"doc_id": list(texts), "exact_hash": digests}),
        )
        outputs = [Output(path=path, sha256="a" * 64, bytes=1, rows=1, lang="sw", source="wiki")]
        made[name] = manifest({}).model_copy(update={"outputs": outputs})
    ledger = pa.table(
        {"doc_id": ["c", None, "z"], "reason": ["near_duplicate", "broken_json", "words_below_min"]}
    )
    write(tmp_path / "new", "ledger/wiki.arrow", ledger)
    listed = Output(path="ledger/wiki.arrow", sha256="a" * 64, bytes=1)
    after = made["new"].model_copy(update={"outputs": [*made["new"].outputs, listed]})
    changes = compare_documents(str(tmp_path / "old"), made["old"], later=str(tmp_path / "new"), after=after)
    assert (changes.added, changes.changed, changes.unchanged) == (1, 1, 1)
    assert changes.gone == {"near_duplicate": 1, NOT_READ: 1}
