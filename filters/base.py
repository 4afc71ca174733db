"""The contracts of edits and signals, stated once, and how the folders are read as registries."""

import importlib
import operator
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from typing import Any, Protocol, cast

import pyarrow as pa
from pydantic import BaseModel

from layers import plugins


class EditModule(Protocol):
    """`filters/edits/<name>.py`: text in, text out, n documents → n documents."""

    CONTENT_VERSION: int
    """Bumped by hand when the same text is edited differently."""

    def edit(self, texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
        """The edited texts: no nulls, same order, independent of batch boundaries.

        langs are the declared languages (null where a source declares none).
        """


class SignalsModule(Protocol):
    """`filters/signals/<name>.py`: one published set of measurements.

    A module may also declare what `SignalsExtras` lists.
    """

    CONTENT_VERSION: int
    """Bumped by hand when the same document measures differently."""
    SCHEMA: pa.Schema
    """The columns it adds, each field with metadata 'meaning'; names are unique over all sets."""

    def measure(self, batch: pa.RecordBatch, *, langs: pa.StringArray, options: Any) -> pa.RecordBatch:
        """n documents → n rows of exactly SCHEMA, in order, independent of batch boundaries.

        batch has the columns of DOCUMENT and what else ingest made, `text` edited; langs choose the policy
        (word segmentation, lists) in filters/languages, and a null language or one without a file gets the
        default policy. options is an `Options` of the module, None where it has none. A null value means:
        not measurable, and no rule on it is evaluated.
        """


class SignalsExtras(Protocol):
    """What a module of signals may declare besides; without it, the default that is said here."""

    GROUPS: int
    """What it needs of filters.text_counts, which sets share. Default 0: nothing."""
    BEFORE_EDITS: bool
    """True: the batch has the text as its source gives it, before any edit. Default False."""
    FOR_DECIDE: bool
    """True: decide reads the columns, so they are measured whatever `measure.signals` names, and are no
    columns of a release. Default False."""
    Options: type[BaseModel]
    """Frozen model of the options that a corpus file gives as `measure.<name>`. Default: there are none.

    A set whose options have defaults is measured with them; one that requires a value is measured where
    the corpus file gives it.
    """

    def prepare(self, options: Any, *, folder: str) -> Any:
        """The options with paths that no longer depend on a folder, once, by the plan.

        folder is that of the corpus file. Raises OSError, ValueError or ImportError for what a worker
        could not use. Default: the options as they are.
        """

    def digest(self, options: Any) -> object:
        """What the bytes depend on beside CONTENT_VERSION and the documents, as JSON.

        Digests of files, versions of libraries, the options that matter. Default: the options.
        """

    def memory_bytes(self, options: Any) -> int:
        """Memory that it takes in each worker whatever the documents, such as a model. Default: 0."""


def names(package: str) -> tuple[str, ...]:
    """The modules of filters.edits or filters.signals, and of plugins: the folder is the registry."""
    return tuple(sorted((*_built_in(package), *plugins.names(package))))


@cache
def _built_in(package: str) -> tuple[str, ...]:
    folder = importlib.import_module(f"filters.{package}")
    return tuple(module.name for module in pkgutil.iter_modules(folder.__path__))


def load_edit(name: str) -> EditModule:
    """The edit of that name; raises ValueError naming the known ones."""
    return cast(EditModule, _load("edits", name))


def load_signals(name: str) -> SignalsModule:
    """The signals of that name; raises ValueError naming the known ones."""
    return cast(SignalsModule, _load("signals", name))


def default_signals() -> tuple[str, ...]:
    """The sets that are measured unless a corpus file names others: those that need no options."""
    return tuple(name for name in names("signals") if not is_for_decide(name) and not requires_options(name))


def decide_signals() -> tuple[str, ...]:
    """The sets that are always measured, because decide reads them."""
    return tuple(name for name in names("signals") if is_for_decide(name))


def is_for_decide(signals: str) -> bool:
    return bool(getattr(load_signals(signals), "FOR_DECIDE", False))


def is_before_edits(signals: str) -> bool:
    return bool(getattr(load_signals(signals), "BEFORE_EDITS", False))


def groups(signals: Iterable[str]) -> int:
    """All that these signals need of filters.text_counts."""
    return reduce(operator.or_, (getattr(load_signals(name), "GROUPS", 0) for name in signals), 0)


def options_model(signals: str) -> type[BaseModel] | None:
    """The model of a set's options; None: it has none."""
    return getattr(load_signals(signals), "Options", None)


def requires_options(signals: str) -> bool:
    """True when a set cannot be measured without a value from the corpus file."""
    model = options_model(signals)
    return model is not None and any(field.is_required() for field in model.model_fields.values())


def make_options(signals: str, *, values: Mapping[str, Any] | None) -> BaseModel | None:
    """The options of a set from the values of a corpus file; raises pydantic's ValidationError."""
    model = options_model(signals)
    return None if model is None else model.model_validate(values or {})


def prepare_options(signals: str, *, options: BaseModel | None, folder: str) -> BaseModel | None:
    """The options as workers need them; raises OSError, ValueError or ImportError saying what is wrong."""
    prepare = getattr(load_signals(signals), "prepare", None)
    return options if prepare is None else prepare(options, folder=folder)


def signals_memory_bytes(signals: str, *, options: BaseModel | None) -> int:
    """Memory that a set with prepared options takes in each worker whatever the documents."""
    memory_bytes = getattr(load_signals(signals), "memory_bytes", None)
    return 0 if memory_bytes is None else int(memory_bytes(options))


def edit_version(name: str) -> list[object]:
    """What edited text depends on beside the text, for fingerprints."""
    return [load_edit(name).CONTENT_VERSION, *_plugin_digest("edits", name)]


def signals_version(name: str, *, options: BaseModel | None) -> list[object]:
    """What a set's columns depend on beside the documents, for fingerprints."""
    module = load_signals(name)
    digest = getattr(module, "digest", None)
    depends = [] if options is None else [options.model_dump(mode="json")]
    if digest is not None:
        depends = [digest(options)]
    return [module.CONTENT_VERSION, *depends, *_plugin_digest("signals", name)]


def _plugin_digest(package: str, name: str) -> list[object]:
    digest = plugins.digest(package, name=name)
    return [] if digest is None else [digest]


def _load(package: str, name: str) -> object:
    if name not in names(package):
        raise ValueError(f"unknown {package[:-1]} {name!r}; known: {', '.join(names(package))}")
    if name in plugins.names(package):
        return plugins.load(package, name=name)
    return importlib.import_module(f"filters.{package}.{name}")
