"""What a module lacks of a contract: protocols say which names it has and how its functions are called."""

import inspect
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def find_problems(module: ModuleType, *, contract: type, optional: type | None = None) -> list[str]:
    """A line for each name of the contract that a module lacks or has otherwise; empty: it meets it.

    contract and optional are Protocols; what a module need not declare is checked where it does.
    """
    return [
        *_problems(module, contract=contract, required=True),
        *(() if optional is None else _problems(module, contract=optional, required=False)),
    ]


def _problems(module: ModuleType, *, contract: type, required: bool) -> Iterator[str]:
    for name, kind in typing.get_type_hints(contract).items():
        if not hasattr(module, name):
            if required:
                yield f"lacks {name}, {_article(kind)}"
        elif not _is_a(getattr(module, name), kind):
            yield f"{name} is {getattr(module, name)!r:.60}, expected {_article(kind)}"
    for name, function in vars(contract).items():
        if not inspect.isfunction(function) or name.startswith("_"):
            continue
        wanted = inspect.signature(function)
        if not hasattr(module, name):
            if required:
                yield f"lacks the function {name}{_parameters(wanted)}"
        elif not _accepts(getattr(module, name), wanted=wanted):
            yield f"{name}{_given(getattr(module, name))} cannot be called as {name}{_parameters(wanted)}"


def _is_a(value: object, kind: Any) -> bool:
    if typing.get_origin(kind) is type:
        return isinstance(value, type) and issubclass(value, typing.get_args(kind)[0])
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _article(kind: Any) -> str:
    if typing.get_origin(kind) is type:
        return f"a subclass of {typing.get_args(kind)[0].__name__}"
    return f"an {kind.__name__}" if kind.__name__[0] in "aeiou" else f"a {kind.__name__}"


def _parameters(signature: inspect.Signature) -> str:
    """`(batch, *, langs, options)`: names alone, without self."""
    bare = [
        each.replace(annotation=each.empty) for name, each in signature.parameters.items() if name != "self"
    ]
    return str(inspect.Signature(bare))


def _given(function: Any) -> str:
    try:
        return _parameters(inspect.signature(function))
    except (TypeError, ValueError):
        return f", {type(function).__name__},"


def _accepts(function: Any, *, wanted: inspect.Signature) -> bool:
    """True when a call as the contract says reaches the function."""
    parameters = [each for name, each in wanted.parameters.items() if name != "self"]
    keywords = {each.name: None for each in parameters if each.kind is each.KEYWORD_ONLY}
    positional = [None for each in parameters if each.kind is not each.KEYWORD_ONLY]
    try:
        inspect.signature(function).bind(*positional, **keywords)
    except (TypeError, ValueError):
        return False
    return True
