"""The manifest's block about personal data: what was looked for, where, what was found and masked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from governance.amounts import Closed

Coverage = Literal["validated", "unvalidated", "none"]


class KindCounts(Closed):
    """Values of one kind in published documents."""

    found: int = Field(ge=0)
    masked: int = Field(ge=0, description="of them, those that a placeholder stands for")


class MaskedShare(Closed):
    """What was found and masked in the published documents of one language and source."""

    documents: int = Field(ge=0, description="in which something is masked")
    kinds: dict[str, KindCounts] = Field(description="of the kinds that were found")
    withheld: dict[str, int] = Field(
        description="column → rows that are null for it: a digest of unmasked text tells its values to "
        "whoever tries"
    )
    fields: dict[str, int] = Field(
        default={}, description="column beside the text → rows in which something of it is masked"
    )


class PersonalData(Closed):
    """What was looked for in which language, and language → source → what came of it."""

    looked_for: list[str] = Field(description="kinds; empty: nothing was looked for")
    detectors_version: int | None = Field(description="null: nothing was looked for")
    placeholders: dict[str, str] = Field(description="kind → what stands for a masked value")
    coverage: dict[str, dict[str, Coverage]] = Field(
        description="kind that is looked for → target language → whether the detector was validated there, "
        "works there unvalidated, or does not look there"
    )
    masked: dict[str, dict[str, MaskedShare]] = Field(
        description="language → source; without those in which nothing was found"
    )
    retention_days: int | None = Field(
        default=None, description="days for which layers with unmasked text are kept; null: not said"
    )
    retention: str | None = Field(default=None, description="the same in words; null: not said")

    def sum_kinds(self, lang: str | None = None) -> dict[str, KindCounts]:
        """Kind → what was found and masked of it, in a language or all."""
        return sum_shares(self.shares(lang)).kinds

    def shares(self, lang: str | None = None) -> list[MaskedShare]:
        """Of a language, or all."""
        return [
            share for tag, sources in self.masked.items() if lang in (None, tag) for share in sources.values()
        ]


def sum_shares(shares: Iterable[MaskedShare]) -> MaskedShare:
    """All added up."""
    documents, found, masked, withheld = 0, Counter[str](), Counter[str](), Counter[str]()
    fields = Counter[str]()
    for share in shares:
        documents += share.documents
        found.update({kind: counts.found for kind, counts in share.kinds.items()})
        masked.update({kind: counts.masked for kind, counts in share.kinds.items()})
        withheld.update(share.withheld)
        fields.update(share.fields)
    return MaskedShare(
        documents=documents,
        kinds={kind: KindCounts(found=found[kind], masked=masked[kind]) for kind in sorted(found)},
        withheld=dict(sorted(withheld.items())),
        fields=dict(sorted(fields.items())),
    )


def make_share(facts: Mapping[str, Any]) -> MaskedShare:
    """From the facts of a shard: documents, found, masked, withheld and fields."""
    return MaskedShare(
        documents=facts["documents"],
        kinds={
            kind: KindCounts(found=count, masked=facts["masked"].get(kind, 0))
            for kind, count in sorted(facts["found"].items())
        },
        withheld=dict(facts["withheld"]),
        fields=dict(facts["fields"]),
    )
