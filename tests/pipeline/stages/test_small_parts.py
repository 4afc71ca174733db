"""Many small parts: what is done for several together, or not at all, changes no answer."""

from pathlib import Path
from typing import Any

import pytest
import small_corpus

from layers import storage
from layers.entries import read_entries
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from pipeline.stages.decide import documents
from pipeline.stages.measure.part import MIN_CUT_BYTES, language_ends
from pipeline.stages.measure.read import group_parts


@pytest.mark.parametrize("decide", [{}, {"url_duplicates": True}, {"exact_duplicates": False}], ids=str)
def test_parts_decided_about_together_and_bands_read_together_are_decided_as_one_by_one(
    decide: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "min" of a signal that is null in Swahili: counts of rules that are not evaluated are per part
    limits = {lang: {"flagged_words_ratio": {"min": 0.9, "max": 1}} for lang in ("sw", "fr")}
    changes = {"unit_bytes": 1 << 14, "decide": {**decide, "thresholds": limits}}
    plan = make_plan(small_corpus.write_corpus(tmp_path, changes=changes))
    runners.run(plan, stages=("ingest", "measure", "decide"))
    together = small_corpus.tree_digests(Path(plan.job.decisions.url))
    unevaluated = [entry.facts["unevaluated"] for entry in read_entries(plan.job.decisions.url)]
    assert len(unevaluated) > 3 and sum("sw" in facts for facts in unevaluated) > 1
    storage.remove(plan.job.decisions.url)
    monkeypatch.setattr(documents, "GROUP_ROWS", 1)
    monkeypatch.setattr("pipeline.stages.measure.read.READ_BYTES", 1)
    runners.run(plan, stages=("decide",))
    assert small_corpus.tree_digests(Path(plan.job.decisions.url)) == together


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([1], [range(1)]),
        ([4, 6], [range(2)]),
        ([4, 7], [range(1), range(1, 2)]),
        ([0, 0, 11, 0, 3, 7, 1], [range(2), range(2, 3), range(3, 6), range(6, 7)]),
    ],
)
def test_parts_are_grouped_up_to_a_number_of_rows(rows: list[int], expected: list[range]) -> None:
    assert group_parts(rows, max_rows=10) == expected


def test_batches_end_with_languages_where_those_are_large_enough() -> None:
    def ends(*sizes: tuple[str, int]) -> list[int]:
        places = range(0, 10 * len(sizes), 10)
        return language_ends(
            [
                {"lang": lang, "start": start, "stop": start + 10, "bytes": size}
                for start, (lang, size) in zip(places, sizes, strict=True)
            ]
        )

    assert ends() == []
    assert ends(("en", MIN_CUT_BYTES)) == []
    assert ends(("en", MIN_CUT_BYTES), ("fr", MIN_CUT_BYTES)) == [10]
    assert ends(("en", MIN_CUT_BYTES), ("fr", MIN_CUT_BYTES - 1)) == []
    assert ends(("en", 1), ("fr", 2 * MIN_CUT_BYTES - 1)) == [10], "on average"
    assert ends(("de", 9 * MIN_CUT_BYTES), ("en", 1), ("it", 1), ("nl", 1)) == [10, 20], "targets alone"
    assert ends(("de", MIN_CUT_BYTES), ("it", MIN_CUT_BYTES)) == []
