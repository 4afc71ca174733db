"""A source of the corpus file: its card, its files, its fields, and what is other for it."""

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

import sources
from filters.profiles import GENRES
from layers.strict_yaml import describe_errors
from pipeline.config.lines import LineRule
from pipeline.config.measure import Strict, check_edits, check_extra_name, check_name
from pipeline.config.reservations import ReservationConfig
from sources.base import FIELDS
from sources.reading import maps
from sources.reading.language_tags import UNDETERMINED, canonical_tag


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

    def is_blocked_by(self, url_list: str) -> bool:
        """Whether a list of URLs holds for this source."""
        return self.blocked_urls is None or url_list in self.blocked_urls

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
