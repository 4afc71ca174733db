"""What a request for removal is about: documents that go, twins that stay or come back, gated sources."""

from dataclasses import asdict, dataclass, field
from typing import Any

from governance.removals.ledger import Cut, Executed, Tombstone
from pipeline.inspect.gating import GatedSource


@dataclass
class Found:
    """A document that a request is about."""

    key_id: str
    source: str
    lang: str = ""
    doc_id: str = ""
    raw_sha256: str = ""
    selectors: set[int] = field(default_factory=set)
    """Places among the selectors of the request."""
    is_released: bool = False
    is_twin: bool = False
    has_shared_key: bool = False
    text_bytes: int = 0
    exact_hash: bytes = b""
    kept_doc_id: str = ""
    shard: str = ""
    spans: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()

    def to_tombstone(self) -> Tombstone:
        return Tombstone(
            doc_id=self.doc_id or self.key_id,
            key_id=self.key_id,
            source=self.source,
            lang=self.lang,
            raw_sha256=self.raw_sha256 if self.has_shared_key else "",
            is_released=self.is_released,
            is_twin=self.is_twin,
            spans=self.spans,
            replacements=self.replacements,
            cuts=self.cuts if self.is_released else (),
        )


@dataclass(frozen=True)
class Twin:
    """A document that is like one that goes: it stays, or was dropped for it and may come back."""

    doc_id: str
    source: str
    lang: str
    of: str
    method: str
    similarity: float | None
    asked_for: bool
    """Itself asked for, so that it does not come back."""
    shard: str = ""
    """Where it would come back."""


@dataclass(frozen=True)
class Matched:
    """What a request is about, and what comes of taking it out."""

    documents: tuple[Found, ...]
    near: tuple[Twin, ...]
    """Near duplicates that are in the release, or would be: they stay."""
    returning: tuple[Twin, ...]
    """Dropped for a document that goes; those that are asked for themselves do not come back."""
    units: tuple[str, ...]
    shards: tuple[str, ...]
    """That have what goes, or get what may come back."""
    released_documents: int
    """Of the whole release."""
    recounted: tuple[str, ...] = ()
    """Sources whose repeated lines are counted again: one that is no longer repeated comes back elsewhere."""
    gated: tuple[GatedSource, ...] = ()
    """Sources that a request to gate them is about."""

    def to_json(self) -> dict[str, Any]:
        """For machines; values of spans are not in it."""
        return {
            "documents": [
                {
                    "doc_id": each.doc_id or each.key_id,
                    "source": each.source,
                    "language": each.lang or None,
                    "released": each.is_released,
                    "exact_twin": each.is_twin,
                    "selectors": sorted(each.selectors),
                    "text_bytes": each.text_bytes,
                    "shard": each.shard or None,
                    "spans": [[cut.start, cut.end] for cut in each.cuts],
                }
                for each in self.documents
            ],
            "near_twins": [asdict(twin) for twin in self.near],
            "returning": [asdict(twin) for twin in self.returning],
            "units": list(self.units),
            "shards": list(self.shards),
            "recounted": list(self.recounted),
            **({"gated": [each.to_json() for each in self.gated]} if self.gated else {}),
        }


def recall(executed: Executed) -> Matched:
    """What was written down of an attempt that did not come to its end."""
    documents = tuple(
        Found(
            each.key_id,
            each.source,
            lang=each.lang,
            doc_id=each.doc_id,
            raw_sha256=each.raw_sha256,
            is_released=each.is_released,
            is_twin=each.is_twin,
            has_shared_key=bool(each.raw_sha256),
            spans=each.spans,
            replacements=each.replacements,
            cuts=each.cuts,
        )
        for each in executed.tombstones
    )
    return Matched(documents, (), (), (), (), 0)
