"""A release as an audit sees it: manifest, cards and rows, by accessors that say what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from governance.amounts import add_amounts
from governance.audit.answer import NotAnswerable
from governance.audit.changes import Changes
from governance.audit.rows import RowFacts
from governance.cards import SourceCard
from governance.ledger import Ledger
from governance.manifest import Manifest


@dataclass(frozen=True)
class Fault:
    """One thing that is not as the manifest says: the kind is files, ids, pages or sums."""

    kind: str
    path: str
    detail: str


@dataclass(frozen=True)
class Checks:
    """What `rhizotron verify` says of the release."""

    files: int
    faults: Sequence[Fault] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Kind of fault → why nothing was compared."""


@dataclass(frozen=True)
class Compared:
    """Another release of the same corpus: an earlier one, or a second run of the same inputs."""

    manifest: Manifest
    changes: Changes | None
    """Documents; None where rows were not read."""


@dataclass(frozen=True)
class Audited:
    """Everything that questions may ask."""

    manifest: Manifest
    cards: Mapping[str, SourceCard]
    """Those that are in the release."""
    checks: Checks | None = None
    rows: RowFacts | None = None
    today: date | None = None
    """The day to count from; None: nobody said one, and no clock is asked."""
    compared: Compared | None = None
    run: Mapping[str, Any] | None = None
    """The record of the run that lies beside the release."""
    public_list: Mapping[str, Any] | None = None
    """The public list of removals in the release."""

    @cached_property
    def ledger(self) -> Ledger:
        return self.manifest.to_ledger()

    @cached_property
    def source_bytes(self) -> dict[str, int]:
        """Source → bytes that the release holds of it."""
        return {
            uid: add_amounts(source.licenses.values()).bytes for uid, source in self.manifest.sources.items()
        }

    @property
    def total_bytes(self) -> int:
        """Bytes of text; raises NotAnswerable for a release without documents."""
        if not self.manifest.total.bytes:
            raise NotAnswerable("documents: the release has none")
        return self.manifest.total.bytes

    @property
    def total_documents(self) -> int:
        """Raises NotAnswerable for a release without documents."""
        if not self.manifest.total.documents:
            raise NotAnswerable("documents: the release has none")
        return self.manifest.total.documents

    def block(self, name: str) -> Any:
        """An optional block of the manifest; raises NotAnswerable where this release has none."""
        found = getattr(self.manifest, name, None)
        if found is None:
            raise NotAnswerable(f"the block `{name}` of manifest.json")
        return found

    def all_cards(self) -> Mapping[str, SourceCard]:
        """The card of every source; raises NotAnswerable naming those that the release lacks."""
        lacking = sorted(set(self.manifest.sources) - set(self.cards))
        if lacking:
            named = ", ".join(f"cards/sources/{uid}.md" for uid in lacking[:3])
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise NotAnswerable(f"the source cards {named}{more}")
        if not self.cards:
            raise NotAnswerable("source cards")
        return self.cards

    def all_rows(self) -> RowFacts:
        """What the rows say; raises NotAnswerable where they were not read."""
        if self.rows is None:
            raise NotAnswerable("the rows of data/ (only the manifest was read)")
        if self.rows.unread:
            raise NotAnswerable(f"rows: {self.rows.unread[0]} cannot be read")
        return self.rows

    def all_checks(self) -> Checks:
        """What verify says; raises NotAnswerable where it was not asked."""
        if self.checks is None:
            raise NotAnswerable("the files of the release (only the manifest was read)")
        return self.checks

    def share_of_bytes(self, uids: Sequence[str]) -> float:
        """How much of the text is of these sources."""
        return sum(self.source_bytes.get(uid, 0) for uid in uids) / self.total_bytes

    @cached_property
    def day(self) -> tuple[date, str]:
        """The day to count from, and where it comes from; raises NotAnswerable."""
        if self.today is not None:
            return self.today, "as given"
        released = getattr(self.manifest, "released", None)
        if released:
            return date.fromisoformat(str(released)[:10]), "the date of the release"
        days = [
            day
            for card in self.cards.values()
            for day in (
                *(evidence.retrieved_at for evidence in card.rights.evidence),
                *(review.at for _, review in card.review),
            )
            if isinstance(day, date)
        ]
        if not days:
            raise NotAnswerable("a day to count from (`released` of the corpus file, or --date)")
        return max(days), "the newest day that a card names, for the release has no date"
