"""What a shard of the release holds, counted as it is written."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.entries import Count
from layers.shards import text_lengths
from pipeline.stages.publish.masking import WITHHELD


class Tally:
    """Documents and bytes, in all, per licence and per language status, and what was masked of them."""

    def __init__(self) -> None:
        self.documents = self.bytes = self.redacted_bytes = self.masked_documents = 0
        self.licenses: dict[str, dict[str, int]] = {}
        self.lang_status: dict[str, int] = {}
        self.found: Counter[str] = Counter()
        self.masked: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.files: Counter[str] = Counter()

    def add(
        self,
        columns: Mapping[str, pa.Array],
        *,
        before: Mapping[str, pa.Array],
        fields: Mapping[str, np.ndarray],
    ) -> None:
        """Rows as they are released, and as they were before anything was masked.

        fields: column beside the text → bool [n], whether something of it is masked.
        """
        sizes = text_lengths(columns["text"])
        self.documents += len(sizes)
        self.bytes += int(sizes.sum())
        for license, rows in _rows_by_value(columns["license"]):
            amount = self.licenses.setdefault(license, {"documents": 0, "bytes": 0})
            amount["documents"] += int(rows.sum())
            amount["bytes"] += int(sizes[rows].sum())
        for status, rows in _rows_by_value(columns["lang_status"]):
            self.lang_status[status] = self.lang_status.get(status, 0) + int(rows.sum())
        for counts, spans in ((self.found, before), (self.masked, columns)):
            kinds = spans["personal_data"].flatten().field("kind")
            counts.update({row["values"]: row["counts"] for row in pc.value_counts(kinds).to_pylist()})
        is_masked = pc.fill_null(pc.greater(pc.list_value_length(columns["personal_data"]), 0), False)
        is_masked = is_masked.to_numpy(zero_copy_only=False)
        if is_masked.any():
            self.masked_documents += int(is_masked.sum())
            self.redacted_bytes += int(text_lengths(before["text"]).sum() - sizes.sum())
        if fields:
            self.fields.update({name: int(rows.sum()) for name, rows in fields.items()})
            only_beside = np.logical_or.reduce([*fields.values()]) & ~is_masked
            self.files.update(before["container"].filter(pa.array(only_beside)).to_pylist())
        if fields or is_masked.any():
            for name in (*WITHHELD, "record_id"):
                self.withheld[name] += columns[name].null_count - before[name].null_count

    def counts(self, lang: str) -> list[Count]:
        """The shard's lines of the ledger."""
        kept = Count("kept", lang=lang, documents=self.documents, bytes=self.bytes)
        redacted = Count("redacted", lang=lang, documents=self.masked_documents, bytes=self.redacted_bytes)
        return [kept, redacted] if self.masked_documents else [kept]

    def facts(self) -> dict[str, Any]:
        """What the manifest sums up over shards."""
        return {
            "licenses": self.licenses,
            "lang_status": self.lang_status,
            "personal_data": {
                "documents": self.masked_documents,
                "found": dict(sorted(self.found.items())),
                "masked": dict(sorted(self.masked.items())),
                "fields": dict(sorted(self.fields.items())),
                "files": dict(sorted(self.files.items())),
                "withheld": {name: count for name, count in sorted(self.withheld.items()) if count},
            },
        }


def _rows_by_value(column: pa.Array) -> Iterator[tuple[Any, np.ndarray]]:
    """Each value of a column, in order of appearance, and the mask of its rows."""
    encoded = column.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy()
    for code, value in enumerate(encoded.dictionary.to_pylist()):
        yield value, codes == code
