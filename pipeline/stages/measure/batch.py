"""Measuring batch by batch; a filter that raises is bisected to the one document, a row of errors."""

from collections.abc import Iterator

import pyarrow as pa

from layers.entries import Count
from layers.shards import text_lengths
from pipeline.stages.count import removal
from pipeline.stages.measure.errors import FilterError, named
from pipeline.stages.measure.measurer import Measurer


def measure_batches(
    batches: Iterator[pa.RecordBatch],
    *,
    measurer: Measurer,
    errors: list[dict[str, object]],
    lost: list[Count],
    first_row: int = 0,
    repeated: removal.RepeatedLines | None = None,
    removals: removal.Removals | None = None,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]]:
    """Measure batch by batch; a batch that makes a filter raise is halved down to the one row.

    repeated lines are removed first; removals says of which documents that were measured.
    """
    for batch in batches:
        try:
            if repeated is None:
                rows = measurer.measure(batch, first_row=first_row)
            else:
                rest, removed = named(removal.EDIT, repeated.remove, batch, first_row=first_row)
                rows = measurer.measure(rest, first_row=first_row, cut_rows=removed.rows, whole=batch)
                if removals is not None:
                    removals.add(removed)
            yield rows
        except FilterError as error:
            if len(batch) > 1:
                halves = (batch.slice(0, len(batch) // 2), batch.slice(len(batch) // 2))
                yield from measure_batches(
                    iter(halves),
                    measurer=measurer,
                    errors=errors,
                    lost=lost,
                    first_row=first_row,
                    repeated=repeated,
                    removals=removals,
                )
                first_row += len(batch)
                continue
            size = int(text_lengths(batch.column("text"))[0])
            row = batch.drop_columns(["text"]).to_pylist()[0]
            errors.append(
                {
                    **{name: row[name] for name in ("container", "offset", "length", "record_id")},
                    "reason": f"error:{error.name}",
                    "detail": str(error)[:500],
                    "records": 1,
                }
            )
            declared = row["lang_declared"] or ""
            lost.append(
                Count(
                    "dropped", lang_declared=declared, reason=f"error:{error.name}", documents=1, bytes=size
                )
            )
        first_row += len(batch)
