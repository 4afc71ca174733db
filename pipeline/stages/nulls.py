"""How often a field that a source maps holds nothing: told at the end of a run, and of no effect on it."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from sources.base import SourceSpec

_COLUMNS = {
    **{role: role for role in ("url", "title", "author", "date", "retrieved")},
    "lang": "lang_declared",
}
"""Role → the column that is null where its field is; id and license are replaced, see below."""


class NullTally:
    """Counts, on their way through, the documents in which a mapped field is empty."""

    def __init__(self, spec: SourceSpec) -> None:
        self._roles = [role for role in spec.mapped if role in (*_COLUMNS, "id", "license")]
        self._nulls: Counter[str] = Counter()

    def count(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for role in self._roles:
                self._nulls[role] += _count(batch, role=role)
            yield batch

    def counts(self) -> dict[str, int]:
        """Role → documents, for each role that is mapped."""
        return {role: self._nulls[role] for role in sorted(self._roles)}


def _count(batch: pa.RecordBatch, *, role: str) -> int:
    if role == "id":  # the key is then the record's hash, or its URL and date
        return int(pc.sum(pc.starts_with(batch["record_id"], "sha256:")).as_py() or 0)
    if role == "license":  # it is then the card's
        return int(pc.sum(pc.equal(batch["license_evidence"], "source_card")).as_py() or 0)
    return int(batch[_COLUMNS[role]].null_count)
