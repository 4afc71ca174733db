"""Set anew the limits on shares that remove more of one language's documents than of others' of their length.

    python -m tools.derive_limits --sentences FILE … --paragraphs FILE … --articles FILE … --stories FILE … \
        --manuals FILE … [--write]

FILE is as benchmarks.same_content reads it. A limit that removes more than MAX_LOSS of the documents of a
length becomes the strictest one of two digits that does not; languages with fewer than MIN_DOCUMENTS of a
length are not touched for it. Limits are only made laxer, but for those on repetition, which are the same in
all languages. `--write` changes filters/languages/*.yaml.
"""

import argparse
import decimal
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.same_content import MIN_DOCUMENTS, add_arguments, measure, read_lengths, read_texts
from filters import languages
from filters.calibration import values_of
from filters.languages.patch import set_rules
from filters.rules import Rule, Side, find_unevaluated, is_beyond

MAX_LOSS: Mapping[str, float] = {"sentences": 0.004, "paragraphs": 0.005, "articles": 0.005, "stories": 0.05}
"""Of the documents of a length, by one limit. Stories for children repeat, a few of them all the time."""
GENRES = ("stories", "articles", "manuals")
MAX_LOSS_TOGETHER: Mapping[str, float] = {"whitespace": 0.0005, "characters": 0.002}
"""Of a genre in all languages of a segmentation, by one limit; the manuals in Chinese are few."""
ALONE = ("duplicated_10_gram_characters_ratio",)
"""Limits that find planted junk which no other finds: the rest of REPETITION takes no document of a genre."""
MAX_EACH = 1000
"""Documents of each language and corpus that count."""
REPETITION = (
    "character_repetition_ratio",
    "character_repetition_ratio_head",
    "word_repetition_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
    "duplicate_line_ratio",
    "compression_ratio",
)
NGRAMS = (
    "word_repetition_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
)
"""Of words: where each character is one, ten of them are no such repetition as elsewhere."""
ASCII, MIN_RATE = ("url_ratio", "code_excess"), 1.5
SPECIAL, MIN_SPECIAL = "special_characters_ratio", 0.34
"""The median of the 13 limits of ROOTS: that of Catalan, 0.25, is half of that of Hindi."""
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
    signals: Mapping[tuple[str, str, str], pa.RecordBatch], *, max_loss: float
) -> dict[str, tuple[float, str]]:
    """Signal of REPETITION → the limit that holds in all languages, and its note.

    The strictest that removes at most max_loss of the documents of each genre that the rule judges, if the
    signal is of ALONE, else none. One by stories alone took manuals for junk: they give the same steps twice.
    signals: (length, name of a corpus, language) → n documents.
    """
    genres = {genre: _sample(signals, length=genre) for genre in GENRES}
    found = {}
    for signal in REPETITION:
        side: Side = "min" if signal == "compression_ratio" else "max"
        share = max_loss if signal in ALONE else 0.0
        limits = {}
        for genre, batches in genres.items():
            judged = [
                values_of(batch, signal=signal, rule=_rule_of_length(signal, tag=tag))
                for tag, batch in batches
            ]
            values = np.concatenate([np.zeros(0, np.float32), *judged])
            values = values[~np.isnan(values)]
            if len(values):
                limit = strictest(values, documents=len(values), side=side, share=share)
                most = f"at most {share:.2%}" if share else "none"
                limits[limit] = f"{most} of {len(values):,} {genre}"
        if limits:
            laxest = min(limits) if side == "min" else max(limits)
            found[signal] = (laxest, limits[laxest])
    return found


def _rule_of_length(signal: str, *, tag: str) -> Rule:
    """A rule that judges the documents that are long enough for one on this signal, in a language."""
    needed = round(languages.MIN_CONTENT[signal] * languages.load(tag).words_per_english_word)
    return Rule(signal, None, np.inf, "default", min_words=needed)


