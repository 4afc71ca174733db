"""What a manifest says of removals."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

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
    gated_sources: tuple[str, ...] = Field(
        default=(), description="published behind a gate on request, whatever their cards say; absent: none"
    )

    @model_serializer(mode="wrap")
    def _leave_out_none(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = dump(self)
        if not self.gated_sources:
            fields.pop("gated_sources", None)
        return fields
