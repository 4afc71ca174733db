"""ATTRIBUTION.tsv of a release: whom to name for each document whose licence asks for it."""

from collections.abc import Mapping
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from governance.amounts import Amount
from governance.cards import SourceCard
from governance.licences import NOASSERTION, NONE, obliges_attribution, parse_license

PATH = "ATTRIBUTION.tsv"
COLUMNS = ("doc_id", "author", "title", "source", "license", "url")
"""author is whom the document names, else whom its source's card says to name."""

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""The backslash comes first, since the others are written with one."""


class NobodyNamed(ValueError):
    """A licence asks for a name, and neither the document nor the card of its source has one."""

    def __init__(self, uid: str, *, doc_id: str, license: str) -> None:
        super().__init__(
            f"{uid}: document {doc_id} is {license}, which asks for attribution, and neither it nor the card "
            "names anybody: map `author`, or write rights.attribution_statement"
        )


def header() -> bytes:
    """The first line."""
    return ("\t".join(COLUMNS) + "\n").encode()


def write_rows(batch: pa.RecordBatch, *, cards: Mapping[str, SourceCard]) -> bytes:
    """The lines of those rows of a shard whose licence asks for a name; raises NobodyNamed.

    Backslash, tab and line breaks in a value are written as backslash and backslash, t, n or r; a null is an
    empty value. Where a gated source names nobody, its rows say so by an empty author.
    """
    rows = batch.select(list(COLUMNS)).filter(_find_obliged(batch["license"]))
    values = {name: rows[name] for name in COLUMNS} | {"author": _name_authors(rows, cards=cards)}
    tab = pa.scalar("\t", pa.large_string())
    lines = pc.binary_join_element_wise(*map(_escape, values.values()), tab)
    return b"".join(line + b"\n" for line in lines.cast(pa.large_binary()).to_pylist())


def count_obliged(licenses: Mapping[str, Amount]) -> int:
    """Documents of a licence mix that have a row."""
    return sum(amount.documents for license, amount in licenses.items() if _obliges(license))


def _find_obliged(licenses: pa.Array) -> pa.Array:
    """n licences → n booleans, each licence read once."""
    coded = licenses.dictionary_encode()
    obliged = pa.array([_obliges(license) for license in coded.dictionary.to_pylist()], pa.bool_())
    return pc.fill_null(obliged.take(coded.indices), False)


def _name_authors(rows: pa.RecordBatch, *, cards: Mapping[str, SourceCard]) -> pa.Array:
    """n rows → whom to name for each; raises NobodyNamed for the first of an open source without a name."""
    coded = rows["source"].dictionary_encode()
    sources = [cards[uid] for uid in coded.dictionary.to_pylist()]
    statements = pa.array([card.rights.attribution_statement or "" for card in sources], pa.string())
    own = pc.fill_null(rows["author"].cast(pa.string()), "")
    authors = pc.if_else(pc.equal(own, ""), statements.take(coded.indices), own)
    open_sources = pa.array([card.access_tier == "open" for card in sources], pa.bool_())
    nameless = pc.and_(pc.equal(authors, ""), open_sources.take(coded.indices))
    if (first := pc.index(nameless, True).as_py()) >= 0:
        row = rows.slice(first, 1).to_pylist()[0]
        raise NobodyNamed(row["source"], doc_id=row["doc_id"], license=row["license"])
    return authors


def _escape(values: pa.Array) -> pa.Array:
    escaped = pc.fill_null(values.cast(pa.large_string()), "")
    for character, written in _ESCAPES.items():
        escaped = pc.replace_substring(escaped, character, written)
    return escaped


@cache
def _obliges(license: str) -> bool:
    """Whether a licence asks for it, as far as is known; of what is no licence nobody knows what it asks."""
    if license in (NOASSERTION, NONE):
        return False
    try:
        return obliges_attribution(parse_license(license))
    except ValueError:
        return False
