"""Documents → edited and measured rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from filters import base
from filters.hashes.exact import Normalisation
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions, labels_digest, load_model
from layers.document import DOCUMENT, REJECTED, conform
from layers.entries import Count
from layers.shards import text_lengths
from pipeline.beam import coders, metrics
from pipeline.config.measure import MeasureConfig
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.measure.measurer import Measurer, make_options
from pipeline.transforms.validate import validate

coders.register()

_Failed = TaggedOutput[Literal["failed"], pa.RecordBatch]


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
        edits: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
        model: str = DEFAULT_MODEL,
        labels: str | None = None,
        max_sample_bytes: int = SegmentOptions().max_sample_bytes,
        exact_hash: Normalisation = "whitespace_case",
        minhash: MinHashOptions | None = None,
        signal_options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        config = validate(
            "Measure",
            MeasureConfig,
            **(signal_options or {}),
            **({} if edits is None else {"edits": list(edits)}),
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
            extra=config.extra,
            personal_data=config.kinds,
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
