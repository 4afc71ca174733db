"""What the program makes for one source: its files, and what a reader must get from them."""

import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from examples.formats.make.texts import Text

DATE = "2026-11-29T00:00:00Z"
"""Of all that a format wants a date for."""


@dataclass(frozen=True)
class Made:
    """A source: entry of the corpus file, files, the texts in each, and the rows of what is no document."""

    uid: str
    form: str
    """What the files are, for the card."""
    type: str
    source: Mapping[str, Any]
    """The other keys of its entry in the corpus file."""
    files: Mapping[str, bytes]
    texts: Mapping[str, Sequence[Text]]
    """File → the documents that can be read from it."""
    pattern: str = "*"
    """Which of the files the source reads."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Reason → rows."""

    @property
    def all_texts(self) -> list[Text]:
        return [text for texts in self.texts.values() for text in texts]


def zipped(data: bytes) -> bytes:
    """A member of gzip without a time."""
    return gzip.compress(data, mtime=0)
