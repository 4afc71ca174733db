"""Measured rows → which of them stay."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa

from filters.hashes.minhash import MinHashOptions, band_names
from layers.columns import column, halves
from pipeline.beam import coders, metrics
from pipeline.stages.decide import verdicts

coders.register()

_LOCATOR = ("doc_id", "container", "offset")
"""What names a row: equal doc_ids are records of one source with the same key."""


class Deduplicate(beam.PTransform):
    """Measured rows, batched and ordered anyhow → one batch of DUPLICATES.

    One row per document, ordered by (doc_id, container, offset): whether it stays, the duplicate
    rule that it fails, its cluster, the cluster's size and the document that stays. The longest
    document of a cluster stays, then the smallest doc_id; documents of different languages are
    never duplicates; of rows with one doc_id the first by (container, offset) stays. No input
    rows give no batch.

    Rows need doc_id, container, offset, lang, text_bytes, exact_hash and the bands; other columns,
    the text above all, are left behind before the shuffle. minhash is what Measure was given.
    Clusters are made in one place: the rows, about 200 bytes each with 14 bands, are in one
    worker's memory beside Beam's own copies of them. A batch that lacks a column raises ValueError naming it.
    """

    def __init__(self, *, minhash: MinHashOptions | None = None) -> None:
        super().__init__()
        self._bands = band_names(minhash or MinHashOptions())

    def display_data(self) -> dict[str, Any]:
        """How near duplicates are found, for a runner's page."""
        return {"bands": len(self._bands)}

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        return (
            rows
            | "Narrow" >> beam.ParDo(_Narrow(self._bands))
            | "Gather" >> beam.GroupByKey()
            | "Cluster" >> beam.ParDo(_Cluster(self._bands))
        )


class _Narrow(beam.DoFn):
    def __init__(self, bands: Sequence[str]) -> None:
        super().__init__()
        self._columns = [*_LOCATOR, "lang", "text_bytes", "exact_hash", *bands]

    def process(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        missing = [name for name in self._columns if name not in batch.schema.names]
        if missing:
            raise ValueError(
                f"Deduplicate needs the columns {missing}, which Measure makes "
                "(with the same MinHashOptions as here)"
            )
        yield 0, batch.select(self._columns)


class _Cluster(beam.DoFn):
    def __init__(self, bands: Sequence[str]) -> None:
        super().__init__()
        self._bands = list(bands)

    def process(self, group: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        table = pa.Table.from_batches(list(group[1]))
        # a total order of what may differ: the order of arrival must not show
        keys = [*_LOCATOR, "lang", "text_bytes", "exact_hash"]
        table = table.sort_by([(name, "ascending") for name in keys]).combine_chunks()
        exact = column(table, "exact_hash")
        langs = column(table, "lang").dictionary_encode()
        passes = np.ones(len(table), bool)
        documents = verdicts.Documents(
            doc_id=halves(column(table, "doc_id")),
            exact=halves(exact),
            exact_valid=exact.is_valid().to_numpy(zero_copy_only=False),
            scope=langs.indices.to_numpy(),
            length=table["text_bytes"].to_numpy(),
            locator=np.arange(len(table)),
            priority=np.zeros(len(table), np.int32),
            passes=passes,
        )
        bands = (column(table, name) for name in self._bands)
        duplicates = verdicts.find_duplicates(documents, bands=bands)
        part = verdicts.verdicts(duplicates, documents=documents, part=slice(0, len(table)))
        place = [column(table, name) for name in ("container", "offset")]
        decided = verdicts.duplicates_batch(part, place=place, passes=passes)
        metrics.count_rows("Deduplicate", documents=len(decided))
        reasons = Counter(reason for reason in decided["reason"].to_pylist() if reason is not None)
        metrics.count_reasons("Deduplicate", "dropped", reasons)
        yield decided
