"""Values that a rule of secrets is about, made from its pattern: the shortest ones."""

import random
import re
import string
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_ALPHABET = string.ascii_letters + string.digits


class Example(NamedTuple):
    """A text with a secret at text[start:end]."""

    text: str
    start: int
    end: int

    @property
    def secret(self) -> str:
        return self.text[self.start : self.end]


def make_example(regex: str, *, rng: random.Random) -> Example:
    """A text that a pattern matches: repetitions as short as may be, characters and branches random."""
    tree = _parser.parse(regex)
    pieces: list[str] = []
    place: list[int] = []
    _write(tree, rng=rng, out=pieces, place=place)
    text = "".join(pieces)
    start, end = place or (0, len(text))
    return Example(text, start, end)


def _write(tree: Any, *, rng: random.Random, out: list[str], place: list[int]) -> None:
    for kind, value in tree:
        if kind is op.LITERAL:
            out.append(chr(value))
        elif kind is op.ANY:
            out.append(rng.choice(_ALPHABET))
        elif kind is op.IN:
            out.append(_choose(value, rng=rng))
        elif kind is op.BRANCH:
            branches = [each for each in value[1] if len(each) and each[0][0] is not op.AT] or value[1]
            _write(rng.choice(branches), rng=rng, out=out, place=place)
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            for _ in range(value[0]):
                _write(value[2], rng=rng, out=out, place=place)
        elif kind is op.SUBPATTERN:
            start = len("".join(out))
            _write(value[3], rng=rng, out=out, place=place)
            if value[0] == 1:
                place[:] = [start, len("".join(out))]
        elif kind is not op.AT:
            raise NotImplementedError(kind)


def _choose(members: Any, *, rng: random.Random) -> str:
    """A character of a class; of one that excludes letters, a space."""
    if members[0][0] is op.NEGATE:
        pattern = re.compile("[^" + "".join(_spell(each) for each in members[1:]) + "]")
        return rng.choice([each for each in _ALPHABET if pattern.match(each)] or [" "])
    characters = ""
    for kind, value in members:
        if kind is op.LITERAL:
            characters += chr(value)
        elif kind is op.RANGE:
            characters += "".join(map(chr, range(value[0], value[1] + 1)))
        else:
            characters += {op.CATEGORY_WORD: _ALPHABET, op.CATEGORY_DIGIT: string.digits}.get(value, " ")
    plain = [each for each in characters if each in _ALPHABET]
    return rng.choice(plain or list(characters))


def _spell(member: Any) -> str:
    kind, value = member
    if kind is op.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if kind is op.LITERAL:
        return re.escape(chr(value))
    return {op.CATEGORY_WORD: r"\w", op.CATEGORY_SPACE: r"\s", op.CATEGORY_DIGIT: r"\d"}[value]
