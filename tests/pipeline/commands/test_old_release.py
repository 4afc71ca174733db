"""A release of an earlier schema stays readable by every command that takes a RELEASE.

tests/data/release-0.1 was made by tests/make_release.py with SCHEMA_VERSION 1 and manifest_version 1, and is
not made again. A command that reads a RELEASE is run on it here.
"""

import json
from pathlib import Path

import click
import make_release
import pytest
import small_corpus
from click.testing import CliRunner

from governance.balance import find_failures
from governance.manifest import MANIFEST_VERSION, Manifest
from layers.document import make_doc_id
from pipeline.cli import main

RELEASE = Path(__file__).parents[2] / "data" / "release-0.1" / "release"
COMMANDS = {"audit", "dups", "lines", "verify"}
ACTING = {"push", "sign", "withdraw"}
"""They give a release to others after it was verified, and read nothing that versions write otherwise."""


def ask(*arguments: str) -> str:
    shown = CliRunner().invoke(main, [arguments[0], str(RELEASE), *arguments[1:]])
    assert shown.exit_code == 0, shown.output
    return shown.output


def test_every_command_that_takes_a_release_is_run_here() -> None:
    taking = {
        name
        for name, command in main.commands.items()
        if any(isinstance(each, click.Argument) and each.name == "release" for each in command.params)
    }
    assert taking == COMMANDS | ACTING


@pytest.mark.parametrize(
    ("key", "members", "shown"),
    [
        ("nearly", 2, "found by minhash"),
        ("copy", 2, "found by exact_hash"),
        ("en-3", 1, "kept"),
    ],
)
def test_dups_shows_a_cluster(key: str, members: int, shown: str) -> None:
    output = ask("dups", "--doc", make_doc_id("health_json", record_id=key).hex())
    assert f"{members} document(s) in the cluster" in output
    assert shown in output.replace("\n", " ")


def test_dups_compares_near_duplicates() -> None:
    verified = json.loads(ask("dups", "--verify", "5"))
    assert (verified["pairs"], verified["below_threshold"]) == (1, 0)


def test_lines_shows_what_was_removed() -> None:
    (line,) = [json.loads(line) for line in ask("lines", "--json").splitlines()]
    assert (line["example"], line["lines"], line["source"]) == (make_release.HEAD, 16, "health_json")


def test_audit_answers_what_it_can_and_says_what_an_old_release_lacks() -> None:
    report = json.loads(ask("audit", "--json", "--fail-on", "never"))
    answers = {answer["id"]: answer for answer in report["answers"]}
    assert (report["summary"]["questions"], answers["A1"]["verdict"]) == (45, "pass")
    assert answers["A4"]["shown"].startswith("not answerable: missing rows whose columns are known")


def test_verify_checks_what_can_be_compared() -> None:
    output = ask("verify")
    assert "not compared: README.md: manifest.json does not list it" in output
    assert "everything that was compared is as the manifest says" in output


def test_the_ledger_is_checked_again_from_the_manifest_alone() -> None:
    manifest = Manifest.from_json((RELEASE / "manifest.json").read_bytes())
    ledger = manifest.to_ledger()
    assert list(find_failures(ledger)) == []
    assert manifest.manifest_version == MANIFEST_VERSION
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert ledger.total("documents", "raw", "dropped") == len(small_corpus.DEFECTS)
    assert ledger.total("documents", "release", "kept") == manifest.total.documents == 14
