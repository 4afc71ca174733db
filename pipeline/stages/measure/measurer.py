"""Edits, language, signals and hashes of a batch, side by side, as one function.

A filter never drops a document here. The measure stage and the Measure transform share this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from filters import base, damage, language_id, languages, letter_variants, text_counts
from filters import extra as extra_fields
from filters.carriers import describe_carriers
from filters.hashes import exact as exact_hash
from filters.hashes import minhash
from filters.language_id import (
    IdentifyOptions,
    SegmentOptions,
    identify,
    labels_digest,
    load_model,
    model_digest,
)
from filters.personal_data.find import DETECTORS_VERSION, find_spans
from filters.personal_data.mask import SPANS
from layers.document import DOCUMENT, has_digest_key
from layers.shards import text_lengths
from pipeline.config.lines import LineRule
from pipeline.job import Job
from pipeline.stages.measure.columns import IDENTITY, make_signals_schema
from pipeline.stages.measure.edits import apply_edits
from pipeline.stages.measure.errors import named
from pipeline.stages.measure.place_ids import has_spans, identify_by_place


@dataclass(frozen=True)
class Measurer:
    """Edits, language, signals and hashes of a batch, as one function: n documents → n rows."""

    edits: tuple[str, ...]
    signals: tuple[str, ...]
    """Sets of signals; those that decide reads are measured always."""
    model: str
    max_sample_bytes: int
    minhash: minhash.MinHashOptions
    labels: str | None = None
    normalisation: exact_hash.Normalisation = "whitespace_case"
    """Of the exact hash."""
    options: Mapping[str, BaseModel] = field(default_factory=dict)
    """Options of the sets that have any."""
    extra: Mapping[str, extra_fields.ExtraType] = field(default_factory=dict)
    """Further fields of the sources that are columns, and their types."""
    lines: LineRule | None = None
    """The rule for repeated lines, which are removed before `measure`."""
    personal_data: tuple[str, ...] = ()
    """Kinds that are looked for; none: nothing is, and no list says that nothing was found."""
    source: str = ""
    """uid of the source, for ids of documents with personal data; empty: ids stay as they are."""

    @classmethod
    def from_job(cls, job: Job, *, source: str) -> "Measurer":
        measure = job.config.measure
        chosen = job.source(source).edits
        return cls(
            edits=tuple(measure.edits if chosen is None else chosen),
            signals=measure.sets,
            model=measure.language_id.model,
            max_sample_bytes=measure.language_id.max_sample_bytes,
            minhash=measure.minhash.to_options(),
            labels=measure.language_id.labels,
            normalisation=measure.exact_hash,
            options=make_options(job.signal_options),
            extra=measure.extra,
            lines=job.line_rule(source),
            personal_data=measure.kinds,
            source=source,
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The sets beside those that decide reads; their columns stand before the exact hash."""
        return tuple(name for name in self.signals if not base.is_for_decide(name))

    @property
    def signals_schema(self) -> pa.Schema:
        """Columns of the signals file, in order."""
        return make_signals_schema(self.signals, extra=self.extra)

    @property
    def bands_schema(self) -> pa.Schema:
        return pa.schema([IDENTITY.field("doc_id"), *minhash.band_schema(self.minhash)])

    @cached_property
    def versions(self) -> dict[str, object]:
        """What the measured bytes depend on, beside the text."""
        decide = {name: self._version(name) for name in base.decide_signals()}
        return {
            "edits": [[name, *base.edit_version(name)] for name in self.edits],
            "signals": [[name, *self._version(name)] for name in self.chosen],
            "languages": languages.measuring_digest(),
            "language_id": [model_digest(self.model), language_id.CONTENT_VERSION],
            "language_limits": language_id.describe(self.model).model_dump(mode="json"),
            "labels": labels_digest(self.model, labels=self.labels),
            "max_sample_bytes": self.max_sample_bytes,
            "minhash": [asdict(self.minhash), minhash.CONTENT_VERSION],
            "exact_hash": [self.normalisation, exact_hash.CONTENT_VERSION],
            # as the fingerprints of earlier outputs have them
            **{name: version if len(version) > 1 else version[0] for name, version in decide.items()},
            **({"extra": [dict(self.extra), extra_fields.CONTENT_VERSION]} if self.extra else {}),
            **({"personal_data": [self.personal_data, DETECTORS_VERSION]} if self.personal_data else {}),
        }

    def _version(self, signals: str) -> list[object]:
        return base.signals_version(signals, options=self.options.get(signals))

    def measure(
        self,
        batch: pa.RecordBatch,
        *,
        first_row: int = 0,
        cut_rows: np.ndarray | None = None,
        whole: pa.RecordBatch | None = None,
    ) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]:
        """A DOCUMENT batch → (edited DOCUMENT batch, signals, bands), the same rows in the same order.

        first_row is the batch's place in its raw part; from cut_rows repeated lines have been removed, and
        whole is the batch before that.
        """
        source, given = batch if whole is None else whole, batch.column("text")
        with damage.sharing(source, texts=given if whole is None else whole.column("text")):
            return self._measure(batch, texts=given, source=source, first_row=first_row, cut_rows=cut_rows)

    def _measure(
        self,
        batch: pa.RecordBatch,
        *,
        texts: pa.LargeStringArray,
        source: pa.RecordBatch,
        first_row: int,
        cut_rows: np.ndarray | None,
    ) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]:
        """`measure`; texts: the column of batch; source: the batch with the text as its source gives it."""
        declared = batch.column("lang_declared")
        hidden = named("carriers", describe_carriers, source)
        texts, changes, sizes = apply_edits(
            texts, edits=self.edits, langs=declared, cut_rows=cut_rows, before=source.column("text")
        )
        options = IdentifyOptions(SegmentOptions(max_sample_bytes=self.max_sample_bytes))
        model = load_model(self.model, labels=self.labels)
        found = named("language_id", identify, texts, declared=declared, model=model, options=options)
        lang = found.column("lang")
        known = pc.is_in(lang, value_set=pa.array(languages.tags()))
        signals_lang = pc.if_else(known, lang, pa.scalar(None, pa.string()))
        rows = pa.array(np.arange(first_row, first_row + len(batch)))
        spans = named("personal_data", self._find_personal_data, texts, langs=lang)
        if self.source:
            has_any = has_spans(spans)
            if self.personal_data and cut_rows is not None:
                has_any |= self._had_personal_data(source, langs=lang, cut_rows=cut_rows)
            batch = identify_by_place(
                batch, has_any=has_any, langs=lang, kinds=self.personal_data, source=self.source
            )
        columns = [
            batch.column("doc_id"),
            rows,
            declared,
            *found.columns,
            changes,
            sizes,
            hidden,
            signals_lang,
        ]
        columns += [pa.array(text_lengths(texts), pa.int64()), spans]
        edited = batch.set_column(batch.schema.get_field_index("text"), DOCUMENT.field("text"), texts)
        chosen, decide = self.chosen, base.decide_signals()
        groups = base.groups([*chosen, *decide])
        with (
            letter_variants.sharing(texts),
            text_counts.sharing(edited, texts=texts, langs=signals_lang, groups=groups),
        ):
            columns += self._signals(chosen, batch=edited, source=source, langs=signals_lang)
            columns += extra_fields.read_columns(batch.column("extra"), types=self.extra)
            hashes = named("exact_hash", exact_hash.exact_hashes, texts, normalisation=self.normalisation)
            columns.append(hashes)
            columns += self._signals(decide, batch=edited, source=source, langs=signals_lang)
            bands = named("minhash", minhash.band_hashes, texts, langs=signals_lang, options=self.minhash)
        return (
            edited.select(DOCUMENT.names),
            pa.RecordBatch.from_arrays(columns, schema=self.signals_schema),
            pa.RecordBatch.from_arrays([batch.column("doc_id"), *bands.columns], schema=self.bands_schema),
        )

    def _find_personal_data(self, texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.ListArray:
        """SPANS of the edited texts, null where nothing is looked for."""
        if not self.personal_data:
            return pa.nulls(len(texts), SPANS)
        spans = find_spans(texts, languages=langs.to_pylist(), kinds=self.personal_data)
        return spans.cast(SPANS)

    def _had_personal_data(
        self, source: pa.RecordBatch, *, langs: pa.StringArray, cut_rows: np.ndarray
    ) -> np.ndarray:
        """Whether the whole text of each of n documents has any: bool [n], of cut_rows without a key.

        An id must not depend on whether a line stands in other documents, too, and so is removed here.
        """
        had_any = np.zeros(len(source), bool)
        rows = np.intersect1d(cut_rows, np.flatnonzero(has_digest_key(source.column("record_id"))))
        if len(rows):
            whole = source.take(pa.array(rows))
            texts, declared = whole.column("text"), whole.column("lang_declared")
            edited, _, _ = apply_edits(texts, edits=self.edits, langs=declared, cut_rows=None, before=texts)
            spans = named("personal_data", self._find_personal_data, edited, langs=langs.take(pa.array(rows)))
            had_any[rows] = has_spans(spans)
        return had_any

    def _signals(
        self, names: Sequence[str], *, batch: pa.RecordBatch, source: pa.RecordBatch, langs: pa.StringArray
    ) -> list[pa.Array]:
        """The columns of sets of signals, side by side; source: the batch before edits."""
        return [
            column
            for name in names
            for column in named(
                name,
                _measure_set,
                name,
                batch=source if base.is_before_edits(name) else batch,
                langs=langs,
                options=self.options.get(name),
            ).columns
        ]


def make_options(values: Mapping[str, Mapping[str, Any]]) -> dict[str, BaseModel]:
    """Set of signals → its options; raises pydantic's ValidationError."""
    options = {name: base.make_options(name, values=given) for name, given in values.items()}
    return {name: model for name, model in options.items() if model is not None}


def _measure_set(
    name: str, *, batch: pa.RecordBatch, langs: pa.StringArray, options: BaseModel | None
) -> pa.RecordBatch:
    """The rows of a set of signals; raises ValueError where they are not what its schema promises."""
    module = base.load_signals(name)
    measured = module.measure(batch, langs=langs, options=options)
    if len(measured) != len(batch) or not measured.schema.equals(module.SCHEMA):
        raise ValueError(
            f"the signals {name} gave {len(measured)} rows of {measured.schema.names} for {len(batch)} "
            f"documents; their SCHEMA promises {module.SCHEMA.names}"
        )
    return measured
