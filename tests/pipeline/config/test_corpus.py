"""corpus.yaml: strict, every problem at once with its path."""

from pathlib import Path
from typing import Any

import pytest
import small_corpus
import yaml

from pipeline.config.corpus import MAX_PRIORITIES
from pipeline.config.read import load_config
from pipeline.errors import ConfigError

ROOT = Path(__file__).parents[3]
SOURCE = {"card": "wiki", "type": "jsonl", "paths": ["a.jsonl"], "fields": {"text": "text"}}
CORPUS = {"name": "small", "version": "1.0.0", "cards": "cards", "sources": [SOURCE]}


def prioritised(count: int) -> list[dict[str, Any]]:
    """So many sources, each with another priority."""
    return [SOURCE | {"card": f"wiki{number}", "priority": number} for number in range(count)]


def problems(**changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        small_corpus.parse_config(CORPUS | changes)
    assert caught.value.exit_code == 2
    assert "/corpus.yaml: " in str(caught.value).splitlines()[0]
    return caught.value.problems


def test_a_small_corpus_file_gets_the_defaults() -> None:
    config = small_corpus.parse_config(CORPUS)
    assert len(config.decide.languages) == 46
    assert (config.max_bad_fraction, config.max_filter_errors, config.output) == (0.01, 0, "out")


def test_so_many_priorities_are_told_apart_and_no_more() -> None:
    config = small_corpus.parse_config(CORPUS | {"sources": prioritised(MAX_PRIORITIES)})
    assert len({source.priority for source in config.sources}) == MAX_PRIORITIES == 1024


def test_every_problem_is_told_at_once_with_its_path_and_a_suggestion() -> None:
    source = SOURCE | {"type": "jsonll", "feilds": {}, "fields": {"txt": "text"}}
    told = problems(sources=[source], max_bad_fraction=1.5, nmae="x", version="1.0", unit_bytes=0)
    for expected in (
        "$.sources[0].type: unknown source type 'jsonll'; did you mean 'jsonl'?",
        "$.sources[0].feilds: unknown field; did you mean 'fields'?",
        "$.sources[0].fields: unknown role 'txt'; did you mean 'text'?",
        "$.nmae: unknown field; did you mean 'name'?",
    ):
        assert [line for line in told if line.startswith(expected)], (expected, told)
    assert {line.split(":")[0] for line in told} >= {"$.max_bad_fraction", "$.version", "$.unit_bytes"}
    assert len(told) == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Small"}, "$.name"),
        ({"sources": []}, "$.sources"),
        ({"sources": [SOURCE, SOURCE]}, "sources use the same card twice: wiki"),
        ({"sources": prioritised(1025)}, "sources have 1,025 different priorities; at most 1,024"),
        ({"sources": [SOURCE | {"options": {"nothing": 1}}]}, "nothing"),
        ({"sources": [SOURCE | {"edits": ["white_space"]}]}, "did you mean 'whitespace'?"),
        (
            {"sources": [SOURCE | {"fields": {"text": ["a", "b"]}}]},
            "text is a list of fields; only id and lang may be",
        ),
        ({"sources": [SOURCE | {"fields": {"text": "t", "id": ["a"]}}]}, "a list has two fields or more"),
        (
            {"sources": [SOURCE | {"fields": {"text": "t", "id": ["a", "a"]}}]},
            "two fields or more, each once",
        ),
        ({"measure": {"edits": ["unicode"]}}, "unknown edit 'unicode'"),
        ({"measure": {"signals": ["root"]}}, "did you mean 'roots'?"),
        ({"measure": {"signals": []}}, "which measure.signals does not give"),
        ({"decide": {"languages": ["xx"]}}, "unknown language 'xx'"),
        ({"decide": {"thresholds": {"xx": {}}}}, "unknown language 'xx'"),
        ({"decide": {"thresholds": {"all": {"words": {"min": 3, "max": 2}}}}}, "min 3.0 is above max 2.0"),
        ({"decide": {"thresholds": {"fr": {"wordz": {"min": 3}}}}}, "did you mean 'words'?"),
        ({"decide": {"thresholds": {"fr": {"script": {"min": 3}}}}}, "unknown signal"),
        (
            {"decide": {"thresholds": {"fr": {"special_characters_ratio": {"min": 0.9}}}}},
            "the file of fr says",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_the_run(changes: dict[str, Any], expected: str) -> None:
    told = problems(**changes)
    assert len(told) == 1
    assert expected in told[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nname: b\n", "name"),
        ("name: [", "YAML"),
        ("- a\n", "mapping"),
        ("", "mapping"),
    ],
)
def test_what_is_not_a_corpus_file_is_named(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=expected) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "nowhere.yaml")


def test_a_config_written_as_yaml_is_read_back_the_same(tmp_path: Path) -> None:
    config = load_config(small_corpus.write_corpus(tmp_path))
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    assert load_config(tmp_path / "again.yaml") == config


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("examples/**/corpus*.yaml")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_shipped_corpus_file_is_valid(path: Path) -> None:
    assert load_config(path).sources
