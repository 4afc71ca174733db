"""Which of several documents stays: rank as one integer a document, smaller is better.

From the highest bits on: priority of the source (10 bits), damage (12), words (20, more is better), day (22).
Equal ranks are ordered by doc_id, beside it. Whether a document passes all other rules comes before it.
"""

import numpy as np

from pipeline.config.corpus import MAX_PRIORITIES
from pipeline.config.decide import PreferredDate

DAMAGE_BITS = 12
EXACT_DAMAGE_BITS = 8
"""Behind the first bit: counts below 512 are compared exactly, larger ones to 1 in 256."""
MAX_WORDS = (1 << 20) - 1
"""Texts with more words are of equal length."""
MAX_DAY = (1 << 22) - 1
"""Of documents without a date, or with one that no day names: they are last, whichever date is preferred."""
_DAY_SECONDS = 86_400
_DAYS_BEFORE_1970 = 719_162
"""Since 1 January of the year 1, which is day 0."""


def rank_documents(
    *, priority: np.ndarray, damage: np.ndarray, words: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """n documents → uint64 [n].

    priority: place in ascending order of all (`place_priorities`); damage: places; day: `place_days`. Raises
    ValueError for a priority that its bits cannot hold.
    """
    if len(priority) and not 0 <= priority.min() <= priority.max() < MAX_PRIORITIES:
        raise ValueError(f"priorities are places from 0 to {MAX_PRIORITIES - 1}, not {priority.max()}")
    rank = priority.astype(np.uint64)
    for values, bits in (
        (round_damage(damage), DAMAGE_BITS),
        (MAX_WORDS - np.minimum(words, MAX_WORDS), MAX_WORDS.bit_length()),
        (day, MAX_DAY.bit_length()),
    ):
        rank = rank << np.uint64(bits) | values.astype(np.uint64)
    return rank


def round_damage(damage: np.ndarray) -> np.ndarray:
    """Counts as integers of DAMAGE_BITS in the same order, the large ones cut after EXACT_DAMAGE_BITS."""
    counts = np.asarray(damage, np.int64)
    # the exponent of a float64 of so small an integer is exact
    shift = np.maximum(np.frexp(counts.astype(np.float64))[1].astype(np.int64) - 1 - EXACT_DAMAGE_BITS, 0)
    rounded = (shift << EXACT_DAMAGE_BITS) + (counts >> shift)
    return np.minimum(rounded, (1 << DAMAGE_BITS) - 1)


def place_days(seconds: np.ndarray, *, valid: np.ndarray, preferred: PreferredDate) -> np.ndarray:
    """Seconds since 1970 of n dates → day of each, in order of preference from 0; MAX_DAY: not valid."""
    day = seconds // _DAY_SECONDS + _DAYS_BEFORE_1970
    inside = valid & (day >= 0) & (day < MAX_DAY)
    return np.where(inside, MAX_DAY - 1 - day if preferred == "newest" else day, MAX_DAY)


def place_priorities(priorities: list[int]) -> np.ndarray:
    """Place of each source's priority among all of them, in ascending order."""
    return np.unique(np.array(priorities, np.int64), return_inverse=True)[1]
