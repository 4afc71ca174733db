"""A worker's start: what it must not import, since it would wait for it and never use it."""

import os
import subprocess
import sys

NEVER = ("datasets", "torch", "rich", "datasketch", "tldextract", "hypothesis", "aiohttp", "requests")
LATER = ("ftfy", "langcodes", "license_expression", "huggingface_hub", "kenlm", "sentencepiece", "fasttext")
"""What only some sources, edits or signals need is imported when they are used."""


def imported_by(code: str) -> set[str]:
    """Top-level modules of a fresh process that ran the code."""
    program = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {*done.stdout.split()}


def test_a_worker_imports_neither_what_it_never_uses_nor_what_few_use() -> None:
    """pipeline.beam.work is what unpickling a task's DoFn imports."""
    others = imported_by("import apache_beam, numba")  # what these two bring is theirs
    own = imported_by("import pipeline.beam.work") - others
    assert sorted({*NEVER, *LATER} & own) == []
