"""The page of thresholds, written from the language files.

`python -m filters.languages.page docs/reference/thresholds.md`
"""

import sys
from collections import Counter
from pathlib import Path

from filters.languages import TAGS, Language, load
from filters.rules import ORIGINS, Rule

_ORIGINS = tuple(origin for origin in ORIGINS if origin != "config")

_COLUMNS = {
    "words": "words",
    "character_repetition_ratio": "character repetition",
    "character_repetition_ratio_head": "character repetition, repeats only",
    "word_repetition_ratio": "word repetition",
    "special_characters_ratio": "special characters",
    "stop_words_ratio": "stop words",
    "flagged_words_ratio": "flagged words",
    "mean_word_length": "mean word length",
    "duplicate_line_ratio": "duplicate lines",
    "duplicated_5_gram_characters_ratio": "duplicated 5-grams",
    "duplicated_10_gram_characters_ratio": "duplicated 10-grams",
    "alphabetic_word_ratio": "words with a letter",
    "compression_ratio": "compression",
    "code_line_ratio": "lines of code",
    "url_ratio": "URLs",
    "lorem_ipsum_lines": "lorem ipsum lines",
    "mojibake_ratio": "mojibake",
    "replacement_character_ratio": "U+FFFD",
    "control_character_ratio": "controls",
}
_REPETITION = {
    "duplicate_line_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
}

_HEAD = """# Thresholds

Written by `python -m filters.languages.page docs/reference/thresholds.md` from `filters/languages/*.yaml`;
edit those.
Limits are inclusive. A document that fails any is dropped with the reason `<signal>_below_min` or
`<signal>_above_max`; `thresholds` in the corpus file overrides any limit, and `null` removes it. A signal
that cannot be measured (null) is not judged, and such documents are counted.

## Where the numbers come from

| origin | meaning |
|---|---|
| roots | ROOTS [1], tuned by speakers on OSCAR, for 13 languages (Chinese counts twice here) |
| fineweb2 | FineWeb-2 [2]; refused where degenerate: a minimum below 2 or a maximum above 25 |
| calibrated | adapted by measurement; the note of the rule says how |
| default | conservative, the same for many languages, not derived for this one |

[1] bigscience-workshop/data-preparation at commit 9d05884, `01b_oscar_cleaning_and_filtering`.
[2] huggingface/fineweb-2 at commit d0defb2, `configs`.

A limit is *derived* unless it is a default. `has_quality_thresholds` is true where a language has at least
one derived limit, even if that is only on repetition; where it has none, its notes say so.

ROOTS' own numbers were tuned on the web. Twelve of them, in seven languages, removed more than 5 % of clean
documents (Spanish stop words 29 %, and 64 % of the chapters of a handbook). They were set anew by

<!-- not run: needs a folder of thousands of clean documents -->
```sh
python -m tools.clean_corpus DOCS --out FOLDER
rhizotron ingest FOLDER/corpus.yaml; rhizotron measure FOLDER/corpus.yaml
python -m tools.calibrate_limits FOLDER/corpus.yaml --write
```

to the strictest limit of two digits that removes at most 5 % of one half of the documents; the note of the
rule has the number before and what it removed.

## Guards

Documents are split by a hash of their text (`filters.calibration.is_held_out`): one half may set limits,
the other is held out. `tests/filters/test_language_guards.py` fails where a limit can never fire, where one
rule drops more than 11 % of the held-out documents of a language, or all rules together more than 15 %. The
sample is the demo corpus without its dirt: 10,977 documents that their sources declare to be in one of the
46 languages, of which 5,574 are held out. No language needs an excuse.

| 2026-11-26 | documents | removed | median language | worst language |
|---|---:|---:|---:|---|
| the half that sets limits | 5,403 | 3.8 % | 2.2 % | vi 15.3 % |
| held out | 5,574 | 3.7 % | 3.1 % | en 14.6 % |

[fairness_documents.md](../fairness_documents.md) has what each limit removes of 26,974 whole documents of 15
sources, [fairness.md](../fairness.md) of the demo.

The lists of stop words and where they come from: [stop_words.md](../stop_words.md).

## Rules and lists per language

"""


def render() -> str:
    """The page as Markdown."""
    languages = [load(tag) for tag in TAGS]
    tags_of: dict[str, list[str]] = {}
    for language in languages:
        tags_of.setdefault(_derived(language).strip("*"), []).append(language.tag)
    limits = [_limits(language) for language in languages]
    return "".join(
        [
            _HEAD,
            _table(
                ["tag", "language", "script", *_ORIGINS, "derived limits", "stop words", "flagged words"],
                [_summary(language) for language in languages],
            ),
            "\n",
            *(
                f"- Derived limits, {kind}: {len(tags)} ({', '.join(tags)})\n"
                for kind, tags in tags_of.items()
            ),
            "\n## Limits\n\nThe letter is the origin (r, f, c, d); – is no limit.\n\n",
            _table(["tag", *_COLUMNS.values()], limits),
            "\n## Notes\n\n",
            "".join(_notes(language) for language in languages),
        ]
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _summary(language: Language) -> list[str]:
    origins = Counter(rule.origin for rule in language.rules)
    return [
        language.tag,
        language.name,
        ", ".join(language.scripts),
        *(str(origins[origin]) for origin in _ORIGINS),
        _derived(language),
        str(len(language.stop_words)),
        str(len(language.flagged_words)),
    ]


def _derived(language: Language) -> str:
    if not language.has_quality_thresholds:
        return "**none**"
    derived = {rule.signal for rule in language.rules if rule.origin != "default"}
    if derived - _REPETITION:
        return "word length, repetition" if derived - _REPETITION == {"mean_word_length"} else "yes"
    return "repetition"


def _limits(language: Language) -> list[str]:
    rules = {rule.signal: rule for rule in language.rules}
    unknown = sorted(set(rules) - set(_COLUMNS))
    if unknown:
        raise ValueError(f"{language.tag}: no column for {', '.join(unknown)}; add it to _COLUMNS")
    return [language.tag, *(_limit(rules.get(signal)) for signal in _COLUMNS)]


def _limit(rule: Rule | None) -> str:
    if rule is None:
        return "–"
    letter = rule.origin[0]
    if rule.min is None:
        return f"≤ {rule.max:.10g} {letter}"
    if rule.max is None:
        return f"≥ {rule.min:.10g} {letter}"
    return f"{rule.min:.10g}–{rule.max:.10g} {letter}"


def _notes(language: Language) -> str:
    notes = [language.notes] if language.notes else []
    notes += [f"`{rule.signal}`: {rule.note}." for rule in language.rules if rule.note]
    return f"- **{language.tag}** {' '.join(notes)}\n" if notes else ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), "utf-8")
