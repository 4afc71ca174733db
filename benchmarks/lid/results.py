"""What is reported of each identifier: scores over all lines, and over the languages that it can name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from benchmarks.lid.labels import SCHEMES, to_classes
from filters import languages
from filters.language_id.evaluation import count_pairs, evaluate, resolve_groups, summarise

OURS = "rhizotron"
GOOD_F1 = 0.9
CONFUSIONS = 30

Pairs = Mapping[tuple[str, str], int]
"""(gold tag, answered tag) → lines."""


def summarize(truth: Sequence[str], answers: Sequence[str], *, tags: Collection[str]) -> dict[str, Any]:
    """Scores of one identifier over n lines, ready for JSON.

    truth and answers are tags of the same n lines; tags are all that the identifier can answer. A class
    that it cannot name has an F1 of 0 and is part of the mean.
    """
    pairs = _count(truth, answers)
    targets = to_classes(languages.TAGS, scheme="merged")
    return {
        "languages": len(to_classes(tags, scheme="strict")),
        "named_classes": sorted(to_classes(tags, scheme="merged") & targets),
        "unanswered_share": answers.count("und") / len(answers),
        **{scheme: _score(pairs, scheme=scheme, targets=languages.TAGS) for scheme in SCHEMES},
    }


def _count(truth: Sequence[str], answers: Sequence[str]) -> Pairs:
    return count_pairs(pa.array(truth, pa.string()), pa.array(answers, pa.string()))


def _score(pairs: Pairs, *, scheme: str, targets: Collection[str]) -> dict[str, Any]:
    found = summarise(evaluate(pairs, targets=targets, groups=SCHEMES[scheme]))
    wanted = {each["lang"]: each for each in found["languages"] if each["target"]}
    kept = ("support", "predicted", "precision", "recall", "f1")
    return {
        "mean_f1": found["macro"]["targets"]["f1"],
        "good": sum(each["f1"] >= GOOD_F1 for each in wanted.values()),
        "without_lines": found["targets_missing"],
        "false_acceptance": found["false_acceptance"],
        "classes": {lang: {name: each[name] for name in kept} for lang, each in wanted.items()},
        "confusions": _list_confusions(found["languages"], targets=wanted),
    }


def _list_confusions(
    found: Sequence[Mapping[str, Any]], *, targets: Collection[str]
) -> list[tuple[str, str, int]]:
    """The largest (true, answered, lines) of which one is a target, largest first."""
    wrong = [
        (each["lang"], other["lang"], other["texts"])
        for each in found
        for other in each["confusions"]
        if each["lang"] in targets or other["lang"] in targets
    ]
    return sorted(wrong, key=lambda each: (-each[2], each[0], each[1]))[:CONFUSIONS]


def compare_on_named(
    truth: Sequence[str], answers: Mapping[str, Sequence[str]], *, tags: Mapping[str, Collection[str]]
) -> dict[str, dict[str, Any]]:
    """Each identifier, and ours on the same lines and classes: only lines in languages that it can name.

    Mappings are by identifier; ours is among them. Classes are those of the scheme merged, since most
    identifiers say Chinese without its orthography. One that names no target language is left out.
    """
    every = {name: _count(truth, found) for name, found in answers.items()}
    groups = resolve_groups(SCHEMES["merged"])
    compared = {}
    for name, pairs in every.items():
        named = to_classes(tags[name], scheme="merged")
        classes = sorted(named & to_classes(languages.TAGS, scheme="merged"))
        theirs, ours = (
            {pair: count for pair, count in each.items() if groups.get(pair[0], pair[0]) in named}
            for each in (pairs, every[OURS])
        )
        if classes and theirs:
            compared[name] = {
                "classes": classes,
                "lines": sum(theirs.values()),
                "mean_f1": _score(theirs, scheme="merged", targets=classes)["mean_f1"],
                "our_mean_f1": _score(ours, scheme="merged", targets=classes)["mean_f1"],
            }
    return compared
