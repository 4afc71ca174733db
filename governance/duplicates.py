"""What a manifest says about duplicates, and what the card of a release prints of it."""

from collections import Counter
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, model_validator

from governance.markdown import number, share, table


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


class Duplicates(_Closed):
    """Clusters and duplicates of a run; raises ValidationError where its own numbers disagree.

    Documents that fail another rule too are counted, as everything is clustered before rules apply.
    """

    cluster_sizes: dict[str, int] = Field(default={}, description="documents, from–to → clusters")
    near_duplicates: int = Field(default=0, description="documents that only MinHash calls duplicates")
    near_threshold: float = Field(default=0.0, description="(1/bands)^(1/rows)")
    near_below: int = Field(
        default=0, description="of near_duplicates: similarity to the kept twin estimated below the threshold"
    )
    near_unknown: int = Field(default=0, description="of near_duplicates: no estimate, or no kept twin")
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


def render_clusters(found: Duplicates) -> str:
    """Clusters by size."""
    if not found.cluster_sizes:
        return "No cluster has more than one document."
    return table(
        ["Documents in the cluster", "Clusters"],
        [[sizes.replace("-", "–"), clusters] for sizes, clusters in found.cluster_sizes.items()],
    )


def render_overlaps(found: Duplicates) -> str:
    """Duplicates by source and source of the kept twin; by language too where twins cross languages."""
    blocks = []
    for name, cell in (
        ("source", lambda overlap: (overlap.source, overlap.kept_source)),
        ("language", lambda overlap: (overlap.lang, overlap.kept_lang)),
    ):
        cells = found.matrix(cell)
        crossing = any(kept not in (None, own) for own, kept in cells)
        if cells and (name == "source" or crossing):
            rows = [
                [f"`{own}`", "no document of the cluster is kept" if kept is None else f"`{kept}`", documents]
                for (own, kept), documents in cells.items()
            ]
            blocks.append(table([f"Duplicates of the {name}", "Kept twin in", "Documents"], rows))
    return "\n\n".join(blocks)


def render_similarities(found: Duplicates) -> str:
    """How many near duplicates are less similar to their kept twin than the threshold."""
    if not found.near_duplicates:
        return ""
    known = found.near_duplicates - found.near_unknown
    return (
        f"Near duplicates: {number(found.near_duplicates)}, {number(known)} of them with an estimate of the "
        f"similarity to the document that was kept. It is below {found.near_threshold:.3f}, where 1 − "
        f"(1 − Jʳ)ᵇ rises most, for {number(found.near_below)} ({share(found.near_below, of=known)})."
    )
