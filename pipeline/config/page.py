"""docs/configuration.md from the models: `python -m pipeline.config.page > docs/configuration.md`."""

import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config.corpus import CorpusConfig
from pipeline.config.measure import MeasureConfig

INTRODUCTION = """# Configuration

A corpus file is YAML with the keys below; an unknown key is an error. Paths are relative to the
corpus file, and may be URLs of any file system that fsspec knows (`gs://`, `s3://`; install the
extra `gcs` or `s3`). Limits are inclusive. This page is generated from the code.
"""


def render() -> str:
    """The page as Markdown."""
    return INTRODUCTION + "".join(_section(CorpusConfig, path=""))


def _section(model: type[BaseModel], *, path: str) -> Iterator[str]:
    yield f"\n## {f'`{path}`' if path else 'Corpus file'}\n\n{inspect.cleandoc(model.__doc__ or '')}\n\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|\n"
    nested: list[tuple[str, type[BaseModel]]] = []
    for name, info in _fields(model):
        yield f"| `{name}` | {_type_name(info.annotation)} | {_default(info)} | {info.description or ''} |\n"
        inner = next(_models(info.annotation), None)
        if inner is not None:
            suffix = "[]" if typing.get_origin(info.annotation) is list else ""
            nested.append((f"{path}.{name}{suffix}".lstrip("."), inner))
    for inner_path, inner in nested:
        yield from _section(inner, path=inner_path)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    yield from model.model_fields.items()
    if model is MeasureConfig:
        yield from MeasureConfig.option_fields().items()


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
    return f"`{default}`"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


if __name__ == "__main__":
    print(render(), end="")
