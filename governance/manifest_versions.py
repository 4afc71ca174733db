"""Manifests of earlier versions, as they were written, in the fields of today's."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from governance.canonical import to_canonical

_DIGEST = "manifest_sha256"


def read_earlier(data: bytes) -> dict[str, Any] | None:
    """The fields of a manifest of version 1 or 2; None: it is of a later one, or none.

    Raises ValueError where version 2 has other bytes than were written.
    """
    raw = json.loads(data)
    version = raw.get("manifest_version") if isinstance(raw, dict) else None
    if version == 1:
        return _from_version_1(raw)
    if version == 2:
        return _from_version_2(raw, data=data)
    return None


def _from_version_1(raw: Mapping[str, Any]) -> dict[str, Any]:
    """It had `stage` for the ledger's column `layer`, listed no pages and did not number them."""
    ledger = [
        {"layer" if name == "stage" else name: value for name, value in row.items()} for row in raw["ledger"]
    ]
    code = raw["code"] | {"content_version": None}
    return _with_config_digest({**raw, "ledger": ledger, "code": code})


def _from_version_2(raw: dict[str, Any], *, data: bytes) -> dict[str, Any]:
    """It was Python's JSON with one value a line, and had neither date, environment nor operations."""
    recorded = raw.pop(_DIGEST, None)
    actual = hashlib.sha256(_dump(raw, indent=None)).hexdigest()
    if recorded != actual:
        raise ValueError(f"{_DIGEST} is {recorded}, but what it lists has {actual}: it was edited")
    if _dump({**raw, _DIGEST: actual}, indent=1) + b"\n" != data:
        raise ValueError("it is not written as it was: its keys, numbers or white space were edited")
    return _with_config_digest(raw)


def _with_config_digest(raw: dict[str, Any]) -> dict[str, Any]:
    """The digest of the config in today's form, once it is that of its own; else as it is, to be refused."""
    recorded = hashlib.sha256(_dump(raw["config"], indent=None)).hexdigest()
    if recorded != raw["config_sha256"]:
        return raw
    return raw | {"config_sha256": hashlib.sha256(to_canonical(raw["config"])).hexdigest()}


def _dump(value: Any, *, indent: int | None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    ).encode()
