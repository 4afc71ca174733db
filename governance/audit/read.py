"""Reading what an audit asks about: manifest, cards, rows, removals and what lies beside a release."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from governance.audit.audited import Audited, Checks, Compared
from governance.audit.changes import compare_documents
from governance.audit.rows import RowFacts, read_rows
from governance.cards import CardError, SourceCard, parse_card
from governance.manifest import NAME, Manifest
from governance.pages.release_pages import card_path
from governance.removals.gates import gate_cards
from governance.removals.public_list import PublicList, parse_list
from governance.run_record import record_name
from layers import storage


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
    listed, written = _read_list(release, manifest)
    rows = read_rows(release, manifest, removed=listed) if with_rows else None
    return Audited(
        manifest=manifest,
        cards=_read_cards(release, manifest),
        checks=checks,
        rows=rows,
        today=today,
        compared=_compare(compare, release, manifest, with_rows=with_rows) if compare is not None else None,
        run=_read_run(release, manifest),
        public_list=written,
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
    return gate_cards(cards, gated=manifest.removals.gated_sources if manifest.removals else ())


def _compare(other: str, release: str, manifest: Manifest, *, with_rows: bool) -> Compared:
    earlier, _ = read_manifest(other)
    changes = compare_documents(other, earlier, later=release, after=manifest) if with_rows else None
    return Compared(earlier, changes)


def _parent(release: str) -> str:
    return release.rstrip("/").rpartition("/")[0] or "."


def _read_run(release: str, manifest: Manifest) -> Mapping[str, Any] | None:
    told = manifest.release_class
    beside = _parent(release) if told is None else _parent(_parent(release))
    return _read_json(storage.join(beside, record_name(told.name if told else "")))


def _read_json(url: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(storage.read_bytes(url))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _read_list(release: str, manifest: Manifest) -> tuple[PublicList | None, dict[str, Any] | None]:
    """The public list of removals that the manifest names, as it is applied and as it is written."""
    path = getattr(getattr(manifest, "removals", None), "list", None)
    if not path:
        return None, None
    try:
        data = storage.read_bytes(storage.join(release, path))
        listed = parse_list(data, place=path)
    except (OSError, ValueError):
        return None, None
    head, *rows = (json.loads(line) for line in data.decode().splitlines() if line.strip())
    return listed, {**head, "rows": rows}


__all__ = ["RowFacts", "read_audited", "read_manifest"]
