"""A second model's opinion on the language, and when it counts as agreement."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
import small_corpus
from pydantic import ValidationError

from filters import language_id
from filters.base import make_options, prepare_options
from filters.language_id.model import FOLDER
from filters.signals.second_language import Options, digest, measure, prepare
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from tests.hard_texts import document_batch

FRENCH = "Les habitants du village attendent la pluie depuis le mois de mars, dit le maire."
ZULU = "Wonke umuntu unelungelo lokuphila, inkululeko kanye nokuphepha komuntu wakhe."
TWI = "Nnipa nyinaa yɛ pɛ, na wɔde adwene ne nyansa na abɔ obiara, na ɛsɛ sɛ wɔbu wɔn ho wɔn ho."


def agreement(text: str, lang: str | None, *, model: str) -> tuple[object, object]:
    batch = document_batch([text])
    rows = measure(batch, langs=pa.array([lang], pa.string()), options=Options(model=model))
    (row,) = rows.to_pylist()
    assert (row["second_lang_score"] is None) == (row["second_lang"] == "und")
    return row["second_lang"], row["second_lang_agrees"]


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        (FRENCH, "fr", ("fr", True)),
        (FRENCH, "en", ("fr", False)),
        (FRENCH, None, ("fr", None)),  # none of the 46
        (TWI, "tw", ("ak", True)),  # one class
        ("12 34", "fr", ("und", False)),
    ],
)
def test_agreement_is_with_the_language_of_the_document(
    text: str, lang: str | None, expected: tuple[object, object]
) -> None:
    assert agreement(text, lang, model="lid.roots") == expected


def test_a_model_has_no_opinion_on_a_language_that_it_has_no_reliable_label_for() -> None:
    assert agreement(ZULU, "zu", model="lid.176")[1] is None
    assert agreement(FRENCH, "yo", model="lid.176")[1] is None
    assert agreement(FRENCH, "fr", model="lid.176") == ("fr", True)


def test_paths_are_of_the_corpus_files_folder_and_a_wrong_model_is_told_by_the_plan(tmp_path: Path) -> None:
    shutil.copyfile(FOLDER / "lid.roots.ftz", tmp_path / "own.ftz")
    (tmp_path / "bad.ftz").write_bytes(b"no model")
    options = prepare(Options(model="own.ftz"), folder=str(tmp_path))
    assert options.model == str(tmp_path / "own.ftz")
    assert digest(options) == digest(Options(model=options.model))
    assert digest(options)[0] == language_id.model_digest(options.model)
    with pytest.raises(ValueError, match=r"bad\.ftz"):
        prepare_options("second_language", options=Options(model="bad.ftz"), folder=str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"none\.ftz"):
        prepare(Options(model="none.ftz"), folder=str(tmp_path))
    with pytest.raises(ValidationError, match="model"):
        make_options("second_language", values={})


def test_a_corpus_with_a_second_model_has_the_columns_and_may_limit_them(tmp_path: Path) -> None:
    limits = {"all": {"second_lang_agrees": {"min": 1}}}
    changes = {"measure": {"second_language": {"model": "lid.176"}}, "decide": {"thresholds": limits}}
    runners.run(make_plan(small_corpus.write_corpus(tmp_path, changes=changes)))
    tables = [read_table(str(path)) for path in sorted((tmp_path / "out").glob("release/data/*/*/*.arrow"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert {row["second_lang_agrees"] for row in rows} <= {True, None}
    assert any(row["second_lang_agrees"] for row in rows)
    assert all(row["second_lang"] == row["lang"] for row in rows if row["second_lang_agrees"])


def test_the_plan_counts_the_memory_of_a_second_model(tmp_path: Path) -> None:
    measure_with = {"second_language": {"model": "lid.176"}}
    alone = make_plan(small_corpus.write_corpus(tmp_path / "alone"))
    both = make_plan(small_corpus.write_corpus(tmp_path / "both", changes={"measure": measure_with}))
    assert both.model_bytes - alone.model_bytes == language_id.check_model("lid.176")
    assert both.model_bytes > (FOLDER / "lid.176.ftz").stat().st_size
