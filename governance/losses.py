"""Wipe-outs: a source or language that lost more than a stated share of its documents to one cause."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from governance.ledger import DUPLICATE_REASONS, Ledger

DUPLICATES = "duplicates"
"""The cause that all duplicate rules are together."""
MIN_DOCUMENTS = 10
"""Read, of a language that is told of: a handful of wrongly identified documents is none."""


class Loss(BaseModel):
    """What one cause took of a source or language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["source", "language"]
    name: str
    cause: str = Field(description="duplicates, or another reason")
    documents: int = Field(ge=1, description="dropped for the cause; of several reasons the first counts")
    read: int = Field(ge=1, description="documents that were decided about")

    def __str__(self) -> str:
        share = f"{self.documents / self.read:.0%} of {self.read:,} documents"
        return f"{self.name}: lost {share} to {self.cause} ({self.documents:,})"


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
