"""What a plugin must be, told at once and before anything runs."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
from click.testing import CliRunner
from plugin_folder import FILES, write_plugins

import sources
from filters import base
from filters.hashes.minhash import MinHashOptions
from pipeline.cli import main
from pipeline.config.plugins import TAKEN_COLUMNS, check_module
from pipeline.errors import ConfigError
from pipeline.plan.make import make_plan
from pipeline.stages.decide.verdicts import DECISION, DUPLICATES
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.publish.schemas import table_schemas


def problems(folder: Path, *entries: dict[str, Any]) -> list[str]:
    corpus = small_corpus.write_corpus(folder, changes={"plugins": list(entries or [{"folder": "own"}])})
    with pytest.raises(ConfigError) as caught:
        make_plan(corpus)
    assert caught.value.exit_code == 2
    assert not (folder / "out").exists()
    return caught.value.problems


def test_what_a_plugin_lacks_is_told_of_all_its_modules_at_once(tmp_path: Path) -> None:
    write_plugins(
        tmp_path / "own",
        sources_tabs="CONTENT_VERSION = 1\nOptions = dict\n\n\ndef split(file, spec):\n    return []\n",
        edits_shout="CONTENT_VERSION = '1'\n\n\ndef edit(texts):\n    return texts\n",
        signals_laughs="def measure(texts, *, langs):\n    return None\n",
    )
    assert problems(tmp_path) == [
        "$.plugins: sources/tabs.py Options is <class 'dict'>, expected a subclass of BaseModel",
        "$.plugins: sources/tabs.py lacks the function read(unit, *, spec, log)",
        "$.plugins: edits/shout.py CONTENT_VERSION is '1', expected an int",
        "$.plugins: edits/shout.py edit(texts) cannot be called as edit(texts, *, langs)",
        "$.plugins: signals/laughs.py lacks CONTENT_VERSION, an int",
        "$.plugins: signals/laughs.py lacks SCHEMA, a Schema",
        "$.plugins: signals/laughs.py measure(texts, *, langs) cannot be called as "
        "measure(batch, *, langs, options)",
    ]
    result = CliRunner().invoke(main, ["plan", str(tmp_path / "corpus.yaml")])
    assert result.exit_code == 2
    assert "7 problem(s)" in result.output


def test_code_that_cannot_be_imported_is_told_with_its_line(tmp_path: Path) -> None:
    write_plugins(
        tmp_path / "own",
        sources_tabs="import nowhere_to_be_found\n",
        edits_shout="def edit(:\n",
        signals_laughs="CONTENT_VERSION = 1 / 0\n",
    )
    found = problems(tmp_path)
    assert len(found) == 3
    assert found[0].startswith(
        "$.plugins: sources/tabs.py cannot be imported: ModuleNotFoundError: No module"
    )
    assert found[1].startswith("$.plugins: edits/shout.py cannot be imported: SyntaxError: ")
    assert found[2] == (
        "$.plugins: signals/laughs.py cannot be imported: ZeroDivisionError: division by zero "
        "(laughs.py, line 1)"
    )


SIGNALS = FILES["signals/laughs.py"]


FIRST = 'make_field("laughs", pa.int64(), "How often the text laughs.")'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '"laughs", pa.int64()',
            '"words", pa.int64()',
            "column words is of the signals laughs and roots",
        ),
        (
            '"laughs", pa.int64()',
            '"keyed", pa.int64()',
            "column keyed is of the signals laughs and laughs",
        ),
        ('"laughs", pa.int64()', '"exact_hash", pa.int64()', "exact_hash is one of the layers' own: rename"),
        ('"laughs", pa.int64()', '"band_99", pa.int64()', "band_99 is one of the layers' own: rename it"),
        (FIRST, 'pa.field("laughs", pa.int64())', "laughs has no meaning: make it with"),
        ("\nimport", "\nFOR_DECIDE = True\nimport", "FOR_DECIDE is for sets that the stage decide itself"),
        ("\nimport", "\nGROUPS = 'all'\nimport", "GROUPS is 'all', expected an int"),
        (
            "\ndef",
            "\nprepare = len\n\n\ndef",
            "prepare(obj, /) cannot be called as prepare(options, *,",
        ),
        ("VERSION = 1", "VERSION = 0", "CONTENT_VERSION is 0, it starts at 1"),
    ],
)
def test_signals_that_cannot_stand_beside_the_others_are_refused(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    write_plugins(tmp_path / "own", signals_laughs=SIGNALS.replace(old, new, 1))
    (found,) = problems(tmp_path)
    assert expected in found


def test_names_of_two_modules_are_refused(tmp_path: Path) -> None:
    for name in ("own", "other"):
        write_plugins(tmp_path / name)
    (tmp_path / "own" / "edits" / "whitespace.py").write_text(FILES["edits/shout.py"], "utf-8")
    (tmp_path / "own" / "signals" / "minhash.py").write_text(SIGNALS, "utf-8")
    found = problems(tmp_path, {"folder": "own"}, {"folder": "other"})
    for problem in (
        "edits/whitespace.py of the folder own has the name of a built-in one: rename it",
        "signals/minhash.py of the folder own has a name that means something else: rename it",
    ):
        assert f"$.plugins[0]: {problem}" in found
    both = [problem for problem in found if "has the name of another plugin's: rename one" in problem]
    assert len(both) == 6


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"folder": "nowhere"}, "$.plugins[0]: there is no folder "),
        ({"folder": "data"}, "has no module: expected sources/*.py, edits/*.py or signals/*.py"),
        ({"folder": "."}, "holds the corpus file: give plugins a folder of their own"),
        (
            {"folder": "gs://bucket/own"},
            "is not on this machine: give a local folder, or an installed package",
        ),
        ({"package": "no_such_package"}, "$.plugins[0]: no package no_such_package is installed"),
        ({"package": "this"}, "this is not a package in one folder"),
        ({"folder": "own", "package": "x"}, "$.plugins[0]: give `folder` or `package`"),
        ({}, "$.plugins[0]: give `folder` or `package`"),
        ({"path": "own"}, "$.plugins[0].path: unknown field"),
    ],
)
def test_a_plugin_that_is_not_there_is_named(tmp_path: Path, entry: dict[str, str], expected: str) -> None:
    assert [problem for problem in problems(tmp_path, entry) if expected in problem]


def test_a_file_that_is_no_module_name_is_named(tmp_path: Path) -> None:
    write_plugins(tmp_path / "own")
    (tmp_path / "own" / "edits" / "my-edit.py").write_text("", "utf-8")
    assert problems(tmp_path) == ["$.plugins[0]: edits/my-edit.py is no name of a module: use a-z, 0-9 and _"]


@pytest.mark.parametrize("name", sources.names())
def test_built_in_sources_meet_the_contract(name: str) -> None:
    assert check_module(sources.load(name), kind="sources") == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", base.names("edits"))
def test_built_in_edits_meet_the_contract(name: str) -> None:
    assert check_module(base.load_edit(name), kind="edits") == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", base.names("signals"))
def test_built_in_signals_meet_the_contract(name: str) -> None:
    own = ["FOR_DECIDE is for sets that the stage decide itself reads: leave it out"]
    expected = own if base.is_for_decide(name) else []
    assert check_module(base.load_signals(name), kind="signals") == expected  # type: ignore[arg-type]


def test_the_columns_of_the_layers_are_those_that_plugins_may_not_have(tmp_path: Path) -> None:
    job = make_plan(small_corpus.write_corpus(tmp_path)).job
    measurer = Measurer.from_job(job, source="health_json")
    schemas = [*table_schemas(job).values(), measurer.signals_schema, measurer.bands_schema]
    signals = {column for name in base.names("signals") for column in base.load_signals(name).SCHEMA.names}
    names = {name for schema in [*schemas, DECISION, DUPLICATES] for name in schema.names} - signals
    bands = {f"band_{band:02d}" for band in range(MinHashOptions().bands)}
    assert names - bands == TAKEN_COLUMNS
    assert isinstance(DECISION, pa.Schema)
