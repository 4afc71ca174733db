"""What a corpus makes of signals: which protocols it honours, for which robots and which purpose."""

from dataclasses import dataclass
from typing import Literal

from governance.reservations.signals import PARSER_VERSION, PROTOCOLS, Protocol, Purpose

Policy = Literal["honour_all", "honour_listed", "not_applicable"]


@dataclass(frozen=True)
class Terms:
    """The policy of a source, as readers and stages need it: small and picklable."""

    policy: Policy
    agents: tuple[str, ...]
    protocols: tuple[Protocol, ...] = tuple(PROTOCOLS)
    """That decide about documents; the others are recorded."""
    purpose: Purpose = "train-ai"
    copies: str | None = None
    """Folder or URL of the sites' files: robots.txt, tdmrep.json, RSL licences, or archives of them."""
    copies_date: str | None = None
    """When the files of the folder were taken, where they do not say it themselves."""
    copies_sha256: str | None = None
    copies_listing: str | None = None
    """Digest of names, sizes and times of the files: a worker tells by it that they are the planned ones."""

    @property
    def is_applied(self) -> bool:
        return self.policy != "not_applicable"

    @property
    def identity(self) -> list[object]:
        """What documents depend on."""
        honoured = [self.policy, self.protocols, self.agents, self.purpose]
        return [PARSER_VERSION, *honoured, self.copies_sha256, self.copies_date]
