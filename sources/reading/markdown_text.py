"""Markdown: front matter as fields, and text without its marks."""

import re
from collections.abc import Collection
from html import unescape
from typing import Any

from layers import strict_yaml
from sources.reading.mapping import BadRecord

MAX_FRONT_MATTER_BYTES = 64 << 10
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:[ \t]+|$)")
_HEADING_END = re.compile(r"[ \t]+#+[ \t]*$")
_RULE = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$")
_QUOTE = re.compile(r"^(?: {0,3}>[ \t]?)+")
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+(?:\[[ xX]\][ \t]+)?")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,999}\]:[ \t]*\S+.*$")
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[ \t\n][^<>]*)?/?>")
_IMAGE = re.compile(
    r"!\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+\"[^\"]*\")?\)|\[[^\[\]]*\])"
)
_LINK = re.compile(
    r"\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+\"[^\"]*\")?\)|\[[^\[\]]*\])"
)
_AUTOLINK = re.compile(r"<((?:https?|mailto|ftp):[^\s<>]+)>")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_EMPHASIS = re.compile(
    r"(?<![\w\\])(\*{1,3}|_{1,3})(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)|(?<!\\)(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\3"
)
_STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HELD = re.compile("\x00(\\d+)\x00")


class _PlainLoader(strict_yaml.UniqueKeyLoader):
    """Dates stay as they are written."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in strict_yaml.UniqueKeyLoader.yaml_implicit_resolvers.items()
}


class _WrittenLoader(strict_yaml.UniqueKeyLoader):
    """Every scalar stays as it is written, `no` and `007` too; only what is empty or null is nothing."""


_WrittenLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in strict_yaml.UniqueKeyLoader.yaml_implicit_resolvers.items()
}


def split_front_matter(text: str, *, as_written: Collection[str] = ()) -> tuple[dict[str, Any], str]:
    """(values of the YAML between two lines of ---, text behind it); raises BadRecord for what is no YAML.

    as_written: names whose values are text, whatever YAML makes of them: the language `no`, the title `1984`.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    if len(match[1]) > MAX_FRONT_MATTER_BYTES:
        raise BadRecord(
            "record_too_long", detail=f"front matter longer than {MAX_FRONT_MATTER_BYTES} characters"
        )
    try:
        # a few lines of aliases can make gigabytes
        if strict_yaml.has_aliases(match[1]):
            raise ValueError("aliases are not read")
        values = strict_yaml.load(match[1], loader=_PlainLoader)
        written = strict_yaml.load(match[1], loader=_WrittenLoader)
    except ValueError as error:
        problem = " ".join(str(error).removeprefix("not YAML: ").split())
        raise BadRecord("broken_front_matter", detail=f"no YAML: {problem}") from error
    if values is not None and not isinstance(values, dict):
        if ":" in match[1]:
            raise BadRecord("broken_front_matter", detail="the front matter is no list of names and values")
        return {}, text  # a rule, then text, then another rule
    pairs = zip((values or {}).values(), (written or {}).items(), strict=True)
    fields = {str(name): verbatim if name in as_written else value for value, (name, verbatim) in pairs}
    return fields, text[match.end() :]


def remove_marks(text: str) -> str:
    """What a reader sees: no marks of headings, quotes, emphasis, links, images, HTML; code as it is."""
    lines: list[str] = []
    fence: str | None = None
    held: list[str] = []
    for line in _remove_comments(text.replace("\x00", "")).split("\n"):
        opened = _FENCE.match(line)
        if fence is not None:
            if opened and opened[1].startswith(fence) and not line.strip("`~ \t"):
                fence = None
            else:
                lines.append(line)
        elif opened:
            fence = opened[1]
        elif not (_RULE.match(line) or _DEFINITION.match(line) or _TABLE_RULE.match(line)):
            lines.append(_remove_marks_of_line(line, held))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _remove_comments(text: str) -> str:
    pieces, start = [], 0
    while (place := text.find("<!--", start)) >= 0 and (end := text.find("-->", place + 4)) >= 0:
        pieces.append(text[start:place])
        start = end + 3
    return "".join([*pieces, text[start:]])


def _remove_marks_of_line(line: str, held: list[str]) -> str:
    line = _QUOTE.sub("", line)
    if _HEADING.match(line):
        line = _HEADING_END.sub("", _HEADING.sub("", line))
    line = _BULLET.sub(r"\1- ", line)

    def hold(content: str) -> str:
        held.append(content)
        return f"\x00{len(held) - 1}\x00"

    line = _CODE.sub(lambda code: hold(code[2].strip() or code[2]), line)
    line = _ESCAPE.sub(lambda escaped: hold(escaped[1]), line)
    line = _AUTOLINK.sub(lambda link: hold(link[1]), line)
    line = _TAG.sub("", line)
    line = _LINK.sub(r"\1", _IMAGE.sub(r"\1", line))
    line = _LINK.sub(r"\1", line)  # a link around an image
    for _ in range(3):
        line = _EMPHASIS.sub(lambda marked: marked[2] or marked[4], line)
    line = unescape(_STRIKE.sub(r"\1", line))
    return _HELD.sub(lambda place: held[int(place[1])], line)
