"""Rules of secrets in a TOML file as gitleaks reads it: applied to whole texts, as they stand there.

https://github.com/gitleaks/gitleaks, "Configuration". A rule is tried where one of its keywords is in the text; its
secret is `secretGroup`, else the first group that is not empty, else the match. What only a path, a commit or a
second rule beside it can decide is refused or left out: a document has none of them.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from filters.personal_data.entropy import entropy

_RULE_KEYS = frozenset(
    "id description regex secretGroup entropy path keywords tags allowlist allowlists skipReport".split()
)
_ALLOWLIST_KEYS = frozenset(
    "id description condition paths regexTarget regexes stopwords commits targetRules".split()
)
_FILE_KEYS = frozenset("title description minVersion rules allowlist allowlists".split())
_WHY_NOT = {
    "extend": "other files are not read: put their rules into this one",
    "required": "a rule that needs another one beside it is not understood: make it one of its own",
}
_MAX_PATTERN_BYTES = 1 << 26
"""Of memory for all keywords, and for a pattern."""


class RuleFileError(ValueError):
    """A file of rules that cannot be used: every problem, a line each."""


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
            lower = texts["secret"].lower()
            checks.append(any(word in lower for word in self.stopwords))
        return bool(checks) and (all(checks) if self.needs_all else any(checks))


@dataclass(frozen=True)
class FileRule:
    """A rule of a file."""

    name: str
    pattern: Any
    group: int
    """0: the first that is not empty."""
    min_entropy: float
    """Bits a character; a secret has more. 0 asks for none."""
    keywords: tuple[str, ...]
    allowlists: tuple[Allowlist, ...]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """(start, end) of the secrets of a text, in characters."""
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


@dataclass(frozen=True)
class RuleFile:
    """The rules of a file, and those that are left out."""

    rules: tuple[FileRule, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Name of a rule → why it cannot be applied to a text."""

    def rules_for(self, text: str) -> Iterator[FileRule]:
        """Rules of which a keyword is in a text, in their order."""
        for index in sorted(self._keywords.Match(text) or ()):
            yield self.rules[index]

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(name of the rule, start, end) of the secrets of a text, in characters."""
        for rule in self.rules_for(text):
            for start, end in rule.find(text):
                yield rule.name, start, end

    @cached_property
    def _keywords(self) -> Any:
        import re2

        options = re2.Options()
        options.max_mem = _MAX_PATTERN_BYTES
        options.case_sensitive = False
        options.never_capture = True
        keywords = re2.Set.SearchSet(options)
        for rule in self.rules:
            keywords.Add("|".join(re.escape(word) for word in rule.keywords))
        keywords.Compile()
        return keywords


def parse_rules(text: str) -> RuleFile:
    """Rules of the text of a TOML file; raises RuleFileError with every rule that is wrong, why, and the fix."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError(f"not TOML: {error}") from error
    return read_rules(tables)


def read_rules(tables: dict[str, Any]) -> RuleFile:
    """The same of the tables of a file."""
    reader = _Reader()
    common = reader.read_file(tables)
    rules = [reader.read_rule(number, row, common=common) for number, row in enumerate(reader.rows(tables), 1)]
    if not reader.problems and not any(rules):
        reader.problems.append("no rule that can be applied to a text; [[rules]] has id and regex")
    if reader.problems:
        raise RuleFileError("\n".join(reader.problems))
    return RuleFile(tuple(rule for rule in rules if rule is not None), reader.left_out)


