"""The same content fares alike in every language: a small version of benchmarks.same_content."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.same_content import MAX_DIFFERENCE, Loss, count_lost, find_unfair
from filters import languages
from tests.clean_texts import clean_signals

PARALLEL = {"flores_dev": 15, "ntrex": 32, "tico19": 17}
"""Sources of the demo that say the same in several languages: sentences, articles, long articles."""


def lose(source: str) -> dict[str, Loss]:
    signals = clean_signals()
    of_source = signals.filter(pc.equal(signals["source"], source))
    losses = {}
    for tag in pc.unique(of_source["lang"]).to_pylist():
        (batch,) = of_source.filter(pc.equal(of_source["lang"], tag)).combine_chunks().to_batches()
        losses[tag] = count_lost(batch, rules=languages.load(tag).rules)
    return losses


@pytest.mark.parametrize("source", PARALLEL)
def test_no_language_loses_more_than_others_do_of_the_same_content(source: str) -> None:
    losses = lose(source)
    assert len(losses) >= PARALLEL[source]
    _, unfair = find_unfair(losses)
    excused = {tag for tag in unfair if f"same content ({source})" in languages.load(tag).notes}
    assert {*unfair} - excused == set()


def test_a_limit_that_one_language_alone_has_is_seen() -> None:
    def loss(lost: int) -> Loss:
        (batch,) = pa.table({"words": [5] * lost + [30] * (100 - lost)}).to_batches()
        rules = [rule for rule in languages.load("fr").rules if rule.signal == "words"]
        return count_lost(batch, rules=[rule.__class__("words", 20, None, "default") for rule in rules])

    of_twenty = [Loss(20, lost, Counter({"words_below_min": lost})) for lost in (0, 0, 0, 1, 2)]
    assert find_unfair(dict(zip("abcde", of_twenty, strict=True))) == (0.0, {"e": 0.1})
    losses = {"bn": loss(40), "fr": loss(3), "sw": loss(2), "yo": loss(5)}
    assert {tag: each.lost for tag, each in losses.items()} == {"bn": 40, "fr": 3, "sw": 2, "yo": 5}
    median, unfair = find_unfair(losses)
    assert (median, unfair) == (0.04, {"bn": 0.4})
    assert find_unfair({tag: each for tag, each in losses.items() if tag != "bn"})[1] == {}
    assert MAX_DIFFERENCE == 0.01
