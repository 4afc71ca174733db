"""A request to take something out of a corpus: its schema, and its authority."""

from datetime import date as Date
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from governance.amounts import Closed
from governance.removals.selectors import Selector, why_broad
from layers import strict_yaml
from layers.problems import list_problems
from layers.strict_yaml import describe_errors, matching

Kind = Literal[
    "copyright",
    "tdm_reservation",
    "privacy_erasure",
    "privacy_rectification",
    "custodian_withdrawal",
    "community_sovereignty",
    "illegal_content",
    "safety",
    "upstream_removal",
    "quality",
]
Action = Literal["drop_document", "redact_span", "drop_source", "gate_source", "block_future", "correct"]
State = Literal["received", "verified", "accepted", "partial", "rejected", "executed", "appealed"]

OWN_DUTY = frozenset({"illegal_content", "safety", "upstream_removal", "quality"})
"""Kinds that anyone may report: the corpus removes on its own account, whoever told it."""
ACTIVE = frozenset({"accepted", "partial", "executed"})
"""States in which a request acts."""
CUTTING = frozenset({"redact_span", "correct"})
"""Actions that change a stretch of a document."""


class InvalidRequest(ValueError):
    """A request that cannot be read, has no authority or matches everything; the message lists them."""

    def __init__(self, place: str, problems: list[str]) -> None:
        super().__init__(list_problems(place, problems))
        self.problems = problems


def _to_text(value: Any) -> Any:
    """YAML reads dates and times; a request keeps them as text in ISO 8601."""
    return value.isoformat() if isinstance(value, Date | datetime) else value


_Timestamp = Annotated[
    str,
    BeforeValidator(_to_text),
    matching(
        r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$",
        words="a date or time in ISO 8601, as 2026-11-29 or 2026-11-29T12:00:00Z",
    ),
]


