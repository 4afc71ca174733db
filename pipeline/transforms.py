"""PTransforms for other people's pipelines: thin, over the functions that the stages use.

    documents, rejected = pipeline | ReadSource(...)
    measured, failed = documents | Measure()
    decided = measured | Deduplicate()

Elements are RecordBatches, which travel as Arrow IPC (see coders), never pickled. What a step
cannot use comes out beside what it can, as rows of REJECTED: nothing is lost without a row.
docs/how-to/beam.md describes each output.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypeVar

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations
from pydantic import BaseModel, ValidationError

from filters import base
from filters.hashes.exact import Normalisation
from filters.hashes.minhash import MinHashOptions as MinHashOptions
from filters.hashes.minhash import band_names
from filters.language_id import DEFAULT_MODEL, labels_digest, load_model
from filters.language_id import LANGUAGE as LANGUAGE
from filters.language_id import SegmentOptions as SegmentOptions
from governance.licences import parse_license
from layers.columns import column, halves
from layers.document import DOCUMENT as DOCUMENT
from layers.document import REJECTED as REJECTED
from layers.document import conform
from layers.entries import Count
from layers.listing import list_inputs
from layers.problems import list_problems
from layers.shard_writer import rebatch
from layers.shards import text_lengths
from layers.strict_yaml import describe_errors
from pipeline.beam import coders, metrics
from pipeline.config.corpus import SourceConfig
from pipeline.config.declared import source_problems
from pipeline.config.measure import MeasureConfig
from pipeline.stages.decide import verdicts
from pipeline.stages.decide.verdicts import DUPLICATES as DUPLICATES
from pipeline.stages.measure.batch import Measurer, make_options, measure_batches
from pipeline.stages.reading import Reading
from pipeline.stages.units import PlannedUnit, cut_units
from sources.base import SourceSpec

coders.register()

_Model = TypeVar("_Model", bound=BaseModel)
_Rejected = TaggedOutput[Literal["rejected"], pa.RecordBatch]
_Failed = TaggedOutput[Literal["failed"], pa.RecordBatch]

_LOCATOR = ("doc_id", "container", "offset")
"""What names a row: equal doc_ids are records of one source with the same key."""


class ReadSource(beam.PTransform):
    """Files of one source → (DOCUMENT batches, REJECTED batches).

    Files are listed and cut into units of about unit_bytes when the pipeline is built; batches
    hold at most 4,096 rows and 4 MiB of text, or one longer document. license is the SPDX
    expression that your card concludes; documents may carry their own in a mapped field.

    Raises ValueError that lists what is wrong with the arguments, and FileNotFoundError, when
    the pipeline is built, naming a path that matches nothing.
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
        if isinstance(paths, str):
            raise ValueError(f"ReadSource: paths is the string {paths!r}; give a list of globs")
        if not uid:
            raise ValueError("ReadSource: uid is empty; it names the source in every doc_id")
        if unit_bytes < 1:
            raise ValueError(f"ReadSource: unit_bytes is {unit_bytes}; it must be at least 1")
        config = _validate(
            "ReadSource",
            SourceConfig,
            card=uid,
            type=type,
            root=root,
            paths=list(paths),
            fields=dict(fields or {}),
            lang=lang,
            options=dict(options or {}),
        )
        problems = source_problems(config, targets=[config.lang or ""])
        if listed := [f"$.{key}: {problem}" for key, problem in problems]:
            raise ValueError(list_problems("ReadSource", listed))
        self._spec = SourceSpec(
            uid=uid,
            type=type,
            root=root,
            license=parse_license(license),
            lang=config.lang,
            fields=config.fields,
            options=config.options,
            unit_bytes=unit_bytes,
        )
        self._paths = config.paths

    def display_data(self) -> dict[str, Any]:
        """The source, for a runner's page."""
        spec = self._spec
        return {
            "source": spec.uid,
            "type": spec.type,
            "root": spec.root,
            "paths": ", ".join(self._paths),
            "license": spec.license,
            "fields": ", ".join(f"{role}={name}" for role, name in sorted(spec.fields.items())),
            "unit_bytes": spec.unit_bytes,
        }

    # Beam warns at every use that it ignores the annotation of a tuple of PCollections
    @no_annotations  # type: ignore[untyped-decorator]
    def expand(self, pipeline: beam.Pipeline) -> tuple[beam.PCollection, beam.PCollection]:
        files = list_inputs(self._paths, root=self._spec.root).files
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
        rejected: list[pa.RecordBatch] = []
        reading = Reading(planned, spec=self._spec, write_rejected=rejected.append)
        for batch in rebatch(reading.batches(), schema=DOCUMENT):
            size = int(text_lengths(batch["text"]).sum())
            metrics.count_rows("ReadSource", documents=len(batch), bytes=size)
            yield batch
            yield from _take_rejected(rejected)
        yield from _take_rejected(rejected)


