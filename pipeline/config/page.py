"""docs/reference/configuration.md from the models of the corpus file and of the options of source types.

`python -m pipeline.config.page > docs/reference/configuration.md`
"""

import inspect
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import sources
from governance.removals.request import Request
from pipeline.config.corpus import CorpusConfig
from pipeline.config.measure import MeasureConfig
from pipeline.terminal.echo import echo

INTRODUCTION = """# The corpus file: every key

A corpus file is YAML with the keys below; an unknown key is an error. Paths are relative to the
corpus file, and may be URLs of any file system that fsspec knows (`gs://`, `s3://`; install the
extra `gcs` or `s3`). Limits are inclusive. *Allowed* is what a value must be beyond its type; a pattern is a
regular expression. This page is generated from the code.
"""


_REQUEST = """# A request for removal: every key

A request is a YAML file of the private ledger ([how-to/removal.md](../how-to/removal.md)); an unknown key is
an error. `removal_request.schema.json` beside this page is the same as JSON Schema. This page is generated
from the code.
"""


def render() -> str:
    """The page as Markdown."""
    options = (
        _section(sources.load(name).Options, path=f"sources[].options of {name}") for name in sources.names()
    )
    return INTRODUCTION + "".join(
        [*_section(CorpusConfig, path=""), *(line for part in options for line in part)]
    )


def render_request() -> str:
    """The page of a request for removal as Markdown."""
    return _REQUEST + "".join(_section(Request, path="request"))


def render_request_schema() -> str:
    """A request for removal as JSON Schema, for editors and programs of others."""
    return json.dumps(Request.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def _section(model: type[BaseModel], *, path: str) -> Iterator[str]:
    yield f"\n## {f'`{path}`' if path else 'Corpus file'}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"
    nested: list[tuple[str, type[BaseModel]]] = []
    if model.model_fields:
        yield "\n| key | type | allowed | default | meaning |\n|---|---|---|---|---|\n"
    properties = model.model_json_schema().get("properties", {})
    for name, info in _fields(model):
        allowed = ", ".join(_allowed(properties.get(name, {})))
        inner = next(_models(info.annotation), None)
        meaning = info.description or (inspect.cleandoc(inner.__doc__ or "").split("\n")[0] if inner else "")
        meaning = " ".join(meaning.split())
        cells = (f"`{name}`", _type_name(info.annotation), allowed, _default(info), meaning)
        yield f"| {' | '.join(cells)} |\n"
        if inner is not None:
            suffix = "[]" if typing.get_origin(info.annotation) is list else ""
            nested.append((f"{path}.{name}{suffix}".lstrip("."), inner))
    for inner_path, inner in nested:
        yield from _section(inner, path=inner_path)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    yield from model.model_fields.items()
    if model is MeasureConfig:
        yield from MeasureConfig.option_fields().items()


_BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}


def _allowed(schema: Mapping[str, Any]) -> Iterator[str]:
    """What JSON Schema says of a value beyond its type."""
    for key, words in _BOUNDS.items():
        if key in schema:
            yield words.format(schema[key])
    if "pattern" in schema:
        yield f"`{schema['pattern']}`"
    if "minItems" in schema:
        yield f"at least {schema['minItems']}"
    for option in schema.get("anyOf", ()):
        yield from _allowed(option)


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_name(part) for part in arguments if part is not type(None))
    if origin is typing.Literal:
        return " or ".join("false" if value is False else f"`{value}`" for value in arguments)
    if origin in (list, tuple):
        return f"list of {_type_name(arguments[0])}"
    if origin is dict:
        return f"{_type_name(arguments[0])} → {_type_name(arguments[1])}"
    names = {"str": "text", "int": "integer", "float": "number", "bool": "true or false", "Any": "anything"}
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(
        name, "mapping" if isinstance(annotation, type) and issubclass(annotation, BaseModel) else name
    )


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return "see below"
    if info.default_factory is not None and isinstance(default, int):
        return "the number of cores"
    if default is None:
        return "none"
    if isinstance(default, list) and len(default) > 5:
        return f"all {len(default)}"
    return "empty" if default == "" else f"`{default}`"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


if __name__ == "__main__":
    echo(render(), newline=False)
