"""Planted pairs of clean and damaged copies, of the paragraphs that the tests carry, in nine languages."""

import pytest
import small_corpus

from benchmarks.better_copy import KINDS, count_pairs, default_measurer, plant

MEASURER = default_measurer()
TEXTS = {lang: ["\n".join(texts[:4])] for lang, texts in small_corpus.PARAGRAPHS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_clean_copy_stays_of_all_damaged_pairs_that_are_found(kind: str) -> None:
    pairs = plant(TEXTS, kind=kind)
    assert pairs and all(clean != copy for _, clean, copy in pairs)
    _, found, clean = (
        sum(column) for column in zip(*count_pairs(pairs, measurer=MEASURER).values(), strict=True)
    )
    missed = 1 if kind == "cut off" else 0  # its last lines look like a site's foot
    assert found and clean >= found - missed
