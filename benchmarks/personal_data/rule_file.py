"""Rules of a TOML file as gitleaks applies them to a text: keywords, pattern, entropy, allowlists.

https://github.com/gitleaks/gitleaks, "Configuration". The secret is `secretGroup`, else the first group that
is not empty, else the match. A document has no path and no commit: what a rule says of them is not read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from filters.personal_data.secret_rules import entropy


@dataclass(frozen=True)
class Allowlist:
    """What makes a match none."""

    target: str
    """secret, match or line: what the patterns are about."""
    regexes: tuple[Any, ...]
    stopwords: tuple[str, ...]
    needs_all: bool
    """Whether a pattern and a stopword must both be there."""

    def allows(self, texts: Mapping[str, str]) -> bool:
        """Whether a match is none: target → its text."""
        checks = []
        if self.regexes:
            checks.append(any(regex.search(texts[self.target]) for regex in self.regexes))
        if self.stopwords:
            checks.append(any(word in texts["secret"].lower() for word in self.stopwords))
        return bool(checks) and (all(checks) if self.needs_all else any(checks))


@dataclass(frozen=True)
class FileRule:
    """A rule of a file."""

    name: str
    regex: str
    pattern: Any
    group: int
    """0: the first that is not empty."""
    min_entropy: float
    """Bits a character; a secret has more. 0 asks for none."""
    keywords: tuple[str, ...]
    allowlists: tuple[Allowlist, ...]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """(start, end) of the secrets of a text, in characters."""
        lower = text.lower()
        if self.keywords and not any(word in lower for word in self.keywords):
            return
        for match in self.pattern.finditer(text):
            number = self.group or next((i for i, group in enumerate(match.groups(), 1) if group), 0)
            start, end = match.span(number)
            secret = text[start:end]
            if not secret or (self.min_entropy and entropy(secret) <= self.min_entropy):
                continue
            texts = {"secret": secret, "match": match[0], "line": _lines_around(text, *match.span())}
            if not any(allowlist.allows(texts) for allowlist in self.allowlists):
                yield start, end


def _lines_around(text: str, start: int, end: int) -> str:
    behind = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : behind if behind >= 0 else len(text)]


def read_rules(tables: Mapping[str, Any]) -> list[FileRule]:
    """The rules of the tables of a file that have a pattern, those for files of a path too."""
    common = _read_allowlists(tables)
    return [_read_rule(row, common=common) for row in tables["rules"] if "regex" in row]


def _read_rule(row: Mapping[str, Any], *, common: Sequence[Allowlist]) -> FileRule:
    return FileRule(
        name=row["id"],
        regex=row["regex"],
        pattern=re2.compile(row["regex"]),
        group=row.get("secretGroup", 0),
        min_entropy=row.get("entropy", 0.0),
        keywords=tuple(word.lower() for word in row.get("keywords", ())),
        allowlists=(*_read_allowlists(row), *common),
    )


def _read_allowlists(row: Mapping[str, Any]) -> list[Allowlist]:
    """Those that can be about a text: not of paths or commits alone, nor of them and something else."""
    rows = [*row.get("allowlists", ()), *([row["allowlist"]] if "allowlist" in row else [])]
    lists = []
    for each in rows:
        needs_all = each.get("condition", "OR") in ("AND", "&&")
        if not (needs_all and (each.get("paths") or each.get("commits"))):
            lists.append(
                Allowlist(
                    target=each.get("regexTarget") or "secret",
                    regexes=tuple(re2.compile(regex) for regex in each.get("regexes", ())),
                    stopwords=tuple(word.lower() for word in each.get("stopwords", ())),
                    needs_all=needs_all,
                )
            )
    return lists
