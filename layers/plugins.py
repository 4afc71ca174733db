"""Code that people bring: folders and installed packages with modules beside the house's own.

A plugin has folders `sources/`, `edits/`, `signals/`, each module a file. The plugins of a process are those
of the plan that it made or works for last; `activate` says which.
"""

import hashlib
import importlib
import importlib.util
import re
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

KINDS = ("sources", "edits", "signals")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PREFIX = "rhizotron_plugin_"


class PluginError(Exception):
    """Code of a plugin cannot be used; problems has a line for each thing that is wrong."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Plugin:
    """One folder or package: small and picklable, so that workers import the same code."""

    name: str
    """As the corpus file calls it."""
    folder: str | None
    """Absolute path; None: an installed package, which every machine finds by its name."""
    digest: str
    """SHA-256 of all its files."""
    modules: tuple[tuple[str, str], ...]
    """(kind, name) of each module, in order."""

    def import_name(self, kind: str, *, name: str) -> str:
        # the digest is in the name: changed code is another module, also in a process that knows the old one
        top = self.name if self.folder is None else f"{_PREFIX}{self.digest[:16]}"
        return f"{top}.{kind}.{name}"

    def __str__(self) -> str:
        return f"package {self.name}" if self.folder is None else f"folder {self.name}"


def find_folder(name: str, *, path: Path) -> Plugin:
    """The plugin of a folder, without running its code; raises PluginError."""
    if not path.is_dir():
        raise PluginError(f"there is no folder {path}")
    return Plugin(name, str(path), digest_files(path), _list_modules(path))


def find_package(name: str) -> Plugin:
    """The plugin of an installed package, without running its modules; raises PluginError."""
    path = _package_folder(name)
    return Plugin(name, None, digest_files(path), _list_modules(path))


def digest_files(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files, but for hidden ones and compiled Python."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            content = path.read_bytes()
            digest.update(f"{'/'.join(parts)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _list_modules(folder: Path) -> tuple[tuple[str, str], ...]:
    modules = [
        (kind, path.stem)
        for kind in KINDS
        for path in sorted((folder / kind).glob("*.py"))
        if not path.name.startswith("_")
    ]
    if not modules:
        raise PluginError(f"{folder} has no module: expected sources/*.py, edits/*.py or signals/*.py")
    wrong = [f"{kind}/{name}.py" for kind, name in modules if not _NAME.fullmatch(name)]
    if wrong:
        raise PluginError(*(f"{file} is no name of a module: use a-z, 0-9 and _" for file in wrong))
    return tuple(modules)


def _package_folder(name: str) -> Path:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise PluginError(f"{name} is no package: {error}") from error
    if spec is None:
        raise PluginError(f"no package {name} is installed for {sys.executable}")
    places = list(spec.submodule_search_locations or [])
    if len(places) != 1 or not Path(places[0]).is_dir():
        raise PluginError(f"{name} is not a package in one folder")
    return Path(places[0])


_lock = threading.Lock()
_active: tuple[Plugin, ...] = ()
_modules: dict[tuple[str, str], ModuleType] = {}
_packages: dict[str, str] = {}
"""Package → digest of the code that this process has imported."""


def activate(plugins: Sequence[Plugin]) -> None:
    """Import these plugins and make their modules, and no others, those of this process.

    Raises PluginError that lists every module whose import fails, or says whose code is not what was planned.
    """
    global _active, _modules
    with _lock:
        if tuple(plugins) == _active:
            return
        for plugin in plugins:
            _check_digest(plugin)
        modules, problems = {}, []
        for plugin in plugins:
            for kind, name in plugin.modules:
                try:
                    modules[kind, name] = importlib.import_module(plugin.import_name(kind, name=name))
                except Exception as error:  # whatever the code of others raises
                    problems.append(f"{kind}/{name}.py cannot be imported: {_describe(error)}")
        if problems:
            raise PluginError(*problems)
        _active, _modules = tuple(plugins), modules


def _check_digest(plugin: Plugin) -> None:
    path = _package_folder(plugin.name) if plugin.folder is None else Path(plugin.folder)
    if digest_files(path) != plugin.digest:
        raise PluginError(
            f"the code of the {plugin} in {path} is not that of the plan, {plugin.digest[:16]}: "
            + ("install one version for driver and workers" if plugin.folder is None else "run again")
        )
    if plugin.folder is None:
        if _packages.setdefault(plugin.name, plugin.digest) != plugin.digest:
            raise PluginError(f"the {plugin} changed since this process imported it: start it again")
    else:
        _finder.folders[f"{_PREFIX}{plugin.digest[:16]}"] = path


def _describe(error: Exception) -> str:
    """What an import raised, and where."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error}"
    return f"{type(error).__name__}: {error} ({place})"


def active() -> tuple[Plugin, ...]:
    """The plugins of this process."""
    return _active


def names(kind: str) -> tuple[str, ...]:
    """The modules of a kind that plugins bring."""
    return tuple(name for each, name in _modules if each == kind)


def load(kind: str, *, name: str) -> ModuleType:
    """A module that a plugin brings."""
    return _modules[kind, name]


def digest(kind: str, *, name: str) -> str | None:
    """The digest of the plugin that brings a module, for fingerprints; None: none does."""
    return next((plugin.digest for plugin in _active if (kind, name) in plugin.modules), None)


class _Uncached(SourceFileLoader):
    """Compiles what is digested: Python's cache of byte code takes files of one second and size for equal."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _Finder(MetaPathFinder):
    """Finds the modules of plugin folders, below a package that is named by their digest."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top, *rest = fullname.split(".")
        if top not in self.folders:
            return None
        place = self.folders[top].joinpath(*rest)
        if place.is_dir():
            return self._package(fullname, place=place)
        file = place.with_suffix(".py")
        return self._module(fullname, file=file) if file.is_file() else None

    def _package(self, fullname: str, *, place: Path) -> ModuleSpec | None:
        init = place / "__init__.py"
        if init.is_file():
            return self._module(fullname, file=init, places=[str(place)])
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        return spec

    def _module(self, fullname: str, *, file: Path, places: list[str] | None = None) -> ModuleSpec | None:
        loader = _Uncached(fullname, str(file))
        return importlib.util.spec_from_file_location(
            fullname, file, loader=loader, submodule_search_locations=places
        )


_finder = _Finder()
sys.meta_path.append(_finder)
