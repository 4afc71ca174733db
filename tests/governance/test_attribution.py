"""ATTRIBUTION.tsv has a line for each document whose licence asks for a name, and says whom to name."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest
import small_corpus
from hypothesis import given
from hypothesis import strategies as st

from governance.attribution import COLUMNS, NobodyNamed, header, write_rows
from governance.cards import SourceCard
from governance.cards.read import parse_card
from governance.licences import obliges_attribution, parse_license

LICENSES = ("CC0-1.0", "CC-BY-4.0", "MIT", "NOASSERTION", "NONE", "no licence at all")
STATEMENT = '  attribution_statement: "The translators, TICO-19"\n'


def make_card(uid: str, *, tier: str = "open", names_somebody: bool = True) -> SourceCard:
    text = small_corpus.CARD.format(
        uid=uid, languages="{tag: fr, locations: ['001'], declared_by: custodian}"
    )
    text = text.replace("access_tier: open", f"access_tier: {tier}")
    if names_somebody:
        text = text.replace("  scope: whole_source\n", f"  scope: whole_source\n{STATEMENT}")
    return parse_card(text.encode(), uid=uid, place=f"{uid}.md")


CARDS = {
    "named": make_card("named"),
    "nameless": make_card("nameless", names_somebody=False),
    "gated": make_card("gated", tier="gated", names_somebody=False),
}


def make_batch(rows: Sequence[Mapping[str, str | None]]) -> pa.RecordBatch:
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS}
    return pa.RecordBatch.from_pydict({"text": ["not in it"] * len(rows), **columns})


def obliges(license: str) -> bool:
    return license in ("CC-BY-4.0", "MIT") and obliges_attribution(parse_license(license))


def slow_line(row: Mapping[str, str | None]) -> bytes:
    """One line, value by value."""
    values = dict(row) | {"author": row["author"] or CARDS[row["source"] or ""].rights.attribution_statement}
    written = [values[name] or "" for name in COLUMNS]
    for character, name in (("\\", "\\"), ("\t", "t"), ("\n", "n"), ("\r", "r")):
        written = [value.replace(character, f"\\{name}") for value in written]
    return "\t".join(written).encode() + b"\n"


text = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["\t", "\\n", "a\r\nb", "\\"])
row = st.fixed_dictionaries(
    {
        "doc_id": text,
        "author": st.none() | text,
        "title": st.none() | text,
        "source": st.sampled_from(["named", "gated"]),
        "license": st.sampled_from(LICENSES),
        "url": st.none() | text,
    }
)


@given(st.lists(row, max_size=6))
def test_lines_are_those_written_value_by_value(rows: list[dict[str, str | None]]) -> None:
    expected = [slow_line(each) for each in rows if obliges(each["license"] or "")]
    assert write_rows(make_batch(rows), cards=CARDS) == b"".join(expected)


def test_the_header_names_the_columns() -> None:
    assert header() == b"doc_id\tauthor\ttitle\tsource\tlicense\turl\n"


@pytest.mark.parametrize(
    ("author", "source", "license", "is_refused"),
    [
        (None, "nameless", "CC-BY-4.0", True),
        ("", "nameless", "CC-BY-4.0", True),
        ("A. Author", "nameless", "CC-BY-4.0", False),
        (None, "nameless", "CC0-1.0", False),
        (None, "gated", "CC-BY-4.0", False),
        (None, "named", "CC-BY-4.0", False),
    ],
)
def test_an_open_source_names_somebody_where_the_licence_asks(
    author: str | None, source: str, license: str, is_refused: bool
) -> None:
    named = {"doc_id": "0", "author": "B", "source": "named", "license": "CC-BY-4.0"}
    asked = {"doc_id": "1f", "author": author, "source": source, "license": license}
    batch = make_batch([named, asked])
    if not is_refused:
        assert write_rows(batch, cards=CARDS).count(b"\n") == 1 + obliges(license)
        return
    with pytest.raises(NobodyNamed, match=r"nameless: document 1f is CC-BY-4\.0, which asks for attribution"):
        write_rows(batch, cards=CARDS)
