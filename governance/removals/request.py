"""A request to take something out of a corpus: schema, authority, and selectors that match too much."""

import re
from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from governance.removals.urls import canonical, canonical_host, split_canonical
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
SelectorType = Literal[
    "url",
    "url_prefix",
    "domain",
    "doc_id",
    "source_uid",
    "creator",
    "text_sha256",
    "swhid",
    "pattern",
    "span",
]
Action = Literal["drop_document", "redact_span", "drop_source", "gate_source", "block_future", "correct"]
State = Literal["received", "verified", "accepted", "partial", "rejected", "executed", "appealed"]

OWN_DUTY = frozenset({"illegal_content", "safety", "upstream_removal", "quality"})
"""Kinds that anyone may report: the corpus removes on its own account, whoever told it."""
ACTIVE = frozenset({"accepted", "partial", "executed"})
"""States in which a request acts."""
ACTING = frozenset({"drop_document", "drop_source", "block_future", "redact_span", "gate_source"})
"""Actions that change a release."""
_DOC_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SWHID = re.compile(r"swh:1:cnt:[0-9a-f]{40}")
_SPAN_SHA256 = (
    "span_sha256: a digest of a span cannot be looked for without its length and normalisation, and tells a "
    "telephone number to whoever tries all; ask for the span itself: type span, with its value, which stays "
    "in the private ledger, or with doc_id, start and end"
)
_PROBES = (
    "The committee will publish its report in the spring.",
    "Комитет опубликует свой доклад весной.",
    "ستنشر اللجنة تقريرها في الربيع",
    "समिति वसंत में अपनी रिपोर्ट प्रकाशित करेगी।",
    "委员会将在春天发表报告。",
    "Kamati itachapisha ripoti yake",
)
"""Sentences that have nothing in common: what is in all of them is in every document."""


class InvalidRequest(ValueError):
    """A request that cannot be read, has no authority or matches everything; the message lists them."""

    def __init__(self, place: str, problems: list[str]) -> None:
        super().__init__(list_problems(place, problems))
        self.problems = problems


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Requester(_Closed):
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