class Requester(Closed):
    """Who asks, and by what right; name and contact stay in the private ledger and may be deleted."""

    name: str | None = None
    contact: str | None = Field(default=None, description="kept private, deletable")
    relationship: Literal["self", "rights_holder", "custodian", "representative", "community", "third_party"]
    verified: Literal["no", "domain", "account", "document"] = Field(
        description="how it was made sure of: control of the domain or account, or a document"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_no(cls, value: Any) -> Any:
        # `verified: no` is a boolean in YAML
        if isinstance(value, dict) and value.get("verified") is False:
            return value | {"verified": "no"}
        return value


class Scope(Closed):
    """How far a request goes."""

    languages: list[str] | Literal["all"] = Field(
        default="all", description="assigned languages of the documents that it is about"
    )
    time: Literal["existing", "existing_and_future"] = Field(
        description="existing: what is there when it is executed; and_future: what is read later, too"
    )
    derived: bool = Field(default=True, description="exact copies under other keys and URLs, too")


class Decision(Closed):
    """What was decided, by whom, until when."""

    state: State
    by: str | None = None
    at: _Timestamp | None = None
    reason: str | None = None
    due_at: _Timestamp = Field(description="when the requester must have an answer")

    @model_validator(mode="after")
    def _check(self) -> "Decision":
        if self.state in ("rejected", "partial") and not self.reason:
            raise ValueError(f"a request that is {self.state} needs a reason")
        if self.state in ACTIVE and not (self.by and self.at):
            raise ValueError(f"a request that is {self.state} says by whom and at what time: by, at")
        return self


class Match(Closed):
    """What a dry run said."""

    run_id: str | None = None
    docs: int = 0
    dup_twins: int = 0
    sources: list[str] = Field(default=[])
    shards: list[str] = Field(default=[])
    repos: list[str] = Field(default=[])
    bytes: int = 0


class DerivedCopy(Closed):
    kind: Literal["parquet_ref", "search_index", "mirror", "cache", "dedup_index"]
    state: Literal["unknown", "pending", "removed", "none"]


class Execution(Closed):
    """How it was carried out."""

    release: str
    commits: list[str] = Field(default=[])
    history_purged: bool = False
    derived_copies: list[DerivedCopy] = Field(default=[])
    verified_at: _Timestamp | None = None
    verified_by_test: bool = False
    searched_files: int = Field(default=0, description="files of the output in which nothing was left")


class Request(Closed):
    """A request, as it lies in the private ledger."""

    request_id: Annotated[
        str,
        matching(r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", words="a ULID: 26 letters and digits, without I, L, O, U"),
    ]
    received_at: _Timestamp
    channel: str = Field(min_length=1, description="how it came: e-mail, form, letter …")
    kind: Kind
    requester: Requester
    selectors: list[Selector] = Field(min_length=1)
    scope: Scope
    action: Action
    evidence: list[str] = Field(default=[])
    decision: Decision
    match: Match | None = None
    execution: Execution | None = None
    public: Literal["none", "count_only", "list"]

    @model_validator(mode="after")
    def _check(self) -> "Request":
        types = {selector.type for selector in self.selectors}
        if self.action == "redact_span" and types - {"span", "span_sha256", "pattern"}:
            raise ValueError("redact_span is about selectors of type span, span_sha256 or pattern")
        if self.action == "correct" and (
            types != {"span"} or not all(selector.replacement for selector in self.selectors)
        ):
            raise ValueError("correct is about selectors of type span, each with its replacement")
        if self.action not in CUTTING and types & {"span", "span_sha256"}:
            raise ValueError(
                f"a span is redacted or corrected (redact_span, correct); {self.action} is about documents"
            )
        if self.action != "correct" and any(selector.replacement for selector in self.selectors):
            raise ValueError(f"a replacement is of the action correct; this is {self.action}")
        if self.action in ("drop_source", "gate_source") and types != {"source_uid"}:
            raise ValueError(f"{self.action} is about selectors of type source_uid")
        if self.action == "gate_source" and (
            self.scope.languages != "all" or self.scope.time != "existing_and_future"
        ):
            raise ValueError(
                "gate_source is about whole sources, from the next version on: scope.languages is all, "
                "scope.time existing_and_future"
            )
        if self.decision.state == "executed" and self.execution is None:
            raise ValueError("a request that is executed has an execution")
        return self

    @property
    def is_active(self) -> bool:
        return self.decision.state in ACTIVE


def parse_request(text: str, *, place: str) -> Request:
    """A request of the text of a YAML file; raises InvalidRequest, which lists every problem."""
    try:
        raw = strict_yaml.load(text)
    except ValueError as error:
        raise InvalidRequest(place, [str(error)]) from error
    if not isinstance(raw, dict):
        raise InvalidRequest(place, ["expected a mapping of request_id, received_at, channel, kind …"])
    try:
        return Request.model_validate(raw)
    except ValidationError as error:
        raise InvalidRequest(place, list(describe_errors(error, model=Request))) from error


def check_authority(request: Request) -> list[str]:
    """Why a request may not act: nobody with a right to it asked, as far as was verified."""
    who = request.requester
    if request.kind in OWN_DUTY:
        return []
    problems = []
    if who.verified == "no":
        problems.append(
            "$.requester.verified: no authority: who asks was not verified; make sure of the domain, the "
            "account or by a document, and write down which"
        )
    if who.relationship == "third_party":
        problems.append(
            f"$.requester.relationship: no authority: a third party cannot ask for {request.kind}; only "
            f"{', '.join(sorted(OWN_DUTY))} may be reported by anyone"
        )
    if who.relationship == "representative" and who.verified not in ("no", "document"):
        problems.append(
            "$.requester.verified: no authority: a representative shows a document, whatever account or "
            "domain they have"
        )
    return problems


def find_broad(request: Request) -> list[str]:
    """The selectors that match everything, each with why, but for those that say they may."""
    problems = []
    for place, selector in enumerate(request.selectors):
        why = None if selector.allow_everything else why_broad(selector)
        if why:
            problems.append(f"$.selectors[{place}]: {why}; if that is meant, --allow-everything")
    return problems
