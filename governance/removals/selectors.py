"""Selectors of a request for removal: as written, as compared, and which match too much."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import Field, model_validator

from governance.amounts import Closed
from governance.removals.span_digests import MAX_BYTES, MIN_BYTES
from governance.removals.urls import canonical, canonical_host, split_canonical

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
    "span_sha256",
]
_DOC_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SWHID = re.compile(r"swh:1:cnt:[0-9a-f]{40}")
_PROBES = (
    "The committee will publish its report in the spring.",
    "Комитет опубликует свой доклад весной.",
    "ستنشر اللجنة تقريرها في الربيع",
    "समिति वसंत में अपनी रिपोर्ट प्रकाशित करेगी।",
    "委员会将在春天发表报告。",
    "Kamati itachapisha ripoti yake",
)
"""Sentences that have nothing in common: what is in all of them is in every document."""


class Selector(Closed):
    """What a request is about."""

    type: SelectorType
    value: str | None = Field(
        default=None,
        min_length=1,
        description="of its type; of a span: the text that has to go, which stays in the private ledger",
    )
    doc_id: str | None = Field(default=None, description="of a span: the document that it is in; null: any")
    bytes: int | None = Field(
        default=None,
        ge=MIN_BYTES,
        le=MAX_BYTES,
        description="of a span_sha256: length of the span in UTF-8; it begins and ends where a word does",
    )
    replacement: str | None = Field(
        default=None,
        min_length=1,
        description="of a span that is corrected: what stands there instead; stays in the private ledger",
    )
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

    @property
    def canonical(self) -> str:
        """The value as it is compared."""
        value = self.value or ""
        if self.type in ("url", "url_prefix"):
            return canonical(value) or ""
        if self.type == "domain":
            return canonical_host(_bare_domain(value))
        if self.type in ("doc_id", "text_sha256", "span_sha256"):
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
        if selector.bytes is not None:
            yield "bytes belongs to a span_sha256; this is a span"
        if selector.value and selector.replacement and selector.value in selector.replacement:
            yield "the replacement has the value in it; take in the word before or behind it"
        yield from _problems_of_doc_id(selector)
        return
    if selector.type == "span_sha256":
        if selector.bytes is None:
            yield "a span_sha256 says how long the span is: bytes"
        yield from _problems_of_doc_id(selector)
    own = ("doc_id", "bytes") if selector.type == "span_sha256" else ()
    for name in ("doc_id", "start", "end", "bytes", "replacement"):
        if getattr(selector, name) is not None and name not in own:
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
    if selector.type in ("text_sha256", "span_sha256") and not _SHA256.fullmatch(selector.canonical):
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


def _problems_of_doc_id(selector: Selector) -> Iterator[str]:
    if selector.doc_id is not None and not _DOC_ID.fullmatch(selector.doc_id.lower()):
        yield f"doc_id has 32 hexadecimal digits (got {selector.doc_id!r})"


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


def why_broad(selector: Selector) -> str | None:
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
