"""Keys, tokens and passwords: rules of secrets.yaml near long words, and blocks of private keys."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import read_data

_BEFORE_CHARS = 72
_MAX_TOKEN_BYTES = 8192
_MAX_BLOCK_BYTES = 1 << 15
"""A private key of 16,384 bits has 13,000."""
_BLOCK_HEAD = re.compile(rb"-----BEGIN ([A-Z0-9 ]{0,40}?)PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(rb"(?:[A-Za-z0-9+/=\s\\:,.\"'-]|\\[nr])*")
_PLACEHOLDER = re.compile(
    r"(?i)example|x{4,}|\*{3,}|\.{3,}|your[_-]?|placeholder|changeme|dummy|sample|redacted|insert|1234567890|abcdefgh|"
    r"0123456789|<[^>]*>|\$\{?[a-z_]|%[({]|test[_-]?(key|token|secret)$|^(.)\1+\Z"
)

_ASSIGNED = "assigned-secret"
_NO_SECRET = re.compile(r"^[/~.]|://|@\w|\.(key|pem|crt|txt|conf|json|ya?ml|py|js|html?|php)\b|\(")
"""Paths, addresses and calls: what is assigned to a name of a secret and is none."""


@dataclass(frozen=True)
class SecretRule:
    """A pattern of a secret, with what has to stand near it."""

    name: str
    keywords: tuple[str, ...]
    pattern: Any
    group: int
    min_entropy: float
    """Bits a character of the secret."""


@cache
def secret_rules() -> tuple[SecretRule, ...]:
    """All rules of secrets.yaml, in their order: the first that fits names the secret."""
    import re2

    return tuple(
        SecretRule(
            name=row["id"],
            keywords=tuple(row["keywords"]),
            pattern=re2.compile(row["regex"]),
            group=row.get("secretGroup", 0),
            min_entropy=row.get("entropy", 0.0),
        )
        for row in read_data("secrets")["rules"]
    )


@cache
def _keywords() -> Any:
    """The set of each rule's keywords, in the order of the rules."""
    import re2

    options = re2.Options()
    options.max_mem = 1 << 26
    keywords = re2.Set.SearchSet(options)
    for rule in secret_rules():
        keywords.Add("|".join(re.escape(word) for word in rule.keywords))
    keywords.Compile()
    return keywords


def entropy(text: str) -> float:
    """Shannon's, of the characters of a text: bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def find_secrets(spot: Spot) -> Iterator[Span]:
    """Secrets in a long word, by its form or by what stands before it."""
    lead = spot.before[-_BEFORE_CHARS:]
    text = lead + spot.read(spot.start, min(spot.end, spot.start + _MAX_TOKEN_BYTES)) + spot.after
    for index in sorted(_keywords().Match(text.lower()) or ()):
        rule = secret_rules()[index]
        for match in rule.pattern.finditer(text):
            start, end = match.span(rule.group)
            if end <= len(lead) or not _is_secret(text[start:end], rule=rule):
                continue
            if end == len(text) - len(spot.after) and spot.end - spot.start > _MAX_TOKEN_BYTES:
                end = len(lead) + spot.end - spot.start  # the whole word: no half of a secret stays
            detector = f"api_key.{rule.name}"
            yield spot.span(start - len(lead), end - len(lead), kind="api_key", detector=detector)
            return


def _is_secret(text: str, *, rule: SecretRule) -> bool:
    if rule.name == _ASSIGNED and (_NO_SECRET.search(text) or not any(map(str.isdigit, text))):
        return False
    return bool(text) and entropy(text) >= rule.min_entropy and not _PLACEHOLDER.search(text)


def find_key_block(spot: Spot) -> Iterator[Span]:
    """A block of a private key, its head and foot included; without a foot, as far as its body goes."""
    limit = min(spot.last, spot.start + _MAX_BLOCK_BYTES)
    raw = bytes(spot.data[spot.start : limit])
    head = _BLOCK_HEAD.match(raw)
    if head is None:
        return
    foot = raw.find(b"-----END ", head.end())
    other = raw.find(b"-----BEGIN ", head.end(), foot if foot >= 0 else len(raw))
    if foot >= 0 and other < 0:
        behind = raw.find(b"-----", foot + 9, foot + 80)
        end = behind + 5 if behind >= 0 else foot + 9
        body = raw[head.end() : foot]
    else:
        match = _BODY.match(raw, head.end(), other if other >= 0 else len(raw))
        end = match.end() if match else head.end()
        body = raw[head.end() : end]
        end = head.end() + len(body.rstrip(b" \n\r\t-"))
    if len(re.sub(rb"[^A-Za-z0-9+/]", b"", body)) < 40:
        return
    start = spot.start - spot.first
    yield Span(start, start + end, "private_key", "private_key.pem")