def _take_rejected(rejected: list[pa.RecordBatch]) -> Iterator[_Rejected]:
    for batch in rejected:
        metrics.count_reasons("ReadSource", "rejected", Counter(batch["reason"].to_pylist()))
        yield TaggedOutput("rejected", batch)
    rejected.clear()


class Measure(beam.PTransform):
    """DOCUMENT batches → (the same rows, edited and measured; REJECTED batches).

    A measured row is the document with its edited text, then its language, the signals, the exact
    hash and the MinHash bands. Columns that are not in DOCUMENT are left behind. A document on
    which an edit or a signal raises is not measured: it is a REJECTED row with the reason
    `error:<filter>`, and the other rows of its batch are measured all the same. Rows do not
    depend on how they are batched.

    signal_options has the options of sets that take any (`perplexity`), as `measure` of a corpus file does;
    model and labels are as there (docs/language_id.md); a worker that does not have a model
    of the Hub in its cache downloads it.

    Raises ValueError that lists what is wrong with the arguments; a batch that lacks a column
    of DOCUMENT raises ValueError naming it when the pipeline runs.
    """

    def __init__(
        self,
        *,
        edits: Sequence[str] = ("unicode_nfc", "control_characters", "whitespace"),
        signals: Sequence[str] | None = None,
        model: str = DEFAULT_MODEL,
        labels: str | None = None,
        max_sample_bytes: int = SegmentOptions().max_sample_bytes,
        exact_hash: Normalisation = "whitespace_case",
        minhash: MinHashOptions | None = None,
        signal_options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        config = _validate(
            "Measure",
            MeasureConfig,
            **(signal_options or {}),
            edits=list(edits),
            signals=list(base.default_signals() if signals is None else signals),
            language_id={"model": model, "labels": labels, "max_sample_bytes": max_sample_bytes},
            exact_hash=exact_hash,
            minhash=asdict(minhash or MinHashOptions()),
        )
        self._measurer = Measurer(
            edits=tuple(config.edits),
            signals=config.sets,
            model=config.language_id.model,
            max_sample_bytes=max_sample_bytes,
            minhash=config.minhash.to_options(),
            labels=labels,
            normalisation=config.exact_hash,
            options=make_options(config.signal_options),
        )
        labels_digest(self._measurer.model, labels=labels)  # a wrong table is an error here, not in a worker

    def display_data(self) -> dict[str, Any]:
        """What is edited and measured, for a runner's page."""
        measurer = self._measurer
        return {
            "edits": ", ".join(measurer.edits),
            "signals": ", ".join(measurer.signals),
            "language_model": measurer.model,
            "exact_hash": measurer.normalisation,
            "bands": f"{measurer.minhash.bands} × {measurer.minhash.rows}",
        }

    @no_annotations  # type: ignore[untyped-decorator]
    def expand(self, documents: beam.PCollection) -> tuple[beam.PCollection, beam.PCollection]:
        outputs = documents | "Measure" >> beam.ParDo(_Measure(self._measurer)).with_outputs(
            "failed", main="measured"
        )
        return outputs.measured, outputs.failed


class _Measure(beam.DoFn):
    def __init__(self, measurer: Measurer) -> None:
        super().__init__()
        self._measurer = measurer

    def setup(self) -> None:
        load_model(self._measurer.model, labels=self._measurer.labels)

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch | _Failed]:
        errors: list[dict[str, object]] = []
        lost: list[Count] = []
        batches = iter([conform(batch, schema=DOCUMENT)])
        for rows in measure_batches(batches, measurer=self._measurer, errors=errors, lost=lost):
            # a row's place in this batch would depend on the batch
            measured = _join(*rows).drop_columns(["raw_row"])
            size = int(text_lengths(measured["text"]).sum())
            metrics.count_rows("Measure", documents=len(measured), bytes=size)
            yield measured
        metrics.count_reasons("Measure", "rejected", Counter(str(row["reason"]) for row in errors))
        if errors:
            yield TaggedOutput("failed", pa.RecordBatch.from_pylist(errors, schema=REJECTED))


def _join(*batches: pa.RecordBatch) -> pa.RecordBatch:
    """Columns side by side; a name that several batches have is taken once."""
    columns: dict[str, pa.Array] = {}
    fields: dict[str, pa.Field] = {}
    for batch in batches:
        for field, values in zip(batch.schema, batch.columns, strict=True):
            if field.name not in columns:
                columns[field.name], fields[field.name] = values, field
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(list(fields.values())))


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


def _validate(transform: str, model: type[_Model], **values: Any) -> _Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = list(describe_errors(error, model=model))
        raise ValueError(list_problems(transform, problems)) from error
