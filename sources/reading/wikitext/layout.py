"""From what the walk collected to lines: paragraphs, headings with text below, no trace of what went."""

import re
from collections.abc import Sequence

HEADING, VERBATIM = "\x01", "\x03"
"""Begin the line of a heading, before its level, and one to be left as it is; XML holds neither."""

_EMPTY_BRACKETS = re.compile(r"(?<=\s)[(（][\s,;:،؛、，；：·–-]*[)）] ?")
_BRACKET_START = re.compile(r"([(（])[ \t,;،؛、，；]+(?=\S)")
_BRACKET_END = re.compile(r"[ \t,;،؛、，；]+([)）])")
_SPACES = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_SPACE_BEFORE = re.compile(r"(?<=\w) +(?=[.,](?:\s|$))")
_BLANK_LINES = re.compile(r"\n{3,}")


def lay_out(text: str, *, references: Sequence[str]) -> str:
    """Blocks between blank lines, without white space at line ends; references are the last block."""
    lines = [line.rstrip() for line in text.split("\n")]
    lines = [_tidy(line) for line in lines if line.lstrip() not in ("-", "- ", "*")]
    text = _BLANK_LINES.sub("\n\n", "\n".join(_drop_empty_sections(lines))).strip("\n")
    return "\n\n".join(part for part in (text.strip(), "\n".join(references)) if part)


def _tidy(line: str) -> str:
    """A line without the brackets and white space that dropped templates leave."""
    if line.startswith(VERBATIM):
        return line[1:]
    line = line.lstrip(" \t")
    if "(" in line or "（" in line:
        line = _EMPTY_BRACKETS.sub("", line)
        line = _BRACKET_END.sub(r"\1", _BRACKET_START.sub(r"\1", line))
    if "  " in line:
        line = _SPACES.sub(" ", line)
    return _SPACE_BEFORE.sub("", line).rstrip()


def _drop_empty_sections(lines: Sequence[str]) -> list[str]:
    """Headings go that have no text before the next of their level or above; the sign of others goes."""
    kept: list[str] = []
    deepest = 0
    """Level above which a heading has text below; 0: nothing yet. Read from the end."""
    has_text = False
    for line in reversed(lines):
        if not line.startswith(HEADING):
            has_text = has_text or bool(line.strip())
            kept.append(line)
            continue
        level, heading = int(line[1]), line[2:]
        if has_text or deepest > level:
            kept.append(heading)
            deepest, has_text = level, False
    return kept[::-1]
