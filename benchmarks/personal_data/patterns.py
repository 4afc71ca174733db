"""Texts that a pattern matches, made by seed from its parse tree."""

import random
import re
import string
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_ALPHABET = string.ascii_letters + string.digits
_PRINTABLE = [chr(point) for point in range(32, 127)]
_MAX_OPEN = 24
"""Repetitions beyond the least of one that has no limit."""
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "lower": "a-z", "upper": "A-Z",
    "xdigit": "0-9A-Fa-f", "word": r"\w", "space": r"\s", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip


class Example(NamedTuple):
    """A text that a pattern matches, the spans of its groups, and the places that chance filled."""

    text: str
    groups: dict[int, tuple[int, int]]
    drawn: frozenset[int]

    def secret_span(self, group: int = 0) -> tuple[int, int]:
        """Of a group, or without one of the first that is not empty, else of all."""
        if group:
            return self.groups.get(group, (0, len(self.text)))
        spans = (self.groups[number] for number in sorted(self.groups))
        return next((span for span in spans if span[0] < span[1]), (0, len(self.text)))


def make_example(regex: str, *, rng: random.Random, shortest: bool = False) -> Example:
    """A text that a pattern of RE2 matches: characters, branches and counts by chance.

    shortest: repetitions as few as may be, letters and digits rather than marks.
    """
    writer = _Writer(rng, shortest=shortest)
    writer.write(_parser.parse(to_python(regex)))
    return Example("".join(writer.out), writer.groups, frozenset(writer.drawn))


def to_python(regex: str) -> str:
    """A pattern of RE2 as one of Python's: classes of POSIX spelled out, flags inside of groups as groups."""
    for name, members in _CLASSES.items():
        regex = regex.replace(f"[:{name}:]", members)
    regex = regex.replace(r"\z", r"\Z")
    out: list[str] = []
    open_flags = [0]
    at = 0
    while at < len(regex):
        flags = re.match(r"\(\?([a-zA-Z-]+)\)", regex[at:])
        if regex[at] == "\\":
            out.append(regex[at : at + 2])
            at += 2
        elif regex[at] == "[":
            end = _behind_class(regex, at)
            out.append(regex[at:end])
            at = end
        elif flags:
            out.append(f"(?{flags[1]}:")
            open_flags[-1] += 1
            at += len(flags[0])
        else:
            if regex[at] == "(":
                open_flags.append(0)
            elif regex[at] == ")":
                out.append(")" * open_flags.pop())
            out.append(regex[at])
            at += 1
    return "".join(out) + ")" * open_flags[0]


def _behind_class(regex: str, start: int) -> int:
    """Behind a class of characters that begins here."""
    at = start + 1
    at += regex[at] == "^"
    at += regex[at] == "]"
    while regex[at] != "]":
        at += 2 if regex[at] == "\\" else 1
    return at + 1


class _Writer:
    """Writes what a parse tree stands for."""

    def __init__(self, rng: random.Random, *, shortest: bool) -> None:
        self.rng = rng
        self.shortest = shortest
        self.out: list[str] = []
        self.groups: dict[int, tuple[int, int]] = {}
        self.drawn: set[int] = set()

    def write(self, tree: Any, *, repeated: bool = False) -> None:
        for kind, value in tree:
            if kind is op.LITERAL:
                self.out.append(chr(value))
            elif kind is op.ANY:
                self._draw(_ALPHABET if repeated else ".")
            elif kind is op.NOT_LITERAL:
                self._draw([each for each in _ALPHABET if each != chr(value)])
            elif kind is op.IN:
                self._draw(_members(value))
            elif kind is op.BRANCH:
                branches = [each for each in value[1] if len(each) and each[0][0] is not op.AT] or value[1]
                self.write(self.rng.choice(branches))
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                for _ in range(self._count(*value[:2], is_lazy=kind is op.MIN_REPEAT)):
                    self.write(value[2], repeated=True)
            elif kind is op.SUBPATTERN:
                start = len(self.out)
                self.write(value[3], repeated=repeated)
                if value[0] is not None:
                    self.groups[value[0]] = (start, len(self.out))
            elif kind is not op.AT:
                raise NotImplementedError(kind)

    def _draw(self, characters: Any) -> None:
        if self.shortest:
            characters = [each for each in characters if each in _ALPHABET] or characters
        if len(characters) > 1:
            self.drawn.add(len(self.out))
        self.out.append(self.rng.choice(characters))

    def _count(self, least: int, most: Any, *, is_lazy: bool) -> int:
        if self.shortest or is_lazy:
            return least
        limit = least + _MAX_OPEN if most is op.MAXREPEAT else int(most)
        return self.rng.randint(least, limit)


def _members(members: Any) -> list[str]:
    """Printable characters of a class; of one that excludes some, letters and digits, else a space."""
    if members[0][0] is op.NEGATE:
        pattern = re.compile("[^" + "".join(_spell(each) for each in members[1:]) + "]")
        return [each for each in _ALPHABET if pattern.match(each)] or [" "]
    pattern = re.compile("[" + "".join(_spell(each) for each in members) + "]")
    return [each for each in _PRINTABLE if pattern.match(each)] or [chr(members[0][1])]


def _spell(member: Any) -> str:
    kind, value = member
    if kind is op.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if kind is op.LITERAL:
        return re.escape(chr(value))
    return _CATEGORIES[value]


_CATEGORIES = {
    op.CATEGORY_WORD: r"\w", op.CATEGORY_SPACE: r"\s", op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_WORD: r"\W", op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_NOT_DIGIT: r"\D",
}  # fmt: skip
