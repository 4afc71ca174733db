"""The blocks of a source card but for its rights."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.cards.fields import (
    Closed,
    Day,
    Language,
    Location,
    PartialDate,
    Range,
    Text,
    Url,
    check_email,
    check_web_address,
)

HolderType = Literal[
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
Protocol = Literal[
    "robots", "tdmrep", "aipref", "content_signal", "rsl", "x_robots", "terms", "c2pa", "direct_request"
]


class LanguageOfSource(Closed):
    tag: Language = Field(description="canonical BCP-47: zh-Hans, not zhs; `und` when not known")
    variety_note: Text | None = Field(default=None, description="variety, dialect, speakers, in words")
    locations: Annotated[list[Location], Field(min_length=1)] = Field(
        description="where its speakers or writers are: ISO 3166-1 (KE), UN M49 (002: Africa) or unknown"
    )
    declared_by: Literal["custodian", "curator", "unknown"] = Field(description="who says so")


class Contact(Closed):
    kind: Literal["email", "form", "url", "none", "unknown"]
    value: Text | None = Field(
        default=None, description="the address of that kind; nothing for none and unknown"
    )

    @model_validator(mode="after")
    def _check_value(self) -> "Contact":
        if (self.value is None) != (self.kind in ("none", "unknown")):
            raise ValueError("give a value for email, form and url, and none for none and unknown")
        if self.value is not None:
            check_email(self.value) if self.kind == "email" else check_web_address(self.value)
        return self


class Custodian(Closed):
    """Who holds the text, or hands it out; the rights may be others'."""

    name: Text
    type: HolderType
    location: Location = Field(description="ISO 3166-1 alpha-2 country, UN M49 region, or unknown")
    role: Annotated[list[Literal["provider", "host", "rights_holder", "unknown"]], Field(min_length=1)]
    contact: Contact
    relationship: Literal["none", "notified", "permission", "agreement", "open_licence", "unknown"] = Field(
        description="what stands between them and you"
    )
    agreement_ref: Text | None = Field(
        default=None, description="where the permission or agreement is kept; required by these two"
    )
    url: Url | None = None

    @model_validator(mode="after")
    def _check_agreement(self) -> "Custodian":
        if self.relationship in ("permission", "agreement") and self.agreement_ref is None:
            raise ValueError(f"agreement_ref: relationship is {self.relationship}; say where it is kept")
        return self


class Signal(Closed):
    """A reservation that was seen, as it stood there."""

    protocol: Protocol
    location: Text = Field(description="where it stood: a URL, a header, a letter")
    raw: Text = Field(description="its words")
    effect: Literal["allow", "disallow", "unknown"]


class Reservation(Closed):
    """What was reserved against mining when somebody looked, and what is done about it."""

    checked_at: PartialDate | Literal["never"] = Field(description="day of the check, never, or unknown")
    policy: Literal["honour_all", "honour_listed", "not_applicable", "unknown"]
    honoured: list[Protocol] = Field(default=[], description="with honour_listed: the protocols")
    signals: list[Signal]

    @model_validator(mode="after")
    def _check_policy(self) -> "Reservation":
        if bool(self.honoured) != (self.policy == "honour_listed"):
            raise ValueError("honoured: list the protocols with policy honour_listed, and with no other")
        return self


class Likelihood(Closed):
    likelihood: Literal["very_likely", "somewhat_likely", "unlikely", "none", "unknown"]
    kinds: list[Text] = Field(default=[], description="names, addresses, account numbers, health, …")


