"""Answers that were copied from the template of source cards and never given."""

import re
from collections.abc import Iterator

from governance.cards.answers import answers
from governance.cards.read import SourceCard
from governance.cards.template import EXAMPLE

_MIN_LENGTH = 9
"""Of an answer that nobody else gives: a shorter one may be right by chance."""


def _long_answers(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _long_answers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _long_answers(each)
    elif isinstance(value, str) and " " in value and len(value) >= _MIN_LENGTH:
        yield value


TEMPLATE_ANSWERS = frozenset(_long_answers(EXAMPLE))
"""The sentences and names of data_cards/TEMPLATE.md."""

_RESERVED_HOST = re.compile(
    r"(?:^|[/@.])example\.(?:org|com|net|edu)(?![\w-])|\.(?:example|invalid)(?![\w-])"
)
"""Names that RFC 2606 keeps for examples: nobody can be reached there."""
_TO_DO = re.compile(
    r"(?:todo|tbd|tba|fixme|xxx+|\.\.\.|…|<[^<>]+>|lorem ipsum.*"
    r"|to be (?:added|completed|confirmed|decided|described|determined|done|filled in|written))[:.!]?",
    re.IGNORECASE | re.DOTALL,
)
_TO_DO_NOTE = re.compile(
    r"\b(?:TODO|TBD|TBA|FIXME|XXX)(?:\s*[:(]|\s+[-–—]+\s)|^(?:TODO|TBD|FIXME|XXX)\s+[a-z]"
)
"""In a longer answer: a mark with what is to be done behind it; `TODO Noticias` may be a name."""


def find_placeholders(card: SourceCard) -> Iterator[str]:
    """One line for each answer that is a placeholder, in the order of the card."""
    for path, value in answers(card):
        if value in TEMPLATE_ANSWERS:
            yield f"$.{path}: {value!r} is the template's; write the source's own, or unknown"
        elif _RESERVED_HOST.search(value):
            yield f"$.{path}: {value!r} is an address for examples; write the source's own"
        elif _TO_DO.fullmatch(value.strip()) or _TO_DO_NOTE.search(value.strip()):
            yield f"$.{path}: {value!r} is no answer; write one, or unknown"
