"""corpus.yaml → CorpusConfig: strict, every error at once, each with its path and a suggestion."""

import os
from collections.abc import Mapping
from datetime import date
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pyarrow as pa
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

import filters.base
import sources
from filters import extra, languages
from filters.hashes.minhash import CompareLimits, MinHashOptions
from filters.language_id import LANGUAGE
from filters.profiles import GENRES, ROOTS_AS_RUN, relax, roots_as_run
from filters.rules import Rule, override
from governance.about import About
from governance.licences import parse_license
from layers import strict_yaml
from layers.plugins import PluginError
from layers.strict_yaml import describe_errors, matching
from pipeline.config.languages import load_languages
from pipeline.config.lines import LineRule
from pipeline.config.measure import (
    MeasureConfig,
    PositiveInt,
    Strict,
    check_edits,
    check_extra_name,
    check_name,
)
from pipeline.config.personal_data import PersonalDataConfig
from pipeline.config.plugins import PluginConfig, load_plugins
from pipeline.config.reservations import ReservationConfig
from pipeline.config.url_lists import UrlListConfig
from pipeline.errors import ConfigError
from sources.base import FIELDS
from sources.reading import maps
from sources.reading.mapping import UNDETERMINED, canonical_tag

_Model = TypeVar("_Model", bound=Strict)
Fraction = Annotated[float, Field(ge=0, le=1)]
PreferredDate = Literal["newest", "oldest"]
MAX_PRIORITIES = 1 << 10
"""Different priorities that the rank of a document has bits for."""


class Limit(Strict):
    """Bounds of one signal, inclusive; null removes the bound that the language file has."""

    min: float | None = Field(default=None, description="a document below it is dropped")
    max: float | None = Field(default=None, description="a document above it is dropped")
    min_words: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="a document of fewer words is too short for the rule, and not judged by it"
    )

    @model_validator(mode="after")
    def _check_order(self) -> "Limit":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class SourceConfig(Strict):
    """One source: its card, where its files are and how its fields are called."""

    card: str = Field(description="uid of the source card in `cards`; no card, no ingest")
    map: str | None = Field(
        default=None,
        description="ready-made layout of a published corpus, of sources/maps/: its type, fields, options; "
        "the source's own win",
    )
    type: str = Field(description="source type: the name of a module in sources/")
    paths: list[str] = Field(min_length=1, description="globs or URLs, relative to `root`")
    root: str = Field(
        default="",
        description="folder or URL of the source, relative to the corpus file; "
        "`hf://datasets/owner/name@commit` is a dataset of the Hugging Face Hub",
    )
    fields: dict[str, str | list[str] | dict[str, str]] = Field(
        default={},
        description="role → field or column name in the source; of `id` also a list of fields that are "
        "unique together, as in `[lang, id]`, and of `lang` of language and script; `extra` is a mapping of "
        "further fields, as in `{year: meta.year}`",
    )
    lang: str | None = Field(default=None, description="BCP-47 language declared for every document")
    profile: str | None = Field(
        default=None,
        description="genre whose rules are laxer for this source: verse, dialogue or reference "
        "(how-to/thresholds.md)",
    )
    priority: int = Field(default=0, description="of duplicates, the lowest priority number stays")
    edits: list[str] | None = Field(
        default=None, description="edits for this source instead of measure.edits"
    )
    blocked_urls: list[str] | None = Field(
        default=None, description="names of the `url_lists` for this source; all unless it says so; []: none"
    )
    reservations: ReservationConfig | None = Field(
        default=None, description="what of the policy is other for this source"
    )
    lines: LineRule | Literal[False] | None = Field(
        default=None, description="rule for this source instead of the corpus file's; false: none"
    )
    options: dict[str, Any] = Field(default={}, description="options of the source type")

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("map"), str):
            return value
        return maps.complete(value)

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        return check_name(value, names=sources.names(), what="source type")

    @field_validator("fields")
    @classmethod
    def _known_roles(cls, value: dict[str, Any]) -> dict[str, Any]:
        for role, name in value.items():
            check_name(role, names=(*FIELDS, "extra"), what="role")
            if (role == "extra") != isinstance(name, dict):
                raise ValueError(f"{role} is {name!r}; only extra is a mapping: extra: {{year: meta.year}}")
            for own in name if role == "extra" else ():
                check_extra_name(own)
            if isinstance(name, list) and role not in ("id", "lang"):
                raise ValueError(
                    f"{role} is a list of fields; only id and lang may be several, the others are one each"
                )
            if isinstance(name, list) and (len(name) < 2 or len({*name}) < len(name)):
                raise ValueError(f"{role} is {name}; a list has two fields or more, each once")
        return value

    @property
    def single_fields(self) -> dict[str, str]:
        """Roles that one field has."""
        return {role: name for role, name in self.fields.items() if isinstance(name, str)}

    @property
    def extra_fields(self) -> dict[str, str]:
        """Name in `extra` → field."""
        fields = self.fields.get("extra", {})
        return fields if isinstance(fields, dict) else {}

    @property
    def key_fields(self) -> tuple[str, ...]:
        """Fields that are the id together; empty where it is one field, or none."""
        name = self.fields.get("id", "")
        return tuple(name) if isinstance(name, list) else ()

    @property
    def tag_fields(self) -> tuple[str, ...]:
        """Fields that are the language together, as language and script; empty where it is one, or none."""
        name = self.fields.get("lang", "")
        return tuple(name) if isinstance(name, list) else ()

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, value: str | None) -> str | None:
        return value if value is None else check_name(value, names=GENRES, what="profile")

    @field_validator("edits")
    @classmethod
    def _known_edits(cls, value: list[str] | None) -> list[str] | None:
        return value if value is None else check_edits(value)

    @field_validator("lang")
    @classmethod
    def _canonical_language(cls, value: str | None) -> str | None:
        tag = None if value is None else canonical_tag(value)
        return value if tag == UNDETERMINED else tag  # what is no tag is told with what it may mean

    @model_validator(mode="after")
    def _check_options(self) -> "SourceConfig":
        options = sources.load(self.type).Options
        try:
            options.model_validate(self.options)
        except ValidationError as error:
            problems = [line.replace("$", "options", 1) for line in describe_errors(error, model=options)]
            raise ValueError("; ".join(problems)) from error
        return self


