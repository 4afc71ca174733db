"""The contracts of edits and signals, stated once, and how the folders are read as registries."""

import importlib
import operator
import pkgutil
from collections.abc import Iterable
from functools import cache, reduce
from typing import Protocol, cast

import pyarrow as pa


class EditModule(Protocol):
    """`filters/edits/<name>.py`: text in, text out, n documents → n documents."""

    CONTENT_VERSION: int
    """Bumped by hand when the same text is edited differently."""

    def edit(self, texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
        """The edited texts: no nulls, same order, independent of batch boundaries.

        langs are the declared languages (null where a source declares none).
        """


class SignalsModule(Protocol):
    """`filters/signals/<name>.py`: one published set of measurements."""

    CONTENT_VERSION: int
    """Bumped by hand when the same text measures differently."""
    GROUPS: int
    """What it needs of filters.text_counts, which sets share; 0: nothing."""
    SCHEMA: pa.Schema
    """The columns it adds, each field with metadata 'meaning'; names are unique over all sets."""

    def measure(self, texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.RecordBatch:
        """n documents → n rows of exactly SCHEMA, in order, independent of batch boundaries.

        langs choose the policy (word segmentation, lists) in filters/languages; a null language
        or one outside the 46 gets the default policy. A null value means: not measurable, and
        no rule on it is evaluated.
        """


@cache
def names(package: str) -> tuple[str, ...]:
    """The modules of filters.edits or filters.signals: the folder is the registry."""
    folder = importlib.import_module(f"filters.{package}")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder.__path__)))


def load_edit(name: str) -> EditModule:
    """The edit of that name; raises ValueError naming the known ones."""
    return cast(EditModule, _load("edits", name))


def load_signals(name: str) -> SignalsModule:
    """The signals of that name; raises ValueError naming the known ones."""
    return cast(SignalsModule, _load("signals", name))


def groups(signals: Iterable[str]) -> int:
    """All that these signals need of filters.text_counts."""
    return reduce(operator.or_, (load_signals(name).GROUPS for name in signals), 0)


def _load(package: str, name: str) -> object:
    if name not in names(package):
        raise ValueError(f"unknown {package[:-1]} {name!r}; known: {', '.join(names(package))}")
    return importlib.import_module(f"filters.{package}.{name}")
