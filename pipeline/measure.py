"""measure: one part of raw/ → measured/: edited text, signals and MinHash bands, in three files.

Rows are stably ordered by language, and the entry lists each language's row range, so that a
release shard is a run of rows. A filter never drops a document here; a filter that raises is
bisected to the document it raises on, which is ledgered.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import base, exact_hash, language_id, languages, minhash
from filters.language_id import LANGUAGE, IdentifyOptions, identify, load_model
from pipeline.document import DOC_ID_BYTES, DOCUMENT, REJECTED
from pipeline.errors import MissingLayer, TooManyFilterErrors
from pipeline.ingest import part_name
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.commit import UnitCommit
from pipeline.layers.entries import Count, Entry, Unit, fingerprint, read_entry
from pipeline.layers.shards import read_shard, text_lengths

CONTENT_VERSION = 1

BATCH_BYTES = 4 << 20


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

    @classmethod
    def from_job(cls, job: Job, *, source: str) -> "Measurer":
        measure = job.config.measure
        chosen = next(item.edits for item in job.config.sources if item.card == source)
        return cls(
            edits=tuple(measure.edits if chosen is None else chosen),
            signals=tuple(measure.signals),
            model=measure.language_id.model,
            max_sample_bytes=measure.language_id.max_sample_bytes,
            minhash=measure.minhash.to_options(),
        )

    @property
    def signals_schema(self) -> pa.Schema:
        """Columns of the signals file, in order."""
        fields = list(_IDENTITY)
        fields += list(LANGUAGE)
        fields += list(_CHANGES)
        for name in self.signals:
            fields += list(base.load_signals(name).SCHEMA)
        return pa.schema([*fields, *_EXACT])

    @property
    def bands_schema(self) -> pa.Schema:
        return pa.schema([_IDENTITY.field("doc_id"), *minhash.band_schema(self.minhash)])

    def versions(self) -> dict[str, object]:
        """What the measured bytes depend on, beside the text."""
        return {
            "edits": [[name, base.load_edit(name).CONTENT_VERSION] for name in self.edits],
            "signals": [[name, base.load_signals(name).CONTENT_VERSION] for name in self.signals],
            "languages": languages.digest(),
            "language_id": [load_model(self.model).digest, language_id.CONTENT_VERSION],
            "max_sample_bytes": self.max_sample_bytes,
            "minhash": [asdict(self.minhash), minhash.CONTENT_VERSION],
            "exact_hash": exact_hash.CONTENT_VERSION,
        }

    def measure(
        self, batch: pa.RecordBatch, *, first_row: int = 0
    ) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]:
        """A DOCUMENT batch → (edited DOCUMENT batch, signals, bands), the same rows in the same order.

        first_row is the batch's place in its raw part.
        """
        texts, changes = self._edit(batch.column("text"), langs=batch.column("lang_declared"))
        declared = batch.column("lang_declared")
        options = IdentifyOptions(max_sample_bytes=self.max_sample_bytes)
        model = load_model(self.model)
        found = _named("language_id", identify, texts, declared=declared, model=model, options=options)
        lang = found.column("lang")
        known = pc.is_in(lang, value_set=pa.array(languages.TAGS))
        signals_lang = pc.if_else(known, lang, pa.scalar(None, pa.string()))
        rows = pa.array(np.arange(first_row, first_row + len(batch)))
        columns = [batch.column("doc_id"), rows, declared, *found.columns, changes, signals_lang]
        columns.append(pa.array(text_lengths(texts), pa.int64()))
        for name in self.signals:
            columns += _named(name, base.load_signals(name).measure, texts, langs=signals_lang).columns
        columns.append(_named("exact_hash", exact_hash.exact_hashes, texts))
        bands = _named("minhash", minhash.band_hashes, texts, langs=signals_lang, options=self.minhash)
        edited = batch.set_column(batch.schema.get_field_index("text"), DOCUMENT.field("text"), texts)
        return (
            edited,
            pa.RecordBatch.from_arrays(columns, schema=self.signals_schema),
            pa.RecordBatch.from_arrays([batch.column("doc_id"), *bands.columns], schema=self.bands_schema),
        )

    def _edit(self, texts: pa.Array, *, langs: pa.Array) -> tuple[pa.Array, pa.Array]:
        """(edited texts, per document the names of the edits that changed it)."""
        changed: list[np.ndarray] = []
        for name in self.edits:
            before = texts
            texts = _named(name, base.load_edit(name).edit, before, langs=langs)
            same = texts is before or pc.equal(texts, before)
            changed.append(
                np.zeros(len(texts), bool) if same is True else ~same.to_numpy(zero_copy_only=False)
            )
        flags = np.array(changed).reshape(len(self.edits), len(texts)).T
        offsets = np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32)
        names = pa.array(self.edits, pa.string()).take(pa.array(np.nonzero(flags)[1]))
        return texts, pa.ListArray.from_arrays(pa.array(offsets), names)


def _named(name: str, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """work(...), with the filter's name on what it raises."""
    try:
        return work(*args, **kwargs)
    except Exception as error:
        raise FilterError(name, error) from error