class ClusteringConfig(Strict):
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


class DecideConfig(Strict):
    """Rules; everything here can change without touching text again."""

    languages: list[str] = Field(
        default_factory=lambda: list(languages.tags()),
        description="target languages; default: the 46, and those of `language_files`",
    )
    quality: bool = Field(default=True, description="apply the quality rules of the language files")
    profile: Literal["roots-as-run"] | None = Field(
        default=None,
        description="rules in place of the language files': `roots-as-run` has the numbers of ROOTS, "
        "for the 13 languages that it tuned",
    )
    thresholds: dict[str, dict[str, Limit]] = Field(
        default={}, description="language or 'all' → signal → bounds that replace the language file's"
    )
    url_duplicates: bool = Field(
        default=False,
        description="of documents with one canonical URL keep the latest capture, across sources; for "
        "crawls: elsewhere one URL may hold many documents",
    )
    exact_duplicates: bool = Field(default=True, description="of documents with equal texts keep one")
    near_duplicates: bool = Field(
        default=True,
        description="compare documents that share a band of MinHash; one that is like one that stays goes",
    )
    duplicate_scope: Literal["language", "global"] = Field(
        default="language", description="documents that are compared: of one language, or all"
    )
    preferred_date: PreferredDate = Field(
        default="newest",
        description="of duplicates that are equal in priority, damage and words, the one that stays, by day; "
        "documents without a date come last",
    )
    min_similarity: Fraction = Field(
        default=0.8,
        description="a near duplicate goes only if its similarity to a document that stays, estimated from "
        "their signatures, is this or more",
    )
    max_bucket_documents: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=16,
        description="documents that stay and share a band, with which another one is compared: "
        "the first in rank",
    )
    max_cluster_documents: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=500_000,
        description="documents that bands connect and one task compares; of more, pieces are compared each "
        "by itself",
    )
    clustering: ClusteringConfig = ClusteringConfig()

    def to_limits(self, minhash: MinHashOptions) -> CompareLimits:
        return CompareLimits(
            self.min_similarity, self.max_bucket_documents, self.max_cluster_documents, minhash
        )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        for tag in value:
            check_name(tag, names=languages.tags(), what="language")
        return sorted(set(value))

    @field_validator("thresholds")
    @classmethod
    def _known_thresholds(cls, value: dict[str, dict[str, Limit]]) -> dict[str, dict[str, Limit]]:
        for tag in value:
            check_name(tag, names=("all", *languages.tags()), what="language")
        return value


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


