"""Which pages are exact duplicates under each normalisation, decided by a run."""

from pathlib import Path
from typing import get_args

import pytest
import small_corpus

from filters.hashes.exact import Normalisation
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import make_plan

PAGE = "The timetable of day {0}: the bus leaves at {1} and comes back in the evening."


@pytest.mark.parametrize("normalisation", [None, *get_args(Normalisation)])
def test_pages_that_differ_only_in_numbers(normalisation: str | None, tmp_path: Path) -> None:
    rows = [{"id": str(n), "lang": "en", "text": PAGE.format(n, 2 * n)} for n in range(5)]
    changes = {
        "measure": {} if normalisation is None else {"exact_hash": normalisation},
        "decide": {"near_duplicates": False, "quality": False},
        "max_bad_fraction": 1,
    }
    plan = make_plan(small_corpus.write_corpus(tmp_path, rows=rows, changes=changes))
    runners.run(plan, stages=("ingest", "measure", "decide"))
    (path,) = Path(plan.job.decisions.url, "health_json").glob("*.decisions.arrow")
    reasons = read_table(str(path))["reason"].to_pylist()
    alike = 4 if normalisation in ("whitespace_case_numbers", "roots") else 0
    assert reasons.count("exact_duplicate") == alike
    assert reasons.count(None) == 5 - alike
