"""Language variants in wikitext: `-{zh-hans:计算机;zh-hant:電腦}-` has one text for each."""

import re
from collections.abc import Sequence

_INNERMOST = re.compile(r"-\{(?!\{)((?:(?!-\{|\}-).)*)\}-", re.DOTALL)
_CHOICE = re.compile(r"\s*([a-zA-Z]{2,3}(?:-[a-zA-Z]{2,4})?)\s*:(.*)\Z", re.DOTALL)
_PART = re.compile(r";(?=\s*(?:[a-zA-Z]{2,3}(?:-[a-zA-Z]{2,4})?\s*:|\Z))")
_MAX_DEPTH = 10


def resolve_variants(text: str, *, variants: Sequence[str]) -> str:
    """Wikitext in which each `-{…}-` is what a reader of the best of some variants sees.

    Flags: A and plain text show, H (a rule for elsewhere), T (the title) and - show nothing.
    """
    for _ in range(_MAX_DEPTH):
        text, count = _INNERMOST.subn(lambda match: _resolve(match[1], variants), text)
        if not count:
            break
    return text


def _resolve(inside: str, variants: Sequence[str]) -> str:
    flags, bar, content = inside.partition("|")
    if not bar or not re.fullmatch(r"[A-Za-z;\s-]*", flags):
        flags, content = "", inside
    shown = {flag.strip().upper() for flag in flags.split(";")}
    if shown & {"H", "T", "-"}:
        return ""
    choices: dict[str, str] = {}
    for part in _PART.split(content):
        match = _CHOICE.match(part)
        if match is not None:
            choices.setdefault(match[1].lower(), match[2].strip())
        elif part.strip():
            return content  # one text for all variants
    return next(
        (choices[variant] for variant in variants if variant in choices), next(iter(choices.values()), "")
    )
