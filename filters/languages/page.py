"""The page of thresholds, written from the language files.

`python -m filters.languages.page docs/reference/thresholds.md`
"""

import sys
from collections import Counter
from pathlib import Path

from filters.languages import MIN_CONTENT, TAGS, Language, load
from filters.profiles import GENRES, describe, relaxations
from filters.rules import CHANGED, ORIGINS, Rule

_ORIGINS = tuple(origin for origin in ORIGINS if origin not in CHANGED)

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
    "code_excess": "code",
    "url_ratio": "URLs",
    "lorem_ipsum_lines": "lorem ipsum lines",
    "mojibake_ratio": "mojibake",
    "replacement_character_ratio": "U+FFFD",
    "control_character_ratio": "controls",
    "known_trigram_ratio": "known trigrams",
    "mixed_word_ratio": "mixed words",
    "list_characters_ratio": "lists",
    "distinct_word_ratio": "different words",
    "short_text_duplicate_line_ratio": "duplicate lines, short",
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
| parallel | one amount of content, measured on parallel text |
| default | conservative, the same for many languages, not derived for this one |

[1] bigscience-workshop/data-preparation at commit 9d05884, `01b_oscar_cleaning_and_filtering`.
[2] huggingface/fineweb-2 at commit d0defb2, `configs`.

`has_quality_thresholds` is true where people who read what they remove set at least one limit: speakers,
for ROOTS.

## Length

The same content is longer in one language than in another. `words_per_english_word` of a language file is
the mean number of words of 510 sentences (development split of FLORES) by that of the same in English. A
text needs the content of four words of English, in every language; with that, no article of the UDHR is
too short in any. No text is too long.

A share of few words is chance. A rule is evaluated from so many words of English on, which are as many in
each language as `words_per_english_word` says; shorter documents are counted as not evaluated, as those
are whose signal is null:

<CONTENT>
The least share of stop words is one of the part of a document that is in the language (`lang_share`):
commands and paragraphs in another language have none of its stop words, and are judged by language
identification. Half a page of options and half of French with 0.4 has 0.2, and is judged as 0.4.

Addresses and program text have as many characters in every language, and the same content fewer in Chinese:
there the limits on `url_ratio` and `code_excess` leave as much content as in English.
<!-- not run: needs parallel text -->
```sh
python -m tools.derive_lengths LINES.parquet --source NAME --write
python -m tools.derive_limits --sentences FILE --paragraphs FILE --articles FILE --stories FILE \\
    --manuals FILE --write
python -m tools.derive_trigrams LINES.parquet --words DICTIONARY
python -m tools.derive_spelling DOCUMENTS LINES.parquet --words DICTIONARY --write
python -m benchmarks.same_content --sentences FILE --paragraphs FILE --articles FILE --stories FILE
```

The first program derives lengths. The second makes limits laxer that remove more than 0.4 % of sentences,
0.5 % of paragraphs or articles, or 5 % of stories of a language. Those on repetition are the same in all
languages: the strictest that remove at most 0.05 % of stories, of articles and of manuals each (of Chinese
0.2 % of its manuals, where each character is a word) by repeated lines and by runs of ten words, which find
junk that no other limit finds, and none by the others. The limit on special characters is nowhere below 0.34,
the median of ROOTS. The third makes the tables of known trigrams, the fourth sets their least share,
the last one says what each language loses ([fairness.md](../fairness.md)).

## Profiles

A source of the corpus file may have a `profile`, a genre with laxer rules; `decide.profile: roots-as-run`
replaces all rules by the numbers that filtered OSCAR for ROOTS, for the 13 languages that it tuned,
whatever the length of a text. It counts as ROOTS did: each space of a run, flagged words from the first
on.

<GENRES>
## Flagged words

A text loses by them only with three hits or more of two entries or more. Entries that are words of
medicine, law, kinship, animals or everyday life too, and Roman numerals, are listed as `only_in_roots`
and count for `roots-as-run` alone. The list of Basque is English. The ten Indic languages that ROOTS did
not tune (as, gu, kn, ml, mr, ne, or, pa, ta, te) have none: lists with a free licence have words for dog,
milk and thief among their entries, and nobody says that speakers chose them to remove documents.

## Guards

Documents are split by a hash of their text (`filters.calibration.is_held_out`): one half may set limits,
the other is held out. `tests/filters/language_id/test_language_guards.py` fails where a limit can never
fire, where one rule drops more than 11 % of the held-out documents of a language, or all rules together
more than 15 %; `tests/laws/test_same_content.py` where a language loses more than others do of the same
content.

The lists of stop words and where they come from: [stop_words.md](../stop_words.md).

## Rules and lists per language

"""


def render() -> str:
    """The page as Markdown."""
    languages = [load(tag) for tag in TAGS]
    tags_of: dict[str, list[str]] = {}
    for language in languages:
        tags_of.setdefault(_derived(language), []).append(language.tag)
    limits = [_limits(language) for language in languages]
    return "".join(
        [
            _HEAD.replace("<CONTENT>", _content()).replace("<GENRES>", _genres()),
            _table(
                ["tag", "language", "script", *_ORIGINS, "set by people", "stop words", "flagged words"],
                [_summary(language) for language in languages],
            ),
            "\n",
            *(
                f"- Limits that people set, {kind}: {len(tags)} ({', '.join(tags)})\n"
                for kind, tags in tags_of.items()
            ),
            "\n## Limits\n\nThe letter is the origin (r, f, c, d); – is no limit.\n\n",
            _table(["tag", *_COLUMNS.values()], limits),
            "\n## Notes\n\n",
            "".join(_notes(language) for language in languages),
        ]
    )


def _content() -> str:
    by_words: dict[int, list[str]] = {}
    for signal, words in MIN_CONTENT.items():
        by_words.setdefault(words, []).append(f"`{signal}`")
    rows = [[str(words), ", ".join(by_words[words])] for words in sorted(by_words)]
    return _table(["words of English", "rules"], rows)


def _genres() -> str:
    rows = []
    for genre in GENRES:
        bounds = [
            f"`{signal}` {side} {'none' if bound is None else f'{bound:g}'}"
            for signal, sides in relaxations(genre).items()
            for side, bound in sides.items()
        ]
        rows.append([f"`{genre}`", describe(genre), "; ".join(bounds)])
    return _table(["profile", "of", "limits, where the language's are stricter"], rows)


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
    return "yes" if language.has_quality_thresholds else "no"


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
