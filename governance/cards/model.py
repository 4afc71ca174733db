"""The front matter of a source card, version 2: its fields, their answers, and what a review covers."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from governance.cards.fields import Closed, Day, Text, Url, YesNoUnknown
from governance.cards.parts import (
    Custodian,
    Expected,
    KnownLimits,
    LanguageOfSource,
    Media,
    Origin,
    PersonalData,
    Procurement,
    Removal,
    Reservation,
    Synthetic,
)
from governance.cards.rights import Rights
from layers.strict_yaml import matching

SCHEMA_VERSION = 2
"""Bumped when a field of a card changes name, type or meaning."""

BLOCKS: dict[str, tuple[str, ...]] = {
    "description": (
        "name",
        "description",
        "homepage",
        "curation_rationale",
        "category",
        "benchmark",
        "benchmark_names",
        "known_limits",
        "cite",
    ),
    "languages": ("languages",),
    "custodian": ("custodian", "removal"),
    "rights": ("rights", "access_tier", "access_reason"),
    "reservation": ("reservation",),
    "pii": ("pii",),
    "media": ("media",),
    "lineage": ("type", "processed_from", "synthetic", "procurement"),
}
"""What is reviewed at a time → the fields that a review of it covers."""

GATING_BLOCKS = ("rights", "pii", "custodian")
"""Without a review of these a source is not published."""

_CRAWLED = ("api", "crawl", "web_archive")


class Review(Closed):
    """Whether somebody read a block against its evidence, and what they read."""

    state: Literal["unreviewed", "reviewed"] = "unreviewed"
    by: Text | None = None
    at: Day | None = None
    block_sha256: Annotated[str, matching(r"^[0-9a-f]{64}$", words="64 hexadecimal digits")] | None = Field(
        default=None, description="of what was read; `rhizotron card review` writes it"
    )

    @model_validator(mode="after")
    def _check_reviewer(self) -> "Review":
        missing = [name for name in ("by", "at", "block_sha256") if getattr(self, name) is None]
        if self.state == "reviewed" and missing:
            raise ValueError(
                f"reviewed without {', '.join(missing)}: `rhizotron card review FILE --block …` writes them"
            )
        return self


class Reviews(Closed):
    """The state of each block; what is not said is unreviewed."""

    description: Review = Review()
    languages: Review = Review()
    custodian: Review = Review()
    rights: Review = Review()
    reservation: Review = Review()
    pii: Review = Review()
    media: Review = Review()
    lineage: Review = Review()


class CardFields(Closed):
    """The front matter of a source card."""

    schema_version: Literal["2"]
    uid: Annotated[
        str,
        matching(
            r"^[a-z][a-z0-9_]{2,63}$", words="3 to 64 of a-z, 0-9 and _, a letter first: the file's name"
        ),
    ] = Field(description="the file's name without .md; never changes")
    type: Literal["primary", "processed", "unknown"] = Field(
        description="processed: made from other sources, which processed_from names"
    )
    status: Literal["proposed", "approved", "ingested", "suspended", "withdrawn"]
    status_reason: Text | None = Field(default=None, description="required by suspended and withdrawn")
    name: Text
    description: Annotated[str, Field(min_length=40)] = Field(description="at least 40 characters")
    homepage: Url | None = Field(description="null when there is none")
    curation_rationale: Text = Field(description="why it is in the corpus, or unknown")
    category: Literal[
        "wiki",
        "forum",
        "news",
        "blog",
        "social_media",
        "official_website",
        "content_repository",
        "web_crawl",
        "books",
        "scientific_articles",
        "transcripts",
        "code",
        "other",
        "unknown",
    ]
    languages: Annotated[list[LanguageOfSource], Field(min_length=1)]
    custodian: Custodian
    rights: Rights
    access_tier: Literal["open", "gated", "internal"] = Field(
        description="open to all, behind a gate, or never given out"
    )
    access_reason: Text = Field(description="why that tier, or unknown")
    reservation: Reservation | None = Field(
        default=None, description="required by the methods api, crawl and web_archive"
    )
    pii: PersonalData
    media: Media
    processed_from: list[Origin] = Field(description="[] for a primary source")
    synthetic: Synthetic
    procurement: Procurement
    benchmark: YesNoUnknown | Literal["contains"] = Field(
        description="yes: it is a known benchmark; contains: one is among its texts"
    )
    benchmark_names: list[Text] = Field(default=[], description="which; required by yes and contains")
    known_limits: KnownLimits
    removal: Removal
    expected: Expected | None = None
    cite: Text | None = Field(default=None, description="BibTeX")
    review: Reviews = Field(description="written by `rhizotron card review`; {} while nobody has")

    @model_validator(mode="after")
    def _check_whole(self) -> "CardFields":
        problems = [*_contradictions(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _contradictions(card: CardFields) -> Iterator[str]:
    """What two blocks of a card say against each other."""
    tags = [language.tag for language in card.languages]
    repeated = sorted({tag for tag in tags if tags.count(tag) > 1})
    if repeated:
        yield f"languages: {', '.join(repeated)} more than once"
    if card.status in ("suspended", "withdrawn") and card.status_reason is None:
        yield f"status_reason: status is {card.status}; say why"
    if card.type == "processed" and not card.processed_from:
        yield "processed_from: type is processed; name what it was made from"
    if card.type == "primary" and card.processed_from:
        yield "type: primary, yet processed_from names sources; write processed"
    if card.procurement.method in _CRAWLED and card.reservation is None:
        yield f"reservation: method is {card.procurement.method}; say what was checked, and when"
    if bool(card.benchmark_names) != (card.benchmark in ("yes", "contains")):
        yield "benchmark_names: name them (or unknown) with yes and contains, and not else"


def card_json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the front matter, for editors and for checks without Python."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CardFields.model_json_schema()}
