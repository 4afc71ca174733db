"""Reading what an audit asks about: manifest, cards, rows, removals and what lies beside a release."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from governance.audit.audited import Audited, Checks, Compared
from governance.audit.changes import compare_documents
from governance.audit.rows import Removed, RowFacts, read_rows
from governance.cards import CardError, SourceCard, parse_card
from governance.manifest import NAME, Manifest
from governance.pages.release_pages import card_path
from layers import storage

RUN = "run.json"


def read_manifest(release: str) -> tuple[Manifest, str]:
    """(manifest, SHA-256 of its bytes); raises FileNotFoundError, ValueError for one that was edited."""
    data = storage.read_bytes(storage.join(release, NAME))
    return Manifest.from_json(data), hashlib.sha256(data).hexdigest()


def read_audited(
    release: str,
    manifest: Manifest,
    *,
    checks: Checks | None,
    today: date | None = None,
    compare: str | None = None,
    with_rows: bool = True,
) -> Audited:
    """A release as questions ask it. Without rows only manifest and cards are read.

    Raises OSError and ValueError for a release compared that cannot be read.
    """
    listed = _read_list(release, manifest)
    rows = None
    if with_rows:
        rows = read_rows(release, manifest, removed=_removed(listed))
    return Audited(
        manifest=manifest,
        cards=_read_cards(release, manifest),
        checks=checks,
        rows=rows,
        today=today,
        compared=_compare(compare, release, manifest, with_rows=with_rows) if compare is not None else None,
        run=_read_json(storage.join(_parent(release), RUN)),
        public_list=listed,
    )


def _read_cards(release: str, manifest: Manifest) -> dict[str, SourceCard]:
    """The cards that are there, whole, and those that the manifest names."""
    cards: dict[str, SourceCard] = {}
    for uid, source in manifest.sources.items():
        try:
            data = storage.read_bytes(storage.join(release, card_path(uid)))
            if hashlib.sha256(data).hexdigest() == source.card_sha256:
                cards[uid] = parse_card(data, uid=uid, place=card_path(uid))
        except (OSError, CardError):
            continue
    return cards


def _compare(other: str, release: str, manifest: Manifest, *, with_rows: bool) -> Compared:
    earlier, _ = read_manifest(other)
    changes = compare_documents(other, earlier, later=release, after=manifest) if with_rows else None
    return Compared(earlier, changes)


def _parent(release: str) -> str:
    return release.rstrip("/").rpartition("/")[0] or "."


def _read_json(url: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(storage.read_bytes(url))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _read_list(release: str, manifest: Manifest) -> dict[str, Any] | None:
    """The head of the public list of removals that the manifest names, and its rows."""
    path = getattr(getattr(manifest, "removals", None), "list", None)
    if not path:
        return None
    try:
        lines = storage.read_bytes(storage.join(release, path)).decode().splitlines()
        head, *rows = (json.loads(line) for line in lines if line.strip())
    except (OSError, ValueError):
        return None
    if not isinstance(head, dict) or not all(isinstance(row, dict) for row in rows):
        return None
    return {**head, "rows": rows}


def _removed(listed: Mapping[str, Any] | None) -> Removed | None:
    if listed is None:
        return None
    salt = bytes.fromhex(str(listed.get("salt", "")))
    ids = {str(row["doc_id"]) for row in listed["rows"] if "doc_id" in row and "start" not in row}
    hashes = {str(row["selector_hash"]) for row in listed["rows"] if "selector_hash" in row}

    def make_hash(kind: str, value: str) -> str:
        return hmac.digest(salt, f"{kind}\0{value}".encode(), "sha256").hex()

    return Removed(frozenset(ids), frozenset(hashes), make_hash)


__all__ = ["RowFacts", "read_audited", "read_manifest"]
