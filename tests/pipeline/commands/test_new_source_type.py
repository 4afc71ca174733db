"""`rhizotron new source TYPE`: a type that runs as it is written, to be changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from layers import plugins
from layers.shards import read_table
from pipeline.cli import main
from sources.reading.contract import activate_plugin, check_case, write_expected

ROOT = Path(__file__).parents[3]


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a new type beside a corpus."""
    folder = tmp_path / "my corpus"
    made = rhizotron("new", "source", "minutes", "--to", folder)
    assert made.exit_code == 0, made.output
    return folder


def test_a_plugin_has_module_fixture_test_and_card(folder: Path) -> None:
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == [
        "cards/my_minutes.md",
        "plugin/sources/minutes.py",
        "tests/data/minutes/paragraphs.case.json",
        "tests/data/minutes/paragraphs.txt",
        "tests/test_minutes.py",
    ]


def test_its_test_fails_until_what_is_expected_is_written_and_when_it_changes(folder: Path) -> None:
    def run_test() -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_minutes.py"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode

    case = "tests/data/minutes/paragraphs.case.json"
    assert run_test() == 1
    write = [sys.executable, "-m", "sources.reading.contract", "--plugin", "plugin", case]
    subprocess.run(write, cwd=folder, check=True)
    assert run_test() == 0
    with (folder / "tests/data/minutes/paragraphs.txt").open("ab") as file:
        file.write(b"\nOne more.\n")
    assert run_test() == 1


def test_a_run_reads_with_it(folder: Path) -> None:
    config = small_corpus.write_corpus(folder)
    raw = yaml.safe_load(config.read_text())
    text = "\n\n".join(" ".join(each.split()) for each in small_corpus.PARAGRAPHS["sw"][12:15])
    (folder / "data" / "minutes.txt").write_text(text)
    raw["sources"] = [{"card": "health_text", "type": "minutes", "paths": ["data/minutes.txt"], "lang": "sw"}]
    config.write_text(yaml.safe_dump(raw | {"plugins": [{"folder": "plugin"}]}))
    done = rhizotron("run", config)
    plugins.activate(())
    assert done.exit_code == 0, done.output
    (shard,) = (folder / "out" / "release" / "data" / "sw").rglob("*.arrow")
    assert read_table(str(shard))["text"].to_pylist() == text.split("\n\n")


def test_in_a_checkout_it_stands_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "tests" / "contracts").mkdir(parents=True)
    shutil.copy(ROOT / "sources" / "base.py", tmp_path / "sources")
    made = rhizotron("new", "source", "minutes", "--to", tmp_path)
    assert made.exit_code == 0, made.output
    data = tmp_path / "tests" / "data" / "sources" / "minutes"
    assert (tmp_path / "sources" / "minutes.py").is_file() and (data / "paragraphs.case.json").is_file()
    plugin = tmp_path / "plugin" / "sources"
    plugin.mkdir(parents=True)
    shutil.copy(tmp_path / "sources" / "minutes.py", plugin)
    activate_plugin(tmp_path / "plugin")
    try:
        write_expected(data / "paragraphs.case.json")
        check_case(data / "paragraphs.case.json")
    finally:
        plugins.activate(())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["csv"], "there is a source type csv already"),
        (["Minutes"], "2 to 31 of a-z, 0-9 and _"),
        (["class"], "2 to 31 of a-z, 0-9 and _"),
        (["a"], "2 to 31 of a-z, 0-9 and _"),
        ([], "give the name of a new TYPE, or a dataset of the Hub"),
        (["minutes", "--from-hub", "a/b"], "give the name of a new TYPE, or a dataset of the Hub"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], problem: str, tmp_path: Path) -> None:
    result = rhizotron("new", "source", *arguments, "--to", tmp_path / "new")
    assert result.exit_code == 2 and problem in result.output
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(folder: Path) -> None:
    result = rhizotron("new", "source", "minutes", "--to", folder)
    assert result.exit_code == 2 and "would be overwritten" in result.output
