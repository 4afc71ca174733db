"""Measuring as plain functions: edits, language, signals and hashes of a batch, side by side.

A filter never drops a document here. A filter that raises is bisected to the document it raises
on, which becomes a row of errors. The measure stage and the Measure transform share this module.
"""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import base, language_id, languages, perplexity, text_counts, wiki_titles
from filters.hashes import exact as exact_hash
from filters.hashes import minhash, urls
from filters.language_id import (
    LANGUAGE,
    IdentifyOptions,
    SegmentOptions,
    identify,
    labels_digest,
    load_model,
    model_digest,
)
from filters.perplexity import PerplexityOptions
from layers.document import DOC_ID_BYTES, DOCUMENT, make_field
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
            "signals_lang",
            pa.string(),
            "Language whose segmentation and lists the signals used; null: default.",
        ),
        make_field("text_bytes", pa.int64(), "UTF-8 bytes of the edited text."),
    ]
)
_EXACT = pa.schema(
    [
        make_field(
            "exact_hash",
            pa.binary(DOC_ID_BYTES),
            "128-bit hash of the normalised text (docs/dedup.md); null: empty.",
        ),
        make_field(
            "url_hash",
            pa.binary(urls.HASH_BYTES),
            "128-bit hash of the canonical URL (docs/dedup.md); null: no URL with a host.",
        ),
        make_field(
            "capture_time", pa.int64(), "Seconds since 1970 of the date; null: none, or in no known form."
        ),
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
    model: str
    max_sample_bytes: int
    minhash: minhash.MinHashOptions
    labels: str | None = None
    normalisation: exact_hash.Normalisation = "whitespace_case"
    """Of the exact hash."""
    perplexity: PerplexityOptions | None = None
    lines: LineRule | None = None
    """The rule for repeated lines, which are removed before `measure`."""

    @classmethod
    def from_job(cls, job: Job, *, source: str) -> "Measurer":
        measure = job.config.measure
        chosen = job.source(source).edits
        return cls(
            edits=tuple(measure.edits if chosen is None else chosen),
            signals=tuple(measure.signals),
            model=measure.language_id.model,
            max_sample_bytes=measure.language_id.max_sample_bytes,
            minhash=measure.minhash.to_options(),
            labels=measure.language_id.labels,
            normalisation=measure.exact_hash,
            perplexity=None if measure.perplexity is None else measure.perplexity.to_options(),
            lines=job.line_rule(source),
        )

    @property
    def signals_schema(self) -> pa.Schema:
        """Columns of the signals file, in order."""
        fields = list(_IDENTITY)
        fields += list(LANGUAGE)
        fields += list(_CHANGES)
        for name in self.signals:
            fields += list(base.load_signals(name).SCHEMA)
        if self.perplexity is not None:
            fields += list(perplexity.SCHEMA)
        return pa.schema([*fields, *_EXACT, *wiki_titles.SCHEMA])

    @property
    def bands_schema(self) -> pa.Schema:
        return pa.schema([_IDENTITY.field("doc_id"), *minhash.band_schema(self.minhash)])

    @cached_property
    def versions(self) -> dict[str, object]:
        """What the measured bytes depend on, beside the text."""
        return {
            "edits": [[name, base.load_edit(name).CONTENT_VERSION] for name in self.edits],
            "signals": [[name, base.load_signals(name).CONTENT_VERSION] for name in self.signals],
            "languages": languages.digest(),
            "language_id": [model_digest(self.model), language_id.CONTENT_VERSION],
            "language_limits": language_id.describe(self.model).model_dump(mode="json"),
            "labels": labels_digest(self.model, labels=self.labels),
            "max_sample_bytes": self.max_sample_bytes,
            **self._perplexity_version(),
            "minhash": [asdict(self.minhash), minhash.CONTENT_VERSION],
            "captures": urls.describe(),
            "wiki_titles": wiki_titles.CONTENT_VERSION,
            "exact_hash": [self.normalisation, exact_hash.CONTENT_VERSION],
        }

    def _perplexity_version(self) -> dict[str, object]:
        """Nothing where it is not measured, so that fingerprints of other runs stay."""
        chosen = self.perplexity
        if chosen is None:
            return {}
        return {"perplexity": [perplexity.digests(chosen), chosen.variant, perplexity.CONTENT_VERSION]}

    def measure(
        self, batch: pa.RecordBatch, *, first_row: int = 0, cut_rows: np.ndarray | None = None
    ) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]:
        """A DOCUMENT batch → (edited DOCUMENT batch, signals, bands), the same rows in the same order.

        first_row is the batch's place in its raw part; from cut_rows repeated lines have been removed.
        """
        declared = batch.column("lang_declared")
        texts, changes = self._edit(batch.column("text"), langs=declared, cut_rows=cut_rows)
        options = IdentifyOptions(SegmentOptions(max_sample_bytes=self.max_sample_bytes))
        model = load_model(self.model, labels=self.labels)
        found = _named("language_id", identify, texts, declared=declared, model=model, options=options)
        lang = found.column("lang")
        known = pc.is_in(lang, value_set=pa.array(languages.TAGS))
        signals_lang = pc.if_else(known, lang, pa.scalar(None, pa.string()))
        rows = pa.array(np.arange(first_row, first_row + len(batch)))
        columns = [batch.column("doc_id"), rows, declared, *found.columns, changes, signals_lang]
        columns.append(pa.array(text_lengths(texts), pa.int64()))
        with text_counts.sharing(texts, langs=signals_lang, groups=base.groups(self.signals)):
            for name in self.signals:
                columns += _named(name, base.load_signals(name).measure, texts, langs=signals_lang).columns
        if self.perplexity is not None:
            of = {"langs": signals_lang, "options": self.perplexity}
            columns.append(_named("perplexity", perplexity.perplexities, texts, **of))
        hashes = _named("exact_hash", exact_hash.exact_hashes, texts, normalisation=self.normalisation)
        columns.append(hashes)
        columns.append(_named("captures", urls.url_hashes, batch.column("url")))
        columns.append(_named("captures", urls.capture_times, batch.column("date")))
        columns += _named("wiki_titles", wiki_titles.measure_titles, batch.column("title")).columns
        bands = _named("minhash", minhash.band_hashes, texts, langs=signals_lang, options=self.minhash)
        edited = batch.set_column(batch.schema.get_field_index("text"), DOCUMENT.field("text"), texts)
        return (
            edited,
            pa.RecordBatch.from_arrays(columns, schema=self.signals_schema),
            pa.RecordBatch.from_arrays([batch.column("doc_id"), *bands.columns], schema=self.bands_schema),
        )

    def _edit(
        self, texts: pa.Array, *, langs: pa.Array, cut_rows: np.ndarray | None
    ) -> tuple[pa.Array, pa.Array]:
        """(edited texts, per document the names of the edits that changed it)."""
        names = [removal.EDIT, *self.edits]
        changed = [np.zeros(len(texts), bool)]
        if cut_rows is not None:
            changed[0][cut_rows] = True
        for name in self.edits:
            before = texts
            texts = _named(name, base.load_edit(name).edit, before, langs=langs)
            same = texts is before or pc.equal(texts, before)
            changed.append(
                np.zeros(len(texts), bool) if same is True else ~same.to_numpy(zero_copy_only=False)
            )
        flags = np.array(changed).T
        offsets = np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32)
        changes = pa.array(names, pa.string()).take(pa.array(np.nonzero(flags)[1]))
        return texts, pa.ListArray.from_arrays(pa.array(offsets), changes)


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
                rows = measurer.measure(rest, first_row=first_row, cut_rows=removed.rows)
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
