"""Source cards: who holds the text, under which rights, and what we do not know. No card, no ingest.

A card is `data_cards/sources/<uid>.md`: YAML front matter (the fields below, all read as text) and
free prose. Every field must be answered; `unknown` is an answer where it is listed, and is counted.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance import front_matter
from governance.licences import NOASSERTION, parse_license
from layers import storage
from layers.problems import list_problems
from layers.strict_yaml import describe_errors, matching

SCHEMA_VERSION = 1
"""Bumped when a field of a card changes name, type or meaning."""

UNKNOWN = frozenset({"unknown", "unclear", "none known", "und", NOASSERTION})
"""Answers that `unknown_fields` counts."""


class CardError(ValueError):
    """A card is missing or wrong; the message lists every problem with its path and a suggestion."""

    def __init__(self, place: str, *, problems: list[str]) -> None:
        super().__init__(list_problems(place, problems))
        self.place = place
        self.problems = problems


def _canonical_language(tag: str) -> str:
    import langcodes  # not at import: workers read no cards

    try:
        canonical = str(langcodes.standardize_tag(tag)) if langcodes.tag_is_valid(tag) else None
    except ValueError:
        canonical = None
    if canonical is None:
        try:
            near = f"; did you mean {str(langcodes.find(tag))!r}?"
        except LookupError:
            near = ""
        raise ValueError(f"{tag!r} is not a BCP-47 language tag{near}")
    if canonical != tag:
        raise ValueError(f"write the canonical tag {canonical!r}")
    return tag


Text = Annotated[str, matching(r"\S", words="text that is not blank")]
Url = Annotated[str, matching(r"^[a-z][a-z0-9+.-]*://\S+$", words="a URL, https://…")]
License = Annotated[str, AfterValidator(parse_license)]
Language = Annotated[str, AfterValidator(_canonical_language)]
PartialDate = Annotated[
    str,
    matching(r"^(\d{4}(-\d{2}(-\d{2})?)?|unknown)$", words="YYYY, YYYY-MM, YYYY-MM-DD or unknown"),
]
Location = Annotated[
    str,
    matching(
        r"^([A-Z]{2}|\d{3}|unknown)$", words="an ISO 3166-1 code (KE), a UN M49 region (002) or unknown"
    ),
]
YesNoUnknown = Literal["yes", "no", "unknown"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LanguageOfSource(_Closed):
    tag: Language = Field(description="BCP-47, canonical; `und` when not known")
    note: Text | None = Field(default=None, description="variety, place, speakers")


class Contact(_Closed):
    kind: Literal["email", "form", "url", "none", "unknown"]
    value: Text | None = None

    @model_validator(mode="after")
    def _check_value(self) -> "Contact":
        if (self.value is None) != (self.kind in ("none", "unknown")):
            raise ValueError("give a value for email, form and url, and none for none and unknown")
        return self


class Custodian(_Closed):
    """Who holds the text."""

    name: Text
    type: Literal[
        "private_individual",
        "commercial",
        "library_museum_archive",
        "university_research",
        "nonprofit",
        "government",
        "community",
        "other",
        "unknown",
    ]
    location: Location = Field(description="ISO 3166-1 alpha-2 country, UN M49 region, or unknown")
    contact: Contact


class Evidence(_Closed):
    """Where the licence was read, on which day, and the words."""

    url: Url
    retrieved_at: date
    quote: Annotated[str, Field(min_length=1, max_length=500)]


class Rights(_Closed):
    declared: License = Field(description="SPDX expression that the source states, NONE or NOASSERTION")
    concluded: License = Field(description="SPDX expression that we conclude, or NOASSERTION")
    scope: Literal["whole_source", "per_document", "mixed"]
    evidence: list[Evidence]
    attribution_statement: Text | None = None
    share_alike: YesNoUnknown
    redistribution: YesNoUnknown = Field(description="may the text be passed on")

    @model_validator(mode="after")
    def _check_evidence(self) -> "Rights":
        if self.concluded != NOASSERTION and not self.evidence:
            raise ValueError(f"evidence: a concluded licence needs at least one; else conclude {NOASSERTION}")
        if "CC-BY" in self.concluded and self.attribution_statement is None:
            raise ValueError(f"attribution_statement: {self.concluded} requires attribution; say to whom")
        return self


class PersonalData(_Closed):
    has_pii: Literal["yes", "no", "unclear", "author_names_only"]
    justification: Text


class Media(_Closed):
    category: Literal["text", "audiovisual", "image"]
    capture_quality: Literal["born_digital", "ocr", "asr", "manual", "unknown"]


class Origin(_Closed):
    """A source that this one was made from."""

    source: Text = Field(description="uid of its card, or URL")
    availability: Literal["full", "documented", "private", "secret", "unknown"]
    license_compatible: Literal["yes", "no", "unclear"]


class Period(_Closed):
    start: PartialDate
    end: PartialDate

    @model_validator(mode="after")
    def _check_order(self) -> "Period":
        if "unknown" not in (self.start, self.end) and self.start[: len(self.end)] > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


class Procurement(_Closed):
    """How the text was obtained."""

    method: Literal[
        "dump", "hub_dataset", "api", "crawl", "web_archive", "manual_upload", "generated", "unknown"
    ]
    locations: Annotated[list[Text], Field(min_length=1)]
    revision: Text = Field(description="commit, tag or date of the dump; or unknown")
    collection_period: Period


class KnownLimits(_Closed):
    biases: Text = Field(description="or `none known`, which is counted as unknown")
    limitations: Text = Field(description="or `none known`, which is counted as unknown")


class CardFields(_Closed):
    """The front matter of a source card."""

    schema_version: Literal["1"]
    uid: Annotated[
        str,
        matching(
            r"^[a-z][a-z0-9_]{2,63}$", words="3 to 64 of a-z, 0-9 and _, a letter first: the file's name"
        ),
    ]
    name: Text
    description: Annotated[str, Field(min_length=40)]
    homepage: Url | None
    languages: Annotated[list[LanguageOfSource], Field(min_length=1)]
    custodian: Custodian
    rights: Rights
    pii: PersonalData
    media: Media
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
    processed_from: list[Origin]
    procurement: Procurement
    synthetic: Literal["no", "some", "all", "unknown"]
    known_limits: KnownLimits
    access_tier: Literal["open", "gated", "internal"]

    @model_validator(mode="after")
    def _check_languages(self) -> "CardFields":
        tags = [language.tag for language in self.languages]
        repeated = sorted({tag for tag in tags if tags.count(tag) > 1})
        if repeated:
            raise ValueError(f"languages: {', '.join(repeated)} more than once")
        return self


class SourceCard(CardFields):
    """A card as read: its fields, its prose, and the digest of its file."""

    body: str
    file_sha256: str


def card_url(folder_url: str, uid: str) -> str:
    return storage.join(folder_url, f"{uid}.md")


def read_card(folder_url: str, uid: str) -> SourceCard:
    """The card of a source; raises CardError that lists every problem, or names the missing file."""
    place = card_url(folder_url, uid)
    try:
        data = storage.read_bytes(place)
    except FileNotFoundError as error:
        fix = f"no card, no ingest: write {place} from the template data_cards/TEMPLATE.md"
        raise CardError(place, problems=[fix]) from error
    return parse_card(data, uid=uid, place=place)


def parse_card(data: bytes, *, uid: str, place: str) -> SourceCard:
    """Validate a card's bytes; uid is what its file name promises. Raises CardError."""
    try:
        front, body = front_matter.split(data.decode("utf-8"))
        raw = front_matter.load(front)
    except ValueError as error:  # UnicodeDecodeError is one
        raise CardError(place, problems=[str(error)]) from error
    problems: list[str] = []
    if isinstance(raw.get("uid"), str) and raw["uid"] != uid:
        problems.append(f"$.uid: {raw['uid']!r} is not the file's name; write {uid!r} or rename the file")
    try:
        fields = CardFields.model_validate(raw)
    except ValidationError as error:
        problems += describe_errors(error, model=CardFields)
    if problems:
        raise CardError(place, problems=problems)
    extra = {"body": body, "file_sha256": hashlib.sha256(data).hexdigest()}
    return SourceCard.model_validate(fields.model_dump() | extra)


