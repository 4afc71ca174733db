"""What a manifest says about duplicates."""

from collections import Counter
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Overlap(_Closed):
    """Duplicates of one source and language by those of the kept twin; null: none is kept."""

    source: str
    lang: str
    kept_source: str | None
    kept_lang: str | None
    method: str = Field(description="key, exact_hash or minhash")
    documents: int = Field(ge=0)
    bytes: int = Field(ge=0)


class Uncompared(_Closed):
    """A component that was cut into pieces: documents of different pieces were not compared."""

    component_id: str = Field(description="smallest doc_id of the component")
    documents: int = Field(ge=0)
    pieces: int = Field(ge=1)
    pairs: int = Field(ge=0, description="pairs of documents in different pieces")


class Duplicates(_Closed):
    """Clusters and duplicates of a run; raises ValidationError where its own numbers disagree.

    Documents that fail another rule too are counted, as everything is clustered before rules apply.
    """

    cluster_sizes: dict[str, int] = Field(default={}, description="documents, from–to → clusters")
    near_duplicates: int = Field(default=0, description="documents that only MinHash calls duplicates")
    near_threshold: float = Field(default=0.0, description="least similarity at which a document goes")
    near_below: int = Field(
        default=0, description="of near_duplicates: similarity to the kept twin estimated below the threshold"
    )
    near_unknown: int = Field(default=0, description="of near_duplicates: no estimate, or no kept twin")
    uncompared: list[Uncompared] = Field(
        default=[], description="components of more documents than one task compares"
    )
    near_similarities: list[int] = Field(default=[], description="estimated, in equal bins from 0 to 1")
    overlaps: list[Overlap] = []

    @model_validator(mode="after")
    def _check_numbers(self) -> "Duplicates":
        counted = sum(overlap.documents for overlap in self.overlaps if overlap.method == "minhash")
        estimated = sum(self.near_similarities) + self.near_unknown
        if not self.near_duplicates == counted == estimated:
            raise ValueError(
                f"{self.near_duplicates} near duplicates, but overlaps count {counted} and similarities "
                f"{estimated}"
            )
        return self

    def matrix(self, cell: Callable[[Overlap], tuple[str, str | None]]) -> dict[tuple[str, str | None], int]:
        """Documents by (what the duplicate is of, what its kept twin is of), for sources or languages."""
        totals: Counter[tuple[str, str | None]] = Counter()
        for overlap in self.overlaps:
            totals[cell(overlap)] += overlap.documents
        return dict(sorted(totals.items(), key=lambda item: (item[0][0], item[0][1] or "")))
