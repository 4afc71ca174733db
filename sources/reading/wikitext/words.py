"""What a wiki calls its namespaces, disambiguation pages and text templates, by its dump and by tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from layers import strict_yaml

FILE, MEDIA, TEMPLATE, CATEGORY = 6, -2, 10, 14
_FIELD = re.compile(r"\{([^{}]+)\}")
_OPERATORS = frozenset(("to", "-", "–", "and", "or", "by", "x", "×", "to(-)"))


@dataclass(frozen=True)
class Words:
    """Names in lower case with spaces for underscores."""

    file: frozenset[str]
    category: frozenset[str]
    template: frozenset[str]
    disambiguation: frozenset[str]
    disambiguation_titles: tuple[str, ...]
    templates: Mapping[str, str] = field(default_factory=dict)
    """Name → what it becomes, as templates.yaml says it."""
    prefixes: Sequence[tuple[str, str, str]] = ()
    """(start of a name, its end, what it becomes)."""
    variants: tuple[str, ...] = ()
    """Variants of a language that has `-{…}-`, best first; none: the signs are text."""

    def render(self, name: str, params: Mapping[str, str]) -> str | None:
        """What a template becomes; None: it carries no text."""
        rule = self.templates.get(name)
        if rule is None:
            rule = next(
                (
                    rule
                    for start, end, rule in self.prefixes
                    if name.startswith(start) and name.endswith(end) and len(name) > len(start + end)
                ),
                None,
            )
        return None if rule is None else _fill(rule, name, params)


def _fill(rule: str, name: str, params: Mapping[str, str]) -> str:
    if rule == "convert":
        return _convert(params)
    values = []

    def choose(match: re.Match[str]) -> str:
        value = next((params[key] for key in match[1].split("|") if params.get(key)), "")
        values.append(value)
        return value

    if "{name}" in rule:
        return rule.replace("{name}", params.get("", name))
    text = _FIELD.sub(choose, rule)
    return "" if values and not any(values) else re.sub(r"(?<=\S)(?: de)* +$", "", text)


def _convert(params: Mapping[str, str]) -> str:
    """{{convert|5|to|10|km|mi}} → 5 to 10 km: the number and unit that the author wrote."""
    words = []
    for place in range(1, 8):
        word = params.get(str(place), "")
        if not word:
            break
        words.append(word)
        is_unit = not word.replace(",", "").replace(".", "").replace("+", "").lstrip("-−").isdigit()
        if is_unit and word.lower() not in _OPERATORS and place > 1:
            break
    return " ".join(words)


def normalize_name(name: str) -> str:
    """A title or prefix as the tables have it."""
    return " ".join(name.replace("_", " ").split()).lower()


@cache
def _table(name: str) -> Mapping[str, Any]:
    path = Path(__file__).with_name(name)
    return dict(strict_yaml.load(path.read_text("utf-8")))


_ZH_HANS = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh")
_ZH_HANT = ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "zh")
_VARIANTS = {
    "zh": _ZH_HANS + _ZH_HANT,
    "gan": ("gan-hans", "gan-hant", "gan"),
    "wuu": ("wuu-hans", "wuu-hant", "wuu"),
    "sr": ("sr-ec", "sr-cyrl", "sr-el", "sr-latn", "sr"),
    "sh": ("sh-latn", "sh-cyrl", "sh"),
    "kk": ("kk-cyrl", "kk-latn", "kk-arab", "kk"),
    "ku": ("ku-latn", "ku-arab", "ku"),
    "uz": ("uz-latn", "uz-cyrl", "uz"),
    "tg": ("tg-cyrl", "tg-latn", "tg"),
    "crh": ("crh-latn", "crh-cyrl", "crh"),
    "iu": ("ike-cans", "ike-latn", "iu"),
    "shi": ("shi-tfng", "shi-latn", "shi"),
}
"""Languages that MediaWiki converts between variants."""


def choose_variants(lang: str) -> tuple[str, ...]:
    """Variants that a text declared to be in a language takes from `-{…}-`, best first."""
    tag = lang.lower()
    if tag.startswith("zh-"):
        traditional = tag in ("zh-hant", "zh-tw", "zh-hk", "zh-mo") or tag.startswith("zh-hant-")
        return (tag, *_ZH_HANT, *_ZH_HANS) if traditional else (tag, *_ZH_HANS, *_ZH_HANT)
    return _VARIANTS.get(tag.split("-")[0], ())


def collect_words(namespaces: Mapping[int, str], *, langs: Sequence[str]) -> Words:
    """The words of a wiki: those of its siteinfo, and the tables' of its languages (BCP-47 tags)."""
    codes = ["*", *dict.fromkeys(lang.split("-")[0].lower() for lang in langs)]
    named = [_table("words.yaml").get(code, {}) for code in codes]
    rules: dict[str, str] = {}
    for code in codes:
        rules |= _table("templates.yaml").get(code, {})

    def gather(kind: str, *numbers: int) -> frozenset[str]:
        own = [namespaces[number] for number in numbers if namespaces.get(number)]
        return frozenset(
            map(normalize_name, [*own, *(word for table in named for word in table.get(kind, ()))])
        )

    return Words(
        file=gather("file", FILE, MEDIA),
        category=gather("category", CATEGORY),
        template=gather("template", TEMPLATE) | {"template"},
        disambiguation=gather("disambiguation"),
        disambiguation_titles=tuple(sorted(gather("titles"))),
        templates={name: rule for name, rule in rules.items() if "*" not in name},
        prefixes=[(*name.split("*", 1), rule) for name, rule in rules.items() if "*" in name],  # type: ignore[misc]
        variants=next((found for lang in langs if (found := choose_variants(lang))), ()),
    )
