"""corpus.yaml → CorpusConfig: strict, every error at once, each with its path and a suggestion."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

import filters.base
import sources
from filters import languages
from filters.exact_hash import Normalisation
from filters.language_id import DEFAULT_MODEL, LANGUAGE, SegmentOptions, hub, label_tables
from filters.minhash import MinHashOptions
from filters.rules import Rule, override
from pipeline.errors import ConfigError
from pipeline.layers import strict_yaml
from pipeline.layers.strict_yaml import describe_errors, suggest
from pipeline.line_rules import LineRule
from sources.base import FIELDS

Fraction = Annotated[float, Field(ge=0, le=1)]
PositiveInt = Annotated[int, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Strict):
    """Bounds of one signal, inclusive; null removes the bound that the language file has."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _check_order(self) -> "Limit":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class SourceConfig(_Strict):
    """One source: its card, where its files are and how its fields are called."""

    card: str = Field(description="uid of the source card in `cards`; no card, no ingest")
    type: str = Field(description="source type: the name of a module in sources/")
    paths: list[str] = Field(min_length=1, description="globs or URLs, relative to `root`")
    root: str = Field(default="", description="folder or URL of the source, relative to the corpus file")
    fields: dict[str, str] = Field(default={}, description="role → field or column name in the source")
    lang: str | None = Field(default=None, description="BCP-47 language declared for every document")
    priority: int = Field(default=0, description="of duplicates, the lowest priority number stays")
    edits: list[str] | None = Field(
        default=None, description="edits for this source instead of measure.edits"
    )
    lines: LineRule | Literal[False] | None = Field(
        default=None, description="rule for this source instead of the corpus file's; false: none"
    )
    options: dict[str, Any] = Field(default={}, description="options of the source type")

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        return known(value, names=sources.names(), what="source type")

    @field_validator("fields")
    @classmethod
    def _known_roles(cls, value: dict[str, str]) -> dict[str, str]:
        for role in value:
            known(role, names=FIELDS, what="role")
        return value

    @field_validator("edits")
    @classmethod
    def _known_edits(cls, value: list[str] | None) -> list[str] | None:
        return value if value is None else _known_edits(value)

    @model_validator(mode="after")
    def _check_options(self) -> "SourceConfig":
        sources.load(self.type).Options(**self.options)
        return self


class LanguageIdConfig(_Strict):
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


class MinHashConfig(_Strict):
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


class MeasureConfig(_Strict):
    """What happens to text before any decision."""

    edits: list[str] = ["unicode_nfc", "control_characters", "whitespace"]
    signals: list[str] = list(filters.base.names("signals"))
    language_id: LanguageIdConfig = LanguageIdConfig()
    exact_hash: Normalisation = Field(
        default="whitespace_case",
        description="normalisation of exact duplicates: `whitespace_case`, or `whitespace_case_numbers`, for "
        "which pages that differ only in their numbers are one (docs/dedup.md)",
    )
    minhash: MinHashConfig = MinHashConfig()

    @field_validator("edits")
    @classmethod
    def _check_edits(cls, value: list[str]) -> list[str]:
        return _known_edits(value)

    @field_validator("signals")
    @classmethod
    def _check_signals(cls, value: list[str]) -> list[str]:
        for name in value:
            known(name, names=filters.base.names("signals"), what="signals")
        return value


class ClusteringConfig(_Strict):
    """How duplicates are clustered; decisions do not depend on it."""

    path: Literal["auto", "direct", "distributed"] = Field(
        default="auto",
        description="direct: one task reads the band files; distributed: tasks per partition, in rounds; "
        "auto: direct up to max_direct_documents",
    )
    max_direct_documents: PositiveInt = Field(
        default=100_000_000, description="documents, as estimated before the run; 100 bytes of memory each"
    )
    documents_per_partition: PositiveInt = Field(
        default=500_000, description="documents of a partition of the distributed path"
    )


class DecideConfig(_Strict):
    """Rules; everything here can change without touching text again."""

    languages: list[str] = Field(default=list(languages.TAGS), description="target languages")
    quality: bool = Field(default=True, description="apply the quality rules of the language files")
    thresholds: dict[str, dict[str, Limit]] = Field(
        default={}, description="language or 'all' → signal → bounds that replace the language file's"
    )
    url_duplicates: bool = Field(
        default=False,
        description="of documents with one canonical URL keep the latest capture, across sources; for "
        "crawls: elsewhere one URL may hold many documents. Not on the distributed path",
    )
    exact_duplicates: bool = True
    near_duplicates: bool = True
    duplicate_scope: Literal["language", "global"] = Field(
        default="language", description="documents that are compared: of one language, or all"
    )
    min_similarity: Fraction | None = Field(
        default=None,
        description="near duplicates whose similarity to the kept document, estimated from their signatures, "
        "is lower stay; null: none is verified",
    )
    clustering: ClusteringConfig = ClusteringConfig()

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        for tag in value:
            known(tag, names=languages.TAGS, what="language")
        return sorted(set(value))

    @field_validator("thresholds")
    @classmethod
    def _known_thresholds(cls, value: dict[str, dict[str, Limit]]) -> dict[str, dict[str, Limit]]:
        for tag in value:
            known(tag, names=("all", *languages.TAGS), what="language")
        return value