class LocalConfig(Strict):
    """The local runner; bytes of the release do not depend on it."""

    workers: PositiveInt = Field(
        default_factory=lambda: os.cpu_count() or 1, description="processes that work at once"
    )
    max_in_process_bytes: int = Field(
        default=64 << 20,
        description="inputs up to this size, as estimated text, run without worker processes: "
        "two cost 3.7 s to start",
    )


class CorpusConfig(Strict):
    """A whole corpus: sources in, release out."""

    name: Annotated[
        str, matching(r"^[a-z][a-z0-9-]{1,62}$", words="2 to 63 of a-z, 0-9 and -, a letter first")
    ] = Field(description="name of the release")
    version: Annotated[str, matching(r"^\d+\.\d+\.\d+$", words="three numbers, as 1.0.0")] = Field(
        description="version of the release"
    )
    output: str = Field(default="out", description="folder or URL of layers and release")
    cards: str = Field(description="folder of source cards")
    released: date | None = Field(
        default=None,
        description="date that the release bears; default: of SOURCE_DATE_EPOCH, else none, for no clock is "
        "asked",
    )
    sources: list[SourceConfig] = Field(min_length=1)
    plugins: list[PluginConfig] = Field(
        default=[], description="code of one's own beside the built-in sources, edits and signals"
    )
    language_files: list[str] = Field(
        default=[],
        description="files of languages beside the 46, `<tag>.yaml` each, as `rhizotron new language` writes "
        "them",
    )
    url_lists: list[UrlListConfig] = Field(
        default=[], description="lists of domains and URLs whose documents are refused at ingest"
    )
    removals: str = Field(
        default="removals",
        description="folder of the private ledger of removals, relative to the corpus file; it may be absent",
    )
    reservations: ReservationConfig = Field(
        default=ReservationConfig(), description="what is made of robots.txt and other reservations (how-to)"
    )
    lines: LineRule | None = Field(default=None, description="which repeated lines are removed")
    measure: MeasureConfig = Field(default_factory=MeasureConfig)  # plugins add sets of signals
    decide: DecideConfig = Field(default_factory=DecideConfig)  # language files add targets
    personal_data: PersonalDataConfig = PersonalDataConfig()
    publish: PublishConfig = PublishConfig()
    local: LocalConfig = LocalConfig()
    unit_bytes: PositiveInt = Field(
        default=128 << 20, description="splittable files are cut at about this size"
    )
    reviews: str | None = Field(
        default=None,
        description="folder of what speakers said of samples, for the cards, as `rhizotron review import` "
        "writes it; default: there is none",
    )
    max_bad_fraction: Fraction = Field(
        default=0.01, description="unreadable records per source before the run fails"
    )
    max_filter_errors: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="documents on which an edit or signal may raise, or whose reading may be stopped",
    )

    max_loss: Fraction = Field(
        default=0.5,
        description="share of a source's, site's or language's documents that duplicates, or one rule, may "
        "take before it is warned about; a source or language that lost more in all is told of, too",
    )
    fail_on_loss: bool = Field(
        default=False, description="more than max_loss is an error, and the release stays as it was"
    )

    @field_validator("released", mode="before")
    @classmethod
    def _written_date(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, date | str):
            raise ValueError(f"{value!r} is no date; write it as 2026-11-29")
        return value

    @model_validator(mode="after")
    def _known_signals(self) -> "CorpusConfig":
        names = rule_signals(self.measure)
        for scope, limits in self.decide.thresholds.items():
            for signal in limits:
                check_name(signal, names=names, what=f"signal in decide.thresholds.{scope}:")
        for lang in self.decide.languages:
            try:
                rules = language_rules(lang, decide=self.decide)
            except ValueError as error:
                raise ValueError(f"decide.thresholds, with what the file of {lang} says: {error}") from error
            missing = sorted({name for rule in rules for name in rule.columns} - {*names})
            if missing:
                raise ValueError(
                    f"rules of {lang} need {', '.join(missing)}, which measure.signals does not give; "
                    "add the signals or set decide.quality to false"
                )
        return self

    @model_validator(mode="after")
    def _known_lists(self) -> "CorpusConfig":
        names = [each.name for each in self.url_lists]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"url_lists: {', '.join(repeated)} more than once")
        for source in self.sources:
            for name in source.blocked_urls or ():
                check_name(name, names=names, what=f"list in blocked_urls of {source.card}:")
        return self

    @model_validator(mode="after")
    def _masked_kinds(self) -> "CorpusConfig":
        uids = tuple(source.card for source in self.sources)
        for uid in self.personal_data.by_source:
            check_name(uid, names=uids, what="source in personal_data.by_source:")
        for place, kind in self.personal_data.named_kinds():
            if kind not in self.measure.kinds:
                raise ValueError(
                    f"personal_data.{place} names {kind}, which measure.personal_data does not look for"
                )
        return self

    def masked_kinds(self, source: str, *, lang: str) -> tuple[str, ...]:
        """Kinds of personal data that are masked in published documents of a source and language."""
        return self.personal_data.masked_kinds(source, lang=lang, looked_for=self.measure.kinds)

    @property
    def kinds_masked_anywhere(self) -> set[str]:
        """Kinds that are masked in some published documents: a twin elsewhere must not tell them."""
        pairs = product((source.card for source in self.sources), self.decide.languages)
        return {kind for source, lang in pairs for kind in self.masked_kinds(source, lang=lang)}

    @model_validator(mode="after")
    def _unique_cards(self) -> "CorpusConfig":
        uids = [source.card for source in self.sources]
        repeated = sorted({uid for uid in uids if uids.count(uid) > 1})
        if repeated:
            raise ValueError(
                f"sources use the same card twice: {', '.join(repeated)}; give each its own card"
            )
        return self

    @model_validator(mode="after")
    def _few_priorities(self) -> "CorpusConfig":
        count = len({source.priority for source in self.sources})
        if count > MAX_PRIORITIES:
            raise ValueError(
                f"sources have {count:,} different priorities; at most {MAX_PRIORITIES:,} can be told apart: "
                "give sources that need no order between them the same"
            )
        return self


