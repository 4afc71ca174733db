"""The rule by which repeated lines of a source are removed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from filters.hashes.lines import Scope


class LineRule(BaseModel):
    """Lines that stand often in one source or site: heads, feet, menus; removed before anything is measured.

    Lines are compared in lower case, with white space collapsed and invisible format characters left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Scope = Field(
        default="source",
        description="what a line is counted in: `source`, or `site`, the registered domain of the "
        "document's URL within its source; documents without URL keep all lines then",
    )
    min_count: Annotated[int, Field(ge=2)] = Field(
        default=10, description="a line that stands so often is removed"
    )
    min_documents: Annotated[int, Field(ge=1)] = Field(
        default=2, description="… if so many documents hold it: the refrain of one song is no boilerplate"
    )
    min_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="… and this share of the documents of the source or site"
    )
    min_chars: Annotated[int, Field(ge=1)] = Field(
        default=15,
        description="characters of the normalised line; shorter lines are neither counted nor removed",
    )
    max_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8,
        description="a document of whose bytes more would be removed keeps all of its lines: it is a "
        "repeated page, and left to the search for duplicates",
    )
    keep: Literal["first", "none"] = Field(
        default="none", description="`first`: the first occurrence by (source, unit, row) stays"
    )
