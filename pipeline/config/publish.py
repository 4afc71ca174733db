"""What a release is: its format, its licences, who answers for it."""

from typing import Literal

from pydantic import Field, field_validator

from governance.about import About
from governance.licences import parse_license
from pipeline.config.measure import PositiveInt, Strict


class PublishConfig(Strict):
    """The shape of the release."""

    format: Literal["arrow", "parquet"] = Field(
        default="arrow",
        description="of all tables of the release: Arrow IPC, which `datasets` maps into memory, or Parquet, "
        "for the Hub and its viewer; signals of Parquet stand in files of their own",
    )
    target_bytes: PositiveInt = Field(default=256 << 20, description="UTF-8 text bytes per shard")
    licenses: list[str] | None = Field(
        default=None,
        description="SPDX expressions that the release allows, NOASSERTION by name; a document whose licence "
        "they do not satisfy is dropped (`license_not_allowed`). Default: all, but in an open release "
        "NOASSERTION is an error",
    )
    split: Literal["none", "class"] = Field(
        default="none",
        description="none: one release; class: a complete release in a folder of its own for each class of "
        "licences and access tiers that may stand together",
    )
    allow_unreviewed: bool | list[str] = Field(
        default=False,
        description="uids of sources that are published though nobody reviewed rights, personal data and "
        "custodian of their cards, or true for all; manifest and README say so",
    )

    about: About = Field(
        default=About(), description="what only people know: whom it is for, who made it, whom to ask"
    )

    @field_validator("licenses")
    @classmethod
    def _canonical_licenses(cls, value: list[str] | None) -> list[str] | None:
        if value is None:
            return None
        if not value:
            raise ValueError("an empty list allows nothing; leave it out, or name the licences")
        return sorted({parse_license(each) for each in value})
