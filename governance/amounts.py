"""What every block of a manifest is made of: closed models, and amounts of documents."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field


class Closed(BaseModel):
    """A record that has the fields that it declares and no other, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Amount(Closed):
    """Documents and UTF-8 bytes of their text."""

    documents: int = Field(ge=0)
    bytes: int = Field(ge=0)


def add_amounts(amounts: Iterable[Amount]) -> Amount:
    """The sum of all; 0 documents of 0 bytes for none."""
    listed = list(amounts)
    return Amount(documents=sum(a.documents for a in listed), bytes=sum(a.bytes for a in listed))


def merge_licenses(mixes: Iterable[Mapping[str, Amount]]) -> dict[str, Amount]:
    """Amounts per licence added up, in order of the expression."""
    by_license: dict[str, list[Amount]] = {}
    for mix in mixes:
        for license, amount in mix.items():
            by_license.setdefault(license, []).append(amount)
    return {license: add_amounts(amounts) for license, amounts in sorted(by_license.items())}
