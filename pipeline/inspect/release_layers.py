"""The layers beside a release, for what is not in it: verdicts on dropped documents, and their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from layers import storage
from layers.entries import Entry
from layers.layer import Layer
from pipeline.errors import RunError


@dataclass(frozen=True)
class ReleaseLayers:
    """Decisions and measured documents of a release, and the entries of the decisions."""

    decisions: Layer
    measured: Layer
    entries: list[Entry]

    @classmethod
    def find(cls, release: str) -> "ReleaseLayers":
        """The layers beside a release, a folder or URL; raises RunError where they are missing."""
        output = release.rstrip("/").rpartition("/")[0] or "."
        decisions, measured = (Layer(storage.join(output, name)) for name in ("decisions", "measured"))
        entries = decisions.entries()
        if not entries:
            raise RunError(
                f"there is no decision in {decisions.url}; dups reads the layers beside a release, for the "
                "texts of dropped documents are not in it"
            )
        return cls(decisions, measured, entries)

    def read_texts(self, entry: Entry, *, columns: Sequence[str]) -> pa.Table:
        """Columns of the documents of a part that an entry decides about; raises MissingEntry."""
        return self.measured.table(self.measured.require(entry.unit), "text", columns=columns)

    def read_value(self, entry: Entry, *, file: str, column: str, row: int) -> Any:
        """One value of a file of the measured part that an entry decides about; raises MissingEntry."""
        measured = self.measured.require(entry.unit)
        return self.measured.row(measured, file, row, columns=[column])[column][0].as_py()
