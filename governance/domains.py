"""Which sites a release has text of: top_domains.csv, and the manifest's block about it."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

from pydantic import Field

from governance.amounts import Closed

PATH = "top_domains.csv"
COLUMNS = ("domain", "documents", "bytes", "sources")
SHARE_DIVISOR, SME_DIVISOR, MAX_SME = 10, 20, 1000
"""Listed are the top 10 % of domains; small and medium enterprises are asked for 5 %, at most 1,000."""


class Domains(Closed):
    """Registered domains of the URLs of published documents."""

    documents: int = Field(ge=0, description="that have a URL with a host")
    bytes: int = Field(ge=0, description="of their text")
    domains: int = Field(ge=0, description="different ones")
    listed: int = Field(ge=0, description="lines of top_domains.csv: a tenth of them, those of most bytes")
    listed_sme: int = Field(ge=0, description="of these, what a small enterprise has to give")


@dataclass
class DomainCounts:
    """Documents, bytes and sources of each registered domain; memory: all domains."""

    documents: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    sources: dict[str, set[str]] = field(default_factory=dict)

    def add(self, domain: str, *, source: str, documents: int, size: int) -> None:
        self.documents[domain] += documents
        self.sizes[domain] += size
        self.sources.setdefault(domain, set()).add(source)

    def to_block(self) -> Domains:
        total = len(self.documents)
        return Domains(
            documents=self.documents.total(),
            bytes=self.sizes.total(),
            domains=total,
            listed=-(-total // SHARE_DIVISOR),
            listed_sme=min(-(-total // SME_DIVISOR), MAX_SME),
        )

    def to_csv(self) -> bytes:
        """The top 10 % by bytes, then by name; a line each."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        ordered = sorted(self.sizes.items(), key=lambda item: (-item[1], item[0]))
        for domain, size in ordered[: self.to_block().listed]:
            writer.writerow([domain, self.documents[domain], size, " ".join(sorted(self.sources[domain]))])
        return text.getvalue().encode()
