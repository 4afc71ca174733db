"""Changed limits → the text of a language file with them, and the patch that leads there."""

import difflib
import re
from collections.abc import Mapping, Sequence

from filters.languages import parse
from filters.rules import Rule

_RULE = re.compile(r"^  - \{signal: (\w+)")


def set_rules(text: str, *, tag: str, rules: Sequence[Rule]) -> str:
    """A language file's text with these rules in place of those on the same signals, new ones last.

    Everything else stays, byte for byte. Raises ValueError where the result is no valid language file.
    """
    wanted = {rule.signal: render_rule(rule) for rule in rules}
    lines = text.splitlines(keepends=True)
    start = lines.index("rules:\n") + 1
    stop = next(
        (row for row in range(start, len(lines)) if not lines[row].startswith((" ", "#"))), len(lines)
    )
    blocks: list[list[str]] = []
    for line in lines[start:stop]:
        if _RULE.match(line):
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
        else:
            raise ValueError(f"{tag}.yaml: the rules do not start with `  - {{signal: …}}`")
    changed = [_replaced(block, wanted=wanted) for block in blocks]
    new = "".join([*lines[:start], *changed, *wanted.values(), *lines[stop:]])
    parse(new, tag=tag)
    return new


def _replaced(block: Sequence[str], *, wanted: dict[str, str]) -> str:
    match = _RULE.match(block[0])
    assert match is not None
    return wanted.pop(match.group(1), "".join(block))


def render_rule(rule: Rule) -> str:
    """A rule as the lines of a language file, without the sides that a corpus file changed."""
    bounds: Mapping[str, float | None] = {"min": rule.min, "max": rule.max}
    parts = [f"signal: {rule.signal}"]
    parts += [f"{side}: {limit:.10g}" for side, limit in bounds.items() if limit is not None]
    parts.append(f"origin: {rule.origin}")
    note = f',\n     note: "{rule.note}"' if rule.note else ""
    return f"  - {{{', '.join(parts)}{note}}}\n"


def make_patch(before: str, after: str, *, path: str) -> str:
    """A unified diff that `git apply` takes; empty where nothing changed."""
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            fromfile=f"a/{path}",
            tofile=f"b/{path}",
        )
    )
