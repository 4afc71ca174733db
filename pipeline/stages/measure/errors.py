"""A filter that raises: which one, and where."""

import traceback
from collections.abc import Callable
from typing import Any


class FilterError(Exception):
    """An edit or signal raised; name is which."""

    def __init__(self, name: str, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        super().__init__(f"{type(error).__name__}: {error} (at {last.name}, line {last.lineno})")
        self.name = name


def named(name: str, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """work(...), with the filter's name on what it raises."""
    try:
        return work(*args, **kwargs)
    except Exception as error:
        raise FilterError(name, error) from error