class _Reader:
    """Reads tables, and notes what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.left_out: dict[str, str] = {}
        self._names: set[str] = set()

    def read_file(self, tables: dict[str, Any]) -> list[tuple[frozenset[str], Allowlist]]:
        """(rules that it is for, allowlist) of the lists for the whole file; of none: for all."""
        self._check_keys(tables, allowed=_FILE_KEYS, place="file")
        lists = self._tables(tables, "allowlists", place="file") + self._one(tables, place="file")
        read = []
        for row in lists:
            allowlist = self._allowlist(row, place="file: allowlist")
            if allowlist is not None:
                targets = self._strings(row, "targetRules", place="file: allowlist")
                read.append((frozenset(targets), allowlist))
        return read

    def rows(self, tables: dict[str, Any]) -> list[dict[str, Any]]:
        return self._tables(tables, "rules", place="file")

    def read_rule(
        self, number: int, row: dict[str, Any], *, common: Sequence[tuple[frozenset[str], Allowlist]]
    ) -> FileRule | None:
        """A rule; None where it is wrong, or can only be applied to files."""
        name = row.get("id")
        if not isinstance(name, str) or not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
            self.problems.append(f"rule {number}: id must be 1 to 100 letters, digits, - _ or .")
            return None
        place = f"rule {name}"
        if name in self._names:
            self.problems.append(f"{place}: two rules have this id: rename one")
        self._names.add(name)
        self._check_keys(row, allowed=_RULE_KEYS, place=place)
        own = self._tables(row, "allowlists", place=place) + self._one(row, place=place)
        lists = [self._allowlist(each, place=f"{place}: allowlist") for each in own]
        for_all = [allowlist for targets, allowlist in common if not targets or name in targets]
        keywords = self._strings(row, "keywords", place=place)
        min_entropy = self._number(row, "entropy", place=place)
        if "path" in row:
            self._compile(row["path"], place=f"{place}: path")
            self.left_out[name] = "is for files of a path; a document has none"
            return None
        if "regex" not in row:
            self.problems.append(f"{place}: regex is missing: the pattern of the secret")
            return None
        pattern = self._compile(row["regex"], place=f"{place}: regex")
        group = int(self._number(row, "secretGroup", place=place))
        if pattern is None:
            return None
        if not 0 <= group <= pattern.groups:
            self.problems.append(f"{place}: secretGroup {group}, but regex has {pattern.groups} group(s)")
            return None
        return FileRule(
            name=name,
            pattern=pattern,
            group=group,
            min_entropy=min_entropy,
            keywords=tuple(word.lower() for word in keywords) or ("",),
            allowlists=(*(each for each in lists if each is not None), *for_all),
        )

    def _allowlist(self, row: dict[str, Any], *, place: str) -> Allowlist | None:
        """None where only paths or commits are listed, or all of them and something else are needed."""
        self._check_keys(row, allowed=_ALLOWLIST_KEYS, place=place)
        condition, target = row.get("condition", "OR"), row.get("regexTarget") or "secret"
        if condition not in ("OR", "AND", "||", "&&"):
            self.problems.append(f"{place}: condition {condition!r} is neither OR nor AND")
        if target not in ("secret", "match", "line"):
            self.problems.append(f"{place}: regexTarget {target!r} is neither secret nor match nor line")
            return None
        regexes = [self._compile(each, place=f"{place}: regexes") for each in self._strings(row, "regexes", place=place)]
        stopwords = self._strings(row, "stopwords", place=place)
        for name in ("paths", "commits"):
            self._strings(row, name, place=place)
        needs_all = condition in ("AND", "&&")
        if (needs_all and (row.get("paths") or row.get("commits"))) or not (regexes or stopwords):
            return None
        patterns = tuple(regex for regex in regexes if regex is not None)
        return Allowlist(target, patterns, tuple(word.lower() for word in stopwords), needs_all)

    def _compile(self, regex: object, *, place: str) -> Any:
        """A pattern of RE2, or None and a problem."""
        import re2

        if not isinstance(regex, str):
            self.problems.append(f"{place} must be a string")
            return None
        options = re2.Options()
        options.max_mem = _MAX_PATTERN_BYTES
        options.log_errors = False
        try:
            return re2.compile(regex, options)
        except re2.error as error:
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
            self.problems.append(f"{place} is no pattern of RE2: {reason}")
            return None

    def _check_keys(self, row: dict[str, Any], *, allowed: frozenset[str], place: str) -> None:
        for key in sorted(row.keys() - allowed):
            why = _WHY_NOT.get(key, f"no key; there are {', '.join(sorted(allowed))}")
            self.problems.append(f"{place}: {key}: {why}")

    def _tables(self, row: dict[str, Any], key: str, *, place: str) -> list[dict[str, Any]]:
        value = row.get(key, [])
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        self.problems.append(f"{place}: {key} must be tables: [[{key}]]")
        return []

    def _one(self, row: dict[str, Any], *, place: str) -> list[dict[str, Any]]:
        """The table `allowlist` of files of earlier versions."""
        value = row.get("allowlist", {})
        if isinstance(value, dict):
            return [value] if value else []
        self.problems.append(f"{place}: allowlist must be a table")
        return []

    def _strings(self, row: dict[str, Any], key: str, *, place: str) -> list[str]:
        value = row.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
            return value
        self.problems.append(f"{place}: {key} must be a list of strings that are not empty")
        return []

    def _number(self, row: dict[str, Any], key: str, *, place: str) -> float:
        value = row.get(key, 0)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1000:
            return float(value)
        self.problems.append(f"{place}: {key} must be a number from 0 on")
        return 0.0
