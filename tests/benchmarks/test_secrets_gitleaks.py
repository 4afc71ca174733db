"""The share of another's rules that the detectors find, on a small file of rules in gitleaks' format."""

import random
import sys
import tomllib
from pathlib import Path

import pytest
import re2

from benchmarks import secrets_gitleaks
from benchmarks.personal_data.go_lists import read_negatives
from benchmarks.personal_data.patterns import make_example, to_python
from benchmarks.personal_data.rule_file import read_rules

RULES = r"""
[[rules]]
id = "forge"
regex = '''\b(ghp_(?i)[a-z0-9]{36})(?:["\s]|\z)'''
entropy = 3
keywords = ["ghp_"]

[[rules]]
id = "unheard-of"
regex = '''\bq7_[a-f]{4}\b'''
[[rules.allowlists]]
regexes = ['''aaaa''']

[[rules]]
id = "of-a-path"
path = "x"
"""
GO = """
func Rule() {
    tps := []string{"not this"}
    fps := []string{
        `two
lines`, // a comment, with a comma
        "a \\"b\\"" + newSecret(`[a-c]{3}`) + utils.Hex("2"),
        unknown[0],
    }
    fps = map[string]string{"a.yaml": `of a file`}
}
"""


@pytest.mark.parametrize(
    "regex",
    [r"a(?i)b|c{2,4}", r"([[:alnum:]]{5}|x)\.[^a-z\s]+?$", r"(?i)\bk(ey|oy)[\w=-]{3}\z", r"[]a]\S{2}", "."],
)
def test_what_is_made_from_a_pattern_is_matched_by_it(regex: str) -> None:
    rng = random.Random(1)
    for shortest in (False, True):
        texts = {make_example(regex, rng=rng, shortest=shortest).text for _ in range(20)}
        assert all(re2.search(regex, text) for text in texts), texts


def test_flags_within_a_group_hold_to_its_end() -> None:
    assert to_python("a(?i)b(c(?-i)d)[(?i)]") == "a(?i:b(c(?-i:d))[(?i)])"


def test_rules_are_applied_with_keywords_entropy_and_allowlists() -> None:
    forge, other = read_rules(tomllib.loads(RULES))
    key = "ghp_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r"
    assert list(forge.find(f"x {key} y")) == [(2, 42)]
    assert list(forge.find(f"ghp_{'a' * 36}")) == [], "no entropy"
    assert list(other.find("q7_abcd q7_aaaa")) == [(0, 7)]


def test_lists_of_go_are_read_and_their_calls_carried_out() -> None:
    first, second, third = read_negatives(GO, rng=random.Random(1))
    assert (first, third) == ("two\nlines", "of a file")
    assert re2.fullmatch(r'a "b"[a-c]{3}[a-f0-9]{2}', second)


def test_the_program_says_what_share_of_each_rule_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "rule.go").write_text(GO)
    sentences = {"en": ["A sentence of some words."], "sw": ["Sentensi ya maneno machache."]}
    monkeypatch.setattr(secrets_gitleaks, "read_sentences", lambda: sentences)
    arguments = ["", str(tmp_path / "rules.toml"), "--each", "5", "--sources", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    secrets_gitleaks.main()
    printed = capsys.readouterr().out.split("\n")
    assert printed[0].split() == ["unheard-of", "5", "0.000"]
    assert printed[2:5] == [
        "2 rules, 0 without an example, 10 values",
        "found 0.5000; rules of 0.8 or more: 1 of 2",
        "3 negative examples, 0 with a span",
    ]
