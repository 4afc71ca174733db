"""The whole corpus file, and what its parts say of each other."""

import os
from datetime import date
from itertools import product
from typing import Annotated, Any

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

import filters.base
from filters import extra
from filters.language_id import LANGUAGE
from layers.strict_yaml import matching
from pipeline.config.decide import DecideConfig, language_rules
from pipeline.config.lines import LineRule
from pipeline.config.measure import Fraction, MeasureConfig, PositiveInt, Strict, check_name
from pipeline.config.personal_data import PersonalDataConfig
from pipeline.config.plugins import PluginConfig
from pipeline.config.publish import PublishConfig
from pipeline.config.reservations import ReservationConfig
from pipeline.config.source import SourceConfig
from pipeline.config.url_lists import UrlListConfig

MAX_PRIORITIES = 1 << 10
"""Different priorities that the rank of a document has bits for."""


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
