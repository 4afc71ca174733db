"""What only people know of a release: whom it is for, who made it, whom to ask. `publish.about` has it."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from governance.amounts import Closed
from governance.cards.fields import Text, check_email, check_web_address
from layers.strict_yaml import matching


def _check_address(address: str) -> str:
    return check_web_address(address) if "://" in address else check_email(address)


WebAddress = Annotated[str, AfterValidator(check_web_address)]
Address = Annotated[str, AfterValidator(_check_address)]
"""An e-mail address, or a page of the web."""
Orcid = Annotated[
    str, matching(r"^https://orcid\.org/(\d{4}-){3}\d{3}[\dX]$", words="https://orcid.org/ and an ORCID iD")
]
"""As the Citation File Format has it, which refuses others."""


class Author(Closed):
    """A person or an organisation that is cited."""

    name: Text | None = Field(
        default=None, description="of an organisation, or of a person as it is to be written"
    )
    family_names: Text | None = Field(default=None, description="of a person, instead of `name`")
    given_names: Text | None = Field(default=None, description="of a person, beside `family_names`")
    affiliation: Text | None = Field(default=None, description="of a person: where they work")
    orcid: Orcid | None = Field(default=None, description="https://orcid.org/…")

    @model_validator(mode="after")
    def _check_name(self) -> "Author":
        if (self.name is None) == (self.family_names is None):
            raise ValueError("give either name, or family_names with given_names")
        if self.given_names is not None and self.family_names is None:
            raise ValueError("given_names: without family_names; give both, or name alone")
        return self

    @property
    def written(self) -> str:
        """As a bibliography has it: `Family, Given` of a person whose names are told apart."""
        parts = [part for part in (self.family_names, self.given_names) if part]
        return self.name or ", ".join(parts)


class About(Closed):
    """What README.md, CITATION.cff and croissant.json say first; what is left out is said to be missing."""

    title: Text | None = Field(default=None, description="default: the name of the release")
    summary: Text | None = Field(default=None, description="what it is, in a sentence or two")
    uses: list[Text] = Field(default=[], description="what it is made for")
    not_for: list[Text] = Field(default=[], description="what it should not be used for")
    authors: list[Author] = Field(default=[], description="who made it, in the order of a citation")
    contact: Address | None = Field(default=None, description="whom to ask: e-mail address or web page")
    removal_contact: Address | None = Field(
        default=None, description="whom to ask for removal; default: `contact`"
    )
    url: WebAddress | None = Field(default=None, description="where the release is, or is described")
    planted: Text | None = Field(
        default=None, description="what was planted in the sources on purpose, as the dirt of a demo"
    )

    @property
    def removals_go_to(self) -> str | None:
        return self.removal_contact or self.contact

    def missing(self) -> Iterator[str]:
        """What re-users will look for and not find."""
        for name in ("summary", "uses", "not_for", "authors", "contact", "url"):
            if not getattr(self, name):
                yield name
