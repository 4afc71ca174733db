"""PTransforms for other people's pipelines: thin, over the functions that the stages use.

    documents, rejected = pipeline | ReadSource(...)
    measured = documents | Measure()
    decided  = measured | Deduplicate()

Elements are RecordBatches in Arrow IPC (see coders). Deduplicate selects the columns it needs,
so text is not shuffled by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

import sources
from filters.minhash import MinHashOptions, band_schema
from pipeline import coders, decisions
from pipeline.document import DOCUMENT
from pipeline.layers import storage
from pipeline.layers.entries import Unit
from pipeline.layers.shards import rebatch
from pipeline.measure import Measurer
from pipeline.plan import PlannedUnit, cut_units
from sources.base import RecordLog, SourceSpec

coders.register()

_Rejected = TaggedOutput[Literal["rejected"], pa.RecordBatch]


class ReadSource(beam.PTransform):
    """Files of one source → (DOCUMENT batches, REJECTED batches); files are listed at launch.

    license is the SPDX expression that your card concludes; documents may carry their own.
    """

    def __init__(
        self,
        uid: str,
        *,
        type: str,
        root: str,
        paths: Sequence[str],
        license: str,
        fields: Mapping[str, str] | None = None,
        lang: str | None = None,
        options: Mapping[str, Any] | None = None,
        unit_bytes: int = 128 << 20,
    ) -> None:
        super().__init__()
        self._spec = SourceSpec(
            uid=uid,
            type=type,
            root=root,
            license=license,
            lang=lang,
            fields=dict(fields or {}),
            options=dict(options or {}),
            unit_bytes=unit_bytes,
        )
        self._paths = list(paths)

    def expand(self, pipeline: beam.Pipeline) -> tuple[beam.PCollection, beam.PCollection]:
        files = storage.match_files(self._paths, root=self._spec.root)
        units = cut_units(files, spec=self._spec, limit=None)
        outputs = (
            pipeline
            | "Units" >> beam.Create(units).with_output_types(PlannedUnit)
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_Read(self._spec)).with_outputs("rejected", main="documents")
        )
        return outputs.documents, outputs.rejected


class _Read(beam.DoFn):
    def __init__(self, spec: SourceSpec) -> None:
        super().__init__()
        self._spec = spec

    def process(self, planned: PlannedUnit) -> Iterator[pa.RecordBatch | _Rejected]:
        unit: Unit = planned.unit
        log = RecordLog(unit)
        read = sources.load(self._spec.type).read(unit, spec=self._spec, log=log)
        yield from rebatch(read, schema=DOCUMENT)
        if log.rejected:
            yield TaggedOutput("rejected", log.rejected_batch())


class Measure(beam.PTransform):
    """DOCUMENT batches → the same rows with edited text, language, signals, exact hash and bands."""

    def __init__(
        self,
        *,
        edits: Sequence[str] = ("unicode_nfc", "control_characters", "whitespace"),
        signals: Sequence[str] = ("roots",),
        model: str = "lid.176",
        max_sample_bytes: int = 2048,
        minhash: MinHashOptions | None = None,
    ) -> None:
        super().__init__()
        self._measurer = Measurer(
            edits=tuple(edits),
            signals=tuple(signals),
            model=model,
            max_sample_bytes=max_sample_bytes,
            minhash=minhash or MinHashOptions(),
        )

    def expand(self, documents: beam.PCollection) -> beam.PCollection:
        return documents | "Measure" >> beam.ParDo(_Measure(self._measurer))


class _Measure(beam.DoFn):
    def __init__(self, measurer: Measurer) -> None:
        super().__init__()
        self._measurer = measurer

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        text, signals, bands = self._measurer.measure(batch)
        yield _join(text, signals, bands)


def _join(*batches: pa.RecordBatch) -> pa.RecordBatch:
    """Columns side by side; a name that several batches have is taken once."""
    columns: dict[str, pa.Array] = {}
    fields: dict[str, pa.Field] = {}
    for batch in batches:
        for field, column in zip(batch.schema, batch.columns, strict=True):
            if field.name not in columns:
                columns[field.name], fields[field.name] = column, field
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(list(fields.values())))


class Deduplicate(beam.PTransform):
    """Measured rows → one row per document: its cluster, the cluster's size and the document that stays.

    Rows need doc_id, lang, text_bytes, exact_hash and the bands; other columns are left behind
    before the shuffle. Clusters are made in one place, at clusters.bytes_per_document each:
    for collections that fit one worker. The longest document of a cluster stays, then the
    smallest doc_id; documents of different languages are never duplicates.
    """

    def __init__(self, *, minhash: MinHashOptions | None = None) -> None:
        super().__init__()
        self._bands = band_schema(minhash or MinHashOptions()).names

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
        self._columns = ["doc_id", "lang", "text_bytes", "exact_hash", *bands]

    def process(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        yield 0, batch.select(self._columns)


class _Cluster(beam.DoFn):
    def __init__(self, bands: Sequence[str]) -> None:
        super().__init__()
        self._bands = list(bands)

    def process(self, group: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        # sorted by id: the order of arrival must not show
        table = pa.Table.from_batches(list(group[1])).sort_by("doc_id").combine_chunks()
        found = decisions.find_duplicates(
            doc_id=decisions.column(table, "doc_id"),
            exact=decisions.column(table, "exact_hash"),
            lang=decisions.column(table, "lang"),
            length=table["text_bytes"].to_numpy(),
            locator=np.arange(len(table)),
            priority=np.zeros(len(table), np.int32),
            passes=np.ones(len(table), bool),
            bands=(decisions.column(table, name) for name in self._bands),
        )
        yield decisions.duplicates_batch(found)
