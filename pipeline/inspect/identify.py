"""From what a person calls a document to its rows: doc_id, first digits of one, or the source's own id."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from layers.columns import hex_ids
from layers.document import make_doc_id
from layers.entries import Entry
from pipeline.errors import RunError

_DIGITS = re.compile(r"[0-9a-f]{1,32}")
DOC_ID_DIGITS = 32
_MAX_NAMED = 3


class SeveralBegin(RunError):
    """First digits are not enough: the ids of several documents begin so."""

    def __init__(self, name: str, *, doc_ids: Sequence[str]) -> None:
        listed = ", ".join(doc_ids[:_MAX_NAMED]) + (" …" if len(doc_ids) > _MAX_NAMED else "")
        super().__init__(
            f"{len(doc_ids)} documents have ids that begin with {name!r}: {listed}; give more digits"
        )


def are_digits(name: str) -> bool:
    """Whether a name, in lower case, may be a doc_id or the beginning of one."""
    return _DIGITS.fullmatch(name) is not None


@dataclass(frozen=True)
class Row:
    """A row of a part."""

    entry: Entry
    row: int
    doc_id: str


def find_rows(
    name: str,
    entries: Sequence[Entry],
    *,
    doc_ids: Callable[[Entry], pa.ChunkedArray],
    key_ids: Callable[[Entry], pa.ChunkedArray],
    record_ids: Callable[[Entry], pa.ChunkedArray],
    place: str,
) -> list[Row]:
    """Every row that a document's name means: a whole doc_id, else the source's own id, else first digits.

    doc_ids, key_ids and record_ids read the ids of a part's rows, the last for the message alone: the doc_id
    that a source's id makes is looked for. A whole key_id means all documents of a key that several texts
    have. Raises RunError where no document is called so, SeveralBegin where several begin so.
    """
    digits = name.lower()
    if len(digits) == DOC_ID_DIGITS and are_digits(digits):
        wanted = pa.scalar(bytes.fromhex(digits), pa.binary(DOC_ID_DIGITS // 2))
        for ids in (doc_ids, key_ids):
            if rows := _rows(entries, ids=ids, matches=lambda ids: pc.equal(ids, wanted), doc_ids=doc_ids):
                return rows
    if rows := _find_key(name, entries, doc_ids=doc_ids, key_ids=key_ids):
        return rows
    if are_digits(digits):
        rows = _rows(entries, ids=doc_ids, matches=lambda ids: _starts_with(ids, digits), doc_ids=doc_ids)
        found = sorted({row.doc_id for row in rows})
        if len(found) > 1:
            raise SeveralBegin(name, doc_ids=found)
        if rows:
            return rows
    raise RunError(
        f"no document {name!r} in {place}, {_example(entries, doc_ids=doc_ids, record_ids=record_ids)}; give "
        f"its doc_id ({DOC_ID_DIGITS} hexadecimal digits, or the first of them) or the source's own id. "
        "Rejected records have none, see `rhizotron dropped`"
    )


def _find_key(
    name: str,
    entries: Sequence[Entry],
    *,
    doc_ids: Callable[[Entry], pa.ChunkedArray],
    key_ids: Callable[[Entry], pa.ChunkedArray],
) -> list[Row]:
    """Rows of the documents that a source calls so, in the order of entries."""
    keys = {
        uid: pa.scalar(make_doc_id(uid, record_id=name), pa.binary(DOC_ID_DIGITS // 2))
        for uid in {entry.unit.source for entry in entries}
    }
    found = []
    for entry in entries:
        for ids in (doc_ids, key_ids):
            wanted = keys[entry.unit.source]
            rows = _rows([entry], ids=ids, matches=partial(pc.equal, wanted), doc_ids=doc_ids)
            found += rows
            if rows:
                break
    return found


def _rows(
    entries: Sequence[Entry],
    *,
    ids: Callable[[Entry], pa.ChunkedArray],
    matches: Callable[[pa.ChunkedArray], pa.ChunkedArray],
    doc_ids: Callable[[Entry], pa.ChunkedArray],
) -> list[Row]:
    rows = []
    for entry in entries:
        places = pc.indices_nonzero(pc.fill_null(matches(ids(entry)), False)).to_pylist()
        names = doc_ids(entry).take(pa.array(places, pa.int64())).to_pylist() if places else []
        rows += [Row(entry, place, name.hex()) for place, name in zip(places, names, strict=True)]
    return rows


def _starts_with(ids: pa.ChunkedArray, digits: str) -> pa.ChunkedArray:
    return pa.chunked_array([pc.starts_with(hex_ids(chunk), digits) for chunk in ids.chunks], pa.bool_())


def _example(
    entries: Sequence[Entry],
    *,
    doc_ids: Callable[[Entry], pa.ChunkedArray],
    record_ids: Callable[[Entry], pa.ChunkedArray],
) -> str:
    """What a document is called, of those that there are."""
    for entry in entries:
        ids = doc_ids(entry)
        if len(ids):
            return f"which has {ids[0].as_py().hex()} ({entry.unit.source} calls it {record_ids(entry)[0]})"
    return "which has no documents"
