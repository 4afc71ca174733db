"""The room that knows bytes: one module per source type, and the file name is the type.

A source module turns files into batches of `layers.document.DOCUMENT` and nothing else:
cleaning is an edit, judging is a rule. See `sources.base.SourceModule` for the contract.
"""

import importlib
import pkgutil
from functools import cache
from typing import cast

from layers import plugins
from sources.base import SourceModule


def names() -> tuple[str, ...]:
    """The source types: the modules of this package and of plugins."""
    return tuple(sorted((*_built_in(), *plugins.names("sources"))))


@cache
def _built_in() -> tuple[str, ...]:
    """Every module of this package; `reading` is how they read, `base` their contract."""
    return tuple({module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg} - {"base"})


def load(name: str) -> SourceModule:
    """The module of a source type; raises ValueError naming the known ones."""
    if name not in names():
        raise ValueError(f"unknown source type {name!r}; known: {', '.join(names())}")
    if name in plugins.names("sources"):
        return cast(SourceModule, plugins.load("sources", name=name))
    return cast(SourceModule, importlib.import_module(f"sources.{name}"))


def content_version(name: str) -> object:
    """What the documents of a source type depend on beside its input, for fingerprints."""
    version, digest = load(name).CONTENT_VERSION, plugins.digest("sources", name=name)
    return version if digest is None else [version, digest]
