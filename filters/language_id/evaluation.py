"""How well languages are named: precision, recall, F1 and confusions, from counts of (gold, predicted)."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from filters.language_id.labels import EQUIVALENT, UNDETERMINED

_Z = 1.959963984540054
"""The normal distribution's 97.5 % point, for intervals of 95 %."""


def count_pairs(gold: pa.StringArray, predicted: pa.StringArray) -> Counter[tuple[str, str]]:
    """n gold tags, n predicted tags → how many texts have each pair of them."""
    table = pa.table({"gold": gold, "predicted": predicted})
    rows = table.group_by(["gold", "predicted"]).aggregate([([], "count_all")]).to_pylist()
    return Counter({(row["gold"], row["predicted"]): row["count_all"] for row in rows})


def resolve_groups(groups: Mapping[str, str]) -> dict[str, str]:
    """Tag → tag that it is counted as, followed to the end. Raises ValueError naming a circle."""
    resolved = {}
    for tag, end in groups.items():
        way = [tag]
        while end in groups and end not in way:
            way.append(end)
            end = groups[end]
        if end in way:
            raise ValueError(f"tags cannot be counted as each other: {' → '.join([*way, end])}")
        resolved[tag] = end
    return resolved


def wilson_interval(successes: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of 95 % for n shares: counts int64 [n] each → float64 [n], float64 [n]; 0 and 1 of no trial.

    Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.
    """
    n = np.maximum(trials, 1)
    share = successes / n
    middle = share + _Z**2 / (2 * n)
    reach = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    low, high = ((middle + side * reach) / (1 + _Z**2 / n) for side in (-1, 1))
    # The bounds are exact where nothing or everything succeeded; rounding would miss them by 1e-17.
    low = np.where(successes == 0, 0.0, low)
    high = np.where(successes == trials, 1.0, high)
    return low, high


@dataclass(frozen=True)
class Evaluation:
    """Counts of t tags, gold or predicted, und among them, and what follows from them per tag."""

    tags: tuple[str, ...]
    """Sorted."""
    counts: np.ndarray
    """int64 [t, t]: texts by gold (rows) and predicted tag (columns)."""
    targets: frozenset[str]
    """Those of the target languages that have texts."""
    missing: frozenset[str]
    """Those that have none."""
    groups: Mapping[str, tuple[str, ...]]
    """Tag → the tags of these texts, gold or predicted, that were counted as it, if there are any others."""
    balanced: bool
    """Whether each gold language weighs the same in precision and F1, or each text does."""
    support: np.ndarray
    """int64 [t]: texts in the language."""
    predicted: np.ndarray
    """int64 [t]: texts that were named so."""
    precision: np.ndarray
    """float64 [t], nan where no text was named so; this one depends on which languages are there."""
    recall: np.ndarray
    """float64 [t], nan without texts."""
    f1: np.ndarray
    """float64 [t], nan without texts."""

    @property
    def languages(self) -> np.ndarray:
        """Indices of the languages that have texts; und is none."""
        undetermined = np.array([tag == UNDETERMINED for tag in self.tags])
        return np.flatnonzero((self.support > 0) & ~undetermined)

    @property
    def accepted(self) -> np.ndarray:
        """Texts of each tag that were named as one of the target languages: int64 [t]."""
        named = np.array([tag in self.targets | self.missing for tag in self.tags])
        accepted: np.ndarray = self.counts[:, named].sum(axis=1)
        return accepted


def evaluate(
    pairs: Mapping[tuple[str, str], int],
    *,
    targets: Collection[str],
    groups: Mapping[str, str] = EQUIVALENT,
    balanced: bool = False,
) -> Evaluation:
    """Counts of (gold, predicted) → measures per tag.

    Tags that groups maps are counted as what it maps them to, gold, predicted and targets alike. Raises
    ValueError if there is no text, or if groups run in a circle.
    """
    counted_as = resolve_groups(groups)
    merged = Counter[tuple[str, str]]()
    members: dict[str, set[str]] = {}
    for (gold, predicted), texts in pairs.items():
        for tag in (gold, predicted):
            members.setdefault(counted_as.get(tag, tag), set()).add(tag)
        merged[counted_as.get(gold, gold), counted_as.get(predicted, predicted)] += texts
    if merged.total() == 0:
        raise ValueError("there are no texts to evaluate")
    tags = tuple(sorted({tag for pair in merged for tag in pair} | {UNDETERMINED}))
    places = {tag: place for place, tag in enumerate(tags)}
    counts = np.zeros((len(tags), len(tags)), np.int64)
    for (gold, predicted), texts in merged.items():
        counts[places[gold], places[predicted]] = texts
    support, named, correct = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan: not measured
        recall = correct / support
        if balanced:
            share = counts / np.maximum(support, 1)[:, None]
            precision = np.diag(share) / share.sum(axis=0)
            f1 = 2 * np.diag(share) / ((support > 0) + share.sum(axis=0))
        else:
            precision = correct / named
            f1 = 2 * correct / (support + named)
    wanted = {counted_as.get(tag, tag) for tag in targets}
    present = frozenset(tag for tag in wanted if tag in places and support[places[tag]])
    return Evaluation(
        tags=tags,
        counts=counts,
        targets=present,
        missing=frozenset(wanted) - present,
        groups={tag: tuple(sorted(each)) for tag, each in sorted(members.items()) if each != {tag}},
        balanced=balanced,
        support=support,
        predicted=named,
        precision=precision,
        recall=recall,
        f1=np.where(support > 0, f1, np.nan),
    )


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """The report as JSON, shares rounded to 1e-4; docs/how-to/language_models.md describes every field."""
    rows = evaluation.languages
    outside = np.array([row for row in rows if evaluation.tags[row] not in evaluation.targets], np.int64)
    inside = np.setdiff1d(rows, outside)
    accepted, support = evaluation.accepted, evaluation.support
    total = int(support.sum())
    return {
        "texts": total,
        "accuracy": _rounded(np.trace(evaluation.counts) / total),
        "balanced": evaluation.balanced,
        "counted_as_one": {tag: list(members) for tag, members in evaluation.groups.items()},
        "targets_missing": sorted(evaluation.missing),
        "macro": {"targets": _means(evaluation, inside), "all": _means(evaluation, rows)},
        "false_acceptance": {
            "languages": len(outside),
            "texts": int(support[outside].sum()),
            "accepted": int(accepted[outside].sum()),
            "share": _share(accepted[outside].sum(), support[outside].sum()),
            "mean_share": _rounded((accepted[outside] / support[outside]).mean()) if len(outside) else None,
        },
        "languages": [_describe(evaluation, int(row)) for row in np.flatnonzero(support)],
    }


def _describe(evaluation: Evaluation, row: int) -> dict[str, Any]:
    tag, support, counts = evaluation.tags[row], evaluation.support, evaluation.counts[row]
    low, high = wilson_interval(counts[[row]], support[[row]])
    confused = sorted((-int(counts[other]), evaluation.tags[other]) for other in np.flatnonzero(counts))
    target = tag in evaluation.targets
    return {
        "lang": tag,
        "target": target,
        "support": int(support[row]),
        "predicted": int(evaluation.predicted[row]),
        "correct": int(counts[row]),
        "precision": _rounded(evaluation.precision[row]),
        "recall": _rounded(evaluation.recall[row]),
        "recall_interval": [_rounded(low[0]), _rounded(high[0])],
        "f1": _rounded(evaluation.f1[row]),
        "und_share": _share(counts[evaluation.tags.index(UNDETERMINED)], support[row]),
        "accepted_share": None if target else _share(evaluation.accepted[row], support[row]),
        "confusions": [
            {"lang": other, "texts": -texts, "share": _share(-texts, support[row])}
            for texts, other in confused
            if other != tag
        ],
    }


def _means(evaluation: Evaluation, rows: np.ndarray) -> dict[str, Any]:
    """Means over languages; the precision of a language that no text was given counts as 0."""
    means: dict[str, Any] = {"languages": len(rows)}
    for name in ("precision", "recall", "f1"):
        values = np.nan_to_num(getattr(evaluation, name)[rows])
        means[name] = _rounded(values.mean()) if len(rows) else None
    return means


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)
