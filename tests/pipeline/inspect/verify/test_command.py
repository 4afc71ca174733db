"""`rhizotron verify`: what it prints, and its exit codes."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from damaged_release import (
    flip,
)

from governance.manifest import sha256
from pipeline.cli import main


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_the_command_says_that_all_is_well(whole: Path) -> None:
    result = rhizotron(whole)
    assert result.exit_code == 0
    assert "everything that was compared is as the manifest says" in result.stdout
    assert sha256((whole / "manifest.json").read_bytes()) in result.stdout
    answer = json.loads(rhizotron(whole, "--json").stdout)
    assert (answer["ok"], answer["mismatches"], answer["not_compared"]) == (True, [], [])


def test_the_command_has_an_exit_code_for_mismatches(release: Path) -> None:
    digest = sha256((release / "cards/fr.md").read_bytes())
    flip(release / "cards/fr.md")
    (release / "data/\x1b[2J\u202e.arrow").write_bytes(b"")
    result = rhizotron(release)
    assert result.exit_code == 9
    assert re.search(
        rf"^cards/fr\.md: sha256: [0-9a-f]{{64}}, expected {digest}$", result.stdout, re.MULTILINE
    )
    assert "data/␛[2J<U+202E>.arrow: file: there, expected not listed in manifest.json" in result.stdout
    assert "\x1b" not in result.stdout
    assert f"rhizotron: 3 mismatch(es) in {release}" in result.stderr
    result = rhizotron(release, "--json")
    assert result.exit_code == 9
    first = next(item for item in json.loads(result.stdout)["mismatches"] if item["path"] == "cards/fr.md")
    assert (first["check"], first["expected"]) == ("sha256", digest)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "is no release: it has no manifest.json"),
        ("empty", "is no release: it has no manifest.json"),
        ("file", "expected a mapping of name, version, output"),  # a file is a corpus file
    ],
)
def test_what_is_no_release_is_an_error_of_the_command_line(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    result = rhizotron(tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr
