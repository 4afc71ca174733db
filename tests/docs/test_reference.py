"""The reference is what the code says today, and complete."""

import json
import re
from pathlib import Path

import pytest

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


def test_the_reasons_of_decisions_are_those_of_the_rules_in_their_order() -> None:
    assert [*reasons.LANGUAGE] == ["language_not_targeted", *rules._NO_LANGUAGE.values()]
    limits = Rule("words", 1, 2, "default").reasons
    assert [name.replace("<signal>", "words") for name in reasons.QUALITY] == [*limits]
    decided = [name for name in reasons.DUPLICATES if name != urls.REASON]
    assert decided == [*verdicts.DUPLICATE_RULES]
