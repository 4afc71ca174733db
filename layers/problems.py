"""What is wrong with what people wrote, said at once, and what they may have meant."""

import difflib
from collections.abc import Sequence


def list_problems(place: str, problems: Sequence[str]) -> str:
    """Everything that is wrong in one place, a line each, as the message of an error."""
    return "\n  ".join([f"{place}: {len(problems)} problem(s)", *problems])


def suggest(value: str, *, names: list[str]) -> str:
    """`; did you mean …?`, or the known names when none is near; empty when there are none."""
    near = difflib.get_close_matches(value, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""
