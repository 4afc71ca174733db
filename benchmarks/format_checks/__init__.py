"""What a correct reader gets of sample files: a module with `CHECKS` for each format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    """What some files of a folder are to give."""

    paths: str
    """Glob below the folder."""
    type: str
    documents: int | None = None
    """Of each file; None: at least one."""
    holds: Sequence[str] = ()
    """Texts that must stand in the documents; white space is all one."""
    lacks: Sequence[str] = ()
    """Texts that must not."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Reason → rows."""
    lang: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
