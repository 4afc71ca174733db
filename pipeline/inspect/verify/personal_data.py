"""Masked documents of a shard: placeholders where they are said to be, no digests, nothing left to mask."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.fields import FIELD_KINDS, mask_fields
from filters.personal_data.find import find_spans
from filters.personal_data.mask import placeholder
from governance.manifest import Output
from pipeline.inspect.verify.result import Part

SAMPLE_BYTES = 1 << 20
"""Of a shard's file, as it is compressed, for each of which a document in so many is searched."""


@dataclass(frozen=True)
class MaskRules:
    """What is masked, and how much of a release is searched for what should be."""

    masked_kinds: Callable[[str, str], Sequence[str]]
    """(source, language) → kinds."""
    everything: bool = False
    """Search every document; else about one in as many as a shard has SAMPLE_BYTES."""


class MaskChecks:
    """What every masked document of a shard must say; only the first of each kind of fault is told."""

    def __init__(self, output: Output, *, sidecar: str, rules: MaskRules | None) -> None:
        self._output, self._sidecar, self._rules = output, sidecar, rules
        self._kinds = (
            [] if rules is None else list(rules.masked_kinds(output.source or "", output.lang or ""))
        )
        is_sampled = rules is not None and not rules.everything
        self._step = max(1, output.bytes // SAMPLE_BYTES) if is_sampled else 1
        self._faults: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._rows: Counter[tuple[str, str]] = Counter()

    def check_texts(self, batch: pa.RecordBatch, *, first_row: int) -> None:
        """Search documents for values of kinds that are masked."""
        if not self._kinds:
            return
        rows = np.arange(-first_row % self._step, len(batch), self._step)
        texts = batch.column("text").take(pa.array(rows))
        langs = [self._output.lang] * len(rows)
        names = [name for name in FIELD_KINDS if name in batch.schema.names]
        columns = {name: batch.column(name).take(pa.array(rows)) for name in names}
        beside = mask_fields(columns, languages=langs, kinds=self._kinds).rows
        for name, masked in beside.items():
            for place in np.flatnonzero(masked).tolist():
                row = first_row + int(rows[place])
                check = f"personal data in {name}"
                self._add(self._output.path, check, row=row, actual="a value", expected="masked")
        found = find_spans(texts, languages=langs, kinds=self._kinds)
        for place in pc.indices_nonzero(pc.greater(pc.list_value_length(found), 0)).to_pylist():
            span = found[place].as_py()[0]
            value = f"{span['kind']} at bytes {span['start']} to {span['end']}"
            row = first_row + int(rows[place])
            self._add(self._output.path, "personal data in text", row=row, actual=value, expected="masked")

    def check_pair(self, rows: pa.RecordBatch, *, places: pa.RecordBatch, first_row: int) -> None:
        """Compare placeholders with what both files say of them, and look for digests beside them."""
        counts = _total(rows.column("redactions"))
        spans = pc.fill_null(pc.list_value_length(places.column("personal_data")), 0).to_numpy()
        for row in np.flatnonzero((counts > 0) | (spans > 0)).tolist():
            listed = places.column("personal_data")[row].as_py() or []
            place = first_row + row
            self._check_counts(rows.column("redactions")[row].as_py() or [], listed=listed, row=place)
            text = rows.column("text")[row].as_py().encode()
            for span in listed:
                found, expected = text[span["start"] : span["end"]], placeholder_of(span["kind"])
                if found != expected.encode():
                    self._add(
                        self._output.path,
                        f"placeholder at byte {span['start']}",
                        row=place,
                        actual="something else",
                        expected=expected,
                    )
            for name in ("exact_hash", "raw_sha256"):
                if listed and places.column(name)[row].is_valid:
                    check = f"{name} of a masked document"
                    self._add(self._sidecar, check, row=place, actual="given", expected="null")

    def tell(self, part: Part) -> None:
        for (path, check), (where, actual, expected) in self._faults.items():
            rows = self._rows[path, check]
            note = f"{rows} such" if rows > 1 else ""
            part.compare(path, f"{check}{where}", actual=actual, expected=expected, note=note)

    def _check_counts(
        self, redactions: list[dict[str, object]], *, listed: list[dict[str, object]], row: int
    ) -> None:
        counted = Counter(str(span["kind"]) for span in listed)
        said = {str(each["kind"]): each["count"] for each in redactions}
        if said != counted:
            self._add(
                self._output.path,
                "redactions",
                row=row,
                actual=_name(said),
                expected=f"{_name(counted)}, as the sidecar says",
            )

    def _add(self, path: str, check: str, *, row: int, actual: str, expected: str) -> None:
        self._rows[path, check] += 1
        self._faults.setdefault((path, check), (f" of row {row}", actual, expected))


def placeholder_of(kind: str) -> str:
    """What stands for a kind; a kind that is none has no placeholder that any text could have."""
    try:
        return placeholder(kind)
    except KeyError:
        return f"a placeholder of {kind!r}, which is no kind"


def _total(redactions: pa.ListArray) -> np.ndarray:
    lengths: np.ndarray = pc.fill_null(pc.list_value_length(redactions), 0).to_numpy()
    return lengths


def _name(counts: Counter[str] | dict[str, object]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"
