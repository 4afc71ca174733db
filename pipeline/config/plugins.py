"""Plugins of a corpus file: found, imported, held to the contracts of what they stand beside."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import ModuleType

from pydantic import Field, model_validator

import filters.base
import sources
from filters.language_id import LANGUAGE
from layers import plugins, storage
from layers.contracts import find_problems
from layers.document import DOCUMENT
from layers.plugins import Plugin, PluginError
from pipeline.config.measure import MeasureConfig, Strict
from sources.base import SourceExtras, SourceModule

TAKEN_NAMES = frozenset({"repeated_lines", *MeasureConfig.model_fields})
"""What a document's edits and a row's reason call things of our own, and the keys beside options of sets."""

TAKEN_COLUMNS = frozenset(
    (
        *DOCUMENT.names,
        *LANGUAGE.names,
        *("raw_row", "carriers", "edits", "edit_bytes", "signals_lang", "text_bytes", "exact_hash", "source"),
        *("personal_data", "redactions"),
        *("key_id", "keep", "reason", "reasons", "component_id", "component_size", "cluster_size"),
        *(
            "kept_doc_id",
            "kept_source",
            "duplicate_method",
            "kept_similarity",
            "twin_sources",
            "shingles",
            "signature",
        ),
    )
)
"""Columns of the layers and of a release that are no signal; bands are `band_…`."""


class PluginConfig(Strict):
    """Sources, edits and signals of one's own; their code runs in the driver and in every worker."""

    folder: str | None = Field(
        default=None,
        description="folder with `sources/`, `edits/` or `signals/`, relative to the corpus file; for the "
        "local runner",
    )
    package: str | None = Field(
        default=None,
        description="installed package with `sources/`, `edits/` or `signals/`, for any runner whose workers "
        "have it",
    )

    @model_validator(mode="after")
    def _check_place(self) -> "PluginConfig":
        if (self.folder is None) == (self.package is None):
            raise ValueError("give `folder` or `package`")
        return self

    @property
    def name(self) -> str:
        return self.package or self.folder or ""


def load_plugins(entries: Sequence[PluginConfig], *, folder: str) -> None:
    """Import and check the plugins of a corpus file in a folder.

    From here on their modules, and no other plugin's, are among the names of sources, edits and signals.
    Raises PluginError that lists everything that is wrong.
    """
    named: list[Plugin] = []
    problems: list[str] = []
    for index, entry in enumerate(entries):
        try:
            named.append(_find(entry, folder=folder))
        except PluginError as error:
            problems += [f"$.plugins[{index}]: {problem}" for problem in error.problems]
    plugins.activate(())
    problems += _name_collisions(named)
    if problems:
        raise PluginError(*problems)
    try:
        plugins.activate(named)
    except PluginError as error:
        raise PluginError(*(f"$.plugins: {problem}" for problem in error.problems)) from error
    problems = [f"$.plugins: {problem}" for problem in chain(_contract_problems(), _column_collisions())]
    if problems:
        plugins.activate(())
        raise PluginError(*problems)


def _find(entry: PluginConfig, *, folder: str) -> Plugin:
    if entry.package is not None:
        return plugins.find_package(entry.package)
    place = storage.join(folder, entry.name)
    if storage.is_remote(place):
        raise PluginError(f"{place} is not on this machine: give a local folder, or an installed package")
    path = storage.local_path(place).resolve()
    if Path(folder).resolve().is_relative_to(path):
        raise PluginError(
            f"{path} holds the corpus file: give plugins a folder of their own, all of it is code"
        )
    return plugins.find_folder(entry.name, path=path)


def _built_in(kind: str) -> tuple[str, ...]:
    return sources.names() if kind == "sources" else filters.base.names(kind)


def _name_collisions(named: Sequence[Plugin]) -> Iterator[str]:
    """Names that two modules would have; call it while no plugin is active."""
    brought = Counter(module for plugin in named for module in plugin.modules)
    for index, plugin in enumerate(named):
        for kind, name in plugin.modules:
            place = f"$.plugins[{index}]: {kind}/{name}.py of the {plugin}"
            if name in _built_in(kind):
                yield f"{place} has the name of a built-in one: rename it"
            elif kind != "sources" and name in TAKEN_NAMES:
                yield f"{place} has a name that means something else: rename it"
            elif brought[kind, name] > 1:
                yield f"{place} has the name of another plugin's: rename one"


def _contract_problems() -> Iterator[str]:
    for kind in plugins.KINDS:
        for name in plugins.names(kind):
            for problem in check_module(plugins.load(kind, name=name), kind=kind):
                yield f"{kind}/{name}.py {problem}"


def check_module(module: ModuleType, *, kind: str) -> list[str]:
    """A line for each thing that a module of a kind (sources, edits, signals) lacks."""
    if kind == "sources":
        problems = find_problems(module, contract=SourceModule, optional=SourceExtras)
    elif kind == "edits":
        problems = find_problems(module, contract=filters.base.EditModule)
    else:
        problems = find_problems(
            module, contract=filters.base.SignalsModule, optional=filters.base.SignalsExtras
        )
        problems += _signals_problems(module) if not problems else []
    version = getattr(module, "CONTENT_VERSION", None)
    if isinstance(version, int) and version < 1:
        problems.append(f"CONTENT_VERSION is {version}, it starts at 1")
    return problems


def _signals_problems(module: ModuleType) -> Iterator[str]:
    schema = module.SCHEMA
    if not schema.names:
        yield "SCHEMA has no column"
    for field in schema:
        if not (field.metadata or {}).get(b"meaning"):
            yield f"column {field.name} has no meaning: make it with layers.document.make_field"
        if field.name in TAKEN_COLUMNS or field.name.startswith("band_"):
            yield f"column {field.name} is one of the layers' own: rename it"
    if getattr(module, "FOR_DECIDE", False):
        yield "FOR_DECIDE is for sets that the stage decide itself reads: leave it out"


def _column_collisions() -> Iterator[str]:
    """Columns that two sets would have."""
    owners: dict[str, list[str]] = {}
    for name in filters.base.names("signals"):
        schema = getattr(filters.base.load_signals(name), "SCHEMA", None)
        for column in getattr(schema, "names", ()):
            owners.setdefault(column, []).append(name)
    for column, names in owners.items():
        if len(names) > 1:
            yield f"the column {column} is of the signals {' and '.join(names)}: rename one"
