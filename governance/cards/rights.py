"""The rights of a source card: what is declared, what is concluded, the evidence, and whether they agree."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.cards.fields import (
    Closed,
    Day,
    License,
    Location,
    PartialDate,
    Sha256,
    Text,
    Url,
    YesNoUnknown,
)
from governance.cards.parts import HolderType
from governance.licences import NOASSERTION, license_refs, possible_answers


class RightsHolder(Closed):
    """Whose the text is: authors, translators, publishers; not who hands it out."""

    name: Text
    type: HolderType
    location: Location | None = None


class Properties(Closed):
    """What the concluded licence means for a re-user."""

    commercial: YesNoUnknown = Field(description="may be used for money")
    attribution: YesNoUnknown = Field(description="must be attributed")
    share_alike: YesNoUnknown = Field(description="must be passed on under the same licence")
    derivatives: YesNoUnknown = Field(description="may be changed")
    redistribute_text: Literal["yes", "gated", "snippets", "no", "unknown"] = Field(
        description="may the text be passed on, and how"
    )


class Evidence(Closed):
    """Where the licence was read, on which day, and the words."""

    url: Url
    retrieved_at: Day
    quote: Annotated[str, Field(min_length=1, max_length=500)]
    sha256: Sha256 | None = Field(
        default=None, description="of the page as it was fetched, or unknown; none for a stored copy"
    )
    stored_copy: bool = Field(
        default=False, description="true: the quote is from a stored copy of the page, not from a visit"
    )

    @model_validator(mode="after")
    def _check_copy(self) -> "Evidence":
        if not self.stored_copy and self.sha256 is None:
            raise ValueError(
                "sha256: give that of the page as it was fetched (or unknown), or say stored_copy: true"
            )
        return self


class Rights(Closed):
    declared: License = Field(description="SPDX expression that the source states, NONE or NOASSERTION")
    concluded: License = Field(description="SPDX expression that we conclude, NONE or NOASSERTION")
    scope: Literal["whole_source", "per_document", "mixed", "unknown"]
    holders: Annotated[list[RightsHolder], Field(min_length=1)] = Field(
        description="rights holders, apart from the custodian"
    )
    properties: Properties
    evidence: list[Evidence] = Field(description="at least one, unless concluded is NOASSERTION; else []")
    text: Text | None = Field(default=None, description="of the licence; required by LicenseRef-…")
    copyright_status: Literal["in_copyright", "public_domain", "mixed", "unknown"]
    determined_by: Text = Field(description="who concluded, or unknown")
    determined_at: PartialDate
    confidence: Literal["low", "medium", "high", "unknown"]
    attribution_statement: Text | None = Field(
        default=None, description="whom to name and how; required where attribution is"
    )

    @model_validator(mode="after")
    def _check_agreement(self) -> "Rights":
        problems = [*_disagreements(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _disagreements(rights: Rights) -> Iterator[str]:
    concluded, properties = rights.concluded, rights.properties
    if concluded != NOASSERTION and not rights.evidence:
        yield f"evidence: a concluded licence needs at least one; else conclude {NOASSERTION}"
    refs = [*dict.fromkeys([*license_refs(rights.declared), *license_refs(concluded)])]
    if refs and rights.text is None:
        yield f"text: {', '.join(refs)} is no licence that others can look up; quote its text"
    elif refs and re.fullmatch(r"\S+://\S+", rights.text or ""):
        yield f"text: an address is not the text of {', '.join(refs)}; quote what it says"
    for question, answers in possible_answers(concluded).items():
        answer = getattr(properties, question)
        if answer != "unknown" and answer not in answers:
            yield f"properties.{question}: {answer} is against {concluded}, which says {'/'.join(answers)}"
    must_name = properties.attribution == "yes" or possible_answers(concluded)["attribution"] == {"yes"}
    if must_name and rights.attribution_statement is None:
        yield f"attribution_statement: {concluded} requires attribution; say to whom"
    if rights.copyright_status == "public_domain" and properties.commercial == "no":
        yield "properties.commercial: no, yet copyright_status is public_domain"
