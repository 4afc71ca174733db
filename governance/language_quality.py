"""The manifest's block about language identification: how well the model tells the target languages."""

from pydantic import Field

from governance.amounts import Closed


class LanguageQuality(Closed):
    """Of one language, on texts of sources that the model had not seen."""

    precision: float = Field(
        ge=0, le=1, description="of the texts that it gives the language, each class of the same weight"
    )
    recall: float = Field(ge=0, le=1, description="of the texts of the language")
    texts: int = Field(ge=0, description="of the language that were tried")
    measured_as: str = Field(description="class of the model: Twi is told as Akan, Chinese as zh")
