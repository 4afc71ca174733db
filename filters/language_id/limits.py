"""The limits of scores of a model, chosen on lines that it has not seen."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from filters.language_id.recipe import TARGETS, Limits, Lines

FULL_WEIGHT_LINES = 500
"""Hundreds of classes have a few dozen lines: with full weight they would decide every limit."""


@dataclass(frozen=True)
class HeldOut:
    """n lines that a model had not seen, and what it made of them."""

    names: tuple[str, ...]
    """Classes, sorted."""
    gold: np.ndarray
    """Index into names: int64 [n]."""
    predicted: np.ndarray
    """Index into names, or len(names) for no language: int64 [n]."""
    scores: np.ndarray
    """float64 [n]"""


def choose_min_scores(
    gold: np.ndarray, predicted: np.ndarray, scores: np.ndarray, *, names: Sequence[str], options: Limits
) -> dict[str, float]:
    """n lines' true and predicted class (indices into names) and score → the least score of each class.

    The smallest score, in steps of 0.01 from the floor, from which on the lines accepted as a class are
    of it with the wanted precision, each true class weighing the same, though one with fewer than
    FULL_WEIGHT_LINES lines less; but never one that refuses more than max_loss of the lines that the model
    names rightly. Classes without lines get the floor.
    """
    weights = 1 / np.maximum(np.bincount(gold, minlength=len(names)), FULL_WEIGHT_LINES)[gold]
    steps = np.arange(round(options.floor * 100), 100) / 100
    chosen = {}
    for index, name in enumerate(names):
        mine = predicted == index
        right = mine & (gold == index)
        chosen[name] = options.floor
        if not right.any():
            continue
        sure = np.sort(scores[right])
        most = sure[min(int(options.max_loss * len(sure)), len(sure) - 1)]
        for step in steps[steps <= max(most, options.floor)]:
            chosen[name] = float(step)
            accepted = mine & (scores >= step)
            hits = weights[accepted & right].sum()
            if hits >= options.min_precision * weights[accepted].sum():
                break
    return chosen


SHORT_LINES = 100
"""Of each class and size by which the scores of short texts are chosen."""


def shorten(lines: Lines, *, max_bytes: int, seed: int) -> Lines:
    """The beginnings of SHORT_LINES lines of each class, whole words of at most max_bytes in all."""
    shortened: dict[str, dict[str, Sequence[str]]] = {}
    for name in sorted(lines):
        pool = sorted({text for some in lines[name].values() for text in some})
        random.Random(f"{seed} {name}").shuffle(pool)
        parts = (_beginning(text, max_bytes=max_bytes) for text in pool[:SHORT_LINES])
        shortened[name] = {"": sorted({part for part in parts if part})}
    return shortened


def _beginning(text: str, *, max_bytes: int) -> str:
    content = text.encode()
    if len(content) <= max_bytes:
        return text
    return (
        content[: content.rfind(b" ", 0, max_bytes + 1)].decode() if b" " in content[: max_bytes + 1] else ""
    )


def choose_short_scores(held: HeldOut, *, options: Limits) -> tuple[float, dict[str, float]]:
    """(least score of a text of one size, that of each of the 46), with the wanted precision; 1.01 for never.

    Each true class weighs the same, though one with fewer than SHORT_LINES lines less. A class of the 46 has
    its own where SHORT_LINES of its lines are held out, and lines in languages set aside with it do not
    count; the first is for all other names.
    """
    weights = 1 / np.maximum(np.bincount(held.gold, minlength=len(held.names)), SHORT_LINES)[held.gold]
    targets = np.array([name in TARGETS for name in held.names] + [False])
    other = (held.predicted < len(held.names)) & ~targets[held.predicted]
    right = held.predicted == held.gold
    own = {}
    for index, name in enumerate(held.names):
        if targets[index] and (held.gold == index).sum() >= SHORT_LINES:
            aside = [other in options.set_aside.get(name, ()) for other in held.names]
            mine = (held.predicted == index) & ~np.array(aside)[held.gold]
            own[name] = _least_score(held.scores[mine], right[mine], weights[mine], options=options)
    return _least_score(held.scores[other], right[other], weights[other], options=options), own


def _least_score(scores: np.ndarray, right: np.ndarray, weights: np.ndarray, *, options: Limits) -> float:
    """The smallest from the floor, in steps of 0.01, from which on the precision is reached."""
    for step in np.arange(round(options.floor * 100), 101) / 100:
        accepted = scores >= step
        hits = weights[accepted & right].sum()
        if accepted.any() and hits >= options.short_precision * weights[accepted].sum():
            return float(step)
    return 1.01