class PersonalData(Closed):
    has_pii: Literal["yes", "author_names_only", "no", "unclear"]
    generic: Likelihood | None = Field(default=None, description="names, addresses; required by yes")
    numeric: Likelihood | None = Field(default=None, description="telephone, account; required by yes")
    sensitive: Likelihood | None = Field(default=None, description="health, belief; required by yes")
    justification: Text | None = Field(default=None, description="required by no and unclear")
    lawful_basis: Text | None = None
    treatment: Annotated[
        list[Literal["none", "detect", "redact", "drop", "unknown"]], Field(min_length=1)
    ] = Field(description="what was done about it before the text came here")

    @model_validator(mode="after")
    def _check_kinds(self) -> "PersonalData":
        missing = [name for name in ("generic", "numeric", "sensitive") if getattr(self, name) is None]
        if self.has_pii == "yes" and missing:
            raise ValueError(f"{', '.join(missing)}: has_pii is yes; say how likely each is")
        if self.has_pii in ("no", "unclear") and self.justification is None:
            raise ValueError(f"justification: has_pii is {self.has_pii}; say why")
        return self


class Media(Closed):
    category: Literal["text", "audiovisual", "image", "unknown"]
    transcribed: Literal["no", "from_audio", "from_image", "unknown"]
    capture_quality: Literal["born_digital", "ocr", "asr", "manual", "unknown"]
    capture_tool: Text | None = Field(default=None, description="the program that read image or sound")
    formats: list[Text] = Field(default=[], description="what the text was in: html, pdf, xml, …")


class Origin(Closed):
    """A source that this one was made from."""

    source: Text = Field(description="uid of its card, or URL")
    availability: Literal["full", "documented", "private", "secret", "unknown"]
    license_compatible: Literal["yes", "no", "unclear"]


class Synthetic(Closed):
    """Text that a machine wrote."""

    contains: Literal["no", "some", "all", "unknown"]
    generators: list[Text] = Field(
        default=[], description="which machines, or unknown; required by some, all"
    )

    @model_validator(mode="after")
    def _check_generators(self) -> "Synthetic":
        if bool(self.generators) != (self.contains in ("some", "all")):
            raise ValueError("generators: name them (or unknown) with some and all, and not else")
        return self


class Period(Closed):
    start: PartialDate = Field(description="YYYY, YYYY-MM, YYYY-MM-DD or unknown")
    end: PartialDate

    @model_validator(mode="after")
    def _check_order(self) -> "Period":
        if "unknown" not in (self.start, self.end) and self.start[: len(self.end)] > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


class Crawler(Closed):
    name: Text
    user_agent: Text
    operator: Text
    behaviour: Text = Field(description="robots.txt, captchas, paywalls: what it does")


class Procurement(Closed):
    """How the text was obtained."""

    method: Literal[
        "dump", "hub_dataset", "api", "crawl", "web_archive", "manual_upload", "generated", "unknown"
    ]
    locations: Annotated[list[Text], Field(min_length=1)]
    revision: Text = Field(description="commit, tag or date of the dump; or unknown")
    collection_period: Period = Field(description="when it was collected")
    content_period: Period | None = Field(default=None, description="when it was written")
    terms_url: Url | None = None
    agreement: Literal["none", "click_through", "signed", "unknown"]
    crawler: Crawler | None = Field(default=None, description="required by crawl")
    ingester: Text | None = Field(default=None, description="what reads it: a source type or module:class")

    @model_validator(mode="after")
    def _check_crawler(self) -> "Procurement":
        if self.method == "crawl" and self.crawler is None:
            raise ValueError("crawler: method is crawl; say which one and how it behaves")
        return self


class Removal(Closed):
    """How a text of this source can be taken out."""

    contact: Contact = Field(description="whom to ask")
    upstream_feed: Url | None = Field(default=None, description="where the source lists its own removals")
    last_sync: Day | None = None


class KnownLimits(Closed):
    biases: Text = Field(description="or `none known`, which is counted as unknown")
    limitations: Text = Field(description="or `none known`, which is counted as unknown")


class Expected(Closed):
    """Amounts, as [least, most]: an alarm at ingest, and the weight of what is unknown."""

    documents: Range | None = None
    bytes: Range | None = None

    @model_validator(mode="after")
    def _check_ranges(self) -> "Expected":
        for name in ("documents", "bytes"):
            limits = getattr(self, name)
            if limits is not None and limits[0] > limits[1]:
                raise ValueError(f"{name}: the least, {limits[0]}, is more than the most, {limits[1]}")
        return self
