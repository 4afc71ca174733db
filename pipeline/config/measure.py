"""The part of corpus.yaml that says how text is changed and measured."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

import filters.base
from filters import languages
from filters.hashes.exact import Normalisation
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions, hub, label_tables
from filters.perplexity import PerplexityOptions
from layers.strict_yaml import suggest

PositiveInt = Annotated[int, Field(gt=0)]


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LanguageIdConfig(Strict):
    """Which model names languages, and how much of a long document it reads."""

    model: str = Field(
        default=DEFAULT_MODEL,
        description="bundled model, path of a fastText file, or `hf://owner/name@commit[/file]` of the "
        "Hugging Face Hub",
    )
    labels: str | None = Field(
        default=None,
        description=f"how the model's labels become BCP-47 tags: {', '.join(label_tables.TABLES)}, or path "
        "of a table of label, tab, tag; default: the table of a Hub repository that we know, else labels are "
        "language codes",
    )
    max_sample_bytes: PositiveInt = Field(
        default=SegmentOptions().max_sample_bytes, description="evenly spaced sample of longer documents"
    )

    @field_validator("model")
    @classmethod
    def _pinned(cls, value: str) -> str:
        return str(hub.parse(value)) if hub.is_hub_id(value) else value


class MinHashConfig(Strict):
    """Bands × rows of MinHash over word n-grams."""

    bands: Annotated[int, Field(ge=1, le=64)] = 14
    rows: Annotated[int, Field(ge=1, le=64)] = 8
    ngram: PositiveInt = 5
    seed: int = 1
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="target Jaccard similarity in place of bands and rows: datasketch's optimiser chooses",
    )
    max_permutations: PositiveInt = Field(default=112, description="bands × rows at most, with a threshold")

    @model_validator(mode="before")
    @classmethod
    def _from_threshold(cls, value: Any) -> Any:
        given = value if isinstance(value, dict) else {}
        threshold, most = given.get("threshold"), given.get("max_permutations", 112)
        if not isinstance(threshold, float) or not 0 < threshold < 1 or not isinstance(most, int):
            return value  # nothing to do, or a field's own error says what is wrong
        best = MinHashOptions.for_threshold(threshold, max_permutations=most)
        for name in ("bands", "rows"):
            if given.get(name, getattr(best, name)) != getattr(best, name):
                raise ValueError(
                    f"threshold {threshold} makes {name} {getattr(best, name)}, not {given[name]}; "
                    "give the threshold, or bands and rows"
                )
        return {**given, "bands": best.bands, "rows": best.rows}

    def to_options(self) -> MinHashOptions:
        return MinHashOptions(bands=self.bands, rows=self.rows, ngram=self.ngram, seed=self.seed)


class PerplexityConfig(Strict):
    """Perplexity under models of one's own; needs the extra `perplexity`."""

    models: str = Field(
        description="folder, or `hf://owner/name@commit/folder`, of `<lang>.arpa.bin` (KenLM) and "
        "`<lang>.sp.model` (SentencePiece), called by the primary subtag"
    )
    languages: list[str] = Field(min_length=1, description="languages that have a model; others get null")
    variant: Literal["lines", "roots"] = Field(
        default="lines", description="`roots`: line ends are deleted first, as ROOTS did"
    )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        for tag in value:
            check_name(tag, names=languages.TAGS, what="language")
        return sorted(set(value))

    def to_options(self) -> PerplexityOptions:
        return PerplexityOptions(models=self.models, languages=tuple(self.languages), variant=self.variant)


class MeasureConfig(Strict):
    """What happens to text before any decision."""

    edits: list[str] = ["unicode_nfc", "control_characters", "whitespace"]
    signals: list[str] = list(filters.base.names("signals"))
    language_id: LanguageIdConfig = LanguageIdConfig()
    exact_hash: Normalisation = Field(
        default="whitespace_case",
        description="normalisation of exact duplicates: `whitespace_case`; for `whitespace_case_numbers` and "
        "`roots` pages that differ only in their numbers are one (docs/dedup.md)",
    )
    perplexity: PerplexityConfig | None = Field(default=None, description="measured where it is given")
    minhash: MinHashConfig = MinHashConfig()

    @field_validator("edits")
    @classmethod
    def _check_edits(cls, value: list[str]) -> list[str]:
        return check_edits(value)

    @field_validator("signals")
    @classmethod
    def _check_signals(cls, value: list[str]) -> list[str]:
        for name in value:
            check_name(name, names=filters.base.names("signals"), what="signals")
        return value


def check_name(value: str, *, names: tuple[str, ...] | list[str], what: str) -> str:
    """value if it is one of names; raises ValueError with a suggestion."""
    if value in names:
        return value
    raise ValueError(f"unknown {what} {value!r}{suggest(value, names=sorted(names))}")


def check_edits(value: list[str]) -> list[str]:
    for name in value:
        check_name(name, names=filters.base.names("edits"), what="edit")
    return value
