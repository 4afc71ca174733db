"""Reading the files of one unit: what was planned, in one pass, with every record counted.

Rejected records are written as they come: a small compressed file may hold millions of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import sources
from governance.reasons import NO_FAULTS
from governance.reservations.terms import Terms
from layers import storage
from layers.entries import Count, Unit
from layers.inputs import ChangedInput, check_unchanged
from layers.storage import InputFile
from pipeline.config.url_lists import PlannedList
from pipeline.errors import InputChanged, TooManyBadRecords
from pipeline.stages import task_progress
from pipeline.stages.refusals import Refusals
from pipeline.stages.reservations import Counts
from pipeline.stages.units import PlannedUnit
from sources.base import MAX_PENDING_REJECTED, RecordLog, SourceSpec


class Reading:
    """The documents of a unit, file by file; what else there is to say of it once they have been read."""

    def __init__(
        self,
        planned: PlannedUnit,
        *,
        spec: SourceSpec,
        write_rejected: Callable[[pa.RecordBatch], object],
        lists: Sequence[PlannedList] = (),
        terms: Terms | None = None,
    ) -> None:
        """write_rejected is given the rejected records, as REJECTED batches; lists block URLs, terms say what
        is made of reservations."""
        self._refusals = Refusals(lists=lists, terms=terms, spec=spec, module=sources.load(spec.type))
        self._planned = planned
        # in a trial each document comes alone, so that records are counted in their order
        self._spec = spec if planned.limit is None else replace(spec, batch_bytes=1)
        self._write_rejected = write_rejected
        self._dropped: dict[tuple[str, bool], Counter[str]] = {}
        self._records_left = planned.limit
        self._container_bytes = 0
        self._is_cut = False
        self._log: RecordLog | None = None
        """Of the file that is being read."""
        self._read_bytes = 0
        """Bytes of the files before it."""
        self.unreadable_tails: Counter[str] = Counter()
        """By reason: records of unknown number."""
        self.lost_values: Counter[str] = Counter()
        """By role: values that mean nothing and became null."""
        self.inputs: list[dict[str, Any]] = []
        """Of each file: path, size, mark, and the digest of what was parsed of it."""

    @property
    def container_bytes(self) -> int | None:
        """Bytes of all files, decompressed; None where a trial stopped before their end."""
        return None if self._is_cut else self._container_bytes

    def progress(self, *, documents: int) -> task_progress.Reading:
        """How far it is, with so many documents: bytes of the files as they are, and decoded."""
        position = None if self._log is None else self._log.position
        return task_progress.Reading(
            None if position is None else self._read_bytes + position,
            bytes=self._container_bytes + (0 if self._log is None else self._log.container_bytes),
            documents=documents,
        )

    @property
    def reservations(self) -> Counts:
        """By protocol: documents that were checked for it, that it reserves, that it refused."""
        return self._refusals.reservations

    def dropped(self) -> list[Count]:
        """Rejected records by reason; documents None: unreadable tails, of unknown number."""
        return [
            Count(
                "dropped",
                reason=reason,
                documents=None if unknown else counts["records"],
                bytes=counts["bytes"],
            )
            for (reason, unknown), counts in self._dropped.items()
        ]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """DOCUMENT batches of all files; raises InputChanged."""
        for unit, file in self._planned.file_units():
            if self._records_left == 0:
                self._is_cut = True
                return
            yield from self._read_file(unit, file=file)

    def _read_file(self, unit: Unit, *, file: InputFile) -> Iterator[pa.RecordBatch]:
        log = self._log = RecordLog(unit)
        read = sources.load(self._spec.type).read(unit, spec=self._spec, log=log)
        url = storage.join(self._spec.root, file.uri)
        self._check(url, file=file)
        if self._records_left is None:
            log.take_rejected = self._reject_many
        else:
            read = self._read_trial(read, log=log)
        self._refusals.begin_file(unit)
        log.find_refusal = self._refusals.find
        for batch in read:
            *refused, stay = self._refusals.split(batch)
            for rows in refused:
                self._write(rows)
            if len(stay):
                yield stay
        self._reject(log)
        self._check(url, file=file)
        self._log = None
        self._read_bytes += file.size_bytes
        self._container_bytes += log.container_bytes
        self.lost_values.update(log.lost_values)
        self.inputs.append(self._describe(log, url=url, file=file))

    def _read_trial(self, read: Iterator[pa.RecordBatch], *, log: RecordLog) -> Iterator[pa.RecordBatch]:
        """The documents among the first records of a file, as many as are left of the limit."""
        limit, taken = self._records_left or 0, 0
        log.take_rejected = lambda log: _stop_at(limit, log=log)
        end: int | None = None
        try:
            for batch in read:
                offset = batch["offset"][0].as_py()
                if taken + sum(row["offset"] < offset for row in log.rejected) >= limit:
                    end = offset
                    break
                taken += len(batch)
                yield batch
        except _LimitReached:
            end = log.rejected[limit - taken]["offset"]
        self._is_cut |= end is not None or taken + len(log.rejected) > limit
        first = [row for row in log.rejected if end is None or row["offset"] < end]
        log.rejected[:] = first[: limit - taken]
        self._records_left = limit - taken - len(log.rejected)

    def _reject(self, log: RecordLog) -> None:
        """Write and count the rejected records that wait in a log."""
        if log.rejected:
            batch = log.rejected_batch()
            log.rejected.clear()
            self._write(batch)

    def _write(self, batch: pa.RecordBatch) -> None:
        self._write_rejected(batch)
        table = pa.table(
            {
                "reason": batch["reason"],
                "unknown": batch["records"].is_null(),
                "records": pc.fill_null(batch["records"], 0),
                "bytes": pc.fill_null(batch["length"], 0),
            }
        )
        sums = table.group_by(["reason", "unknown"]).aggregate([("records", "sum"), ("bytes", "sum")])
        self.unreadable_tails.update(batch.filter(batch["records"].is_null())["reason"].to_pylist())
        for row in sums.to_pylist():
            counts = self._dropped.setdefault((row["reason"], row["unknown"]), Counter())
            counts.update(records=row["records_sum"], bytes=row["bytes_sum"])

    def _reject_many(self, log: RecordLog) -> None:
        """Write and count them; raise TooManyBadRecords once the source cannot keep within its budget."""
        first = log.rejected[0]
        self._reject(log)
        bad = sum(
            counts["records"] for (reason, _), counts in self._dropped.items() if reason not in NO_FAULTS
        )
        limit = self._planned.max_bad_records
        if limit is None or bad <= limit:
            return
        raise TooManyBadRecords(
            f"{self._spec.uid}: {bad} unreadable records in {log.unit.uri} alone, more than max_bad_fraction "
            f"allows of all that its files can hold; the one at byte {first['offset']} is {first['reason']}: "
            f"{first['detail']}. Look at `type` and `fields` of the source, mend the file or raise the budget"
        )

    def _check(self, url: str, *, file: InputFile) -> None:
        try:
            check_unchanged(url, size_bytes=file.size_bytes, mark=file.mark)
        except ChangedInput as error:
            raise InputChanged(
                f"{error}; nothing of it is committed: run again when it is complete"
            ) from error

    def _describe(self, log: RecordLog, *, url: str, file: InputFile) -> dict[str, Any]:
        described = {"uri": file.uri, "bytes": file.size_bytes, "mark": file.mark}
        if log.input is None:  # a slice of a columnar file, which the first slice digests
            return described
        if self._is_cut:
            log.input.close()
            return described
        start, stop = log.input.span
        digest, size = log.input.finish()
        if start + size != (file.size_bytes if stop is None else stop):
            raise InputChanged(f"{url} gave {start + size} of {file.size_bytes} bytes; run again")
        return described | {"sha256": digest, "start": start, "stop": stop}


class _LimitReached(Exception):
    """More records than a trial wants were rejected one after the other."""


def _stop_at(limit: int, *, log: RecordLog) -> None:
    # columnar readers log up to a batch of rows ahead of the documents between them
    if len(log.rejected) > limit + 16 * MAX_PENDING_REJECTED:
        raise _LimitReached
