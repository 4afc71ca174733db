"""An audit of a release: what verify says of its files becomes what the questions on integrity ask."""

import os
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from governance.audit.answer import Limits
from governance.audit.audited import Checks, Fault
from governance.audit.read import read_audited, read_manifest
from governance.audit.report import make_report
from governance.manifest import NAME, README
from pipeline.errors import DamagedRelease, InputError
from pipeline.inspect.verify.release import verify
from pipeline.inspect.verify.result import Mismatch, Verification

_OF_FILES = ("bytes", "sha256", "rows", "file", "path", "content", "columns", "card", "card_sha256")
_NO_PAGES, _NO_IDS = "the text of README", "ids, order and sums"
"""How what verify leaves out begins."""


def audit(
    release: str,
    *,
    limits: Mapping[str, Limits] | None = None,
    today: date | None = None,
    compare: str | None = None,
    with_rows: bool = True,
    advance: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """The report of governance.audit.report; advance is told the bytes that are checked, and all there are.

    Raises DamagedRelease where the manifest was edited, InputError where the other release cannot be read.
    """
    checks = None
    if with_rows:
        checks = _to_checks(verify(release, workers=os.cpu_count() or 1, advance=advance))
    try:
        manifest, digest = read_manifest(release)
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedRelease(
            f"{release}: {NAME} is not as it was written ({error}); see rhizotron verify"
        ) from error
    try:
        audited = read_audited(
            release, manifest, checks=checks, today=today, compare=compare, with_rows=with_rows
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"--compare {compare}: {error}") from error
    return make_report(audited, manifest_sha256=digest, limits=limits)


def _to_checks(answer: Verification) -> Checks:
    left_out = {}
    for each in answer.not_compared:
        if each.what.startswith(_NO_PAGES):
            left_out["pages"] = each.reason
        elif each.what == _NO_IDS:
            left_out["ids"] = each.reason
    return Checks(
        files=answer.files,
        faults=[
            Fault(_kind(each), each.path, str(each).removeprefix(f"{each.path}: "))
            for each in answer.mismatches
        ],
        left_out=left_out,
    )


def _kind(mismatch: Mismatch) -> str:
    """files, pages, ids or sums."""
    if mismatch.check in _OF_FILES:
        return "files"
    if mismatch.check.startswith("line ") and (
        mismatch.path == README or not mismatch.path.startswith("data/")
    ):
        return "pages"
    return "ids" if mismatch.path.startswith(("data/", "provenance/", "signals/", "twins/")) else "sums"
