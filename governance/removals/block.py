"""What a manifest says of removals."""

from pydantic import Field

from governance.amounts import Closed


class Removals(Closed):
    """The salt of a corpus, and what was taken out of a release; never who asked, or for what."""

    salt: str = Field(
        description="of the hashes in `twins/` and in public lists of removals: HMAC-SHA-256 of type, a zero "
        "byte and value (how-to/removal.md)"
    )
    list: str | None = Field(description="the public list; null: nothing was removed that may be told")
    documents: int = Field(ge=0, description="that were removed on request, published before or not")
    redacted_documents: int = Field(ge=0, description="of which spans were cut on request")
