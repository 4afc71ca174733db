"""The limits of scores of a model, chosen on lines that it has not seen."""

import random
from collections.abc import Mapping, Sequence
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


SHORT_LINES = 300
"""Of each class and size by which the scores of short texts are chosen."""
OTHER = ""
"""All names that are none of the 46, which have the same least scores."""
PULL = 0.03
"""Of the 46 together on a name's own curve, where a class weighs 1: it decides for a handful of lines."""


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


def weigh_short(held: HeldOut) -> np.ndarray:
    """Weights of n texts, float64 [n]: half of all is in the 46, half in other languages or none.

    Each of the 46 weighs 1, one with fewer than SHORT_LINES lines less; the others are alike, too. Were all
    classes alike, one text in eight would be in the 46, and sources in them would lose theirs to that.
    """
    weights: np.ndarray = (
        1 / np.maximum(np.bincount(held.gold, minlength=len(held.names)), SHORT_LINES)[held.gold]
    )
    is_target = np.array([name in TARGETS for name in held.names])[held.gold]
    if is_target.any() and not is_target.all():
        weights[~is_target] *= weights[is_target].sum() / weights[~is_target].sum()
    return weights


def choose_short_scores(
    held: Mapping[int, HeldOut], *, options: Limits
) -> dict[int, tuple[float, dict[str, float]]]:
    """Texts of each size → (least score of other names, that of each of the 46); 1.01 for never.

    How likely a name is right is a curve of its score and the size, one for each name, drawn towards that of
    the 46 together: so no handful of lines decides, and longer texts need less. A text is named where its
    name is as likely right as makes short_precision of what is named as one of the 46 at that size, by
    `weigh_short`. Lines in languages set aside with a name do not count.
    """
    tables = {size: _named(part, options=options) for size, part in held.items()}
    names = sorted({name for table in tables.values() for name in table})
    samples = {
        name: [(size, table[name]) for size, table in tables.items() if name in table] for name in names
    }
    own = [part for name in names if name != OTHER for part in samples[name]]
    common = _fit(own, towards=np.zeros(3), pull=1e-5)
    curves = {name: _fit(samples[name], towards=common, pull=PULL) for name in names}
    chosen = {}
    for size, table in tables.items():
        targets = [name for name in table if name != OTHER]
        likely = np.concatenate([_likelihood(curves[name], table[name].scores, size) for name in targets])
        right, weights = (
            np.concatenate([getattr(table[name], part) for name in targets]) for part in ("right", "weights")
        )
        least = _least_likelihood(likely, right, weights, options=options)
        scores = {name: _least_score(curves[name], size, least, options=options) for name in table}
        chosen[size] = scores.pop(OTHER, NEVER), scores
    return chosen


NEVER = 1.01


@dataclass(frozen=True)
class _Named:
    """The n texts of one size that have a name."""

    scores: np.ndarray
    right: np.ndarray
    """Whether they are in that language: bool [n]."""
    weights: np.ndarray


def _named(held: HeldOut, *, options: Limits) -> dict[str, _Named]:
    """Each of the 46, or OTHER → the texts that are named so."""
    weights = weigh_short(held)
    right = held.predicted == held.gold
    found: dict[str, np.ndarray] = {}
    for index, name in enumerate(held.names):
        mine = held.predicted == index
        if name in TARGETS:
            aside = np.array([other in options.set_aside.get(name, ()) for other in held.names])
            found[name] = mine & ~aside[held.gold]
        else:
            found[OTHER] = found.get(OTHER, np.zeros(len(mine), bool)) | mine
    return {
        name: _Named(held.scores[mine], right[mine], weights[mine])
        for name, mine in found.items()
        if mine.any()
    }


def _features(scores: np.ndarray, size: int) -> np.ndarray:
    """float64 [n, 3]: 1, the log odds of the score, and the logarithm of the size, each of about 1."""
    scores = np.clip(scores, 0.01, 0.999)
    odds = np.log(scores / (1 - scores)) / 3
    return np.stack([np.ones(len(scores)), odds, np.full(len(scores), np.log2(size / 32) / 1.5)], axis=1)


def _likelihood(curve: np.ndarray, scores: np.ndarray, size: int) -> np.ndarray:
    likely: np.ndarray = 1 / (1 + np.exp(-_features(scores, size) @ curve))
    return likely


def _fit(samples: Sequence[tuple[int, _Named]], *, towards: np.ndarray, pull: float) -> np.ndarray:
    """Logistic regression of rightness by Newton's method, with a quadratic pull towards another curve."""
    features = np.concatenate([_features(part.scores, size) for size, part in samples])
    right = np.concatenate([part.right for _, part in samples]).astype(np.float64)
    weights = np.concatenate([part.weights for _, part in samples])

    def loss(curve: np.ndarray) -> float:
        odds = features @ curve
        away = ((curve - towards) ** 2).sum()
        return float((weights * (np.logaddexp(0, odds) - right * odds)).sum() + pull / 2 * away)

    curve = towards.copy()
    for _ in range(50):
        likely = 1 / (1 + np.exp(-features @ curve))
        slope = features.T @ (weights * (right - likely)) - pull * (curve - towards)
        bend = (features * (weights * likely * (1 - likely))[:, None]).T @ features
        step = np.linalg.solve(bend + pull * np.eye(3), slope)
        while loss(curve + step) > loss(curve) and np.abs(step).max() > 1e-9:
            step /= 2
        curve = curve + step
        if np.abs(step).max() < 1e-7:
            break
    return curve


def _least_likelihood(
    likely: np.ndarray, right: np.ndarray, weights: np.ndarray, *, options: Limits
) -> float:
    """The smallest with which the precision is reached; over 1 where none does."""
    order = np.argsort(-likely, kind="stable")
    precision = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    reached = np.flatnonzero(precision >= options.short_precision)
    return float(likely[order][reached[-1]]) if len(reached) else 2.0


def _least_score(curve: np.ndarray, size: int, least: float, *, options: Limits) -> float:
    """The smallest from the floor, in steps of 0.01, from which on the name is so likely right."""
    steps = np.arange(round(options.floor * 100), 101) / 100
    unlikely = np.flatnonzero(_likelihood(curve, steps, size) < least)
    if not len(unlikely):
        return float(steps[0])
    return float(steps[unlikely[-1] + 1]) if unlikely[-1] + 1 < len(steps) else NEVER
