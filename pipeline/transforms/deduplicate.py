"""Measured rows → which of them stay."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

import apache_beam as beam
import numpy as np
import pyarrow as pa

from filters.hashes.minhash import CompareLimits, MinHashOptions, band_names, read_signatures
from layers.columns import column, halves
from pipeline.beam import coders, metrics
from pipeline.config.decide import PreferredDate
from pipeline.stages.decide.duplicates import find_duplicates, make_verdicts
from pipeline.stages.decide.rank import place_days, rank_documents
from pipeline.stages.decide.verdicts import Documents, duplicates_batch

coders.register()

_LOCATOR = ("doc_id", "container", "offset")
"""What names a row: equal doc_ids are records of one source with the same key."""
_COMPARED = ("lang", "exact_hash", "damage", "capture_time")


class Deduplicate(beam.PTransform):
    """Measured rows, batched and ordered anyhow → one batch of DUPLICATES.

    One row per document, ordered by (key_id, container, offset): whether it stays, the
    duplicate rule that it fails, the document that stays for it and how similar that is. The least damaged
    document stays, then that of most words, then by preferred_date, then the smallest doc_id; one goes only
    if its similarity to one that stays is min_similarity or more; documents of different languages are never
    duplicates. Of rows with one doc_id and text the first by (container, offset) stays; those of one doc_id
    and different texts all stay, under ids of their texts, and key_id is what came in. No input rows give no
    batch.

    Rows need doc_id, container, offset, lang, exact_hash, damage, capture_time, the bands, shingles and
    signature; other columns, the text above all, are left behind before the shuffle. minhash is what Measure
    was given. Documents are compared in one place: the rows, about 300 bytes each with 14 bands, are in one
    worker's memory beside Beam's own copies of them. A batch that lacks a column raises ValueError naming it.
    """

    def __init__(
        self,
        *,
        minhash: MinHashOptions | None = None,
        min_similarity: float = CompareLimits.min_similarity,
        preferred_date: PreferredDate = "newest",
    ) -> None:
        super().__init__()
        if not 0 <= min_similarity <= 1:
            raise ValueError(f"Deduplicate: min_similarity is {min_similarity}; it must be from 0 to 1")
        if preferred_date not in get_args(PreferredDate):
            raise ValueError(
                f"Deduplicate: preferred_date is {preferred_date!r}; it must be newest or oldest"
            )
        self._limits = CompareLimits(min_similarity, minhash=minhash or MinHashOptions())
        self._preferred_date: PreferredDate = preferred_date

    def display_data(self) -> dict[str, Any]:
        """How near duplicates are found, for a runner's page."""
        return {"bands": self._limits.minhash.bands, "min_similarity": self._limits.min_similarity}

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        return (
            rows
            | "Narrow" >> beam.ParDo(_Narrow(band_names(self._limits.minhash)))
            | "Gather" >> beam.GroupByKey()
            | "Cluster" >> beam.ParDo(_Cluster(self._limits, self._preferred_date))
        )


class _Narrow(beam.DoFn):
    def __init__(self, bands: Sequence[str]) -> None:
        super().__init__()
        self._columns = [*_LOCATOR, *_COMPARED, *bands, "shingles", "signature"]

    def process(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        missing = [name for name in self._columns if name not in batch.schema.names]
        if missing:
            raise ValueError(
                f"Deduplicate needs the columns {missing}, which Measure makes "
                "(with the same MinHashOptions as here)"
            )
        yield 0, batch.select(self._columns)


class _Cluster(beam.DoFn):
    def __init__(self, limits: CompareLimits, preferred_date: PreferredDate) -> None:
        super().__init__()
        self._limits = limits
        self._preferred_date: PreferredDate = preferred_date

    def process(self, group: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        table = pa.Table.from_batches(list(group[1]))
        # a total order of what may differ: the order of arrival must not show
        keys = [*_LOCATOR, *_COMPARED, "shingles"]
        table = table.sort_by([(name, "ascending") for name in keys]).combine_chunks()
        exact = column(table, "exact_hash")
        langs = column(table, "lang").dictionary_encode()
        passes = np.ones(len(table), bool)
        packed = read_signatures(column(table, "signature"))
        worded = column(table, "signature").is_valid().to_numpy(zero_copy_only=False)
        documents = Documents(
            doc_id=halves(column(table, "doc_id")),
            exact=halves(exact),
            exact_valid=exact.is_valid().to_numpy(zero_copy_only=False),
            scope=langs.indices.to_numpy(),
            rank=self._rank(table),
            locator=np.arange(len(table)),
            passes=passes,
        ).separate_keys()
        bands = (column(table, name) for name in band_names(self._limits.minhash))
        found = find_duplicates(
            documents,
            bands=bands,
            signatures=lambda rows: (packed[rows], worded[rows]),
            limits=self._limits,
        )
        columns = self._limits.minhash.permutations
        part = make_verdicts(found, documents=documents, part=slice(0, len(table)), columns=columns)
        place = [column(table, name) for name in ("container", "offset")]
        decided = duplicates_batch(part, place=place, passes=passes)
        metrics.count_rows("Deduplicate", documents=len(decided))
        reasons = Counter(reason for reason in decided["reason"].to_pylist() if reason is not None)
        metrics.count_reasons("Deduplicate", "dropped", reasons)
        yield decided

    def _rank(self, rows: pa.Table) -> np.ndarray:
        time = column(rows, "capture_time")
        return rank_documents(
            priority=np.zeros(len(rows), np.int64),
            damage=rows["damage"].to_numpy(),
            words=rows["shingles"].to_numpy(),
            day=place_days(
                time.fill_null(0).to_numpy(),
                valid=time.is_valid().to_numpy(zero_copy_only=False),
                preferred=self._preferred_date,
            ),
        )
