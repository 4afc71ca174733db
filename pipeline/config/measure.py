"""The part of corpus.yaml that says how text is changed and measured."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

import filters.base
from filters.extra import ExtraType
from filters.hashes.exact import Normalisation
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions, hub, label_tables
from filters.personal_data.kinds import KINDS
from layers.problems import suggest

PositiveInt = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


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
        default=SegmentOptions().max_sample_bytes,
        description="evenly spaced sample of longer documents; four times as much of mixed ones",
    )

    @field_validator("model")
    @classmethod
    def _pinned(cls, value: str) -> str:
        return str(hub.parse(value)) if hub.is_hub_id(value) else value


class MinHashConfig(Strict):
    """Bands × rows of MinHash over word n-grams."""

    bands: Annotated[int, Field(ge=1, le=64)] = Field(
        default=14, description="documents that share one band are near duplicates"
    )
    rows: Annotated[int, Field(ge=1, le=64)] = Field(default=8, description="minima of a band")
    ngram: PositiveInt = Field(default=5, description="words of a shingle")
    seed: int = Field(default=1, description="chooses the hash functions")
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


class MeasureConfig(Strict):
    """What happens to text before any decision."""

    model_config = ConfigDict(extra="allow", frozen=True)  # the options of each set: `signal_options`

    edits: list[str] = Field(
        default=["unescape", "invisible_data", "unicode_nfc", "control_characters", "whitespace"],
        description="changes of the text, in this order (signals.md)",
    )
    signals: list[str] = Field(
        default_factory=lambda: list(filters.base.default_signals()),
        description="sets of signals (signals.md); a set that has options below is measured too",
    )
    language_id: LanguageIdConfig = LanguageIdConfig()
    exact_hash: Normalisation = Field(
        default="whitespace_case",
        description="normalisation of exact duplicates: `whitespace_case`; for `whitespace_case_numbers` and "
        "`roots` pages that differ only in their numbers are one (docs/dedup.md)",
    )
    minhash: MinHashConfig = MinHashConfig()
    personal_data: bool | list[str] = Field(
        default=True,
        description="kinds of personal data and secrets that are looked for: true is all; what is masked of "
        "them is said at `personal_data`",
    )
    extra: dict[str, ExtraType] = Field(
        default={},
        description="name of a further field (`fields.extra` of a source) → its type: a column `extra.NAME` "
        "beside the signals, which rules may limit",
    )

    @field_validator("extra")
    @classmethod
    def _check_extra(cls, value: dict[str, ExtraType]) -> dict[str, ExtraType]:
        for name in value:
            check_extra_name(name)
        return value

    @field_validator("personal_data")
    @classmethod
    def _check_kinds(cls, value: bool | list[str]) -> bool | list[str]:
        for kind in value if isinstance(value, list) else ():
            check_name(kind, names=tuple(KINDS), what="kind of personal data")
        return value

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

    @model_validator(mode="after")
    def _check_signal_options(self) -> "MeasureConfig":
        """Every other key is the name of a set, and what stands there are its options."""
        given: dict[str, Any] = {} if self.__pydantic_extra__ is None else self.__pydantic_extra__
        fields = self.option_fields()
        problems: list[InitErrorDetails] = []
        for name, values in given.items():
            if name not in fields:
                problems.append(_problem("extra_forbidden", "unknown field", name, value=values))
            elif values is not None:
                try:
                    options = filters.base.make_options(name, values=values)
                except ValidationError as error:
                    problems += [
                        _problem(
                            each["type"],
                            each["msg"],
                            name,
                            *each["loc"],
                            value=each["input"],
                            **each.get("ctx", {}),
                        )
                        for each in error.errors()
                    ]
                else:
                    given[name] = options and options.model_dump(mode="json")
        for name in self.signals:
            if filters.base.requires_options(name) and given.get(name) is None:
                message = "required: `signals` names the set, and its options have no defaults"
                problems.append(_problem("no_options", message, name, value={}))
        if problems:
            raise ValidationError.from_exception_data("measure", problems)
        for name in fields:
            given.setdefault(name, None)  # a release says of every set whether it had options
        return self

    @classmethod
    def option_fields(cls) -> dict[str, FieldInfo]:
        """Set → the key of its options, for sets that have any."""
        return {
            name: FieldInfo(
                annotation=model | None,  # type: ignore[arg-type]
                default=None,
                description=f"options of the signals `{name}`, which are measured where this is given",
            )
            for name in filters.base.names("signals")
            if (model := filters.base.options_model(name)) is not None
        }

    @property
    def signal_options(self) -> dict[str, dict[str, Any]]:
        """Set → options, where the corpus file gives them."""
        return {name: values for name, values in (self.model_extra or {}).items() if values is not None}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of personal data that are looked for."""
        if isinstance(self.personal_data, bool):
            return tuple(KINDS) if self.personal_data else ()
        return tuple(kind for kind in KINDS if kind in self.personal_data)

    @property
    def sets(self) -> tuple[str, ...]:
        """The sets of signals that are measured, in the order of their columns; decide's come last."""
        decide = filters.base.decide_signals()
        chosen = dict.fromkeys([*self.signals, *self.signal_options])
        return (*(name for name in chosen if name not in decide), *decide)


def _problem(kind: str, message: str, *loc: str | int, value: object, **context: object) -> InitErrorDetails:
    error = PydanticCustomError(kind, "{message}", {**context, "message": message})
    return InitErrorDetails(type=error, loc=loc, input=value)


def check_name(value: str, *, names: tuple[str, ...] | list[str], what: str) -> str:
    """value if it is one of names; raises ValueError with a suggestion."""
    if value in names:
        return value
    raise ValueError(f"unknown {what} {value!r}{suggest(value, names=sorted(names))}")


def check_extra_name(value: str) -> str:
    """value if it can name a further field; raises ValueError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", value):
        raise ValueError(f"extra: the name {value!r} is not 1 to 63 of a-z, 0-9 and _, a letter first")
    return value


def check_edits(value: list[str]) -> list[str]:
    for name in value:
        check_name(name, names=filters.base.names("edits"), what="edit")
    return value
