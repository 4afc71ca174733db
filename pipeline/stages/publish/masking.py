"""What a release shows of documents with personal data: placeholders, and no digest of values."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.fields import mask_fields
from filters.personal_data.mask import mask_texts
from layers.columns import column
from layers.document import has_digest_key, make_doc_id, make_place_id
from layers.entries import Entry
from layers.shards import text_lengths
from pipeline.job import Job
from pipeline.stages.count.removal import EDIT as REPEATED_LINES
from pipeline.stages.publish.cut import Indexes

WITHHELD = ("raw_sha256", "exact_hash", "carriers")
"""Columns with digests of unmasked text: whoever has the rest of it finds a masked value by trying."""

MIN_UNKNOWN = 4
"""Documents of an input file that nobody knows, from which on its digest tells nothing: values of one have
20 bits or more, and all must be guessed at once."""


def mask_columns(
    columns: Mapping[str, pa.Array], *, kinds: Sequence[str], source: str, lang: str
) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
    """Columns of kept rows as they are released, and column beside the text → bool [n]: masked there.

    columns: as measured and decided, ids in hexadecimal; kinds: those that are masked; lang: of all rows.
    `personal_data` and `redactions` are of the released text.
    """
    masked = mask_texts(columns["text"], spans=columns["personal_data"], kinds=kinds)
    fields = mask_fields(columns, languages=[lang] * len(columns["text"]), kinds=kinds)
    columns = {**columns, **fields.columns}
    released = {
        **columns,
        **_hide_records(columns, rows=fields.rows, kinds=kinds),
        "personal_data": masked.spans,
        "redactions": masked.counts,
    }
    if masked.is_masked.any():
        released |= {"text": masked.texts, "text_bytes": pa.array(text_lengths(masked.texts), pa.int64())}
        released |= withhold(released, is_masked=masked.is_masked, source=source)
    return released, fields.rows


def mask_keys(keys: pa.StringArray, *, job: Job) -> pa.StringArray:
    """Keys of documents that are not published, as the ledger tells them."""
    kinds = job.config.kinds_masked_anywhere
    masked = mask_fields({"record_id": keys}, languages=[None] * len(keys), kinds=kinds)
    return masked.columns.get("record_id", keys)


def _hide_records(
    columns: Mapping[str, pa.Array], *, rows: Mapping[str, np.ndarray], kinds: Sequence[str]
) -> dict[str, pa.Array]:
    """Columns with digests of whole records, null where a value beside the text is masked.

    And where lines were removed, in which nothing was looked for: they may be a name and an address.
    """
    hidden = [*rows.values(), *([_has_lost_lines(columns["edits"])] if kinds else [])]
    if not hidden:
        return {}
    mask = pa.array(np.logical_or.reduce(hidden))
    digests, keys = columns["raw_sha256"], columns["record_id"]
    of_record = pc.and_(mask, has_digest_key(keys))
    return {
        "raw_sha256": pc.if_else(mask, pa.scalar(None, digests.type), digests),
        "record_id": pc.if_else(of_record, pa.scalar(None, keys.type), keys),
    }


def _has_lost_lines(edits: pa.ListArray) -> np.ndarray:
    """Whether each of n documents lost repeated lines, by the names of its edits: bool [n]."""
    return _has_any(edits, pc.equal(edits.flatten(), REPEATED_LINES))


def withhold(columns: Mapping[str, pa.Array], *, is_masked: np.ndarray, source: str) -> dict[str, pa.Array]:
    """Those of the columns that say too much of masked documents, without what they say.

    An id of key and text (`key_id` is not null) becomes the id of the document's place.
    """
    mask = pa.array(is_masked)
    names = [name for name in WITHHELD if name in columns]
    released = {
        name: pc.if_else(mask, pa.nulls(len(mask), columns[name].type), columns[name]) for name in names
    }
    keys = columns["record_id"]
    digests = has_digest_key(keys)
    released["record_id"] = pc.if_else(pc.and_(mask, digests), pa.scalar(None, keys.type), keys)
    rows = pc.indices_nonzero(pc.and_(mask, columns["key_id"].is_valid())).to_pylist()
    if rows:
        ids = columns["doc_id"].to_pylist()
        for row in rows:
            ids[row] = _place_id(columns, row=row, source=source)
        released["doc_id"] = pa.array(ids, pa.string())
    return released


def has_kinds(spans: pa.ListArray, *, kinds: Collection[str]) -> np.ndarray:
    """Whether any of the SPANS of each of n documents is of some kinds: bool [n]."""
    values = spans.flatten()
    return _has_any(spans, pc.is_in(values.field("kind"), value_set=pa.array(sorted(kinds), pa.string())))


def has_place_ids(columns: Mapping[str, pa.Array], *, source: str) -> np.ndarray:
    """Whether each of n documents has the id of its place, though its key is its record's digest: bool [n].

    Then something was found in it, be it beside the text or in repeated lines, which spans do not tell.
    """
    keys = columns["record_id"]
    has_place_id = np.zeros(len(keys), bool)
    for row in pc.indices_nonzero(has_digest_key(keys)).to_pylist():
        of_key = make_doc_id(source, record_id=keys[row].as_py()).hex()
        has_place_id[row] = columns["doc_id"][row].as_py() != of_key
    return has_place_id


def _has_any(lists: pa.ListArray, chosen: pa.BooleanArray) -> np.ndarray:
    """Whether any of the values of each of n lists is chosen: bool [n]."""
    rows = pc.list_parent_indices(lists).to_numpy()[chosen.to_numpy(zero_copy_only=False)]
    return np.bincount(rows, minlength=len(lists)) > 0


def read_place_ids(indexes: Indexes, *, job: Job) -> dict[str, str]:
    """Id of key and text → the id that is published in its place, of kept documents that are masked.

    Memory: as many as there are masked documents with keys that several texts have.
    """
    ids: dict[str, str] = {}
    for measured, decided in zip(indexes.measured.entries(), indexes.decided.entries(), strict=True):
        if not decided.facts["shared_keys"]["documents"]:
            continue
        decisions = job.decisions.table(decided, "decisions", columns=["doc_id", "key_id", "keep", "lang"])
        spans = column(job.measured.table(measured, "signals", columns=["personal_data"]), "personal_data")
        places = job.measured.table(measured, "text", columns=["container", "offset"])
        shared = pc.and_(decisions["keep"], decisions["key_id"].is_valid())
        for row in pc.indices_nonzero(shared).to_pylist():
            source, lang = decided.unit.source, decisions["lang"][row].as_py()
            if has_kinds(spans.slice(row, 1), kinds=job.config.masked_kinds(source, lang=lang))[0]:
                place = places.slice(row, 1).to_pylist()[0]
                ids[decisions["doc_id"][row].as_py().hex()] = make_place_id(source, **place).hex()
    return ids


def replace_ids(ids: pa.StringArray, place_ids: Mapping[str, str]) -> pa.StringArray:
    """Ids of documents as they are published, by what `read_place_ids` found."""
    if not place_ids:
        return ids
    return pa.array([place_ids.get(each, each) for each in ids.to_pylist()], pa.string())


def find_telling_inputs(indexes: Indexes, *, published: Iterable[Entry], job: Job) -> set[tuple[str, str]]:
    """(source, container) of the files whose digest would tell masked values to whoever tries.

    In them something is masked, and fewer than MIN_UNKNOWN documents are masked or not published: the rest
    of the file is known. Parts are read that have personal data; memory: a part, and the files with any.
    """
    unknown: Counter[tuple[str, str]] = Counter()
    masked: set[tuple[str, str]] = set()
    for entry in published:
        for name, rows in entry.facts["personal_data"]["files"].items():
            unknown[entry.unit.source, name] += rows
            masked.add((entry.unit.source, name))
    for measured, decided in zip(indexes.measured.entries(), indexes.decided.entries(), strict=True):
        if not measured.facts["personal_data"]:
            continue
        source = measured.unit.source
        spans = column(job.measured.table(measured, "signals", columns=["personal_data"]), "personal_data")
        keep = column(job.decisions.table(decided, "decisions", columns=["keep"]), "keep")
        has_masked = has_kinds(spans, kinds=job.config.kinds_masked_anywhere)
        is_unknown = has_masked | ~keep.to_numpy(zero_copy_only=False)
        containers = column(job.measured.table(measured, "text", columns=["container"]), "container")
        for rows, count in ((is_unknown, unknown.update), (has_masked, masked.update)):
            count((source, name) for name in containers.filter(pa.array(rows)).to_pylist())
    return {file for file in masked if unknown[file] < MIN_UNKNOWN}


def _place_id(columns: Mapping[str, pa.Array], *, row: int, source: str) -> str:
    container, offset = (columns[name][row].as_py() for name in ("container", "offset"))
    return make_place_id(source, container=container, offset=offset).hex()
