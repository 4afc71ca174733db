"""What the tokenizer would take for a page, counted before it starts: it cannot be interrupted.

Markup that is opened and never closed makes it read the rest of the page once more for each opening:
`{{{a|` 8,000 times takes it 40 s. Measured: 2 to 5 million characters a second, read anew or not.
"""

import re

MAX_CHARS = 4 << 20
"""Of a page. MediaWiki itself takes 2 MiB."""
MAX_DEPTH = 90
"""Of markup within markup; the tokenizer follows 100 levels, and what is deeper would stay as it is."""
MAX_REREAD_CHARS = 8 << 20
"""Characters that are read once more because of what is never closed: 1 to 5 s.

Of 221 real pages the most was 0.16 million."""

_VOID = frozenset(("br", "wbr", "hr", "meta", "link", "img", "li", "dt", "dd", "th", "td", "tr"))
_MARK = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|(?<![^\n])[ :]*\{\||(?<=\n)\|\}|\[(?=[a-z]{0,10}:?//)"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?:[\s/][^<>]*)?(?P<close>/?>|(?=<)|\Z)"
)
_CLOSES = {"}}": "{{", "]]": "[[", "|}": "{|"}


def describe_excess(text: str) -> str | None:
    """Which limit a page exceeds; None: none, and its tokens can be had in bounded time."""
    if len(text) > MAX_CHARS:
        return f"{len(text)} characters; the limit is {MAX_CHARS}"
    openings = text.count("{{") + text.count("[") + text.count("{|") + text.count("<")
    if openings <= MAX_DEPTH and openings * len(text) <= MAX_REREAD_CHARS:
        return None
    depth, reread = _count(text)
    if depth > MAX_DEPTH:
        return f"markup is nested {depth} deep; the limit is {MAX_DEPTH}"
    if reread > MAX_REREAD_CHARS:
        return (
            f"markup that is never closed makes {reread} characters be read anew; "
            f"the limit is {MAX_REREAD_CHARS}"
        )
    return None


def _count(text: str) -> tuple[int, int]:
    """(deepest nesting, characters that are read anew): each opening without an end costs what follows it."""
    stack: list[tuple[str, int]] = []
    depth = reread = 0
    open_names: dict[str, int] = {}

    def close(kind: str) -> int:
        """Characters behind openings that the end of an outer one leaves open."""
        left = 0
        while stack:
            top, place = stack.pop()
            open_names[top] -= 1
            if top == kind:
                break
            left += len(text) - place
        return left

    for match in _MARK.finditer(text):
        mark = match[0]
        if mark[0] == "<":
            kind = match["name"].lower()
            if match["end"]:
                if open_names.get(kind):
                    reread += close(kind)
                continue
            if not match["close"]:
                reread += len(text) - match.start()
                continue
            if mark.endswith("/>") or kind in _VOID:
                continue
        elif mark in _CLOSES:
            kind = _CLOSES[mark]
            if open_names.get(kind):
                reread += close(kind)
            continue
        elif mark == "[":
            line_end = text.find("\n", match.end())
            end = text.find("]", match.end())
            if end < 0 or 0 <= line_end < end:
                reread += (line_end if line_end >= 0 else len(text)) - match.start()
            continue
        else:
            kind = mark[-2:]
        stack.append((kind, match.start()))
        open_names[kind] = open_names.get(kind, 0) + 1
        depth = max(depth, len(stack))
    # openings that nothing closes are no nesting to the reader of the page, but cost as much
    unclosed = len(stack)
    reread += sum(len(text) - place for _, place in stack)
    return max(depth - unclosed, 0), reread
