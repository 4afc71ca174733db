"""dups: the members of a duplicate cluster beside the document that was kept, with what differs marked.

Texts of dropped documents are not in a release: they are read from the layers beside it, and shown masked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.mask import hide_one
from layers.entries import Entry
from pipeline.errors import RunError
from pipeline.inspect.identify import find_rows
from pipeline.inspect.release_layers import ReleaseLayers
from pipeline.terminal.tables import Table, print_table, print_text, styled

Marked = list[tuple[str, bool]]
"""Pieces of a text in order, and whether the other text lacks them."""

_COLUMNS = ("keep", "reason", "kept_source", "duplicate_method", "kept_similarity", "component_size", "lang")
_PIECES = re.compile(r"\w+|\W")


@dataclass(frozen=True)
class Member:
    """A document of a cluster."""

    doc_id: str
    source: str
    is_kept: bool
    decision: dict[str, Any]
    text: str


def find_cluster(release: str, *, doc_id: str) -> list[Member]:
    """What stays for a document and all that goes for it: the kept one first, then in order of the layers.

    doc_id: whole, its first digits, or the source's own id. release is the folder or URL of a release with
    the layers that it was made from beside it. Raises RunError where they are missing, or no document has
    that id.
    """
    layers = ReleaseLayers.find(release)
    rows = find_rows(
        doc_id,
        layers.entries,
        doc_ids=lambda entry: layers.read_decisions(entry, columns=["doc_id"])["doc_id"],
        key_ids=lambda entry: layers.read_decisions(entry, columns=["key_id"])["key_id"],
        record_ids=lambda entry: layers.read_texts(entry, columns=["record_id"])["record_id"],
        place=layers.decisions.url,
    )
    if len(names := {(row.entry.unit.source, row.doc_id) for row in rows}) > 1:
        listed = ", ".join(f"{each} ({source})" for source, each in sorted(names))
        raise RunError(f"several documents are called {doc_id!r}: {listed}; give one of these ids")
    columns = ["doc_id", "kept_doc_id"]
    kept, asked = set(), set()
    for row in rows:
        decision = layers.decisions.row(row.entry, "decisions", row.row, columns=columns).to_pylist()[0]
        asked.add(decision["doc_id"])
        kept.add(decision["kept_doc_id"] or decision["doc_id"])
    members = [
        member
        for entry in layers.entries
        for member in _members(asked=asked, kept=kept, entry=entry, layers=layers)
    ]
    return sorted(members, key=lambda member: not member.is_kept)


def _members(*, asked: set[bytes], kept: set[bytes], entry: Entry, layers: ReleaseLayers) -> list[Member]:
    """Documents of a part that are asked for, or for which one of those kept stays."""
    table = layers.read_decisions(entry)
    columns = (("doc_id", asked), ("kept_doc_id", kept))
    found = [pc.is_in(table[name], value_set=pa.array(sorted(ids), pa.binary(16))) for name, ids in columns]
    rows = pc.indices_nonzero(pc.or_(*found)).to_pylist()
    if not rows:
        return []
    members = []
    for row in rows:
        decision = table.slice(row, 1).to_pylist()[0]
        members.append(
            Member(
                doc_id=decision["doc_id"].hex(),
                source=entry.unit.source,
                is_kept=decision["keep"] and decision["kept_doc_id"] == decision["doc_id"],
                decision={name: decision[name] for name in _COLUMNS},
                text=hide_one(
                    layers.read_value(entry, file="text", column="text", row=row), lang=decision["lang"]
                ),
            )
        )
    return members


def mark_differences(one: str, other: str) -> tuple[Marked, Marked]:
    """Both texts as pieces, those that the other lacks marked: words, and every other character."""
    left, right = (_PIECES.findall(text) for text in (one, other))
    marked: tuple[Marked, Marked] = ([], [])
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for pieces, side in ((left[a:b], marked[0]), (right[c:d], marked[1])):
            if pieces:
                side.append(("".join(pieces), kind != "equal"))
    return marked


def describe(member: Member) -> str:
    """One line: id, source, verdict, how it was found and how similar it is to the kept document."""
    decision = member.decision
    verdict = "kept" if member.is_kept else f"dropped: {decision['reason']}"
    similarity = decision["kept_similarity"]
    details = [
        verdict,
        *([f"found by {decision['duplicate_method']}"] if decision["duplicate_method"] else []),
        *([] if similarity is None else [f"similarity ≈ {similarity:.2f}"]),
    ]
    return f"{member.doc_id} {member.source} ({decision['lang']}): {', '.join(details)}"


def print_cluster(members: Sequence[Member], *, count: int, characters: int) -> None:
    """The first member beside up to count others, as far as characters go; differences are marked."""
    first, others = members[0], members[1:]
    print_text(f"{len(members)} document(s) in the cluster")
    if (connected := first.decision["component_size"]) > len(members):
        print_text(f"found among {connected} documents that bands connect; others are not similar enough")
    if not others:
        print_text(describe(first))
    for other in others[:count]:
        table = Table(expand=True, show_lines=False)
        table.add_column(describe(first), ratio=1, overflow="fold")
        table.add_column(describe(other), ratio=1, overflow="fold")
        cells = mark_differences(first.text[:characters], other.text[:characters])
        # brackets too: a pipe has no colours
        texts = (
            styled(*((f"[{piece}]", "bold reverse") if differs else piece for piece, differs in cell))
            for cell in cells
        )
        table.add_row(*texts)
        print_table(table)
    if len(others) > count:
        print_text(f"{len(others) - count} more: ask with -n {len(others)}")
