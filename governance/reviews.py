"""What speakers said of documents that were kept and dropped: samples, reviews of them, and what follows.

A sample is blind: the sheet that a speaker labels does not say what was decided, the key beside it does.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance.ledger import DUPLICATE_REASONS

LABELS: Mapping[str, str] = {
    "natural": "text that people wrote to be read, in this language",
    "boilerplate": "menus, legal notices, lists of links, templates",
    "too_short": "too little to be of use",
    "wrong_language": "most of it in another language",
    "not_language": "code, tables, symbols, spam of single words, damaged text",
}
"""What a speaker may say of a document; the first is what should be kept."""
GOOD = "natural"
NOT_SAMPLED = DUPLICATE_REASONS
"""Reasons that say nothing about the text itself: what goes for them is as good as what stays."""
_Z = 1.959964
"""Of 95 % of a normal distribution."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Sealed(_Closed):
    """A file that ends with a digest of what it says, so that an edit is noticed."""

    def to_json(self) -> bytes:
        """Canonical bytes, with the digest."""
        return _dump({**self.model_dump(mode="json"), "sha256": self.digest}) + b"\n"

    @property
    def digest(self) -> str:
        return hashlib.sha256(_dump(self.model_dump(mode="json"))).hexdigest()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Raises ValueError for anything else, and where what it says is not what was written."""
        try:
            raw = json.loads(data)
        except ValueError as error:
            raise ValueError(f"it is no JSON: {error}") from error
        if not isinstance(raw, dict):
            raise ValueError("it is no JSON object")
        recorded = raw.pop("sha256", None)
        try:
            read = cls.model_validate_json(json.dumps(raw))
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        if read.digest != recorded:
            raise ValueError("it was edited: its sha256 is that of other content")
        return read


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


class Stratum(_Closed):
    """Documents of one language with one verdict; reason empty: kept."""

    lang: str
    reason: str
    documents: int = Field(ge=1)


class Sampled(_Closed):
    """A document of a sample, and what the sheet does not say of it."""

    id: str
    doc_id: str
    source: str
    lang: str = Field(description="whose speaker is asked: assigned, or of a dropped document declared")
    reason: str = Field(description="first failed rule; empty: kept")
    text_sha256: str = Field(description="of what the sheet shows, white space apart")


class Sample(_Sealed):
    """Documents to be labelled, with the sizes of what they were drawn from: the key of a sheet."""

    sample_version: Literal[1] = 1
    release: str = Field(description="name and version")
    decisions: str = Field(description="digest of all decisions")
    seed: int
    strata: list[Stratum]
    documents: list[Sampled]


class Label(_Closed):
    """What was said of a document."""

    id: str
    doc_id: str
    reason: str
    label: str

    @model_validator(mode="after")
    def _known_label(self) -> Self:
        if self.label not in LABELS:
            raise ValueError(f"unknown label {self.label!r}; it is one of {', '.join(LABELS)}")
        return self


class Review(_Sealed):
    """The labels that one reader gave to the documents of a sample in one language."""

    review_version: Literal[1] = 1
    reader: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    lang: str
    release: str
    decisions: str
    sample: str = Field(description="digest of the sample")
    strata: list[Stratum]
    labels: list[Label] = Field(min_length=1)


class Share(_Closed):
    """How many of the documents that were read are natural text, and between what bounds the share lies."""

    read: int = Field(ge=0)
    good: int = Field(ge=0)
    share: float | None = Field(description="each stratum weighing as many documents as it has; null of none")
    low: float | None = Field(description="of the Wilson interval of 95 %")
    high: float | None


class LanguageReview(_Closed):
    """What readers found in one language of one release."""

    release: str
    decisions: str = Field(description="digest of the decisions that were read")
    is_current: bool = Field(default=False, description="they are those of this release")
    readers: int = Field(ge=1)
    disagreed: int = Field(
        ge=0, description="documents that as many readers call natural as not: not counted"
    )
    kept: Share
    dropped: Share
    reasons: dict[str, Share] = Field(description="first failed rule → documents that were dropped for it")
    labels: dict[str, int] = Field(description="label → times it was given")


def wilson(share: float, *, count: float) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927) for a share of so many; count may be an effective number above 0."""
    square = _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def estimate(read: Mapping[str, tuple[int, int]], *, sizes: Mapping[str, int]) -> Share:
    """The share of natural text from (natural, read) of strata, and the documents that each has.

    Strata weigh by their documents; the interval is that of Kish's effective number of documents.
    """
    total = sum(sizes[name] for name, (_, n) in read.items() if n)
    counts = [(good, n, sizes[name] / total) for name, (good, n) in read.items() if n]
    good, documents = sum(each[0] for each in counts), sum(each[1] for each in counts)
    if not counts:
        return Share(read=0, good=0, share=None, low=None, high=None)
    share = min(math.fsum(weight * good / n for good, n, weight in counts), 1.0)
    effective = 1 / math.fsum(weight * weight / n for _, n, weight in counts)
    low, high = wilson(share, count=effective)
    return Share(read=documents, good=good, share=round(share, 4), low=round(low, 4), high=round(high, 4))


def summarise(reviews: Iterable[Review]) -> dict[str, list[LanguageReview]]:
    """Language → what readers found, for each set of decisions that they read, most documents first."""
    groups: dict[tuple[str, str], list[Review]] = {}
    for review in reviews:
        groups.setdefault((review.lang, review.decisions), []).append(review)
    found: dict[str, list[LanguageReview]] = {}
    for (lang, _), group in sorted(groups.items()):
        found.setdefault(lang, []).append(_summarise_group(group))
    for each in found.values():
        each.sort(key=lambda review: (-review.kept.read - review.dropped.read, review.decisions))
    return found


def _summarise_group(reviews: Sequence[Review]) -> LanguageReview:
    """A document that several have read counts once, by their majority."""
    votes: dict[tuple[str, str], Counter[bool]] = {}
    for review in reviews:
        for label in review.labels:
            votes.setdefault((label.reason, label.doc_id), Counter())[label.label == GOOD] += 1
    read: dict[str, tuple[int, int]] = {}
    disagreed = 0
    for (reason, _), vote in sorted(votes.items()):
        if vote[True] == vote[False]:
            disagreed += 1
            continue
        good, n = read.get(reason, (0, 0))
        read[reason] = (good + (vote[True] > vote[False]), n + 1)
    sizes = {stratum.reason: stratum.documents for review in reviews for stratum in review.strata}
    dropped = {reason: counts for reason, counts in read.items() if reason}
    labels = Counter(label.label for review in reviews for label in review.labels)
    return LanguageReview(
        release=reviews[0].release,
        decisions=reviews[0].decisions,
        readers=len({review.reader for review in reviews}),
        disagreed=disagreed,
        kept=estimate({"": read.get("", (0, 0))}, sizes={"": 1, **sizes}),
        dropped=estimate(dropped, sizes=sizes),
        reasons={reason: estimate({reason: counts}, sizes=sizes) for reason, counts in dropped.items()},
        labels={label: labels[label] for label in LABELS if labels[label]},
    )


def choose(found: Mapping[str, Sequence[LanguageReview]], *, decisions: str) -> dict[str, LanguageReview]:
    """Language → what was found in these decisions; else in those of which most documents were read."""
    chosen = {
        lang: next((each for each in reviews if each.decisions == decisions), reviews[0])
        for lang, reviews in sorted(found.items())
    }
    return {
        lang: review.model_copy(update={"is_current": review.decisions == decisions})
        for lang, review in chosen.items()
    }