def rule_signals(measure: MeasureConfig) -> list[str]:
    """Columns that a rule may be about: numbers and truth values of signals, language and size."""
    fields = [*LANGUAGE, pa.field("text_bytes", pa.int64())]
    for name in measure.sets:
        fields += list(filters.base.load_signals(name).SCHEMA)
    fields += extra.make_schema(measure.extra)
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return [f.name for f in fields if any(kind(f.type) for kind in kinds)]


def language_rules(lang: str, *, decide: DecideConfig, genre: str | None = None) -> tuple[Rule, ...]:
    """The quality rules of a language: its file's, those of a source's genre, the corpus file's overrides."""
    if not decide.quality:
        return ()
    rules = roots_as_run(lang) if decide.profile == ROOTS_AS_RUN else languages.load(lang).rules
    if genre is not None:
        rules = relax(rules, genre=genre)
    for scope in ("all", lang):
        # a bound that is not given stays; one that is given as null is removed
        limits = decide.thresholds.get(scope, {})
        chosen = {signal: limit.model_dump(exclude_unset=True) for signal, limit in limits.items()}
        rules = override(rules, chosen)
    return rules


def load_config(path: str | Path) -> CorpusConfig:
    """Read and validate a corpus file; its plugins and language files are those of this process from now on.

    Raises ConfigError that lists every problem: of these first, since the rest may name what they bring.
    """
    raw = _read_mapping(path, model=CorpusConfig)
    try:
        entries = TypeAdapter(list[PluginConfig]).validate_python(raw.get("plugins", []))
    except ValidationError:  # told with the rest, below
        entries = []
    try:
        load_plugins(entries, folder=os.path.abspath(os.path.dirname(str(path))))
    except PluginError as error:
        raise ConfigError(str(path), problems=error.problems) from error
    try:
        names = TypeAdapter(list[str]).validate_python(raw.get("language_files", []))
    except ValidationError:  # told with the rest, below
        names = []
    if problems := load_languages(names, folder=os.path.abspath(os.path.dirname(str(path)))):
        raise ConfigError(str(path), problems=problems)
    return _validate(raw, place=str(path), model=CorpusConfig)


def load_strict(path: str | Path, *, model: type[_Model]) -> _Model:
    """Read a YAML file as a model; raises ConfigError that lists every problem."""
    return _validate(_read_mapping(path, model=model), place=str(path), model=model)


def _read_mapping(path: str | Path, *, model: type[Strict]) -> dict[str, Any]:
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
        fields = ", ".join([*model.model_fields][:4])
        raise ConfigError(place, problems=[f"expected a mapping of {fields} …"])
    return raw


def _validate(raw: Mapping[str, Any], *, place: str, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(place, problems=list(describe_errors(error, model=model))) from error
