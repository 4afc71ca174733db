"""Rules of keys and tokens, of secrets.yaml and secrets_labelled.yaml, behind one automaton of keywords."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from filters.personal_data.tables import make_set, read_data

_LABELLED = (
    r"""(?i)(?:{labels})[\w \t.-]{{0,30}}[\s"'`\])}}]{{0,4}}(?:=>|:{{1,3}}=|\|\||\?=|[=:,>])[\s"'`=]{{0,5}}"""
    r"({value})(?:$|[^\w/+=-])"
)
"""A name, what stands between it and its value in programs and files of settings, and the value."""
_NOTHING = r"[^\x00-\x{10FFFF}]"
_NO_DIGIT = r"^\D+\Z"
"""A word behind the name of a service is a word."""


@dataclass(frozen=True)
class SecretRule:
    """A pattern of a secret, with what has to stand near it."""

    name: str
    keywords: tuple[str, ...]
    """In lower case; one of them is in the word or near it, or the pattern is not tried."""
    is_near: bool
    """Whether it may be beside the word, too."""
    pattern: Any
    group: int
    min_entropy: float
    """Bits a character of the secret."""
    allowlist: tuple[re.Pattern[str], ...]
    """What is in no secret of this rule."""
    names: tuple[re.Pattern[str], ...] = ()
    """What stands before no secret of this rule."""

    def accepts(self, secret: str, *, before: str = "") -> bool:
        """Whether a text that the pattern matches is a secret: enough entropy, nothing of an allowlist."""
        if not secret or entropy(secret) < self.min_entropy:
            return False
        if any(pattern.search(secret) for pattern in self.allowlist):
            return False
        return not any(pattern.search(before) for pattern in self.names)


@cache
def secret_rules() -> tuple[SecretRule, ...]:
    """All rules in the order in which they are tried: the first that fits names the secret."""
    tables = read_data("secrets")
    common = tuple(re.compile(regex) for regex in tables["allowlist"]["regexes"])
    labelled = (_spell_out(row) for row in read_data("secrets_labelled")["rules"])
    rows = [*tables["rules"], *labelled, *({**row, "near": True} for row in tables["generic"])]
    return tuple(_make_rule(row, common=common) for row in rows)


def find_rules(text: str, *, word: str) -> Iterator[SecretRule]:
    """Rules of which a keyword is in a word, or in the text around it, in their order."""
    rules = secret_rules()
    in_word, nearby = _keywords(False).Match(word.lower()) or (), _keywords(True).Match(text.lower()) or ()
    for index in sorted({*in_word, *nearby}):
        yield rules[index]


def entropy(text: str) -> float:
    """Shannon's, of the characters of a text: bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def _spell_out(row: dict[str, Any]) -> dict[str, Any]:
    """A rule of labels and a value as one of a pattern."""
    return {
        "id": row["id"],
        "keywords": row.get("keywords") or row["labels"].split("|"),
        "regex": _LABELLED.format(labels=row["labels"], value=row["value"]),
        "entropy": row.get("entropy", 0.0),
        "allowlist": {"regexes": [_NO_DIGIT]},
        "near": True,
    }


def _make_rule(row: dict[str, Any], *, common: tuple[re.Pattern[str], ...]) -> SecretRule:
    import re2

    pattern = re2.compile(row["regex"])
    own, names = (row.get("allowlist", {}).get(key, []) for key in ("regexes", "names"))
    return SecretRule(
        name=row["id"],
        keywords=tuple(row["keywords"]),
        is_near=row.get("near", False),
        pattern=pattern,
        group=row.get("secretGroup", min(1, pattern.groups)),
        min_entropy=row.get("entropy", 0.0),
        allowlist=(*common, *(re.compile(regex) for regex in own)),
        names=tuple(re.compile(regex) for regex in names),
    )


@cache
def _keywords(is_near: bool) -> Any:
    """The set of each rule's keywords, in the order of the rules; nothing for rules of the other sort."""
    words = ("|".join(map(re.escape, rule.keywords)) for rule in secret_rules())
    pairs = zip(secret_rules(), words, strict=True)
    return make_set(pattern if rule.is_near == is_near else _NOTHING for rule, pattern in pairs)
