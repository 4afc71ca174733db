"""The data files of personal data: which territories a language is written in, and the labels of values."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from layers import strict_yaml

_FOLDER = Path(__file__).parent
_WHOLE_WORD = 4
"""A label of ASCII of at most so many letters is a whole word; a longer one may have an ending."""
_ANYWHERE = 6
"""One of at least so many letters may also have a prefix, as words of Bantu languages do."""


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


def label_pattern(words: list[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words, lower case, in a text of lower case."""
    forms = []
    for word in words:
        literal = re.escape(word)
        if not word.isascii():
            forms.append(
                literal
                if len(word) > 2 or not word[0].isalpha() or ord(word[0]) > 0x2E80
                else rf"(?<!\w){literal}(?!\w)"
            )
        elif len(word) <= _WHOLE_WORD:
            forms.append(rf"(?<![^\W\d_]){literal}(?![^\W\d_])")
        else:
            forms.append(literal if len(word) >= _ANYWHERE else rf"(?<![^\W\d_]){literal}")
    return re.compile("|".join(forms))


@cache
def labels(name: str) -> re.Pattern[str]:
    """The pattern of a list of labels.yaml."""
    return label_pattern(words_of(read_data("labels")[name]))


def distance_to_label(text: str, *, name: str, within: int) -> int | None:
    """Characters between the last label of a list and the end of a text of lower case; None without one."""
    tail = text[-within:]
    last = None
    for match in labels(name).finditer(tail):
        last = match
    return None if last is None else len(tail) - last.end()
