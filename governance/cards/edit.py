"""Writing a review into the text of a card, and leaving every other byte of it as it was."""

from collections.abc import Sequence
from datetime import date

import yaml

from governance.cards.blocks import block_digests
from governance.cards.read import front_fields
from governance.cards.write import write_scalar


def write_review(data: bytes, *, blocks: Sequence[str], by: str, at: date) -> bytes:
    """The bytes of a valid card in which blocks are reviewed as they stand."""
    digests = block_digests(front_fields(data))
    lines = data.decode("utf-8").splitlines(keepends=True)
    ending = "\r\n" if lines[0].endswith("\r\n") else "\n"
    for block in blocks:
        entry = [
            ("state", "reviewed"),
            ("by", write_scalar(by)),
            ("at", str(at)),
            ("block_sha256", digests[block]),
        ]
        lines = _put(lines, block=block, entry=entry, ending=ending)
    return "".join(lines).encode("utf-8")


def _put(lines: list[str], *, block: str, entry: Sequence[tuple[str, str]], ending: str) -> list[str]:
    key, value = _find_review(lines)
    if not isinstance(value, yaml.MappingNode) or value.flow_style or not value.value:
        lines = _open_up(lines, key=key, value=value, ending=ending)
        key, value = _find_review(lines)
    own = next((pair for pair in getattr(value, "value", []) if pair[0].value == block), None)
    if own is not None:
        indent, first, stop = own[0].start_mark.column, own[0].start_mark.line, _last_line(own[1]) + 1
    elif isinstance(value, yaml.MappingNode) and value.value:
        indent, first = value.value[0][0].start_mark.column, _last_line(value) + 1
        stop = first
    else:
        indent = key.start_mark.column + 2
        first = stop = key.start_mark.line + 1
    space = " " * indent
    new = [f"{space}{block}:{ending}", *(f"{space}  {name}: {text}{ending}" for name, text in entry)]
    start = 1  # the line `---` before the front matter
    return [*lines[: first + start], *new, *lines[stop + start :]]


def _find_review(lines: Sequence[str]) -> tuple[yaml.Node, yaml.Node]:
    """The nodes of `review` and its value, with lines counted from the front matter's first."""
    end = next(number for number, line in enumerate(lines) if number and line.rstrip() == "---")
    root = yaml.compose("".join(lines[1:end]), Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode), "a card is checked before it is edited"
    return next((key, value) for key, value in root.value if key.value == "review")


def _open_up(lines: list[str], *, key: yaml.Node, value: yaml.Node, ending: str) -> list[str]:
    """The mapping in braces behind `review:` as one of lines; what stands behind it stays on the first."""
    first, last = key.start_mark.line + 1, value.end_mark.line + 1
    tail = lines[last][value.end_mark.column :].strip()
    opened = [f"{lines[first][: key.end_mark.column]}:{'  ' + tail if tail else ''}{ending}"]
    indent = " " * (key.start_mark.column + 2)
    for name, review in getattr(value, "value", []):
        opened.append(f"{indent}{name.value}:{ending}")
        opened += [
            f"{indent}  {field.value}: {write_scalar(answer.value)}{ending}"
            for field, answer in getattr(review, "value", [])
        ]
    return [*lines[:first], *opened, *lines[last + 1 :]]


def _last_line(node: yaml.Node) -> int:
    """Of what a node holds; the end of a mapping in lines is where the next thing begins."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return max(_last_line(each) for pair in node.value for each in pair)
    return int(node.end_mark.line)
