"""The part of corpus.yaml that says which personal data is masked, and how long layers are kept."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator

from filters import languages
from filters.personal_data.kinds import DEFAULT_MASKED, KINDS
from pipeline.config.measure import PositiveInt, Strict, check_name

Mask = Literal["default", "all", "none"] | list[str]


def _check_mask(value: Mask) -> Mask:
    if isinstance(value, list):
        for kind in value:
            check_name(kind, names=tuple(KINDS), what="kind of personal data")
    return value


def _check_tags(value: dict[str, Mask]) -> dict[str, Mask]:
    for tag, mask in value.items():
        check_name(tag, names=languages.tags(), what="language")
        _check_mask(mask)
    return value


class SourceMask(Strict):
    """What is masked of one source."""

    mask: Mask | None = Field(default=None, description="kinds that are masked; default: as of all sources")
    by_language: dict[str, Mask] = Field(default={}, description="language → what is masked instead")

    @field_validator("mask")
    @classmethod
    def _known_kinds(cls, value: Mask | None) -> Mask | None:
        return value if value is None else _check_mask(value)

    @field_validator("by_language")
    @classmethod
    def _known_languages(cls, value: dict[str, Mask]) -> dict[str, Mask]:
        return _check_tags(value)


class PersonalDataConfig(Strict):
    """What is masked at publish of what measure found; a change publishes again, and measures nothing.

    What says most about a document wins: its source and language, then its source, its language, `mask`.
    """

    mask: Mask = Field(
        default="default",
        description="kinds that are replaced by placeholders, as in `[email, telephone]`, or `all`, `none` "
        f"or `default`: {', '.join(DEFAULT_MASKED)}",
    )
    by_source: dict[str, Mask | SourceMask] = Field(
        default={},
        description="source → what is masked of it: as `mask`, or a mapping of `mask` and `by_language`",
    )
    by_language: dict[str, Mask] = Field(default={}, description="language → what is masked of it")
    retention_days: PositiveInt | None = Field(
        default=None,
        description="days after a release for which layers, which hold unmasked text, are kept; printed on "
        "the card",
    )
    retention: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="the same in words, such as who can read the layers; printed on the card"
    )

    @field_validator("mask")
    @classmethod
    def _known_kinds(cls, value: Mask) -> Mask:
        return _check_mask(value)

    @field_validator("by_language")
    @classmethod
    def _known_languages(cls, value: dict[str, Mask]) -> dict[str, Mask]:
        return _check_tags(value)

    @field_validator("by_source")
    @classmethod
    def _known_source_kinds(cls, value: dict[str, Mask | SourceMask]) -> dict[str, Mask | SourceMask]:
        for mask in value.values():
            if not isinstance(mask, SourceMask):
                _check_mask(mask)
        return value

    def masked_kinds(self, source: str, *, lang: str, looked_for: Collection[str]) -> tuple[str, ...]:
        """Kinds that are masked in documents of a source and language, of those that measure looks for."""
        own = self.by_source.get(source)
        masks: list[Mask | None] = [self.by_language.get(lang), self.mask]
        if isinstance(own, SourceMask):
            masks = [own.by_language.get(lang), own.mask, *masks]
        else:
            masks = [own, *masks]
        mask = next(mask for mask in masks if mask is not None)
        chosen = _NAMED[mask] if isinstance(mask, str) else mask
        return tuple(kind for kind in KINDS if kind in chosen and kind in looked_for)

    def named_kinds(self) -> Iterator[tuple[str, str]]:
        """(where it stands, kind) of every kind that is named."""
        masks: list[tuple[str, Mask | None]] = [("mask", self.mask)]
        masks += [(f"by_language.{lang}", mask) for lang, mask in self.by_language.items()]
        for source, own in self.by_source.items():
            if isinstance(own, SourceMask):
                masks.append((f"by_source.{source}.mask", own.mask))
                masks += [
                    (f"by_source.{source}.by_language.{x}", mask) for x, mask in own.by_language.items()
                ]
            else:
                masks.append((f"by_source.{source}", own))
        for place, mask in masks:
            if isinstance(mask, list):
                yield from ((place, kind) for kind in mask)


_NAMED: dict[str, Collection[str]] = {"default": DEFAULT_MASKED, "all": tuple(KINDS), "none": ()}