def _meant(name: str, dtype: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, dtype, metadata={"meaning": meaning})


_IDENTITY = pa.schema(
    [
        DOCUMENT.field("doc_id"),
        _meant("raw_row", pa.int64(), "Row of the document in its part of raw/."),
        DOCUMENT.field("lang_declared"),
    ]
)
_CHANGES = pa.schema(
    [
        _meant("edits", pa.list_(pa.string()), "Names of the edits that changed the text, in order."),
        _meant(
            "signals_lang",
            pa.string(),
            "Language whose segmentation and lists the signals used; null: default.",
        ),
        _meant("text_bytes", pa.int64(), "UTF-8 bytes of the edited text."),
    ]
)
_EXACT = pa.schema(
    [
        _meant(
            "exact_hash",
            pa.binary(DOC_ID_BYTES),
            "128-bit hash of the normalised text (docs/dedup.md); null: empty.",
        )
    ]
)


def measure_unit(unit: Unit, *, job: Job) -> Entry:
    """Measure one raw part; an up-to-date entry is returned as it is."""
    raw = raw_entry(unit, job=job)
    measurer = Measurer.from_job(job, source=unit.source)
    key = measure_fingerprint(unit, raw=raw, measurer=measurer)
    entry = read_entry(job.measured, unit=unit)
    if entry is not None and entry.fingerprint == key:
        return entry
    shard = raw.files[part_name(unit.part or 0)]
    errors: list[dict[str, object]] = []
    lost: list[Count] = []
    batches = read_shard(storage.join(job.raw, shard.path))
    measured = list(_measure_all(batches, measurer=measurer, errors=errors, lost=lost))
    texts, signals, bands = (
        pa.Table.from_batches([rows[index] for rows in measured], schema=schema)
        for index, schema in enumerate((DOCUMENT, measurer.signals_schema, measurer.bands_schema))
    )
    del measured
    order, ranges = _order_by_language(signals)
    with UnitCommit(job.measured, unit=unit, fingerprint=key) as commit:
        for name, table in (("text", texts), ("signals", signals), ("bands", bands)):
            commit.write(name, _in_order(table, order=order), schema=table.schema)
        commit.write("errors", iter([pa.RecordBatch.from_pylist(errors, schema=REJECTED)]), schema=REJECTED)
        read = Count("read", documents=shard.rows, bytes=raw.facts["parts"][unit.part or 0]["text_bytes"])
        kept = _count_kept(signals)
        out = sum(count.bytes for count in kept) + sum(count.bytes for count in lost)
        return commit.commit(
            [read, Count("edited", bytes=read.bytes - out), *kept, *lost],
            facts={"langs": ranges, "raw_rows": shard.rows},
        )


def raw_entry(unit: Unit, *, job: Job) -> Entry:
    """The entry of the raw unit that a part belongs to; raises MissingLayer."""
    entry = read_entry(job.raw, unit=unit.whole)
    if entry is None:
        raise MissingLayer(f"{unit} has no entry in {job.raw}; run the ingest stage first")
    return entry