def _sample(
    signals: Mapping[tuple[str, str, str], pa.RecordBatch], *, length: str
) -> list[tuple[str, pa.RecordBatch]]:
    """Languages and evenly spaced documents of a length, at most MAX_EACH of each language and corpus."""
    sampled = []
    for (each, _, tag), batch in signals.items():
        if each == length:
            count = min(MAX_EACH, batch.num_rows)
            sampled.append((tag, batch.take(np.arange(count) * batch.num_rows // count)))
    return sampled


def limits_by_content(texts: Mapping[str, Sequence[str]]) -> dict[str, dict[str, tuple[float, str]]]:
    """Language → signal of ASCII → its limit and note, from language → n sentences parallel to English ones.

    Where a character says as much as several of English, addresses and program text are a larger share of the
    characters beside the same content. Languages with fewer than MIN_RATE are left out.
    """
    if "en" not in texts:
        return {}
    length = {tag: sum(map(len, some)) / len(some) for tag, some in texts.items() if some}
    rates = {tag: length["en"] / each for tag, each in length.items()}
    english = {rule.signal: rule.max for rule in languages.load("en").rules if rule.signal in ASCII}
    return {
        tag: {
            signal: (
                round(rate * limit / (1 + (rate - 1) * limit), 2),
                f"as much content as {limit:g} in English, at {rate:.1f} characters of English for one",
            )
            for signal, limit in english.items()
            if limit is not None
        }
        for tag, rate in rates.items()
        if rate >= MIN_RATE
    }


def set_together(rule: Rule, *, limits: Mapping[str, tuple[float, str]]) -> Rule:
    """The rule with the limit that holds in all languages; itself where it has that, or may have a laxer one.

    Limits on REPETITION are the same in all languages: what repeats does so in any of them.
    """
    if rule.signal not in limits:
        return rule
    limit, note = limits[rule.signal]
    is_laxer = (rule.max is None or rule.max >= limit) and (rule.min is None or rule.min <= limit)
    if limit in (rule.min, rule.max) or (is_laxer and rule.signal not in REPETITION):
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


def _by_segmentation() -> dict[str, set[str]]:
    """How languages cut words → those that do."""
    return {
        segmentation: {tag for tag in languages.TAGS if languages.load(tag).segmentation == segmentation}
        for segmentation in ("whitespace", "characters")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--manuals", type=Path, nargs="+", default=[])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    texts = read_lengths(arguments)
    texts |= {("manuals", path.name.split(".")[0]): read_texts(path) for path in arguments.manuals}
    signals = {
        (length, name, tag): measure(some, lang=tag)
        for (length, name), by_language in texts.items()
        for tag, some in by_language.items()
        if some
    }
    by_script = {
        segmentation: limits_together(
            {key: batch for key, batch in signals.items() if key[2] in tags},
            max_loss=MAX_LOSS_TOGETHER[segmentation],
        )
        for segmentation, tags in _by_segmentation().items()
    }
    parallel = next((some for (length, _), some in texts.items() if length == "sentences"), {})
    by_content = limits_by_content(parallel)
    print("| language | signal | before | after | note |\n|---|---|---|---|---|")
    for tag in languages.TAGS:
        own = {
            (length, name): batch
            for (length, name, each), batch in signals.items()
            if each == tag and batch.num_rows >= MIN_DOCUMENTS and length in MAX_LOSS
        }
        together = by_script["whitespace"] | {
            signal: limit
            for signal, limit in by_script[languages.load(tag).segmentation].items()
            if signal in NGRAMS
        }
        together[SPECIAL] = (MIN_SPECIAL, "no stricter than the median of ROOTS")
        together |= by_content.get(tag, {})
        changed = []
        for rule in languages.load(tag).rules:
            if rule.signal in _DAMAGE or rule.signal in _DERIVED:
                continue
            new = relax(set_together(rule, limits=together), signals=own)
            if new is not rule:
                changed.append(new)
                print(f"| {tag} | {rule.signal} | {rule.min} {rule.max} | {new.min} {new.max} | {new.note} |")
        if changed and arguments.write:
            path = Path(languages.__file__).parent / f"{tag}.yaml"
            path.write_text(set_rules(path.read_text("utf-8"), tag=tag, rules=changed), "utf-8")


if __name__ == "__main__":
    main()