class Selector(_Closed):
    """What a request is about."""

    type: SelectorType
    value: str | None = Field(
        default=None,
        min_length=1,
        description="of its type; of a span: the text that has to go, which stays in the private ledger",
    )
    doc_id: str | None = Field(default=None, description="of a span: the document that it is in; null: any")
    start: int | None = Field(default=None, ge=0, description="of a span: first code point in released text")
    end: int | None = Field(default=None, ge=1, description="of a span: code point behind its last")
    allow_everything: bool = Field(
        default=False, description="the selector may match whatever it matches, all documents included"
    )

    @model_validator(mode="after")
    def _check(self) -> "Selector":
        problems = [*_problems_of(self)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="before")
    @classmethod
    def _explain(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("type") == "span_sha256":
            raise ValueError(_SPAN_SHA256)
        return value

    @property
    def canonical(self) -> str:
        """The value as it is compared."""
        value = self.value or ""
        if self.type in ("url", "url_prefix"):
            return canonical(value) or ""
        if self.type == "domain":
            return canonical_host(_bare_domain(value))
        if self.type in ("doc_id", "text_sha256"):
            return value.lower().removeprefix("sha256:")
        if self.type == "swhid":
            return value.strip().partition(";")[0].lower()
        return normal_creator(value) if self.type == "creator" else value


def normal_creator(name: str) -> str:
    """A name as names are compared: case and runs of white space do not matter."""
    return " ".join(name.casefold().split())


def _bare_domain(value: str) -> str:
    text = value.strip().removeprefix("*.").removeprefix(".")
    return split_canonical(canonical(text) or "/")[0] if "/" in text else text


def _problems_of(selector: Selector) -> Iterator[str]:
    if selector.type == "span":
        has_offsets = selector.start is not None or selector.end is not None
        if has_offsets and (selector.start is None or selector.end is None or selector.start >= selector.end):
            yield "a span has start and end, and start is below end"
        if has_offsets and selector.doc_id is None:
            yield "a span of offsets needs doc_id"
        if not has_offsets and not selector.value:
            yield "a span has a value, or doc_id, start and end"
        if selector.doc_id is not None and not _DOC_ID.fullmatch(selector.doc_id.lower()):
            yield f"doc_id has 32 hexadecimal digits (got {selector.doc_id!r})"
        return
    for name in ("doc_id", "start", "end"):
        if getattr(selector, name) is not None:
            yield f"{name} belongs to a span; this is a {selector.type}"
    if not selector.value or not selector.value.strip():
        yield f"value: a {selector.type} needs one"
        return
    is_address = selector.type in ("url", "url_prefix", "domain")
    is_scheme = selector.type == "url_prefix" and _is_bare_scheme(selector.value)
    if is_address and not selector.canonical and not is_scheme:
        yield f"value: {selector.value!r} names no host"
    if selector.type == "domain" and "/" in selector.canonical:
        yield f"value: {selector.value!r} is no domain"
    if selector.type == "doc_id" and not _DOC_ID.fullmatch(selector.canonical):
        yield f"value: a doc_id has 32 hexadecimal digits (got {selector.value!r})"
    if selector.type == "text_sha256" and not _SHA256.fullmatch(selector.canonical):
        yield f"value: a SHA-256 has 64 hexadecimal digits (got {selector.value!r})"
    if selector.type == "swhid" and not _SWHID.fullmatch(selector.canonical):
        yield (
            "value: the SWHID of a content is swh:1:cnt: and 40 hexadecimal digits; directories and "
            f"revisions hold no text (got {selector.value!r})"
        )
    if selector.type == "pattern":
        try:
            compile_pattern(selector.value)
        except ValueError as error:
            yield f"value: {error}"


def _is_bare_scheme(value: str) -> bool:
    return re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*:)?/*", value.strip()) is not None


def compile_pattern(pattern: str) -> Any:
    """A regular expression of RE2, which takes linear time; raises ValueError."""
    import re2  # 10 ms that only patterns pay

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        message = error.args[0] if error.args else ""
        text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
        raise ValueError(f"{pattern!r} is no regular expression of RE2: {text}") from error


class Scope(_Closed):
    """How far a request goes."""

    languages: list[str] | Literal["all"] = Field(
        default="all", description="assigned languages of the documents that it is about"
    )
    time: Literal["existing", "existing_and_future"] = Field(
        description="existing: what is there when it is executed; and_future: what is read later, too"
    )
    derived: bool = Field(default=True, description="exact copies under other keys and URLs, too")


class Decision(_Closed):
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


class Match(_Closed):
    """What a dry run said."""

    run_id: str | None = None
    docs: int = 0
    dup_twins: int = 0
    sources: list[str] = []
    shards: list[str] = []
    repos: list[str] = []
    bytes: int = 0


class DerivedCopy(_Closed):
    kind: Literal["parquet_ref", "search_index", "mirror", "cache", "dedup_index"]
    state: Literal["unknown", "pending", "removed", "none"]


class Execution(_Closed):
    """How it was carried out."""

    release: str
    commits: list[str] = []
    history_purged: bool = False
    derived_copies: list[DerivedCopy] = []
    verified_at: _Timestamp | None = None
    verified_by_test: bool = False
    searched_files: int = Field(default=0, description="files of the output in which nothing was left")


class Request(_Closed):
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
    evidence: list[str] = []
    decision: Decision
    match: Match | None = None
    execution: Execution | None = None
    public: Literal["none", "count_only", "list"]

    @model_validator(mode="after")
    def _check(self) -> "Request":
        types = {selector.type for selector in self.selectors}
        if self.action == "redact_span" and types - {"span", "pattern"}:
            raise ValueError("redact_span is about selectors of type span or pattern")
        if self.action != "redact_span" and "span" in types:
            raise ValueError(f"a span is redacted (redact_span); {self.action} is about documents")
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
        return self.decision.state in ACTIVE and self.action in ACTING


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
        why = None if selector.allow_everything else _why_broad(selector)
        if why:
            problems.append(f"$.selectors[{place}]: {why}; if that is meant, --allow-everything")
    return problems


def _why_broad(selector: Selector) -> str | None:
    value = selector.value or ""
    if selector.type == "url_prefix" and (_is_bare_scheme(value) or not selector.canonical):
        return f"{value!r} names no host: it is a prefix of every URL"
    if selector.type == "domain" and (owner := _suffix(selector.canonical)):
        return f"{value!r} is the suffix {owner}, under which anyone has domains"
    if selector.type == "url_prefix" and (owner := _suffix(split_canonical(selector.canonical)[0])):
        return f"{value!r} is of the suffix {owner}, under which anyone has domains"
    if selector.type == "creator" and not re.search(r"\w", value):
        return f"{value!r} names nobody"
    if selector.type == "span" and selector.start is None and len(value.strip()) < 4:
        return f"{value!r} is too short to be a span of its own"
    if selector.type == "pattern":
        pattern = compile_pattern(value)
        if pattern.search("") is not None:
            return f"{value!r} matches the empty text, and so every document"
        if all(pattern.search(probe) is not None for probe in _PROBES):
            return f"{value!r} matches sentences that have nothing in common, and so every document"
    return None


def _suffix(host: str) -> str | None:
    """The public suffix that a host is, if it is one; private ones (`github.io`) included."""
    if host.startswith("[") or host.replace(".", "").isdigit():
        return None
    parts = _suffixes()(f"//{host}/")
    if parts.suffix and not parts.domain:
        return str(parts.suffix)
    return host if "." not in host and host != "localhost" else None


@cache
def _suffixes() -> Any:
    """The public suffixes that tldextract's release carries; nothing is fetched."""
    import tldextract  # 0.5 s that only domains pay

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)
