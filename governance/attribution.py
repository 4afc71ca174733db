"""ATTRIBUTION.tsv of a release: whom to name for each document whose licence asks for it."""

from collections.abc import Iterator, Mapping
from functools import cache

import pyarrow as pa

from governance.amounts import Amount
from governance.cards import SourceCard
from governance.licences import NOASSERTION, NONE, obliges_attribution, parse_license

PATH = "ATTRIBUTION.tsv"
COLUMNS = ("doc_id", "author", "title", "source", "license", "url")
"""author is whom the document names, else whom its source's card says to name."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


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
    return "".join(_lines(batch, cards=cards)).encode()


def count_obliged(licenses: Mapping[str, Amount]) -> int:
    """Documents of a licence mix that have a row."""
    return sum(amount.documents for license, amount in licenses.items() if _obliges(license))


def _lines(batch: pa.RecordBatch, *, cards: Mapping[str, SourceCard]) -> Iterator[str]:
    obliged = pa.array([_obliges(license) for license in batch["license"].to_pylist()], pa.bool_())
    for row in batch.select(list(COLUMNS)).filter(obliged).to_pylist():
        card = cards[row["source"]]
        author = row["author"] or card.rights.attribution_statement
        if not author and card.access_tier == "open":
            raise NobodyNamed(row["source"], doc_id=row["doc_id"], license=row["license"])
        named = row | {"author": author}
        yield "\t".join((named[name] or "").translate(_ESCAPES) for name in COLUMNS) + "\n"


@cache
def _obliges(license: str) -> bool:
    """Whether a licence asks for it, as far as is known; of what is no licence nobody knows what it asks."""
    if license in (NOASSERTION, NONE):
        return False
    try:
        return obliges_attribution(parse_license(license))
    except ValueError:
        return False
