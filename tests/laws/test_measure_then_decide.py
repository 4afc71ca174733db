"""Law 2: filters change and measure, rules are data, and exactly one place removes documents."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
from hard_texts import HARD_TEXTS

from filters import languages
from filters.rules import Rule
from layers.entries import read_entries
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.decide.rules import rules_for

Row = dict[str, Any]
DUPLICATES = ["duplicate_key", "exact_duplicate", "near_duplicate"]
STRICT = {"all": {"words": {"min": 60}, "mean_word_length": {"max": 6}}}


def run(folder: Path, **options: Any) -> Plan:
    plan = make_plan(small_corpus.write_corpus(folder, **options))
    runners.run(plan)
    return plan


def rows_of(plan: Plan, layer: str, file: str) -> list[Row]:
    paths = sorted(Path(plan.job.place(layer)).glob(f"*/*.{file}.arrow"))
    return [row for path in paths for row in read_table(str(path)).to_pylist()]


def by_key(plan: Plan) -> dict[str, Row]:
    """record_id → its decision, for the source of JSON lines; keys that stand twice are left out."""
    paths = sorted(Path(plan.job.measured.url).glob("health_json/*.text.arrow"))
    found: dict[str, Row] = {}
    for path in paths:
        name = path.name.replace(".text.", ".decisions.")
        decisions = read_table(f"{plan.job.decisions.url}/health_json/{name}").to_pylist()
        for text, decision in zip(read_table(str(path)).to_pylist(), decisions, strict=True):
            found[text["record_id"]] = decision
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return run(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return run(tmp_path_factory.mktemp("strict"), changes={"decide": {"thresholds": STRICT}})


def test_every_document_read_is_measured_and_decided(plain: Plan) -> None:
    raw = [row["doc_id"] for row in rows_of(plain, "raw", "documents-00000")]
    for file in ("text", "signals", "bands"):
        assert sorted(row["doc_id"] for row in rows_of(plain, "measured", file)) == sorted(raw)
    decisions = rows_of(plain, "decisions", "decisions")
    assert sorted(row["key_id"] or row["doc_id"] for row in decisions) == sorted(raw)


def test_hard_texts_are_all_measured(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": text, "lang": "en"} for n, text in enumerate(HARD_TEXTS.values())]
    plan = run(tmp_path, rows=rows, changes={"max_bad_fraction": 0.5})
    keys = [row["record_id"] for row in rows_of(plan, "measured", "text")]
    rejected = [row["record_id"] for row in rows_of(plan, "raw", "rejected")]
    assert sorted(key for key in keys if key.isdigit()) == sorted(str(n) for n in range(len(HARD_TEXTS)))
    assert not [key for key in rejected if key and key.isdigit()]


def test_thresholds_change_decisions_and_neither_texts_nor_signals(plain: Plan, strict: Plan) -> None:
    for layer in ("raw", "measured"):
        before, after = (small_corpus.tree_digests(Path(plan.job.place(layer))) for plan in (plain, strict))
        # entries name the time of the input file; the shards are what a threshold could have changed
        assert {k: v for k, v in after.items() if k.endswith(".arrow")} == {
            k: v for k, v in before.items() if k.endswith(".arrow")
        }
    kept = [sum(row["keep"] for row in rows_of(plan, "decisions", "decisions")) for plan in (plain, strict)]
    assert kept[1] < kept[0]


def failed(signals: Row, *, rules: tuple[Rule, ...]) -> list[str]:
    """Slow reference: the reasons of every rule that a document fails, in the order of the rules."""
    reasons = []
    for rule in rules:
        value = signals[rule.signal]
        if value is None:
            continue
        # limits are compared in the type of the signal: float32 where it is a ratio
        low, high = (
            bound if bound is None or isinstance(value, int) else pa.scalar(bound, pa.float32()).as_py()
            for bound in (rule.min, rule.max)
        )
        if low is not None and value < low:
            reasons.append(f"{rule.signal}_below_min")
        if high is not None and value > high:
            reasons.append(f"{rule.signal}_above_max")
    return reasons


@pytest.mark.parametrize("which", ["plain", "strict"])
def test_all_failed_rules_are_stored_and_the_first_is_named(
    which: str, request: pytest.FixtureRequest
) -> None:
    plan: Plan = request.getfixturevalue(which)
    signals = rows_of(plan, "measured", "signals")
    decisions = rows_of(plan, "decisions", "decisions")
    several = 0
    for signal, decision in zip(signals, decisions, strict=True):
        lang = signal["lang"]
        if lang == "und":
            expected = ["language_undetermined"]
        elif lang not in languages.TAGS:
            expected = ["language_not_targeted"]
        else:
            expected = failed(signal, rules=rules_for(lang, job=plan.job))
        reasons = decision["reasons"]
        duplicates = [reason for reason in reasons if reason in DUPLICATES]
        assert reasons == [*expected, *duplicates], "language and quality come before duplicates"
        assert duplicates == sorted(duplicates, key=DUPLICATES.index)
        assert decision["reason"] == (reasons[0] if reasons else None)
        assert decision["keep"] is (not reasons)
        several += len(reasons) > 1
    assert several or which == "plain"


def test_the_kept_document_of_a_cluster_passes_all_other_rules(tmp_path: Path) -> None:
    """The longest would stay; where it fails a rule, the next one does, and the cluster never vanishes."""
    text = small_corpus.PARAGRAPHS["en"][1]
    rows = [
        {"id": "long", "text": text + " Indeed so.", "lang": "en"},
        {"id": "short", "text": text, "lang": "en"},
    ]
    plan = run(tmp_path / "a", rows=rows, changes={"max_bad_fraction": 1})
    found = by_key(plan)
    words = {row["doc_id"]: row["words"] for row in rows_of(plan, "measured", "signals")}
    assert [found[key]["cluster_size"] for key in ("long", "short")] == [2, 2], (
        "near duplicates of each other"
    )
    assert (found["long"]["keep"], found["short"]["reasons"]) == (True, ["near_duplicate"])
    limit = {
        "max_bad_fraction": 1,
        "decide": {"thresholds": {"en": {"words": {"max": words[found["short"]["doc_id"]]}}}},
    }
    found = by_key(run(tmp_path / "b", rows=rows, changes=limit))
    assert found["short"]["keep"]
    assert found["long"]["reasons"] == ["words_above_max", "near_duplicate"]
    assert found["long"]["reason"] == "words_above_max"
    assert found["long"]["kept_doc_id"] == found["short"]["doc_id"]
    assert found["long"]["component_id"] == found["short"]["component_id"]
    limit = {"max_bad_fraction": 1, "decide": {"thresholds": {"en": {"words": {"min": 1, "max": 5}}}}}
    found = by_key(run(tmp_path / "c", rows=rows, changes=limit))
    assert [found[key]["reasons"] for key in ("long", "short")] == [["words_above_max"]] * 2
    assert [found[key]["kept_doc_id"] for key in ("long", "short")] == [None, None]


def test_priority_decides_before_length(tmp_path: Path) -> None:
    """A source with a lower number keeps its copy: health_gzip has 1, health_json 0."""
    plan = run(tmp_path)
    copies = [row for row in rows_of(plan, "decisions", "decisions") if row["reason"] == "exact_duplicate"]
    assert copies
    ids = {
        row["doc_id"] for row in rows_of(plan, "raw", "documents-00000") if row["record_id"].startswith("z-")
    }
    assert {row["doc_id"] in ids for row in copies if row["doc_id"] in ids} == {True}
    assert {row["kept_doc_id"] in ids for row in copies} == {False}


def test_a_null_signal_is_not_evaluated_and_is_counted(tmp_path: Path) -> None:
    """Swahili has no list of flagged words, so its ratio is null; French has one."""
    assert not languages.load("sw").flagged_words
    assert languages.load("fr").flagged_words
    limits = {lang: {"flagged_words_ratio": {"min": 0.9, "max": 1}} for lang in ("sw", "fr")}
    plan = run(tmp_path, changes={"decide": {"thresholds": limits}})
    decisions = rows_of(plan, "decisions", "decisions")
    reasons = {
        lang: ["flagged_words_ratio_below_min" in row["reasons"] for row in decisions if row["lang"] == lang]
        for lang in ("sw", "fr")
    }
    assert not any(reasons["sw"])
    assert all(reasons["fr"])
    counted = [entry.facts["unevaluated"] for entry in read_entries(plan.job.decisions.url)]
    swahili = sum(fact.get("sw", {}).get("flagged_words_ratio", 0) for fact in counted)
    assert swahili == len(reasons["sw"])
    assert not any("flagged_words_ratio" in fact.get("fr", {}) for fact in counted)
