"""A dated re-check: what today's robots.txt and other files of sites say about yesterday's captures.

By the drafts a change of robots.txt is not retroactive. To apply it to what was taken before is a policy of a
corpus, and the report calls it one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from filters.hashes.urls import canonical_url
from governance.reservations.addresses import find_site
from governance.reservations.document import gather, judge
from governance.reservations.signals import Question, Signal
from governance.reservations.terms import Terms
from pipeline.errors import InputError
from pipeline.inspect.released_urls import Documents
from sources.reading.site_files import ParsedCopies

POLICY = "retroactive"
NOTE = (
    "what sites say today is applied to captures of before: a policy of the corpus, for by RFC 9309 and the "
    "drafts of AIPREF a change of robots.txt is not retroactive"
)
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NO_DATE = "1970-01-01"


@dataclass(frozen=True)
class Reserved:
    """A document that is reserved today, and the signal that says so."""

    doc_id: str
    url: str
    lang: str
    source: str
    signal: Signal

    def to_json(self) -> dict[str, Any]:
        signal = self.signal.model_dump(exclude_none=True)
        return {
            "doc_id": self.doc_id,
            "url": self.url,
            "lang": self.lang,
            "source": self.source,
            "reason": "reserved",
            "signal": signal,
        }


@dataclass
class Loss:
    """Documents and bytes of text: all, those of sites with a copy, those that are reserved."""

    documents: int = 0
    bytes: int = 0
    checked_documents: int = 0
    checked_bytes: int = 0
    reserved_documents: int = 0
    reserved_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """With the shares that would be lost."""
        return {
            **vars(self),
            "share_of_documents": _share(self.reserved_documents, self.documents),
            "share_of_bytes": _share(self.reserved_bytes, self.bytes),
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


@dataclass
class Report:
    """What a re-check says of all documents."""

    terms: Terms
    signals: str
    """Where today's files are from."""
    date: str | None
    languages: dict[str, Loss] = field(default_factory=dict)
    by_protocol: Counter[str] = field(default_factory=Counter)
    reserved: list[Reserved] = field(default_factory=list)
    sites: dict[str, bool] = field(default_factory=dict)
    """Site → whether there is a copy of a file of it."""
    without_url: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    """File that says nothing → why."""
    unreachable: dict[str, str] = field(default_factory=dict)
    """Site that was asked and did not answer → why."""

    @property
    def total(self) -> Loss:
        total = Loss()
        for loss in self.languages.values():
            for name, value in vars(loss).items():
                setattr(total, name, getattr(total, name) + value)
        return total

    def to_json(self) -> dict[str, Any]:
        """Languages in the order of their names."""
        return {
            "policy": POLICY,
            "policy_note": NOTE,
            "signals": self.signals,
            "checked_at": self.date,
            "purpose": self.terms.purpose,
            "agents": list(self.terms.agents),
            "total": self.total.to_json(),
            "languages": {lang: loss.to_json() for lang, loss in sorted(self.languages.items())},
            "protocols": dict(sorted(self.by_protocol.items())),
            "sites": {"with_copy": sum(self.sites.values()), "without_copy": _count_missing(self.sites)},
            "documents_without_url": self.without_url,
            "broken": dict(sorted(self.broken.items())),
            "unreachable": dict(sorted(self.unreachable.items())),
        }


def _count_missing(sites: dict[str, bool]) -> int:
    return sum(not has_copy for has_copy in sites.values())


def recheck(
    documents: Iterable[Documents], *, copies: ParsedCopies, terms: Terms, signals: str, date: str | None
) -> Report:
    """Apply the files of copies to every document; memory is for sites and for what is reserved."""
    report = Report(terms, signals, date)
    for batch in documents:
        _add(report, batch, copies=copies)
    report.broken = copies.broken
    return report


def _add(report: Report, batch: Documents, *, copies: ParsedCopies) -> None:
    rows = zip(batch.doc_ids, batch.urls, batch.langs, batch.sources, batch.sizes, strict=True)
    for doc_id, url, lang, source, size in rows:
        loss = report.languages.setdefault(lang, Loss())
        loss.documents += 1
        loss.bytes += size
        site = find_site(url)
        if url is None or site is None:
            report.without_url += 1
            continue
        files = copies.find(url, date=None)
        report.sites[site] = bool(files)
        if not files:
            continue
        loss.checked_documents += 1
        loss.checked_bytes += size
        question = Question(url, report.terms.agents, report.terms.purpose)
        verdict = judge(gather(question, files=files), terms=report.terms)
        if verdict.effect == "disallow" and verdict.signal is not None:
            loss.reserved_documents += 1
            loss.reserved_bytes += size
            report.by_protocol[verdict.signal.protocol] += 1
            report.reserved.append(Reserved(doc_id, url, lang, source, verdict.signal))


def render_list(report: Report, *, name: str) -> Iterator[str]:
    """The lines of a list of what is reserved, in the form that a file's name asks for.

    `.jsonl`: a row each; `.yaml`: a removal request; `.txt`: a list for `url_lists` of format `urls`. Raises
    InputError for other names.
    """
    reserved = sorted(report.reserved, key=lambda each: (each.source, each.doc_id))
    if name.endswith((".jsonl", ".json")):
        return (json.dumps(each.to_json(), ensure_ascii=False) + "\n" for each in reserved)
    if name.endswith((".yaml", ".yml")):
        return iter([_make_request(reserved, date=report.date)] if reserved else [])
    if name.endswith(".txt"):
        return _list_urls(reserved)
    raise InputError(f"--to {name}: a list is a .jsonl, .yaml (removal request) or .txt (url_lists)")


def _list_urls(reserved: Sequence[Reserved]) -> Iterator[str]:
    """An address a line; one without a path would block its whole site, and is a comment."""
    for url in sorted({each.url for each in reserved}):
        canonical = canonical_url(url) or ""
        address = canonical.removeprefix("//")
        is_page = "/" in address.rstrip("/")
        yield f"{address}\n" if is_page else f"# would block all of its site: {url}\n"


def _make_request(reserved: Sequence[Reserved], *, date: str | None) -> str:
    """A request that a person accepts or rejects: the ids of the documents, and their URLs for later runs."""
    day = date or _NO_DATE
    ids = [{"type": "doc_id", "value": each.doc_id} for each in reserved]
    urls = [{"type": "url", "value": url} for url in sorted({each.url for each in reserved})]
    digest = hashlib.sha256(json.dumps([day, ids, urls]).encode()).digest()
    number = int.from_bytes(digest[:16], "big")
    ulid = "".join(_ULID[number >> shift & 31] for shift in range(125, -1, -5))
    request = {
        "request_id": ulid,
        "received_at": day,
        "channel": "rhizotron reservations",
        "kind": "tdm_reservation",
        "requester": {"relationship": "rights_holder", "verified": "domain"},
        "selectors": [*ids, *urls],
        "scope": {"languages": "all", "time": "existing_and_future", "derived": True},
        "action": "drop_document",
        "evidence": sorted({each.signal.describe() for each in reserved})[:100],
        "decision": {"state": "received", "due_at": day},
        "public": "list",
    }
    return yaml.safe_dump(request, sort_keys=False, allow_unicode=True)
