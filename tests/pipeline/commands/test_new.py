"""`rhizotron new` starts a corpus that plan understands, and overwrites nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from governance.cards import parse_card
from pipeline.cli import main
from pipeline.commands.new import start_corpus
from pipeline.config.bundled import find_bundled
from pipeline.config.read import load_config
from pipeline.errors import InputError, RunError

RUNNER = CliRunner()


def test_a_new_corpus_is_valid_but_for_what_only_a_person_knows(tmp_path: Path) -> None:
    result = RUNNER.invoke(main, ["new", str(tmp_path / "My Notes 2"), "--source", "field_notes"])
    assert result.exit_code == 0, result.output
    corpus, card = (
        tmp_path / "My Notes 2" / "corpus.yaml",
        tmp_path / "My Notes 2" / "cards" / "field_notes.md",
    )
    assert result.output == f"{corpus}\n{card}\n"
    config = load_config(corpus)
    assert (config.name, [source.card for source in config.sources]) == ("my-notes-2", ["field_notes"])
    assert parse_card(card.read_bytes(), uid="field_notes", place=str(card)).name == "Example Wiki"


@pytest.mark.parametrize("name", ["ça va!", "2026", "a" * 100, "x"])
def test_any_folder_gives_a_valid_name(name: str, tmp_path: Path) -> None:
    path, _ = start_corpus(tmp_path / name, uid="my_source")
    assert load_config(path).name


@pytest.mark.parametrize("uid", ["Wiki", "ab", "a-b", "../../etc", "a" * 65, "1wiki"])
def test_a_uid_that_no_card_may_have_is_refused(uid: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 to 64 of a-z"):
        start_corpus(tmp_path / "corpus", uid=uid)
    assert [*tmp_path.iterdir()] == []


def test_files_that_exist_stay_and_are_named(tmp_path: Path) -> None:
    (tmp_path / "corpus.yaml").write_text("mine")
    result = RUNNER.invoke(main, ["new", str(tmp_path)])
    assert result.exit_code == 2
    assert f"{tmp_path / 'corpus.yaml'} would be overwritten" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.yaml"]
    assert (tmp_path / "corpus.yaml").read_text() == "mine"


def test_what_is_not_bundled_is_an_error_that_says_what_to_do() -> None:
    assert find_bundled("examples/demo/corpus.yaml").is_file()
    with pytest.raises(RunError, match="install rhizotron again"):
        find_bundled("examples/nothing.yaml")
