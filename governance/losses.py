"""Wipe-outs: a source, site or language that lost more than a stated share of its documents to one cause."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from governance.ledger import DUPLICATE_REASONS, Ledger
from governance.reasons import LANGUAGE as LANGUAGE_REASONS

DUPLICATES = "duplicates"
"""The cause that all duplicate rules are together."""
MIN_DOCUMENTS = 10
"""Read, of a language or site that is told of: a handful of documents is none."""
MAX_SITES = 100_000
"""Sites that are counted, those with most documents; the documents of others are counted together."""
MAX_NAMED_SITES = 10
"""Sites that are named, those that lost most documents; a crawl may have thousands."""


class Loss(BaseModel):
    """What one cause took of a source, site or language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["source", "site", "language"]
    name: str
    cause: str = Field(description="duplicates, or another reason")
    documents: int = Field(ge=1, description="dropped for the cause; of several reasons the first counts")
    read: int = Field(ge=1, description="documents that were decided about")

    def __str__(self) -> str:
        share = f"{self.documents / self.read:.0%} of {self.read:,} documents"
        return f"{self.name}: lost {share} to {self.cause} ({self.documents:,})"


class SiteLosses(BaseModel):
    """How many sites lost too much to one cause; `Manifest.losses` names the largest of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sites: int = Field(default=0, ge=0, description="with enough documents in a target language to tell of")
    losing: int = Field(default=0, ge=0, description="of these, that lost more than `max_loss` to one cause")
    uncounted: int = Field(default=0, ge=0, description="documents of sites beyond those that are counted")


class SiteCounts:
    """Documents of sites by what became of them, of a bounded number of sites.

    Of more than twice max_sites those with fewest documents so far are forgotten, down to max_sites, and
    counted anew from there on.
    """

    def __init__(self, *, max_sites: int = MAX_SITES) -> None:
        self._max_sites = max_sites
        self._causes: dict[str, Counter[str]] = {}
        self.uncounted = 0

    def add(self, site: str, *, reason: str, documents: int) -> None:
        """Count documents dropped for a reason, empty: kept; what is in no target language is left out."""
        if reason in LANGUAGE_REASONS:
            return
        cause = DUPLICATES if reason in DUPLICATE_REASONS else reason
        self._causes.setdefault(site, Counter())[cause] += documents
        if len(self._causes) > 2 * self._max_sites:
            self._forget()

    def _forget(self) -> None:
        ordered = sorted(self._causes.items(), key=lambda item: (-item[1].total(), item[0]))
        self._causes = dict(ordered[: self._max_sites])
        self.uncounted += sum(counts.total() for _, counts in ordered[self._max_sites :])

    def find_losses(self, *, max_share: float) -> tuple[list[Loss], SiteLosses]:
        """Causes that took more than max_share of a site, of the sites that lost most; and how many did."""
        large = {site: counts for site, counts in self._causes.items() if counts.total() >= MIN_DOCUMENTS}
        losses = [
            Loss(kind="site", name=site, cause=cause, documents=documents, read=counts.total())
            for site, counts in large.items()
            for cause, documents in counts.items()
            if cause and documents > max_share * counts.total()
        ]
        losses.sort(key=lambda loss: (-loss.documents, loss.name, loss.cause))
        losing = len({loss.name for loss in losses})
        found = SiteLosses(sites=len(large), losing=losing, uncounted=self.uncounted)
        return losses[:MAX_NAMED_SITES], found


def find_losses(ledger: Ledger, *, max_share: float, languages: Collection[str]) -> list[Loss]:
    """Causes that took more than max_share of a source's or target language's documents; the worst first."""
    kinds: list[tuple[Literal["source", "language"], str]] = [("source", "source"), ("language", "lang")]
    losses = []
    for kind, column in kinds:
        reads = ledger.by(column, "documents", "decisions", "read")
        for name, read in reads.items():
            if kind == "language" and (name not in languages or read < MIN_DOCUMENTS):
                continue
            losses += [
                Loss(kind=kind, name=name, cause=cause, documents=documents, read=read)
                for cause, documents in _causes(ledger, column=column, name=name)
                if documents > max_share * read
            ]
    return sorted(losses, key=lambda loss: (-loss.documents / loss.read, loss.kind, loss.name, loss.cause))


def _causes(ledger: Ledger, *, column: str, name: str) -> Iterator[tuple[str, int]]:
    where = {column: name}
    reasons = ledger.by("reason", "documents", "decisions", "dropped", **where)
    causes = Counter[str]()
    for reason, documents in reasons.items():
        causes[DUPLICATES if reason in DUPLICATE_REASONS else reason] += documents
    yield from sorted(causes.items())