def measure_fingerprint(unit: Unit, *, raw: Entry, measurer: Measurer) -> str:
    """Everything that a measured part's bytes depend on."""
    shard = raw.files[part_name(unit.part or 0)]
    return fingerprint(stage="measure", version=CONTENT_VERSION, input=shard.sha256, **measurer.versions())


def measured_entries(parts: Sequence[Unit], *, job: Job) -> list[Entry]:
    """The measured entries of the parts; raises MissingLayer naming a missing one."""
    found = []
    for unit in parts:
        entry = read_entry(job.measured, unit=unit)
        if entry is None:
            raise MissingLayer(f"{unit} is not in {job.measured}; run the measure stage first")
        found.append(entry)
    return found


def check_filter_errors(entries: Sequence[Entry], *, max_filter_errors: int) -> None:
    """Raise TooManyFilterErrors naming the filters when more documents than allowed made one raise."""
    errors: Counter[str] = Counter()
    for entry in entries:
        errors.update({c.reason: c.documents or 0 for c in entry.counts if c.flow == "dropped"})
    if errors.total() > max_filter_errors:
        raise TooManyFilterErrors(
            f"{errors.total()} documents made a filter raise "
            f"({', '.join(f'{reason} {n}' for reason, n in errors.most_common())}); "
            f"max_filter_errors is {max_filter_errors}; see them with `rhizotron dropped --stage measure`"
        )


def _measure_all(
    batches: Iterator[pa.RecordBatch],
    *,
    measurer: Measurer,
    errors: list[dict[str, object]],
    lost: list[Count],
    first_row: int = 0,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]]:
    """Measure batch by batch; a batch that makes a filter raise is halved down to the one row."""
    for batch in batches:
        try:
            yield measurer.measure(batch, first_row=first_row)
        except FilterError as error:
            if len(batch) > 1:
                halves = (batch.slice(0, len(batch) // 2), batch.slice(len(batch) // 2))
                yield from _measure_all(
                    iter(halves), measurer=measurer, errors=errors, lost=lost, first_row=first_row
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


def _order_by_language(signals: pa.Table) -> tuple[np.ndarray, list[dict[str, object]]]:
    """(stable row order by language tag, [{lang, start, stop, bytes}] in that order)."""
    langs = signals["lang"].combine_chunks().dictionary_encode()
    if isinstance(langs, pa.ChunkedArray):
        langs = langs.combine_chunks()
    tags = langs.dictionary.to_pylist()
    rank = np.argsort(np.argsort(np.array(tags, dtype=str)))
    codes = rank[langs.indices.to_numpy()] if len(langs) else np.zeros(0, np.int64)
    order = np.argsort(codes, kind="stable")
    sizes = signals["text_bytes"].to_numpy()
    ranges: list[dict[str, object]] = []
    start = 0
    for code, tag in enumerate(sorted(tags)):
        rows = codes == code
        stop = start + int(rows.sum())
        ranges.append({"lang": tag, "start": start, "stop": stop, "bytes": int(sizes[rows].sum())})
        start = stop
    return order, ranges


def _in_order(table: pa.Table, *, order: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Rows of a table in the given order, a few at a time: a second copy of the text is never whole."""
    step = 4096
    for start in range(0, len(order), step):
        rows = table.take(pa.array(order[start : start + step]))
        yield from rows.combine_chunks().to_batches()


def _count_kept(signals: pa.Table) -> list[Count]:
    """The matrix declared → identified, in documents and bytes."""
    if not len(signals):
        return []
    groups = signals.group_by(["lang_declared", "lang"]).aggregate(
        [("text_bytes", "count"), ("text_bytes", "sum")]
    )
    return [
        Count(
            "kept",
            lang_declared=row["lang_declared"] or "",
            lang=row["lang"],
            documents=row["text_bytes_count"],
            bytes=row["text_bytes_sum"],
        )
        for row in groups.to_pylist()
    ]
