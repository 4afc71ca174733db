"""The layers beside a release, for what is not in it: verdicts on dropped documents, and their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from layers import storage
from layers.entries import Entry
from layers.layer import Layer
from pipeline.errors import RunError
from pipeline.stages.decide.verdicts import DECISION

_BEFORE = {"component_id": "cluster_id", "component_size": "cluster_size"}
"""Column of decisions → what it was before version 5."""


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

    def read_decisions(self, entry: Entry, *, columns: Sequence[str] | None = None) -> pa.Table:
        """Decisions of a part, in columns of this version: null where an earlier one did not say so much.

        Before version 5 clusters were what components are, and called so.
        """
        shard = self.decisions.open(entry, "decisions")
        wanted = DECISION.names if columns is None else columns
        before = {name: _BEFORE.get(name, name) for name in wanted if name not in shard.schema.names}
        stored = [before.get(name, name) for name in wanted]
        known = sorted({name for name in stored if name in shard.schema.names})
        table = self.decisions.table(entry, "decisions", columns=known)
        arrays = [
            table[place] if place in known else pa.nulls(len(table), DECISION.field(name).type)
            for name, place in zip(wanted, stored, strict=True)
        ]
        return pa.table(arrays, names=list(wanted))

    def read_texts(self, entry: Entry, *, columns: Sequence[str]) -> pa.Table:
        """Columns of the documents of a part that an entry decides about; raises MissingEntry."""
        return self.measured.table(self.measured.require(entry.unit), "text", columns=columns)

    def read_value(self, entry: Entry, *, file: str, column: str, row: int) -> Any:
        """One value of a file of the measured part that an entry decides about; raises MissingEntry."""
        measured = self.measured.require(entry.unit)
        return self.measured.row(measured, file, row, columns=[column])[column][0].as_py()