def card_digest(card: SourceCard) -> str:
    """SHA-256 of the card's file: what `sha256sum` prints."""
    return card.file_sha256


def answers(card: SourceCard) -> Iterator[tuple[str, str]]:
    """(path, answer) of every field that is not null, in the order of the card."""
    return _leaves(card.model_dump(mode="json", exclude={"body", "file_sha256"}, exclude_none=True))


def unknown_fields(card: SourceCard) -> list[str]:
    """Paths of the fields whose answer is that we do not know, in the order of the card."""
    return [path for path, value in answers(card) if value.lower() in _UNKNOWN_LOWER]


def count_answers(card: SourceCard) -> int:
    """How many answers the card gives, unknown ones included: the denominator of `unknown_fields`."""
    return sum(1 for _ in answers(card))


def publication_obstacles(card: SourceCard) -> list[str]:
    """Why the text may not be published openly as the card stands; empty when nothing speaks against it."""
    obstacles = []
    rights = card.rights
    if card.access_tier == "internal":
        obstacles.append(f"{card.uid}: access_tier is internal")
    if rights.redistribution == "no":
        obstacles.append(f"{card.uid}: rights.redistribution is no")
    unlicensed = rights.concluded == NOASSERTION and rights.scope == "whole_source"
    if unlicensed and card.access_tier == "open":
        obstacles.append(
            f"{card.uid}: rights.concluded is {NOASSERTION} for the whole source, yet access is open"
        )
    return obstacles


def card_json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the front matter, for editors and for checks without Python."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CardFields.model_json_schema()}


_UNKNOWN_LOWER = frozenset(answer.lower() for answer in UNKNOWN)


def _leaves(value: Any, *, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, path=f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, path=f"{path}[{index}]")
    else:
        yield path, str(value)
