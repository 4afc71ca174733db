"""Set anew the limits on shares that remove more of one language's documents than of others' of their length.

    python -m tools.derive_limits --sentences FILE … --paragraphs FILE … --stories FILE … [--write]

FILE is as benchmarks.same_content reads it. A limit that removes more than MAX_LOSS of the documents of a
length becomes the strictest one of two digits that does not; languages with fewer than MIN_DOCUMENTS of a
length are not touched for it. Limits are only ever made laxer. `--write` changes filters/languages/*.yaml.
"""

import argparse
import decimal
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.same_content import MIN_DOCUMENTS, add_arguments, measure, read_lengths
from filters import languages
from filters.calibration import values_of
from filters.languages.patch import set_rules
from filters.rules import Rule, Side, find_unevaluated, is_beyond

MAX_LOSS: Mapping[str, float] = {"sentences": 0.004, "paragraphs": 0.005, "articles": 0.005, "stories": 0.05}
"""Of the documents of a length, by one limit. Stories for children repeat, a few of them all the time."""
MAX_LOSS_TOGETHER, MAX_STORIES = 0.003, 100
"""Of the stories of all languages, by one limit; at most so many of each language and corpus."""
REPETITION = (
    "character_repetition_ratio",
    "character_repetition_ratio_head",
    "word_repetition_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
    "compression_ratio",
)
NGRAMS = ("duplicated_5_gram_characters_ratio", "duplicated_10_gram_characters_ratio")
"""Of words: where each character is one, ten of them are no such repetition as elsewhere."""
_LINES = "duplicate_line_ratio"
_DAMAGE = ("mojibake_ratio", "replacement_character_ratio", "control_character_ratio", "lorem_ipsum_lines")
"""Signals of which no share is natural: their limits stay."""
_DERIVED = ("words", "known_trigram_ratio")
"""Signals whose limits other tools derive."""


def strictest(values: np.ndarray, *, documents: int, side: Side, share: float) -> float:
    """The strictest limit of two digits that removes at most a share of the documents with these values."""
    ordered = np.sort(values)
    beyond = int(documents * share)
    edge = float(str(ordered[beyond if side == "min" else len(ordered) - 1 - beyond]))
    rounding = decimal.ROUND_FLOOR if side == "min" else decimal.ROUND_CEILING
    return float(decimal.Context(prec=2, rounding=rounding).create_decimal(repr(edge)))


def relax(rule: Rule, *, signals: Mapping[tuple[str, str], pa.RecordBatch]) -> Rule:
    """The rule with limits that lose at most MAX_LOSS of each corpus; itself where it does already."""
    bounds: dict[str, float | None] = {"min": rule.min, "max": rule.max}
    reasons = []
    for (length, _), batch in signals.items():
        values = values_of(batch, signal=rule.signal)[~find_unevaluated(batch, rules=[rule])[rule.signal]]
        for cut in rule.cuts:
            bound = bounds[cut.side]
            lost = int(is_beyond(values, side=cut.side, limit=bound or 0.0).sum())
            if lost > batch.num_rows * MAX_LOSS[length]:
                bounds[cut.side] = strictest(
                    values, documents=batch.num_rows, side=cut.side, share=MAX_LOSS[length]
                )
                reasons.append(f"{MAX_LOSS[length]:.1%} of {batch.num_rows} {length}")
    if not reasons:
        return rule
    before = ", ".join(f"{cut.limit:g} ({rule.origin})" for cut in rule.cuts)
    note = f"at most {' and '.join(dict.fromkeys(reasons))}; before: {before}"
    earlier = re.search(r"before: (.*)|([\d.]+ \(\w+\)) removes", rule.note)
    if rule.origin == "calibrated" and earlier is not None:
        note = f"at most {' and '.join(dict.fromkeys(reasons))}; before: {earlier[1] or earlier[2]}"
    return Rule(rule.signal, bounds["min"], bounds["max"], "calibrated", note)


def limits_together(
    signals: Mapping[tuple[str, str, str], pa.RecordBatch],
) -> dict[str, tuple[float, str]]:
    """Signal of REPETITION → the limit that holds in all languages, and its note.

    signals: (length, name of a corpus, language) → n documents.
    """
    stories = [
        batch.take(np.arange(MAX_STORIES) * batch.num_rows // MAX_STORIES)
        if batch.num_rows > MAX_STORIES
        else batch
        for (length, _, _), batch in signals.items()
        if length == "stories"
    ]
    count = sum(batch.num_rows for batch in stories)
    found = {}
    for signal in REPETITION:
        side: Side = "min" if signal == "compression_ratio" else "max"
        values = np.concatenate([values_of(batch, signal=signal) for batch in stories])
        values = values[~np.isnan(values)]
        limit = strictest(values, documents=len(values), side=side, share=MAX_LOSS_TOGETHER)
        found[signal] = (limit, f"at most {MAX_LOSS_TOGETHER:.1%} of {count:,} stories in all languages")
    english = next(rule for rule in languages.load("en").rules if rule.signal == _LINES)
    assert english.max is not None
    found[_LINES] = (english.max, "no stricter than in English")
    return found


def relax_together(rule: Rule, *, limits: Mapping[str, tuple[float, str]]) -> Rule:
    """The rule, no stricter than the limit that holds in all languages; itself where it is not."""
    if rule.signal not in limits:
        return rule
    limit, note = limits[rule.signal]
    if (rule.max is None or rule.max >= limit) and (rule.min is None or rule.min <= limit):
        return rule
    before = re.search(r"before: (.*)", rule.note)
    was = before[1] if before else f"{rule.cuts[0].limit:g} ({rule.origin})"
    is_least = rule.min is not None
    return Rule(
        rule.signal,
        limit if is_least else None,
        None if is_least else limit,
        "default",  # the same for all
        f"{note}; before: {was}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    texts = read_lengths(arguments)
    signals = {
        (length, name, tag): measure(some, lang=tag)
        for (length, name), by_language in texts.items()
        for tag, some in by_language.items()
        if some
    }
    together = limits_together(signals)
    print("| language | signal | before | after | note |\n|---|---|---|---|---|")
    for tag in languages.TAGS:
        own = {
            (length, name): batch
            for (length, name, each), batch in signals.items()
            if each == tag and batch.num_rows >= MIN_DOCUMENTS
        }
        changed = []
        for rule in languages.load(tag).rules:
            if rule.signal in _DAMAGE or rule.signal in _DERIVED:
                continue
            new = relax(rule, signals=own)
            if rule.signal not in NGRAMS or languages.load(tag).segmentation != "characters":
                new = relax_together(new, limits=together)
            if new is not rule:
                changed.append(new)
                print(f"| {tag} | {rule.signal} | {rule.min} {rule.max} | {new.min} {new.max} | {new.note} |")
        if changed and arguments.write:
            path = Path(languages.__file__).parent / f"{tag}.yaml"
            path.write_text(set_rules(path.read_text("utf-8"), tag=tag, rules=changed), "utf-8")


if __name__ == "__main__":
    main()
