"""A language as the text of its file."""

import json
import textwrap
import unicodedata
from collections.abc import Sequence

from filters.languages import Language, parse
from filters.languages.patch import render_rule

_LINE = 110
_NOT_PLAIN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that YAML takes for something else."""


def render(language: Language) -> str:
    """The text of a language's file; raises ValueError where words or rules would not be read as they are.

    Numbers that a file may leave out are left out.
    """
    lines = [
        f"tag: {language.tag}",
        f"name: {json.dumps(language.name, ensure_ascii=False)}",
        f"iso639_3: {_word(language.iso639_3)}",
        f"scripts: [{', '.join(language.scripts)}]",
        f"segmentation: {language.segmentation}",
        f"has_quality_thresholds: {str(language.has_quality_thresholds).lower()}",
        f"notes: >-\n{_wrap(language.notes)}",
        "rules:" if language.rules else "rules: []",
        *(render_rule(rule).rstrip("\n") for rule in language.rules),
        *_list("stop_words", language.stop_words, origin=language.stop_words_origin),
        *_list("flagged_words", language.flagged_words, origin=language.flagged_words_origin),
    ]
    text = "\n".join(lines) + "\n"
    if _content(parse(text, tag=language.tag)) != _content(language):
        raise ValueError(f"{language.tag}.yaml would not be read as it was written")
    return text


def _content(language: Language) -> tuple[object, ...]:
    rules = [(rule.signal, rule.min, rule.max, rule.origin, rule.note) for rule in language.rules]
    return language.stop_words, language.flagged_words, language.scripts, rules


def _list(name: str, words: Sequence[str], *, origin: str) -> list[str]:
    listed = _wrap("".join(f"{_word(word)}, " for word in words)) if words else ""
    block = f"  words: [\n{listed}\n  ]" if words else "  words: []"
    return [f"{name}:", f"  origin: >-\n{_wrap(origin)}", block]


def _wrap(text: str) -> str:
    indent = "    "
    return textwrap.fill(
        text,
        _LINE,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _word(word: str) -> str:
    plain = all(unicodedata.category(character)[0] in "LM" for character in word)
    return word if plain and word.lower() not in _NOT_PLAIN else json.dumps(word, ensure_ascii=False)
