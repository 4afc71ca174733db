"""The layers beside a release, for what is not in it: verdicts on dropped documents, and their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from layers import storage
from layers.entries import Entry, read_entries, read_entry
from layers.shards import read_shard, read_table
from pipeline.errors import RunError


@dataclass(frozen=True)
class ReleaseLayers:
    """Where decisions and measured documents of a release are, and the entries of the decisions."""

    decisions: str
    measured: str
    entries: list[Entry]

    @classmethod
    def find(cls, release: str) -> "ReleaseLayers":
        """The layers beside a release, a folder or URL; raises RunError where they are missing."""
        output = release.rstrip("/").rpartition("/")[0] or "."
        decisions, measured = storage.join(output, "decisions"), storage.join(output, "measured")
        entries = read_entries(decisions)
        if not entries:
            raise RunError(
                f"there is no decision in {decisions}; dups reads the layers beside a release, for the texts "
                "of dropped documents are not in it"
            )
        return cls(decisions, measured, entries)

    def measured_entry(self, entry: Entry) -> Entry:
        """The measured part that an entry decides about; raises RunError where it is missing."""
        measured = read_entry(self.measured, unit=entry.unit)
        if measured is None:
            raise RunError(f"{entry.unit} has no entry in {self.measured}; run again")
        return measured

    def read_decisions(self, entry: Entry, *, columns: Sequence[str] | None = None) -> pa.Table:
        """The decisions about a part."""
        return read_table(storage.join(self.decisions, entry.files["decisions"].path), columns=columns)

    def read_texts(self, entry: Entry, *, columns: Sequence[str]) -> pa.Table:
        """Columns of the documents of a part."""
        url = storage.join(self.measured, self.measured_entry(entry).files["text"].path)
        return read_table(url, columns=columns)

    def read_value(self, measured: Entry, *, file: str, column: str, row: int) -> Any:
        """One value of a file of a measured part."""
        record = measured.files[file]
        url = storage.join(self.measured, record.path)
        batch = next(read_shard(url, columns=[column], batch_rows=record.batch_rows, start=row, stop=row + 1))
        return batch[column][0].as_py()
