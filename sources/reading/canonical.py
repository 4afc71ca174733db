"""What DOCUMENT keeps as JSON: one form for one meaning, so that bytes depend on nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def encode_extra(fields: Mapping[str, Any]) -> str | None:
    """Further fields of a record → JSON object, keys sorted, no white space; None where nothing has a value.

    Raises ValueError for what JSON cannot hold.
    """
    values = {name: value for name, value in fields.items() if value is not None}
    return encode_object(values) if values else None


def encode_notices(notices: Iterable[tuple[str, str, str]]) -> str | None:
    """(place, name, value) of statements about use, in their order → JSON array; None where there is none."""
    rows = [{"place": place, "name": name, "value": value} for place, name, value in notices]
    return encode_object(rows) if rows else None


def encode_object(value: Any) -> str:
    """The one form of a JSON value; raises ValueError for what JSON cannot hold."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(f"no JSON: {error}") from error
