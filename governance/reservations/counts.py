"""How many documents were checked for reservations, by protocol and source: a block of the manifest."""

from collections.abc import Mapping

from pydantic import Field

from governance.amounts import Closed
from governance.reservations.signals import Protocol
from governance.reservations.terms import Policy


class ProtocolCounts(Closed):
    """Documents, as they were read."""

    checked: int = Field(ge=0, description="that were looked at for signals of the protocol")
    disallow: int = Field(ge=0, description="that it reserves, refused or not")
    dropped: int = Field(ge=0, description="that it refused: the first in the order of protocols")


class SourceReservations(Closed):
    """The policy of a source, and what came of it."""

    policy: Policy
    protocols: list[Protocol] = Field(description="that decide")
    purpose: str
    agents: list[str] = Field(description="robots in whose place robots.txt is read")
    copies_sha256: str | None = Field(description="of the folder of sites' files; null: there is none")
    copies_date: str | None = Field(description="when its files were taken")
    counts: dict[Protocol, ProtocolCounts]


class ReservationBlock(Closed):
    """Reservations of all sources."""

    parser_version: int
    protocols: dict[Protocol, ProtocolCounts] = Field(description="of all sources")
    sources: dict[str, SourceReservations]


def add_counts(sources: Mapping[str, SourceReservations]) -> dict[Protocol, ProtocolCounts]:
    """The counts of all sources together, in the order of names."""
    total: dict[Protocol, ProtocolCounts] = {}
    for source in sources.values():
        for protocol, counts in source.counts.items():
            before = total.get(protocol, ProtocolCounts(checked=0, disallow=0, dropped=0))
            total[protocol] = ProtocolCounts(
                checked=before.checked + counts.checked,
                disallow=before.disallow + counts.disallow,
                dropped=before.dropped + counts.dropped,
            )
    return {protocol: total[protocol] for protocol in sorted(total)}
