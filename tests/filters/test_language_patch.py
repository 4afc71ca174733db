"""New limits in a language file: only their rules change, and the patch leads there."""

import subprocess
from pathlib import Path

import pytest

from filters import languages
from filters.languages import TAGS, parse
from filters.languages.patch import make_patch, set_rules
from filters.rules import Rule

FOLDER = Path(languages.__file__).parent
CHANGED = Rule("words", 7, None, "calibrated", "by hand, was 5")
NEW = Rule("digits_ratio", None, 0.25, "calibrated", "quantile")


@pytest.mark.parametrize("tag", TAGS)
def test_rules_are_replaced_or_added_and_nothing_else_changes(tag: str) -> None:
    before = (FOLDER / f"{tag}.yaml").read_text("utf-8")
    after = set_rules(before, tag=tag, rules=[CHANGED, NEW])
    old, new = parse(before, tag=tag), parse(after, tag=tag)
    assert new.rules == (*(CHANGED if rule.signal == "words" else rule for rule in old.rules), NEW)
    assert [line for line in after.splitlines() if "signal: " not in line and "note: " not in line] == [
        line for line in before.splitlines() if "signal: " not in line and "note: " not in line
    ]


def test_without_rules_the_file_stays() -> None:
    before = (FOLDER / "yo.yaml").read_text("utf-8")
    assert set_rules(before, tag="yo", rules=[]) == before
    assert make_patch(before, before, path="yo.yaml") == ""


def test_git_applies_the_patch(tmp_path: Path) -> None:
    before = (FOLDER / "yo.yaml").read_text("utf-8")
    after = set_rules(before, tag="yo", rules=[CHANGED, NEW])
    (tmp_path / "yo.yaml").write_text(before, "utf-8")
    patch = make_patch(before, after, path="yo.yaml")
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "yo.yaml").read_text("utf-8") == after


def test_a_result_that_is_no_language_file_is_refused() -> None:
    before = (FOLDER / "yo.yaml").read_text("utf-8")
    with pytest.raises(ValueError, match=r"yo\.yaml"):
        set_rules(before, tag="yo", rules=[Rule("words", 1, None, "config")])
