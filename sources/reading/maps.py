"""Ready-made layouts of published corpora: `sources/maps/<name>.yaml`, which a source may name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from layers import strict_yaml
from layers.problems import suggest

_FOLDER = Path(__file__).parents[1] / "maps"
_KEYS = ("type", "fields", "options")
"""What a map says for a source; `description` and `homepage` are for people."""


def names() -> tuple[str, ...]:
    """The layouts there are."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def load(name: str) -> Mapping[str, Any]:
    """All that a map says; raises ValueError with a suggestion."""
    if name not in names():
        raise ValueError(
            f"unknown map {name!r}{suggest(name, names=[*names()])}; there are {', '.join(names())}"
        )
    loaded: Mapping[str, Any] = strict_yaml.load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def complete(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source of the corpus file with what its `map` says; its own keys win, field by field.

    Raises ValueError for an unknown map. A null field of its own takes the field away.
    """
    given = load(source["map"])
    whole = {name: given[name] for name in _KEYS if name in given} | dict(source)
    for name in ("fields", "options"):
        own = source.get(name, {})
        if isinstance(own, Mapping):
            whole[name] = _merge(given.get(name, {}), own=own)
    return whole


def _merge(given: Mapping[str, Any], *, own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**given, **own}
    if isinstance(own.get("extra"), Mapping):
        merged["extra"] = _merge(given.get("extra", {}), own=own["extra"])
    return {name: value for name, value in merged.items() if value is not None}
