"""No rule of a language file is degenerate: none is out of reach, none drops much of clean text."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from filters import languages
from filters.rules import Rule, evaluate
from tests.clean_texts import clean_signals

MAX_RULE_SHARE, MAX_SHARE = 0.11, 0.15
"""Of the clean documents of a language: dropped by one limit, and by all rules."""
GENRES = ("afriqa", "gatitos", "libreoffice_help", "openbible_ki")
"""Sources of the demo with a profile: their genres have other rules."""
EXCUSED: dict[str, float] = {}
"""Languages that lose more, for a reason in their notes that names the clean sample."""
UNBOUNDED = {"words", "chars", "lines", "text_bytes", "mean_word_length", "lorem_ipsum_lines"}
"""Signals that have no highest value; all others in rules are shares."""


def can_fire(rule: Rule) -> bool:
    """Whether each limit has a value beyond it that the signal can take."""
    above = rule.max is None or rule.signal in UNBOUNDED or rule.max < 1
    return above and (rule.min is None or rule.min > 0)


def judge(signals: pa.Table, *, rules: tuple[Rule, ...]) -> tuple[float, dict[str, float]]:
    """(share of documents that any rule drops, share by reason)."""
    (batch,) = signals.combine_chunks().to_batches()
    failed = evaluate(batch, rules=rules).to_pylist()
    reasons = Counter(reason for names in failed for reason in names)
    share = sum(map(bool, failed)) / len(batch)
    return share, {reason: count / len(batch) for reason, count in reasons.items()}


@pytest.mark.parametrize("tag", languages.TAGS)
def test_every_limit_can_be_passed_and_failed(tag: str) -> None:
    assert [rule.signal for rule in languages.load(tag).rules if not can_fire(rule)] == []


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        (Rule("duplicate_line_ratio", None, 0.99, "default"), True),
        (Rule("duplicate_line_ratio", None, 1, "default"), False),
        (Rule("compression_ratio", 0.01, None, "default"), True),
        (Rule("compression_ratio", 0, None, "default"), False),
        (Rule("words", None, 100_000, "default"), True),
    ],
)
def test_the_guard_tells_limits_that_never_fire(rule: Rule, fires: bool) -> None:
    assert can_fire(rule) == fires


@pytest.mark.parametrize("tag", languages.TAGS)
def test_clean_text_that_set_no_limit_is_kept(tag: str) -> None:
    signals = clean_signals()
    of_language = pc.and_(pc.equal(signals["lang"], tag), signals["held_out"])
    of_genre = pc.is_in(signals["source"], value_set=pa.array(GENRES))
    clean = signals.filter(pc.and_(of_language, pc.invert(of_genre)))
    assert clean.num_rows >= 20
    share, by_reason = judge(clean, rules=languages.load(tag).rules)
    assert {reason: part for reason, part in by_reason.items() if part > MAX_RULE_SHARE} == {}
    assert share <= EXCUSED.get(tag, MAX_SHARE)
    assert (tag in EXCUSED) == (share > MAX_SHARE), "an excuse that nobody needs"
    assert tag not in EXCUSED or "clean sample" in languages.load(tag).notes


def test_the_guard_sees_a_degenerate_limit() -> None:
    signals = clean_signals()
    clean = signals.filter(pc.equal(signals["lang"], "xh"))
    too_strict = (Rule("mean_word_length", None, 5, "fineweb2"),)
    share, _ = judge(clean, rules=too_strict)
    assert share > MAX_RULE_SHARE
    assert judge(clean, rules=(Rule("mean_word_length", None, 3141, "fineweb2"),))[0] == 0
