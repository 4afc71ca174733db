"""On the PYTHONPATH of every process of a run of faults.py: a signal with a bug, a file system that fails."""

import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

import fsspec


class _Signals(MetaPathFinder):
    """Adds the folder `signals` to the project's signals."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "filters.signals":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(Path(__file__).with_name("signals")))
        return spec


sys.meta_path.insert(0, _Signals())
fsspec.register_implementation("flaky", "flaky.FlakyFileSystem")
