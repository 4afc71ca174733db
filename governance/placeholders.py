"""Answers that were copied from the template of source cards and never given."""

import re
from collections.abc import Iterator

from governance.cards import SourceCard, answers

TEMPLATE_ANSWERS = frozenset(
    {
        "Example Wiki",
        "Articles of the Example Wiki, an encyclopedia written by volunteers since 2005.",
        "mostly the variety of the coast",
        "Example Foundation",
        "Text is available under the Creative Commons Attribution-ShareAlike 4.0 License.",
        "Contributors to the Example Wiki, https://wiki.example.org",
        "Articles name public persons; talk pages are not part of the dump.",
        "Places and persons of the coast are written about more than those inland.",
        "Many articles are one sentence long.",
    }
)
"""The sentences and names of data_cards/TEMPLATE.md; an answer of one word may be right by chance."""

_RESERVED_HOST = re.compile(
    r"(?:^|[/@.])example\.(?:org|com|net|edu)(?![\w-])|\.(?:example|invalid)(?![\w-])"
)
"""Names that RFC 2606 keeps for examples: nobody can be reached there."""
_TO_DO = re.compile(r"(?:todo|tbd|tba|fixme|xxx+|\.\.\.|…|<[^<>]+>)[:.!]?", re.IGNORECASE)


def find_placeholders(card: SourceCard) -> Iterator[str]:
    """One line for each answer that is a placeholder, in the order of the card."""
    for path, value in answers(card):
        if value in TEMPLATE_ANSWERS:
            yield f"$.{path}: {value!r} is the template's; write the source's own, or unknown"
        elif _RESERVED_HOST.search(value):
            yield f"$.{path}: {value!r} is an address for examples; write the source's own"
        elif _TO_DO.fullmatch(value.strip()):
            yield f"$.{path}: {value!r} is no answer; write one, or unknown"
