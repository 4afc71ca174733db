"""The room that knows bytes: one module per source type, and the file name is the type.

A source module turns files into batches of `layers.document.DOCUMENT` and nothing else:
cleaning is an edit, judging is a rule. See `sources.base.SourceModule` for the contract.
"""

import importlib
import pkgutil
from functools import cache
from typing import cast

from sources.base import SourceModule


@cache
def names() -> tuple[str, ...]:
    """The source types: every module of this package; `reading` is how they read, `base` their contract."""
    modules = {module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg}
    return tuple(sorted(modules - {"base"}))


def load(name: str) -> SourceModule:
    """The module of a source type; raises ValueError naming the known ones."""
    if name not in names():
        raise ValueError(f"unknown source type {name!r}; known: {', '.join(names())}")
    return cast(SourceModule, importlib.import_module(f"sources.{name}"))
