"""Names of fields as `fields` has them: a field of that very name first, else a path through objects."""

from collections.abc import Callable, Mapping
from typing import Any


def make_getter(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """Reads a field of a record; None where it is absent."""
    if "." not in name:
        return lambda record: record.get(name)
    path = name.split(".")

    def get(record: Mapping[str, Any]) -> Any:
        if name in record:
            return record[name]
        value: Any = record
        for part in path:
            if type(value) is not dict:
                return None
            value = value.get(part)
        return value

    return get
