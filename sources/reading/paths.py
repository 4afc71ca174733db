"""Names of fields as `fields` has them: a field of that very name, else a path through objects and lists."""

from collections.abc import Callable, Mapping
from operator import methodcaller
from typing import Any


def listed_prefix(name: str, *, depth: int) -> str:
    """The part of a path that a list of a file's fields would have: no place in a list, no deeper object."""
    parts = name.split(".")
    place = next((index for index, part in enumerate(parts) if index and part.isdecimal()), len(parts))
    return ".".join(parts[: min(place, depth)])


def make_getter(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """Reads a field of a record; None where it is absent."""
    if "." not in name:
        return methodcaller("get", name)
    path = name.split(".")

    def get(record: Mapping[str, Any]) -> Any:
        if name in record:
            return record[name]
        value: Any = record
        for part in path:
            if type(value) is dict:
                value = value.get(part)
            elif type(value) is list and part.isdecimal():
                value = value[int(part)] if int(part) < len(value) else None
            else:
                return None
        return value

    return get
