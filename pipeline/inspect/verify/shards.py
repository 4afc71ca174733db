"""A shard and its sidecar, read side by side: ids, order, texts, and what they add up to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.hashes.exact import Normalisation, exact_hashes
from filters.personal_data.fields import has_placeholder
from filters.personal_data.mask import COUNTS, SPANS
from governance.manifest import Output
from layers.document import RECORD_DIGEST, make_doc_id, make_place_id, make_text_id
from layers.shards import text_lengths
from pipeline.inspect.verify.personal_data import MaskChecks, MaskRules
from pipeline.inspect.verify.result import Part
from pipeline.inspect.verify.rows import LocalFile, RowQueue

DATA, PROVENANCE, SIGNALS = "data", "provenance", "signals"

_DATA = {
    "doc_id": pa.string(),
    "key_id": pa.string(),
    "text": pa.large_string(),
    "source": pa.string(),
    "license": pa.string(),
    "lang": pa.string(),
    "lang_status": pa.string(),
    "cluster_size": pa.int64(),
    "redactions": COUNTS,
}
_BESIDE = {name: pa.string() for name in ("title", "author", "url", "extra")}
"""What may hold personal data, too."""
_SIZE = {"text_bytes": pa.int64()}
"""In the shard, or with the signals beside it."""
_PROVENANCE = {
    "doc_id": pa.string(),
    "record_id": pa.string(),
    "container": pa.string(),
    "offset": pa.int64(),
    "raw_sha256": pa.binary(32),
    "exact_hash": pa.binary(16),
    "personal_data": SPANS,
}


@dataclass
class _Differences:
    """Rows on which two columns disagree: how many, and the first of them with both values."""

    path: str
    check: str
    rows: int = 0
    first: tuple[int, object, object] = (0, None, None)

    def add(self, actual: pa.Array, *, expected: pa.Array, first_row: int) -> None:
        """Compare n values with n others, which stand at first_row and after it; null equals null."""
        if actual.equals(expected):
            return
        self._locate(actual, expected=expected, first_row=first_row)

    def add_constant(self, actual: pa.Array, *, expected: str, first_row: int) -> None:
        """As `add`, where all n values must be one."""
        if actual.null_count or not pc.all(pc.equal(actual, expected)).as_py():
            everywhere = pa.array([expected] * len(actual), pa.string())
            self._locate(actual, expected=everywhere, first_row=first_row)

    def _locate(self, actual: pa.Array, *, expected: pa.Array, first_row: int) -> None:
        same = pc.fill_null(pc.equal(actual, expected), False)
        both_null = pc.and_(pc.is_null(actual), pc.is_null(expected))
        rows = np.flatnonzero(~pc.or_(same, both_null).to_numpy(zero_copy_only=False))
        if not self.rows and len(rows):
            row = int(rows[0])
            self.first = (first_row + row, actual[row].as_py(), expected[row].as_py())
        self.rows += len(rows)

    def tell(self, part: Part) -> None:
        if self.rows:
            row, actual, expected = self.first
            note = f"{self.rows} rows differ" if self.rows > 1 else ""
            check = f"{self.check} of row {row}"
            part.compare(self.path, check, actual=_show(actual), expected=_show(expected), note=note)


def _show(value: object) -> str | int | None:
    return value.hex() if isinstance(value, bytes) else value if isinstance(value, int | None) else str(value)


def check_shard(
    output: Output,
    *,
    data: LocalFile,
    sidecar: str,
    provenance: LocalFile | None,
    normalisation: Normalisation | None,
    masks: MaskRules | None,
) -> Part:
    """Check the rows of a shard and those of its sidecar, a path in the release; raises Unreadable.

    provenance: where the sidecar lies; None: it cannot be read. normalisation: of the exact hashes of texts,
    which are computed again, and the texts validated; None: they are left alone. masks: what must not be
    left in texts; None: it is not looked for.
    """
    part = Part()
    masking = MaskChecks(output, sidecar=sidecar, rules=masks)
    origins = RowQueue(iter(()) if provenance is None else provenance.read(_PROVENANCE))
    # texts of a file that has its digest are as they were written; to validate costs as much as to decompress
    trusted = {"text"} if data.is_whole and normalisation is None else set()
    checks = _Checks(output, sidecar=sidecar, normalisation=normalisation)
    rows = paired = 0
    columns = _DATA | {name: dtype for name, dtype in (_SIZE | _BESIDE).items() if name in data.schema.names}
    for batch in data.read(columns, trusted=trusted):
        lengths = text_lengths(batch.column("text"))
        checks.check_data(batch, lengths=lengths, first_row=rows)
        masking.check_texts(batch, first_row=rows)
        _count(batch, lengths=lengths, output=output, part=part)
        start = 0
        for places in origins.take(len(batch)):
            pair = batch.slice(start, len(places))
            part.ids.append(checks.check_pair(pair, places=places, first_row=rows + start))
            masking.check_pair(pair, places=places, first_row=rows + start)
            start += len(places)
        rows, paired = rows + len(batch), paired + start
    part.compare(output.path, "rows", actual=rows, expected=output.rows)
    if provenance is not None:
        part.compare(sidecar, "rows", actual=paired + origins.count_rest(), expected=rows)
    checks.tell(part)
    masking.tell(part)
    return part


def check_signals(output: Output, *, data: LocalFile, sidecar: str, signals: LocalFile) -> Part:
    """Check that the signals beside a shard are of its rows, in its order; raises Unreadable."""
    order, sizes = _Differences(sidecar, "doc_id"), _Differences(sidecar, "text_bytes")
    beside = RowQueue(signals.read({"doc_id": pa.string()} | _SIZE))
    part, paired = Part(), 0
    for batch in data.read({"doc_id": pa.string(), "text": pa.large_string()}, trusted={"text"}):
        lengths, start = pa.array(text_lengths(batch.column("text"))), 0
        for rows in beside.take(len(batch)):
            stop = start + len(rows)
            ids = batch.column("doc_id").slice(start, len(rows))
            order.add(rows.column("doc_id"), expected=ids, first_row=paired)
            expected = lengths.slice(start, len(rows))
            sizes.add(rows.column("text_bytes"), expected=expected, first_row=paired)
            paired, start = paired + len(rows), stop
    part.compare(sidecar, "rows", actual=paired + beside.count_rest(), expected=output.rows)
    order.tell(part)
    sizes.tell(part)
    return part


class _Checks:
    """What each row of a shard and its sidecar must say."""

    def __init__(self, output: Output, *, sidecar: str, normalisation: Normalisation | None) -> None:
        self._path, self._lang, self._source = output.path, output.lang or "", output.source or ""
        self._normalisation = normalisation
        self._order = _Differences(sidecar, "doc_id")
        self._hash = _Differences(sidecar, "exact_hash")
        self._key = _Differences(output.path, "doc_id")
        self._plain = _Differences(output.path, "key_id")
        self._columns = {name: _Differences(output.path, name) for name in ("text_bytes", "lang", "source")}

    def check_data(self, batch: pa.RecordBatch, *, lengths: np.ndarray, first_row: int) -> None:
        for name, value in {"lang": self._lang, "source": self._source}.items():
            self._columns[name].add_constant(batch.column(name), expected=value, first_row=first_row)
        sizes = pa.array(lengths)
        if "text_bytes" in batch.schema.names:
            self._columns["text_bytes"].add(batch.column("text_bytes"), expected=sizes, first_row=first_row)

    def check_pair(
        self, rows: pa.RecordBatch, *, places: pa.RecordBatch, first_row: int
    ) -> tuple[str, np.ndarray]:
        """(path, the ids that rows of the shard must have, n × 2), from their rows of the sidecar."""
        key_ids = rows.column("key_id").to_pylist()
        named = places.select(["record_id", "container", "offset", "exact_hash"]).to_pylist()
        listed = zip(named, key_ids, rows.column("doc_id").to_pylist(), strict=True)
        ids, plain = [], []
        for place, key_id, doc_id in listed:
            ids.append(self._make_id(place, is_shared=key_id is not None, doc_id=doc_id))
            has_key = key_id is not None and place["record_id"] is not None
            is_told = has_key and not has_placeholder(place["record_id"])
            own = make_doc_id(self._source, record_id=place["record_id"]).hex() if is_told else key_id
            plain.append(own)
        expected = pa.array([digest.hex() for digest in ids], pa.string())
        self._plain.add(rows.column("key_id"), expected=pa.array(plain, pa.string()), first_row=first_row)
        self._order.add(places.column("doc_id"), expected=rows.column("doc_id"), first_row=first_row)
        self._key.add(places.column("doc_id"), expected=expected, first_row=first_row)
        if self._normalisation is not None:
            hashes = exact_hashes(rows.column("text"), normalisation=self._normalisation)
            spans = pc.list_value_length(places.column("personal_data"))
            is_masked = pc.fill_null(pc.greater(spans, 0), False)
            hashes = pc.if_else(is_masked, pa.scalar(None, hashes.type), hashes)
            self._hash.add(places.column("exact_hash"), expected=hashes, first_row=first_row)
        return self._path, np.frombuffer(b"".join(ids), np.uint64).reshape(-1, 2)

    def _make_id(self, place: dict[str, Any], *, is_shared: bool, doc_id: str) -> bytes:
        """The id that a row must have, from its row of the sidecar.

        It is of the key; of the text too where the source gives the key to several texts; and of the place
        where personal data was found and either would tell it.
        """
        key, hashed = place["record_id"], place["exact_hash"]
        if key is None or key.startswith(RECORD_DIGEST) or (is_shared and hashed is None):
            own = make_place_id(self._source, container=place["container"], offset=place["offset"])
            if key is None or is_shared or own.hex() == doc_id:
                return own
        if has_placeholder(key):  # in the layers it has the value: nobody can compute the id from it
            return bytes.fromhex(doc_id)
        key_id = make_doc_id(self._source, record_id=key)
        return make_text_id(key_id, exact_hash=hashed) if is_shared else key_id

    def tell(self, part: Part) -> None:
        for differences in (*self._columns.values(), self._order, self._key, self._plain, self._hash):
            differences.tell(part)


def _count(batch: pa.RecordBatch, *, lengths: np.ndarray, output: Output, part: Part) -> None:
    """Add up documents and bytes of text, per licence and language status, and rows per cluster size."""
    folder = output.path.rpartition("/")[0]
    part.counts[folder, "documents"] += len(batch)
    part.counts[folder, "bytes of text"] += int(lengths.sum())
    licenses = batch.column("license").dictionary_encode(null_encoding="encode")
    codes = licenses.indices.to_numpy()
    documents, sizes = np.bincount(codes), np.bincount(codes, lengths)
    for license, amount, size in zip(licenses.dictionary.to_pylist(), documents, sizes, strict=True):
        part.counts[folder, f"documents under {license}"] += int(amount)
        part.counts[folder, f"bytes of text under {license}"] += int(size)
    language = folder.rpartition("/")[0]
    for status, amount in count_values(batch.column("lang_status")):
        part.counts[language, f"documents {status}"] += amount
    part.cluster_rows.update(dict(count_values(batch.column("cluster_size"))))


def count_values(values: pa.Array) -> list[tuple[Any, int]]:
    """Each value and how often it is there."""
    return [(row["values"], row["counts"]) for row in pc.value_counts(values).to_pylist()]
