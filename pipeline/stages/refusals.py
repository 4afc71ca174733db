"""Documents that somebody refuses while they are read: lists of URLs, and reservations of their sites.

Each is a row of the ledger with its reason; none is bad, and no budget limits them.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from governance.reservations.terms import Terms
from layers.document import DOCUMENT, REJECTED
from layers.entries import Unit
from pipeline.config.url_lists import PlannedList
from pipeline.stages.reservations import Counts, ReservationReader
from pipeline.stages.url_lists import Blocker
from sources.base import Refusal, SourceModule, SourceSpec

_PLACE = ("container", "offset", "length", "record_id")
_RESERVATION = DOCUMENT.get_field_index("reservation")


class Refusals:
    """Asks all who may refuse a document, lists first."""

    def __init__(
        self, *, lists: Sequence[PlannedList], terms: Terms | None, spec: SourceSpec, module: SourceModule
    ) -> None:
        """terms None: nobody looks for reservations."""
        self._blocker = Blocker(lists) if lists else None
        self._spec, self._module = spec, module
        is_applied = terms is not None and terms.is_applied
        reads_pages = getattr(module, "READS_NOTICES", False)
        self._reader = ReservationReader(terms, reads_pages=reads_pages) if terms and is_applied else None

    @property
    def reservations(self) -> Counts:
        """By protocol, of all documents so far."""
        return {} if self._reader is None else self._reader.counts

    def begin_file(self, unit: Unit) -> None:
        """Look into a file, or the slice of one, for what its sites say."""
        list_site_files = getattr(self._module, "list_site_files", None)
        if self._reader is not None and list_site_files is not None:
            self._reader.begin_file(list_site_files(unit, spec=self._spec))

    def find(self, url: str, date: str | None) -> Refusal | None:
        """Why a page must not even be fetched; None: nobody says so."""
        refusal = None if self._blocker is None else self._blocker.find(pa.array([url])).get(0)
        if refusal is None and self._reader is not None:
            refusal = self._reader.find_refusal(url, date)
        return refusal

    def split(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The documents that stay, as DOCUMENT, and those that do not, as REJECTED; both in their order."""
        refused = {} if self._blocker is None else self._blocker.find(batch["url"])
        if refused:
            yield _reject(batch, refused)
            batch = _keep_others(batch, refused)
        if self._reader is not None:
            column, reserved = self._reader.read(batch)
            batch = batch.set_column(_RESERVATION, DOCUMENT.field(_RESERVATION), column)
            if reserved:
                yield _reject(batch, reserved)
                batch = _keep_others(batch, reserved)
        yield batch


def _reject(batch: pa.RecordBatch, refused: dict[int, Refusal]) -> pa.RecordBatch:
    rows = batch.select([*_PLACE]).take(pa.array(sorted(refused)))
    rejected = [
        {**values, "reason": refused[row].reason, "detail": refused[row].detail[:500], "records": 1}
        for row, values in zip(sorted(refused), rows.to_pylist(), strict=True)
    ]
    return pa.RecordBatch.from_pylist(rejected, schema=REJECTED)


def _keep_others(batch: pa.RecordBatch, refused: dict[int, Refusal]) -> pa.RecordBatch:
    return batch.filter(pa.array([row not in refused for row in range(len(batch))]))
