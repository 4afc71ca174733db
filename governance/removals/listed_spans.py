"""What the spans of a public list leave of a text of somebody's copy."""

from collections.abc import Sequence

from governance.removals.public_list import SpanRow
from governance.removals.rules import PLACEHOLDER


def cut_text(text: str, *, spans: Sequence[SpanRow]) -> tuple[str, int, bool]:
    """(a text without its spans, how many were cut, whether it is another text than that of the spans).

    Spans of one length of text are cut together; what they leave may have those of a later removal.
    """
    groups: dict[int, list[SpanRow]] = {}
    for span in spans:
        groups.setdefault(span.chars, []).append(span)
    count, left = 0, {**groups}
    while (group := left.pop(len(text), None)) is not None:
        count += len(group)
        place, pieces = 0, []
        for span in sorted(group, key=lambda each: each.start):
            if span.start < place:
                continue
            pieces += [text[place : span.start], PLACEHOLDER]
            place = span.end
        text = "".join([*pieces, text[place:]])
    is_cut = any(_length_after(group) == len(text) for group in groups.values()) and PLACEHOLDER in text
    return text, count, not count and not is_cut


def _length_after(group: Sequence[SpanRow]) -> int:
    return group[0].chars + sum(len(PLACEHOLDER) - (span.end - span.start) for span in group)