class PublishConfig(_Strict):
    """The shape of the release."""

    target_bytes: PositiveInt = Field(default=256 << 20, description="UTF-8 text bytes per shard")


class LocalConfig(_Strict):
    """The local runner; bytes of the release do not depend on it."""

    workers: PositiveInt = Field(default_factory=lambda: os.cpu_count() or 1)
    max_in_process_bytes: int = Field(
        default=64 << 20,
        description="inputs up to this size, as estimated text, run without worker processes: "
        "two cost 3.7 s to start",
    )


class CorpusConfig(_Strict):
    """A whole corpus: sources in, release out."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="version of the release")]
    output: str = Field(default="out", description="folder or URL of layers and release")
    cards: str = Field(description="folder of source cards")
    sources: list[SourceConfig] = Field(min_length=1)
    lines: LineRule | None = Field(default=None, description="which repeated lines are removed")
    measure: MeasureConfig = MeasureConfig()
    decide: DecideConfig = DecideConfig()
    publish: PublishConfig = PublishConfig()
    local: LocalConfig = LocalConfig()
    unit_bytes: PositiveInt = Field(
        default=128 << 20, description="splittable files are cut at about this size"
    )
    max_bad_fraction: Fraction = Field(
        default=0.01, description="unreadable records per source before the run fails"
    )
    max_filter_errors: Annotated[int, Field(ge=0)] = Field(
        default=0, description="documents on which an edit or signal may raise"
    )

    @model_validator(mode="after")
    def _known_signals(self) -> "CorpusConfig":
        names = rule_signals(self.measure.signals)
        for scope, limits in self.decide.thresholds.items():
            for signal in limits:
                known(signal, names=names, what=f"signal in decide.thresholds.{scope}:")
        for lang in self.decide.languages:
            try:
                rules = language_rules(lang, decide=self.decide)
            except ValueError as error:
                raise ValueError(f"decide.thresholds, with what the file of {lang} says: {error}") from error
            missing = sorted({rule.signal for rule in rules} - {*names})
            if missing:
                raise ValueError(
                    f"rules of {lang} need {', '.join(missing)}, which measure.signals does not give; "
                    "add the signals or set decide.quality to false"
                )
        return self

    @model_validator(mode="after")
    def _unique_cards(self) -> "CorpusConfig":
        uids = [source.card for source in self.sources]
        repeated = sorted({uid for uid in uids if uids.count(uid) > 1})
        if repeated:
            raise ValueError(
                f"sources use the same card twice: {', '.join(repeated)}; give each its own card"
            )
        return self


def rule_signals(signals: Sequence[str]) -> list[str]:
    """Columns that a rule may be about: numbers and truth values of signals, of language and of size."""
    fields = [*LANGUAGE, pa.field("text_bytes", pa.int64())]
    for name in signals:
        fields += list(filters.base.load_signals(name).SCHEMA)
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return [f.name for f in fields if any(kind(f.type) for kind in kinds)]


def language_rules(lang: str, *, decide: DecideConfig) -> tuple[Rule, ...]:
    """The quality rules of a language: its file's, then the corpus file's overrides."""
    if not decide.quality:
        return ()
    rules = languages.load(lang).rules
    for scope in ("all", lang):
        # a bound that is not given stays; one that is given as null is removed
        limits = decide.thresholds.get(scope, {})
        chosen = {signal: limit.model_dump(exclude_unset=True) for signal, limit in limits.items()}
        rules = override(rules, chosen)
    return rules


def known(value: str, *, names: tuple[str, ...] | list[str], what: str) -> str:
    """value if it is one of names; raises ValueError with a suggestion."""
    if value in names:
        return value
    raise ValueError(f"unknown {what} {value!r}{suggest(value, names=sorted(names))}")


def _known_edits(value: list[str]) -> list[str]:
    for name in value:
        known(name, names=filters.base.names("edits"), what="edit")
    return value


def load_config(path: str | Path) -> CorpusConfig:
    """Read and validate a corpus file; raises ConfigError that lists every problem."""
    place = str(path)
    try:
        raw = strict_yaml.load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(place, problems=["there is no such file"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(place, problems=[f"not UTF-8: {error}"]) from error
    except ValueError as error:
        raise ConfigError(place, problems=[str(error)]) from error
    if not isinstance(raw, dict):
        raise ConfigError(place, problems=["expected a mapping of name, version, cards, sources …"])
    return parse_config(raw, place=place)


def parse_config(raw: Mapping[str, Any], *, place: str) -> CorpusConfig:
    """Validate a mapping; raises ConfigError that lists every problem with its path."""
    try:
        return CorpusConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(place, problems=list(describe_errors(error, model=CorpusConfig))) from error
