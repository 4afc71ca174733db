"""`rhizotron new language`: the recipes on clean documents, and what cannot be derived says why."""

import json
from pathlib import Path

import afrikaans
import numpy as np
import pyarrow as pa
import small_corpus
from click.testing import CliRunner, Result

from filters import languages
from filters.languages.limits import TAILS, common_defaults, derive_rules
from pipeline.cli import main

UDHR = Path(__file__).parents[2] / "data" / "lid" / "udhr_article_1.tsv"


def new_language(tag: str, *, path: Path) -> Result:
    return CliRunner().invoke(main, ["new", "language", tag, "--from", str(path), "--to", str(path.parent)])


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(f"{json.dumps({'text': text})}\n" for text in texts), encoding="utf-8")
    return path


def test_too_little_text_says_how_much_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path / "few.jsonl", [*afrikaans.addresses()[0][:30]])
    with path.open("a") as file:
        file.write("{broken\n")
    result = new_language("af", path=path)
    assert result.exit_code == 2
    assert f"too little text in af: {path}: 30 documents, 1," in result.output
    assert "1 records cannot be read" in result.output
    assert "Needed are 1,500 words of one file for stop words" in result.output
    assert "200 documents in the half that sets them, about 400 in all" in result.output
    assert [*tmp_path.iterdir()] == [path]


def test_a_tag_that_cannot_have_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    for tag, told in (("sw", "one of the 46 languages"), ("xx-german", "no BCP-47 language tag")):
        result = new_language(tag, path=tmp_path / "missing.jsonl")
        assert result.exit_code == 2
        assert told in result.output


def test_a_file_that_exists_stays(tmp_path: Path) -> None:
    (tmp_path / "af.yaml").write_text("mine")
    result = new_language("af", path=tmp_path / "missing.jsonl")
    assert result.exit_code == 2
    assert f"{tmp_path / 'af.yaml'} would be overwritten" in result.output
    assert (tmp_path / "af.yaml").read_text() == "mine"


def test_text_in_another_language_is_told_from_it(tmp_path: Path) -> None:
    path = write(tmp_path / "fr.jsonl", small_corpus.PARAGRAPHS["fr"])
    result = new_language("af", path=path)
    assert result.exit_code == 2
    number = len(small_corpus.PARAGRAPHS["fr"])
    assert f"0 of {number} documents are identified as af, others as fr {number}" in result.output


def test_a_script_without_spaces_is_told(tmp_path: Path) -> None:
    (thai,) = (
        line.split("\t")[1] for line in UDHR.read_text("utf-8").splitlines() if line.startswith("tha\t")
    )
    result = new_language("th", path=write(tmp_path / "th.jsonl", [thai]))
    assert result.exit_code == 2
    assert "th is written in Thai, in which white space does not end words" in result.output


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    result = new_language("af", path=tmp_path / "missing.jsonl")
    assert result.exit_code == 2
    assert f"cannot read {tmp_path / 'missing.jsonl'}: No such file" in result.output


def sample(**values: list[float]) -> pa.RecordBatch:
    """200 documents in which every other signal is 0."""
    names = {tail.signal for tail in TAILS} | {rule.signal for rule in common_defaults()}
    columns = {name: [0.0] * 200 for name in sorted(names)} | values
    return pa.RecordBatch.from_pydict({name: pa.array(each, pa.float32()) for name, each in columns.items()})


def test_a_tail_is_the_strictest_limit_of_two_digits_that_keeps_the_share() -> None:
    ratios = [round(0.2 + n / 1000, 3) for n in range(200)]
    lines = [0.0] * 195 + [0.57, 0.582, 0.6, 0.7, 0.8]
    rules = {
        rule.signal: rule
        for rule in derive_rules(sample(stop_words_ratio=ratios, duplicate_line_ratio=lines))
    }
    stop_words, repeated = rules["stop_words_ratio"], rules["duplicate_line_ratio"]
    assert (stop_words.min, stop_words.max, stop_words.origin) == (0.2, None, "calibrated")
    assert (repeated.max, repeated.origin) == (0.57, "calibrated")
    assert repeated.note == "4 of 200 clean documents are above the maximum"


def test_a_limit_is_never_stricter_than_where_it_starts_and_then_it_is_a_default() -> None:
    rules = {rule.signal: rule for rule in derive_rules(sample(compression_ratio=[0.9] * 200))}
    assert (rules["duplicate_line_ratio"].max, rules["duplicate_line_ratio"].origin) == (0.54, "default")
    assert (rules["compression_ratio"].min, rules["compression_ratio"].origin) == (0.18, "default")


def test_limits_on_repetition_start_where_those_of_the_bundled_files_are() -> None:
    bundled = {rule.signal: (rule.min, rule.max) for rule in common_defaults()}
    starts = {
        tail.signal: (tail.start, None) if tail.side == "min" else (None, tail.start)
        for tail in TAILS
        if tail.start is not None
    }
    assert starts.items() <= bundled.items()


def test_a_minimum_that_can_never_fire_is_none() -> None:
    assert "stop_words_ratio" not in {rule.signal for rule in derive_rules(sample())}


def test_defaults_are_those_of_the_bundled_files_and_are_loosened_where_they_remove_clean_text() -> None:
    defaults = {rule.signal: (rule.min, rule.max) for rule in common_defaults()}
    shared = {
        rule.signal: (rule.min, rule.max)
        for rule in languages.load("en").rules
        if rule.signal in ("url_ratio", "lorem_ipsum_lines", "mojibake_ratio")
    }
    assert shared.items() <= defaults.items()
    urls = [*np.linspace(0.1, 0.29, 180), *[0.45] * 20]
    rules = {rule.signal: rule for rule in derive_rules(sample(url_ratio=urls))}
    assert (rules["url_ratio"].max, rules["url_ratio"].origin) == (0.45, "calibrated")
    assert "0.3 (default) removes 10.0%" in rules["url_ratio"].note
    assert rules["mojibake_ratio"].origin == "default"
