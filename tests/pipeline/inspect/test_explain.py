"""explain and dropped: the life of a document, read from the layers and equal to them."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from filters.rules import Rule
from layers.document import make_doc_id
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.commands.show import describe_life
from pipeline.errors import RunError
from pipeline.inspect.dropped import find_dropped
from pipeline.inspect.explain import _rules, explain
from pipeline.plan.make import Plan, make_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    made = make_plan(small_corpus.write_corpus(tmp_path_factory.mktemp("explain")))
    runners.run(made)
    return made


def life(plan: Plan, key: str, *, source: str = "health_json") -> list[dict[str, Any]]:
    return explain(make_doc_id(source, record_id=key).hex(), plan=plan)


def test_a_published_document_leads_back_to_its_bytes(plan: Plan) -> None:
    (told,) = life(plan, "es-3")
    origin = told["origin"]
    data = Path(origin["file"]).read_bytes()[origin["offset"] : origin["offset"] + origin["length"]]
    assert hashlib.sha256(data).hexdigest() == origin["raw_sha256"]
    assert data.startswith(b'{"id": "es-3"')
    assert (origin["record_id"], origin["lang_declared"]) == ("es-3", "es")
    shard = read_table(told["release"]["shard"]).to_pylist()
    (row,) = [row for row in shard if row["doc_id"] == told["doc_id"]]
    assert row["text"].startswith(told["text"])
    assert told["decision"]["keep"]
    assert {rule["verdict"] for rule in told["rules"]} <= {"passes", "not evaluated"}
    assert told["changes"]["bytes_after"] == len(row["text"].encode())


def test_every_text_of_a_key_is_told_by_the_key_and_each_by_its_own_id(plan: Plan) -> None:
    key = make_doc_id("health_json", record_id="fr-0").hex()
    lives = life(plan, "fr-0")
    assert [told["decision"]["key_id"] for told in lives] == [key, key]
    assert explain("fr-0", plan=plan) == lives
    assert len({told["doc_id"] for told in lives} | {key}) == 3
    assert [explain(told["doc_id"], plan=plan) for told in lives] == [[told] for told in lives]
    assert not any("duplicate_key" in told["decision"]["reasons"] for told in lives)
    (label, line) = next(pair for pair in describe_life(lives[0]) if pair[0] == "key")
    assert (label, line) == ("key", f"{key}, which the source gives to other texts too")


def test_a_dropped_document_names_its_failed_rules(plan: Plan) -> None:
    (told,) = life(plan, "spam")
    failed = [rule["signal"] for rule in told["rules"] if rule["verdict"] == "fails"]
    assert failed
    assert [reason.rsplit("_", 2)[0] for reason in told["decision"]["reasons"]] == failed
    assert told["release"] is None
    (foreign,) = life(plan, "german")
    assert (foreign["rules"], foreign["decision"]["reason"]) == ([], "language_not_targeted")


def test_values_stand_as_they_are_compared() -> None:
    """Half of the text is in the language, so its stop words are a share of that half."""
    job: Any = SimpleNamespace(config=SimpleNamespace(decide=SimpleNamespace(languages=["en"])))
    row = {"lang": "en", "words": 100, "stop_words_ratio": 0.125, "lang_share": 0.5}
    types = {"stop_words_ratio": pa.float32(), "lang_share": pa.float32()}
    signals = pa.RecordBatch.from_pydict(
        {name: pa.array([value], types.get(name)) for name, value in row.items()}
    )
    rule = Rule("stop_words_ratio", 0.2, 0.9, "default", min_words=60, part="lang_share")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.inspect.explain.rules_for", lambda *_, **__: (rule,))
        (told,) = _rules(signals, job=job, source="s")
    assert (told["value"], told["min"], told["verdict"]) == (0.25, 0.2, "passes")


def test_before_decide_there_is_no_decision(tmp_path: Path) -> None:
    made = make_plan(small_corpus.write_corpus(tmp_path))
    runners.run(made, stages=("ingest", "measure"))
    (told,) = life(made, "es-3")
    assert (told["decision"], told["release"]) == (None, None)


@pytest.mark.parametrize(
    ("doc_id", "message"), [("xyz", "32 hexadecimal"), ("q", "32 hexadecimal"), ("0" * 32, "no document")]
)
def test_what_is_not_there_is_told(doc_id: str, message: str, plan: Plan) -> None:
    with pytest.raises(RunError, match=message):
        explain(doc_id, plan=plan)


def test_first_digits_of_several_documents_name_no_rejected_record(plan: Plan) -> None:
    keys = [(row["source"], row["record_id"]) for row in find_dropped(plan, stage="ingest")]
    digits = {make_doc_id(source, record_id=key).hex()[0] for source, key in keys if key is not None}
    assert digits
    for digit in digits:
        with pytest.raises(RunError, match=f"documents have ids that begin with '{digit}'"):
            explain(digit, plan=plan)


def test_dropped_is_the_ledger_of_the_release(plan: Plan) -> None:
    listed = [(row["source"], row["stage"], row["reason"], row["offset"]) for row in find_dropped(plan)]
    paths = sorted(Path(plan.job.release).glob("ledger/*.arrow"))
    rows = [row for path in paths for row in read_table(str(path)).to_pylist()]
    assert sorted(listed) == sorted((r["source"], r["stage"], r["reason"], r["offset"]) for r in rows)


def test_dropped_can_be_narrowed(plan: Plan) -> None:
    assert {row["stage"] for row in find_dropped(plan, stage="ingest")} == {"ingest"}
    assert {row["reason"] for row in find_dropped(plan, reason="near_duplicate")} == {"near_duplicate"}
    assert {row["lang"] for row in find_dropped(plan, lang="en")} == {"en"}
    assert list(find_dropped(plan, reason="no_such_reason")) == []
