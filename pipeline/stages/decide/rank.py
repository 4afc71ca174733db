"""Which of several documents stays: rank as one integer a document, smaller is better.

From the highest bits on: priority of the source (10 bits), damage (8), words (24, more is better), day (22).
Equal ranks are ordered by doc_id, beside it. Whether a document passes all other rules comes before it.
"""

import numpy as np

PRIORITIES = 1 << 10
"""Different priorities that a corpus may have."""
MAX_DAMAGE = (1 << 8) - 1
MAX_WORDS = (1 << 24) - 1
"""Texts with more words are of equal length."""
MAX_DAY = (1 << 22) - 1


def rank_documents(
    *, priority: np.ndarray, damage: np.ndarray, words: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """n documents → uint64 [n]. priority: place in ascending order of all; day: smaller is better."""
    rank = priority.astype(np.uint64)
    for values, most in (
        (damage, MAX_DAMAGE),
        (MAX_WORDS - np.minimum(words, MAX_WORDS), MAX_WORDS),
        (day, MAX_DAY),
    ):
        rank = rank << np.uint64(most.bit_length()) | np.minimum(values, most).astype(np.uint64)
    return rank


def place_priorities(priorities: list[int]) -> np.ndarray:
    """Place of each source's priority among all of them, in ascending order."""
    return np.unique(np.array(priorities, np.int64), return_inverse=True)[1]
