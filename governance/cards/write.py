"""Writing the text of a card: YAML in block style, with what each field may answer beside it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from governance.cards.model import CardFields

_WIDTH = 110
_NEEDS_QUOTES = re.compile(r"^[^\w(<+/.]|: | #|[:\s]$|^$")
_FLOW = re.compile(r"[,\[\]{}]")
_NUMBER_OR_DAY = re.compile(r"0|[1-9]\d*|\d{4}-\d{2}-\d{2}")


def write_card(
    fields: Mapping[str, Any], *, head: Sequence[str] = (), body: str = "", comments: bool = True
) -> str:
    """A card of these answers, in the order of the model, optional ones that are absent left out.

    head are comments before the first field; with comments each field has its answers and what it means.
    """
    lines = [
        "---",
        *(f"# {line}" for line in head),
        *_write_fields(fields, model=CardFields, comments=comments),
    ]
    return "\n".join([*lines, "---", "", body.strip("\n"), ""])


def describe_field(field: FieldInfo) -> str:
    """What a field may answer and what it means, in one line; empty where its name says it."""
    answers = [*dict.fromkeys(_allowed(field.annotation))]
    allowed = " ".join(answers) if len(answers) > 1 else ""
    return "; ".join(part for part in (allowed, field.description or "") if part)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The block that a field or a list of it holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each))), None)


def write_scalar(value: object, *, in_flow: bool = False) -> str:
    """A scalar as YAML: plain where it is read as the same text, or as a day or whole number, else quoted."""
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    is_plain = not _NEEDS_QUOTES.search(text) and not (in_flow and _FLOW.search(text))
    if is_plain and (_NUMBER_OR_DAY.fullmatch(text) or _reads_as_text(text)):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)


def _reads_as_text(text: str) -> bool:
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False


def _write_fields(
    fields: Mapping[str, Any], *, model: type[BaseModel] | None, comments: bool, indent: str = ""
) -> Iterator[str]:
    known = model.model_fields if model is not None else {}
    for name in sorted(fields, key=lambda name: [*known].index(name) if name in known else len(known)):
        field = known.get(name)
        said = describe_field(field) if comments and field is not None else ""
        inner = model_in(field.annotation) if field is not None else None
        yield from _write_value(name, fields[name], said=said, model=inner, comments=comments, indent=indent)


def _write_value(
    name: str, value: Any, *, said: str, model: type[BaseModel] | None, comments: bool, indent: str
) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield from _with_comment(f"{indent}{name}:", said)
        yield from _write_fields(value, model=model, comments=comments, indent=f"{indent}  ")
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        yield from _with_comment(f"{indent}{name}:", said)
        for index, each in enumerate(value):
            shows = comments and index == 0
            lines = _write_fields(each, model=model, comments=shows, indent=f"{indent}    ")
            for first, line in enumerate(lines):
                is_start = not first and not line.lstrip().startswith("#")
                yield f"{indent}  - {line[len(indent) + 4 :]}" if is_start else line
    elif isinstance(value, list):
        yield from _with_comment(
            f"{indent}{name}: [{', '.join(write_scalar(each, in_flow=True) for each in value)}]", said
        )
    else:
        written = "{}" if isinstance(value, Mapping) else write_scalar(value)
        yield from _with_comment(f"{indent}{name}: {written}", said)


def _with_comment(line: str, said: str) -> Iterator[str]:
    """The line with what is said of it behind, or above where both are too long for one."""
    indent = line[: len(line) - len(line.lstrip())]
    if not said:
        yield line
    elif len(line) + len(said) + 4 <= _WIDTH:
        yield f"{line}  # {said}"
    else:
        row = f"{indent}#"
        for word in said.split(" "):
            if len(row) + len(word) + 1 > _WIDTH:
                yield row
                row = f"{indent}#"
            row += f" {word}"
        yield row
        yield line


def _allowed(annotation: Any) -> Iterator[str]:
    origin = get_origin(annotation)
    if origin is Literal:
        yield from map(str, get_args(annotation))
    elif origin is Annotated:
        yield from _allowed(get_args(annotation)[0])
    else:
        for each in get_args(annotation):
            yield from _allowed(each)
