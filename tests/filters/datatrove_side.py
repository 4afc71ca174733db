"""Run by a Python that has datatrove: documents in, the numbers of its filters out, as JSON.

Words come with the documents and go to datatrove in place of its tokenizer's; nothing else of it is
changed. Numbers that datatrove has functions for are theirs; for all others its filter is asked, with
every other rule off, just below and just above the number that it must have.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import c4_filters, fineweb_quality_filter, gopher_quality_filter
from datatrove.pipeline.filters import gopher_repetition_filter as repetition
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION

WORDS: dict[str, list[str]] = {}
for module in (repetition, gopher_quality_filter, fineweb_quality_filter, c4_filters):
    module.split_into_words = lambda text, language: WORDS[text]


def reason(build: Callable[..., Any], text: str, **limits: Any) -> str | None:
    """Why a filter with these limits drops the text; None: it does not."""
    verdict = build(**limits).filter(Document(text=text, id="0"))
    return None if verdict is True else str(verdict[1])


def repetition_numbers(text: str) -> dict[str, float]:
    """As in GopherRepetitionFilter.filter, by its functions."""
    build = repetition.GopherRepetitionFilter()
    numbers = {}
    for name, items in (
        ("paragraph", build.paragraph_exp.split(text.strip())),
        ("line", build._line_splitter.split(text)),
    ):
        count, chars = repetition.find_duplicates(items)
        numbers[f"duplicate_{name}_ratio"] = count / len(items)
        numbers[f"duplicate_{name}_characters_ratio"] = chars / len(text)
    words = WORDS[text]
    for n in range(2, 11):
        grams = repetition.get_n_grams(words, n)
        if n <= 4:
            value = repetition.find_top_duplicate(grams) if grams else None
            name = f"top_{n}_gram_characters_ratio"
        else:
            value = repetition.find_all_duplicate(words, n) if grams else None
            name = f"duplicated_{n}_gram_characters_ratio"
        numbers[name] = None if value is None else value / len(text)
    return numbers


GOPHER_OFF = {
    name: None
    for name in (
        "min_doc_words",
        "max_doc_words",
        "min_avg_word_length",
        "max_avg_word_length",
        "max_symbol_word_ratio",
        "max_bullet_lines_ratio",
        "max_ellipsis_lines_ratio",
        "max_non_alpha_words_ratio",
        "min_stop_words",
    )
}
FINEWEB_OFF = {"line_punct_thr": -1, "short_line_thr": 2, "char_duplicates_ratio": 2, "new_line_ratio": 1e9}


def rule_reason(text: str, rule: str, limit: float) -> str | None:
    """Why one rule of Gopher's quality or of FineWeb drops the text, all others off."""
    if rule in GOPHER_OFF:
        return reason(gopher_quality_filter.GopherQualityFilter, text, **GOPHER_OFF | {rule: limit})
    return reason(fineweb_quality_filter.FineWebQualityFilter, text, **FINEWEB_OFF | {rule: limit})


def c4_numbers(text: str) -> dict[str, Any]:
    """What C4QualityFilter counts and says, without its citation rule and its number of sentences."""

    def run(**rules: Any) -> tuple[Any, dict[str, int]]:
        build = c4_filters.C4QualityFilter(
            **{
                "remove_citations": False,
                "min_num_sentences": -1,
                "filter_curly_bracket": False,
                "filter_lorem_ipsum": False,
            }
            | rules
        )
        verdict = build.filter(Document(text=text, id="0"))
        return verdict, {name: int(value.total) for name, value in build.stats.stats.items()}

    only_punctuation = {
        "min_words_per_line": -1,
        "max_word_length": -1,
        "filter_javascript": False,
        "filter_policy": False,
    }
    lines = only_punctuation | {"filter_no_terminal_punct": False}
    return {
        "kept": run()[1].get("line-kept", 0),
        "terminal": run(**only_punctuation)[1].get("line-kept", 0),
        "javascript": run(**lines | {"filter_javascript": True})[1].get("line-filter-javascript", 0),
        "policy": run(**lines | {"filter_policy": True})[1].get("line-filter-policy", 0),
        "lorem_ipsum": run(**lines | {"filter_lorem_ipsum": True})[0] != True,  # noqa: E712
        "curly": run(**lines | {"filter_curly_bracket": True})[0] != True,  # noqa: E712
    }


def main() -> None:
    json.dump({"symbols": sorted(PUNCTUATION_SET), "terminals": sorted(TERMINAL_PUNCTUATION)}, sys.stdout)
    sys.stdout.write("\n")
    for line in sys.stdin:
        document = json.loads(line)
        text = document["text"]
        WORDS.clear()
        WORDS[text] = document["words"]
        answers = {
            "repetition": repetition_numbers(text),
            "reasons": [rule_reason(text, rule, limit) for rule, limit in document["rules"]],
            "c4": c4_numbers(text),
        }
        sys.stdout.write(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
