"""What a worker, and a command that runs nothing, must not import: it would wait for it and never use it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_corpus

from layers.stages import NAMES

NEVER = ("datasets", "torch", "rich", "datasketch", "tldextract", "hypothesis", "aiohttp", "requests")
LATER = ("ftfy", "langcodes", "license_expression", "huggingface_hub", "kenlm", "sentencepiece", "fasttext")
"""What only some sources, edits or signals need is imported when they are used."""

COMPUTING = ("numba", "llvmlite", "apache_beam", "grpc", "pandas", "scipy")
READING = ("numpy", "pyarrow", "pydantic", "yaml", "fsspec", "rich")


def imported_by(code: str) -> set[str]:
    """Top-level modules of a fresh process that ran the code."""
    program = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {*done.stdout.splitlines()[-1].split()}


def test_a_worker_imports_neither_what_it_never_uses_nor_what_few_use() -> None:
    """The steps of a stage are what unpickling a task's DoFn imports."""
    others = imported_by("import apache_beam, numba")  # what these two bring is theirs
    own = imported_by(f"from pipeline.beam.stages import {', '.join(NAMES)}") - others
    assert sorted({*NEVER, *LATER} & own) == []


def command(*arguments: object) -> str:
    """Code that runs a command of ours and must succeed."""
    words = [str(argument) for argument in arguments]
    called = f"    main({words})\nexcept SystemExit as end:\n    assert not end.code"
    return f"from pipeline.cli import main\ntry:\n{called}"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_imports_nothing_that_reads_or_computes(arguments: list[str]) -> None:
    assert sorted({*NEVER, *LATER, *COMPUTING, *READING} & imported_by(command(*arguments))) == []


@pytest.mark.parametrize("name", ["plan", "status"])
def test_commands_that_run_nothing_import_nothing_that_computes(name: str, tmp_path: Path) -> None:
    used = {"rich"} | {"langcodes", "license_expression"}  # for what they print, and for the source cards
    imported = imported_by(command(name, small_corpus.write_corpus(tmp_path)))
    assert sorted({*NEVER, *LATER, *COMPUTING} & imported - used) == []


def test_no_lines_are_identified_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    imported = imported_by(command("lid", "identify", tmp_path / "empty.txt"))
    assert sorted({*NEVER, *LATER, *COMPUTING} & imported) == []


def test_pandas_is_there_for_who_asks_though_pyarrow_did_not_find_it() -> None:
    code = """
import sys
import pyarrow as pa
from layers.columns import postpone_pandas
postpone_pandas()
table = pa.table({"a": pa.array([1, None])})
assert "pandas" not in sys.modules
frame = table.to_pandas()
assert pa.Table.from_pandas(frame).schema.names == ["a"] and pa.array(frame["a"]).null_count == 1
"""
    assert "pandas" in imported_by(code)
