"""What decides: rules, duplicates, target languages. All of it can change without touching text again."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from filters import languages
from filters.hashes.minhash import CompareLimits, MinHashOptions
from filters.profiles import ROOTS_AS_RUN, relax, roots_as_run
from filters.rules import Rule, override
from pipeline.config.measure import Fraction, PositiveInt, Strict, check_name

PreferredDate = Literal["newest", "oldest"]


class Limit(Strict):
    """Bounds of one signal, inclusive; null removes the bound that the language file has."""

    min: float | None = Field(default=None, description="a document below it is dropped")
    max: float | None = Field(default=None, description="a document above it is dropped")
    min_words: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="a document of fewer words is too short for the rule, and not judged by it"
    )

    @model_validator(mode="after")
    def _check_order(self) -> "Limit":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class ClusteringConfig(Strict):
    """How duplicates are clustered; decisions do not depend on it."""

    path: Literal["auto", "direct", "distributed"] = Field(
        default="auto",
        description="direct: one task reads the band files; distributed: tasks per partition, in rounds; "
        "auto: direct up to max_direct_documents",
    )
    max_direct_documents: PositiveInt = Field(
        default=100_000_000, description="documents, as estimated before the run; 100 bytes of memory each"
    )
    documents_per_partition: PositiveInt = Field(
        default=500_000, description="documents of a partition of the distributed path"
    )


class DecideConfig(Strict):
    """Rules; everything here can change without touching text again."""

    languages: list[str] = Field(
        default_factory=lambda: list(languages.tags()),
        description="target languages; default: the 46, and those of `language_files`",
    )
    quality: bool = Field(default=True, description="apply the quality rules of the language files")
    profile: Literal["roots-as-run"] | None = Field(
        default=None,
        description="rules in place of the language files': `roots-as-run` has the numbers of ROOTS, "
        "for the 13 languages that it tuned",
    )
    thresholds: dict[str, dict[str, Limit]] = Field(
        default={}, description="language or 'all' → signal → bounds that replace the language file's"
    )
    url_duplicates: bool = Field(
        default=False,
        description="of documents with one canonical URL keep the latest capture, across sources; for "
        "crawls: elsewhere one URL may hold many documents",
    )
    exact_duplicates: bool = Field(default=True, description="of documents with equal texts keep one")
    near_duplicates: bool = Field(
        default=True,
        description="compare documents that share a band of MinHash; one that is like one that stays goes",
    )
    duplicate_scope: Literal["language", "global"] = Field(
        default="language", description="documents that are compared: of one language, or all"
    )
    preferred_date: PreferredDate = Field(
        default="newest",
        description="of duplicates that are equal in priority, damage and words, the one that stays, by day; "
        "documents without a date come last",
    )
    min_similarity: Fraction = Field(
        default=0.8,
        description="a near duplicate goes only if its similarity to a document that stays, estimated from "
        "their signatures, is this or more",
    )
    max_bucket_documents: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=16,
        description="documents that stay and share a band, with which another one is compared: "
        "the first in rank",
    )
    max_cluster_documents: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=500_000,
        description="documents that bands connect and one task compares; of more, pieces are compared each "
        "by itself",
    )
    clustering: ClusteringConfig = ClusteringConfig()

    def to_limits(self, minhash: MinHashOptions) -> CompareLimits:
        return CompareLimits(
            self.min_similarity, self.max_bucket_documents, self.max_cluster_documents, minhash
        )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        for tag in value:
            check_name(tag, names=languages.tags(), what="language")
        return sorted(set(value))

    @field_validator("thresholds")
    @classmethod
    def _known_thresholds(cls, value: dict[str, dict[str, Limit]]) -> dict[str, dict[str, Limit]]:
        for tag in value:
            check_name(tag, names=("all", *languages.tags()), what="language")
        return value


def language_rules(lang: str, *, decide: DecideConfig, genre: str | None = None) -> tuple[Rule, ...]:
    """The quality rules of a language: its file's, those of a source's genre, the corpus file's overrides."""
    if not decide.quality:
        return ()
    rules = roots_as_run(lang) if decide.profile == ROOTS_AS_RUN else languages.load(lang).rules
    if genre is not None:
        rules = relax(rules, genre=genre)
    for scope in ("all", lang):
        # a bound that is not given stays; one that is given as null is removed
        limits = decide.thresholds.get(scope, {})
        chosen = {signal: limit.model_dump(exclude_unset=True) for signal, limit in limits.items()}
        rules = override(rules, chosen)
    return rules
