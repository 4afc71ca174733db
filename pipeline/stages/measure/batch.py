"""Measuring as plain functions: edits, language, signals and hashes of a batch, side by side.

A filter never drops a document here. A filter that raises is bisected to the document it raises
on, which becomes a row of errors. The measure stage and the Measure transform share this module.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    LANGUAGE,
    IdentifyOptions,
    SegmentOptions,
    identify,
    labels_digest,
    load_model,
    model_digest,
)
from filters.personal_data.fields import FIELD_KINDS, mask_fields
from filters.personal_data.find import DETECTORS_VERSION, find_spans
from filters.personal_data.mask import SPANS
from layers.document import DOC_ID_BYTES, DOCUMENT, RECORD_DIGEST, make_field, make_place_id
from layers.entries import Count
from layers.shards import text_lengths
from pipeline.config.lines import LineRule
from pipeline.job import Job
from pipeline.stages.count import removal

_IDENTITY = pa.schema(
    [
        DOCUMENT.field("doc_id"),
        make_field("raw_row", pa.int64(), "Row of the document in its part of raw/."),
        DOCUMENT.field("lang_declared"),
    ]
)
_CHANGES = pa.schema(
    [
        make_field("edits", pa.list_(pa.string()), "Names of the edits that changed the text, in order."),
        make_field(
            "edit_bytes",
            pa.list_(pa.int64()),
            "UTF-8 bytes that each of `edits` removed, negative where it added.",
        ),
        make_field(
            "carriers",
            pa.list_(pa.string()),
            "Data in invisible characters of the text before edits: c2pa_manifest, variation_selectors or "
            "tag_characters, bytes, and SHA-256 of these; null: none.",
        ),
        make_field(
            "signals_lang",
            pa.string(),
            "Language whose segmentation and lists the signals used; null: default.",
        ),
        make_field("text_bytes", pa.int64(), "UTF-8 bytes of the edited text."),
        make_field(
            "personal_data",
            SPANS,
            "Personal data and secrets in the edited text: kind, first byte, byte behind the last, detector; "
            "null: not looked for.",
        ),
    ]
)
_EXACT = pa.schema(
    [
        make_field(
            "exact_hash",
            pa.binary(DOC_ID_BYTES),
            "128-bit hash of the normalised text (docs/dedup.md); null: empty.",
        )
    ]
)


class FilterError(Exception):
    """An edit or signal raised; name is which."""

    def __init__(self, name: str, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        super().__init__(f"{type(error).__name__}: {error} (at {last.name}, line {last.lineno})")
        self.name = name


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
        chosen, decide = (
            [field for name in names for field in base.load_signals(name).SCHEMA]
            for names in (self.chosen, base.decide_signals())
        )
        own = extra_fields.make_schema(self.extra)
        return pa.schema([*_IDENTITY, *LANGUAGE, *_CHANGES, *chosen, *own, *_EXACT, *decide])

    @property
    def bands_schema(self) -> pa.Schema:
        return pa.schema([_IDENTITY.field("doc_id"), *minhash.band_schema(self.minhash)])

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
        hidden = _named("carriers", describe_carriers, source)
        texts, changes, sizes = self._edit(
            texts, langs=declared, cut_rows=cut_rows, before=source.column("text")
        )
        options = IdentifyOptions(SegmentOptions(max_sample_bytes=self.max_sample_bytes))
        model = load_model(self.model, labels=self.labels)
        found = _named("language_id", identify, texts, declared=declared, model=model, options=options)
        lang = found.column("lang")
        known = pc.is_in(lang, value_set=pa.array(languages.tags()))
        signals_lang = pc.if_else(known, lang, pa.scalar(None, pa.string()))
        rows = pa.array(np.arange(first_row, first_row + len(batch)))
        spans = _named("personal_data", self._find_personal_data, texts, langs=lang)
        if self.source:
            batch = identify_by_place(
                batch, spans=spans, langs=lang, kinds=self.personal_data, source=self.source
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
            hashes = _named("exact_hash", exact_hash.exact_hashes, texts, normalisation=self.normalisation)
            columns.append(hashes)
            columns += self._signals(decide, batch=edited, source=source, langs=signals_lang)
            bands = _named("minhash", minhash.band_hashes, texts, langs=signals_lang, options=self.minhash)
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

    def _signals(
        self, names: Sequence[str], *, batch: pa.RecordBatch, source: pa.RecordBatch, langs: pa.StringArray
    ) -> list[pa.Array]:
        """The columns of sets of signals, side by side; source: the batch before edits."""
        return [
            column
            for name in names
            for column in _named(
                name,
                _measure_set,
                name,
                batch=source if base.is_before_edits(name) else batch,
                langs=langs,
                options=self.options.get(name),
            ).columns
        ]

    def _edit(
        self, texts: pa.Array, *, langs: pa.Array, cut_rows: np.ndarray | None, before: pa.Array
    ) -> tuple[pa.Array, pa.Array, pa.Array]:
        """(edited texts, per document the names of the edits that changed it, the bytes that each removed).

        before: the texts from which repeated lines were removed.
        """
        names = [removal.EDIT, *self.edits]
        lengths = text_lengths(texts)
        changed, removed = [np.zeros(len(texts), bool)], [np.zeros(len(texts), np.int64)]
        if cut_rows is not None:
            changed[0][cut_rows] = True
            removed[0] = text_lengths(before) - lengths
        for name in self.edits:
            given = texts
            texts = _named(name, base.load_edit(name).edit, given, langs=langs)
            same = texts is given or pc.equal(texts, given)
            changed.append(
                np.zeros(len(texts), bool) if same is True else ~same.to_numpy(zero_copy_only=False)
            )
            before_edit, lengths = lengths, lengths if same is True else text_lengths(texts)
            removed.append(before_edit - lengths)
        flags = np.array(changed).T
        offsets = pa.array(np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32))
        changes = pa.array(names, pa.string()).take(pa.array(np.nonzero(flags)[1]))
        sizes = pa.array(np.array(removed, np.int64).T[flags])
        return (
            texts,
            pa.ListArray.from_arrays(offsets, changes),
            pa.ListArray.from_arrays(offsets, sizes),
        )


def identify_by_place(
    batch: pa.RecordBatch,
    *,
    spans: pa.ListArray,
    langs: pa.StringArray,
    kinds: Sequence[str],
    source: str,
) -> pa.RecordBatch:
    """A DOCUMENT batch in which documents with personal data and a digest as key have ids of their places.

    spans: SPANS of the texts; kinds: those that are looked for, in columns beside the text, too.
    """
    own_key = pc.starts_with(batch.column("record_id"), RECORD_DIGEST)
    has_any = pc.fill_null(pc.greater(pc.list_value_length(spans), 0), False).to_numpy(zero_copy_only=False)
    if kinds and pc.any(own_key).as_py():
        columns = {name: batch.column(name) for name in FIELD_KINDS}
        beside = mask_fields(columns, languages=langs.to_pylist(), kinds=kinds).rows
        has_any = np.logical_or.reduce([has_any, *beside.values()])
    rows = pc.indices_nonzero(pc.and_(pa.array(has_any), own_key)).to_pylist()
    if not rows:
        return batch
    ids = batch.column("doc_id").to_pylist()
    places = batch.select(["container", "offset"]).take(pa.array(rows)).to_pylist()
    for row, place in zip(rows, places, strict=True):
        ids[row] = make_place_id(source, **place)
    index = batch.schema.get_field_index("doc_id")
    return batch.set_column(index, DOCUMENT.field("doc_id"), pa.array(ids, pa.binary(DOC_ID_BYTES)))


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
                rest, removed = _named(removal.EDIT, repeated.remove, batch, first_row=first_row)
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


def _named(name: str, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """work(...), with the filter's name on what it raises."""
    try:
        return work(*args, **kwargs)
    except Exception as error:
        raise FilterError(name, error) from error
