"""The data files of personal data: which territories a language is written in, and the labels of values."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from layers import strict_yaml

_FOLDER = Path(__file__).parent
_WHOLE_WORD = 4
"""A label of ASCII of at most so many letters is a whole word; a longer one may have an ending."""
_ANYWHERE = 6
"""One of at least so many letters may also have a prefix, as words of Bantu languages do."""
_FIRST_IDEOGRAPH = 0x2E80


@cache
def read_data(name: str) -> Any:
    """A data file of this folder, without its ending."""
    return strict_yaml.load((_FOLDER / f"{name}.yaml").read_text("utf-8"))


@cache
def territories_of(language: str | None) -> tuple[str, ...]:
    """Territories where a language is written, those with most writers first: BCP-47 tag → ISO 3166-1 codes.

    A region in the tag stands alone. Of unknown languages there are none.
    """
    if not language:
        return ()
    table: Mapping[str, list[str]] = read_data("territories")["territories"]
    names = re.split(r"[-_]", language)
    region = next((name.upper() for name in names[1:] if len(name) == 2 and name.isalpha()), None)
    if region is not None:
        return (region,)
    for count in range(len(names), 0, -1):
        tag = "-".join([names[0].lower(), *(name.title() for name in names[1:count])])
        if tag in table:
            return tuple(table[tag])
    return ()


def words_of(lines: list[str]) -> list[str]:
    """Words of lines of a data file, which commas separate."""
    return sorted(
        {word.strip() for line in lines for word in line.split(",") if word.strip()},
        key=lambda w: (-len(w), w),
    )


def make_set(patterns: Iterable[str], *, is_whole: bool = False) -> Any:
    """Patterns of RE2 as one automaton: `Match` gives the places of those that a text has, or is.

    A search of one takes half of the time that a compiled pattern's takes.
    """
    import re2

    options = re2.Options()
    options.max_mem = 1 << 26
    options.never_capture = True
    made = re2.Set.FullMatchSet(options) if is_whole else re2.Set.SearchSet(options)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made


class Labels:
    """Words that say what a value behind them is, looked for in texts of lower case."""

    def __init__(self, words: list[str], *, whole: bool = False) -> None:
        """whole: words of ASCII have no other endings than an s."""
        outside = [
            _form(word, frame=("(?:^|[^{}])", "(?:$|[^{}])"), letters=r"\p{L}", whole=whole) for word in words
        ]
        self.pattern = "|".join(outside)
        """Of RE2: whether there is any."""
        self._any = make_set([self.pattern])
        exact = [_form(word, frame=("^", "(?![^{}])"), letters=r"\W\d_", whole=whole) for word in words]
        anywhere = [form for form in exact if form[0] != "^"]
        framed = "|".join(form[1:] for form in exact if form[0] == "^")
        # one look behind for all words: a look of its own each costs 60 µs in 40 characters. A word that has
        # no frame is longer than any framed one that it begins with, and so comes first.
        self._each = re.compile("|".join([*anywhere, *([rf"(?<![^\W\d_])(?:{framed})"] if framed else [])]))

    def distance(self, text: str) -> int | None:
        """Characters between the last label and the end of a text; None without one."""
        if not self._any.Match(text):
            return None
        last = None
        for match in self._each.finditer(text):
            last = match
        return None if last is None else len(text) - last.end()


def _form(word: str, *, frame: tuple[str, str], letters: str, whole: bool) -> str:
    """The pattern of a word: whole if it is short, with an ending or prefix if it is long enough to tell."""
    start, end = (mark.format(letters) for mark in frame)
    literal = re.escape(word)
    if word.isascii() and whole:
        return f"{start}{literal}s?{end}"
    is_short = (
        len(word) <= _WHOLE_WORD if word.isascii() else len(word) <= 2 and ord(word[0]) < _FIRST_IDEOGRAPH
    )
    if is_short:
        return start + literal + end
    return literal if not word.isascii() or len(word) >= _ANYWHERE else start + literal


LISTS = ("telephone", "number", "negative")
"""Of labels.yaml."""


def lists_in(text: str) -> list[str]:
    """Lists of labels of which a text of lower case has any."""
    return [LISTS[index] for index in _lists().Match(text) or ()]


@cache
def _lists() -> Any:
    return make_set(labels(name).pattern for name in LISTS)


@cache
def labels(name: str) -> Labels:
    """A list of labels.yaml."""
    return Labels(words_of(read_data("labels")[name]), whole=name == "negative")


def distance_to_label(text: str, *, name: str, within: int) -> int | None:
    """Characters between the last label of a list and the end of a text of lower case; None without one."""
    return labels(name).distance(text[-within:])
