"""Language files of a corpus file: every one that cannot be used is named, with what would be right."""

from dataclasses import replace
from pathlib import Path

import pytest
import small_corpus
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.languages.render import render
from filters.rules import Rule
from pipeline.config.languages import tag_problem
from pipeline.config.read import load_config
from pipeline.errors import ConfigError

DEFAULT = languages.DEFAULT


def write(folder: Path, *, tag: str, text: str | None = None) -> str:
    path = folder / f"{tag}.yaml"
    if text is None:
        text = render(replace(DEFAULT, tag=tag, iso639_3="deu", rules=(Rule("words", 3, None, "default"),)))
    path.write_text(text, encoding="utf-8")
    return path.name


def test_files_add_targets_and_the_next_corpus_has_none_of_them(tmp_path: Path) -> None:
    files = [write(tmp_path, tag="de"), write(tmp_path, tag="fil")]
    path = small_corpus.write_corpus(tmp_path, changes={"language_files": files})
    assert load_config(path).decide.languages == sorted([*languages.TAGS, "de", "fil"])
    assert [file.tag for file in languages.active()] == ["de", "fil"]
    assert languages.load("de").rules[0].min == 3
    assert len(load_config(small_corpus.write_corpus(tmp_path)).decide.languages) == 46
    assert languages.active() == ()
    with pytest.raises(ValueError, match="unknown language 'de'"):
        languages.load("de")


def test_targets_may_be_named(tmp_path: Path) -> None:
    changes = {"language_files": [write(tmp_path, tag="de")], "decide": {"languages": ["fr", "de"]}}
    assert load_config(small_corpus.write_corpus(tmp_path, changes=changes)).decide.languages == ["de", "fr"]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    files = [
        write(tmp_path, tag="de"),
        write(tmp_path / "more", tag="de"),
        write(tmp_path, tag="sw"),
        write(tmp_path, tag="german"),
        write(tmp_path, tag="nl", text="tag: nl\nname: Dutch\n"),
        "missing/pl.yaml",
        "de.yml",
    ]
    files[1] = f"more/{files[1]}"
    with pytest.raises(ConfigError) as error:
        load_config(small_corpus.write_corpus(tmp_path, changes={"language_files": files}))
    told = [problem.replace(str(tmp_path), "") for problem in error.value.problems]
    assert [problem.split("\n")[0][:80] for problem in told] == [
        "$.language_files[1]: /more/de.yaml is a second file of de: give one",
        "$.language_files[2]: /sw.yaml cannot be used: sw is one of the 46 languages that",
        "$.language_files[3]: /german.yaml cannot be used: german is no BCP-47 language t",
        "$.language_files[4]: /nl.yaml is no language file: nl.yaml: 7 validation errors ",
        "$.language_files[5]: /missing/pl.yaml cannot be read: No such file or directory",
        "$.language_files[6]: /de.yml is not called <tag>.yaml, by the language's tag",
    ]
    assert languages.active() == ()


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("de", ""),
        ("fil", ""),
        ("sr-Latn", ""),
        ("yo", "yo is one of the 46"),
        ("yor", "yor means yo"),
        ("zh", "zh-Hans or zh-Hant"),
        ("deu", "the tag of deu is de"),
        ("de-AT", "the tag of de-AT is de"),
        ("und", "und is no BCP-47"),
        ("../en", "is no BCP-47"),
    ],
)
def test_a_tag_outside_the_46_as_it_is_written(tag: str, told: str) -> None:
    assert (told in tag_problem(tag)) if told else tag_problem(tag) == ""


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P")), min_size=1), unique=True)
)
def test_any_words_are_read_as_they_were_written(words: list[str]) -> None:
    language = replace(DEFAULT, tag="de", stop_words=tuple(words), gopher_stop_words=tuple(words))
    assert languages.parse(render(language), tag="de") == language
