"""`rhizotron fairness`: shares of the decisions, and what is far off the median language."""

import json
from collections import Counter
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner, Result

from filters.calibration import cuts_of
from pipeline.cli import main
from pipeline.inspect import fairness
from pipeline.inspect.dropped import find_dropped
from pipeline.plan.make import make_plan
from pipeline.stages.decide.rules import rules_for

# a limit that only French fails, beside those of the language files
CHANGES = {"decide": {"thresholds": {"fr": {"words": {"min": 1000}}}}}


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus, decided."""
    corpus = small_corpus.write_corpus(tmp_path_factory.mktemp("a corpus"), changes=CHANGES)
    for stage in ("ingest", "measure", "decide"):
        result = rhizotron(stage, corpus, "--workers", 1)
        assert result.exit_code == 0, result.output
    return corpus


def test_shares_are_of_all_failed_limits_not_only_the_first(corpus: Path) -> None:
    plan = make_plan(str(corpus))
    failed = Counter(
        (row["lang"], reason) for row in find_dropped(plan, stage="decide") for reason in row["reasons"]
    )
    limits = {
        lang: {cut.reason for cut in cuts_of(rules_for(lang, job=plan.job))}
        for lang in plan.job.config.decide.languages
    }
    lost = Counter(
        row["lang"]
        for row in find_dropped(plan, stage="decide")
        if limits.get(row["lang"], set()) & {*row["reasons"]}
    )
    assert lost["fr"] > 0
    report = fairness.compare(plan)
    assert {row["lang"]: row["any"] for row in report["languages"]} == {
        row["lang"]: lost[row["lang"]] / row["documents"] for row in report["languages"]
    }
    assert {row["lang"] for row in report["languages"]} <= set(plan.job.config.decide.languages)
    for row in report["languages"]:
        expected = [cut.reason for cut in cuts_of(rules_for(row["lang"], job=plan.job))]
        assert row["failed"] == {
            reason: failed[row["lang"], reason] / row["documents"] for reason in expected
        }


def test_a_limit_that_is_far_off_for_one_language_is_named(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairness, "MIN_DOCUMENTS", 10)  # the corpus has about fifteen of each language
    result = rhizotron(
        "fairness", corpus, "--markdown", tmp_path / "fairness.md", "--json", tmp_path / "f.json"
    )
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "f.json").read_text("utf-8"))
    french = next(row for row in report["languages"] if row["lang"] == "fr")
    share = french["failed"]["words_below_min"]
    assert share == 1
    assert report["flagged"][0] == {"lang": "fr", "reason": "words_below_min", "share": 1.0, "median": 0.0}
    page = (tmp_path / "fairness.md").read_text("utf-8")
    assert f"**{share:.1%}**" in page
    assert page.count("| `words_below_min` |") == 1


def test_languages_with_few_documents_are_listed_and_not_compared(corpus: Path) -> None:
    report = fairness.compare(make_plan(str(corpus)))
    few = [row for row in report["languages"] if not row["compared"]]
    assert all(row["documents"] < fairness.MIN_DOCUMENTS for row in few)
    assert all(row["documents"] >= fairness.MIN_DOCUMENTS for row in report["languages"] if row["compared"])
    assert not {each["lang"] for each in report["flagged"]} & {row["lang"] for row in few}


def test_before_anything_is_decided_it_says_so(tmp_path: Path) -> None:
    result = rhizotron("fairness", small_corpus.write_corpus(tmp_path))
    assert result.exit_code == 2
    assert "run the decide stage first" in result.output
