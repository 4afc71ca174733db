"""The reference is what the code says today, and complete."""

import json
import re
from pathlib import Path

import pytest

from filters import languages
from filters.profiles import roots_as_run
from filters.rules import Rule
from governance import reasons
from pipeline.cli import EXIT_CODES
from pipeline.errors import RunError
from pipeline.stages.decide import rules, urls, verdicts
from tests.docs.pages import DOCS, ROOT
from tests.docs.reference import REFERENCE


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.name)
def test_a_page_is_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == REFERENCE[path](), "python -m tests.docs.record"


def test_every_page_of_the_reference_but_that_of_sources_is_generated() -> None:
    assert {*(DOCS / "reference").glob("*.md")} - {*REFERENCE} == {DOCS / "reference" / "sources.md"}


def test_help_and_page_have_every_exit_code() -> None:
    codes = {0, 129, 130, 143, 1, *(error.exit_code for error in RunError.__subclasses__())}
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes
    assert {int(code) for code in re.findall(r"\b(\d+)\b", EXIT_CODES)} == codes


def test_every_key_of_the_corpus_file_has_a_meaning() -> None:
    page = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", page, re.MULTILINE)
    assert len(rows) > 50
    assert [key for key, meaning in rows if not meaning.strip()] == []


def test_the_reasons_of_unreadable_records_are_those_of_the_fixtures() -> None:
    """Each source type has a fixture for each of its defects (tests/contracts/test_sources.py)."""
    texts = [
        path.read_text("utf-8") for path in (ROOT / "tests" / "data" / "sources").rglob("*.expected.json")
    ]
    rejected = [row["reason"] for text in texts for row in json.loads(text)["rejected"]]
    assert {*rejected} == {*reasons.UNREADABLE, *reasons.SKIPPED}


def test_every_rule_that_is_bundled_has_a_sentence_of_its_own_and_any_other_reason_one() -> None:
    rules = [rule for tag in languages.TAGS for rule in (*languages.load(tag).rules, *roots_as_run(tag))]
    named = {reason for rule in rules for reason in rule.reasons}
    assert named <= {*reasons.SIGNALS} <= named | {"words_above_max"}
    assert reasons.describe("words_below_min") == reasons.SIGNALS["words_below_min"]
    assert reasons.describe("error:roots") == reasons.FAILED["error:<filter>"]
    assert reasons.describe("near_duplicate") == reasons.DUPLICATES["near_duplicate"]
    assert (
        reasons.describe("my_share_above_max") == "my_share is above the maximum of the document's language."
    )
    assert reasons.describe("torn_page") == "A reason of the source's own type."
    assert reasons.describe("lines_below_min") == "lines is below the minimum of the document's language."


def test_the_reasons_of_decisions_are_those_of_the_rules_in_their_order() -> None:
    assert [*reasons.LANGUAGE] == ["language_not_targeted", *rules._NO_LANGUAGE.values()]
    limits = Rule("words", 1, 2, "default").reasons
    assert [name.replace("<signal>", "words") for name in reasons.QUALITY] == [*limits]
    decided = [name for name in reasons.DUPLICATES if name != urls.REASON]
    assert decided == [*verdicts.DUPLICATE_RULES]
