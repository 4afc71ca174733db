"""The ledger of removals as a plan saw it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlannedRemovals:
    """Small and picklable, so that workers read the same."""

    folder: str
    """Folder or URL, absolute."""
    digest: str
    """Of the rules and of what was removed."""
    gated: tuple[str, ...] = ()
    """Sources that are gated on request."""
