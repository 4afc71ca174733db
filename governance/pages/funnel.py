"""What became of the records of each source, cause by cause: a part of README.md."""

from governance.ledger import Ledger
from governance.manifest import Manifest
from governance.pages import prose
from governance.pages.markdown import code, number, share, table
from governance.reasons import NO_FAULTS

_MAX_LOSSES = 20
"""Lines of README.md; the manifest has all."""


def render_funnel(manifest: Manifest) -> str:
    ledger = manifest.to_ledger()
    refused = {uid: _count_refused(ledger, source=uid) for uid in manifest.sources}
    rows = [
        [
            code(uid),
            ledger.total("documents", "raw", "read", source=uid),
            ledger.total("documents", "raw", "dropped", source=uid) - refused[uid],
            *([refused[uid]] if any(refused.values()) else []),
            ledger.total("documents", "measured", "dropped", source=uid),
            ledger.total("documents", "decisions", "dropped", source=uid),
            ledger.total("documents", "release", "kept", source=uid),
        ]
        for uid in manifest.sources
    ]
    header = [
        "Source",
        "Records read",
        "Unreadable",
        *(["Skipped or refused"] if any(refused.values()) else []),
        "Lost to filter errors",
        "Dropped by rules or as duplicates",
        "Published",
    ]
    tails = ledger.unknown_tails()
    behind = ", ".join(code(uid) for uid in sorted({tail["source"] for tail in tails}))
    note = (
        "How many records are lost behind places that cannot be read is not known: "
        f"{number(sum(tail['bytes'] for tail in tails))} bytes of "
        f"{behind}. `ledger/` has a row for each place."
        if tails
        else ""
    )
    parts = "unreadable + skipped or refused" if any(refused.values()) else "unreadable"
    balance = f"Records read = {parts} + lost + dropped + published, for every source."
    return "\n\n".join(block for block in (table(header, rows), note, balance, _not_read(manifest)) if block)


def render_losses(manifest: Manifest) -> str:
    """What took most of a source, site or language."""
    if not manifest.losses:
        return ""
    lines = [
        f"- {loss.kind} {code(loss.name)}: {code(loss.cause)}, {number(loss.documents)} of "
        f"{number(loss.read)} documents ({share(loss.documents, total=loss.read)})"
        for loss in manifest.losses[:_MAX_LOSSES]
    ]
    if len(manifest.losses) > _MAX_LOSSES:
        lines.append(f"- {number(len(manifest.losses) - _MAX_LOSSES)} more: `losses` of manifest.json")
    named = len({loss.name for loss in manifest.losses if loss.kind == "site"})
    if manifest.sites.losing > named:
        sites = manifest.sites
        lines.append(f"- {number(sites.losing - named)} more of the {number(sites.sites)} sites")
    return "One cause took too much to go unsaid:\n\n" + "\n".join(lines)


def render_shared_keys(manifest: Manifest) -> list[str]:
    """A section of its own where there are any: they are a fault of the mapping, and nobody's duplicates."""
    rows = [
        [code(uid), shared.keys, shared.documents, ", ".join(code(key) for key in shared.examples)]
        for uid, source in manifest.sources.items()
        if (shared := source.shared_keys).keys
    ]
    if not rows:
        return []
    lead = (
        "A source gave one key to different texts. None of them is dropped for it: each has a `doc_id` of "
        "source, key and text, and `key_id` is the one of source and key that they share."
    )
    header = ["Source", "Keys of several texts", "Documents with them", "Such as"]
    return [prose.section("Keys that several texts have", lead, table(header, rows))]


def _count_refused(ledger: Ledger, *, source: str) -> int:
    reasons = ledger.by("reason", "documents", "raw", "dropped", source=source)
    return sum(n for reason, n in reasons.items() if reason in NO_FAULTS)


def _not_read(manifest: Manifest) -> str:
    """Paths that were no input, and values that meant nothing."""
    notes = [
        f"- `{uid}`: {number(count)} {text}"
        for uid, source in manifest.sources.items()
        for text, count in (
            *((f"paths were not read (`{reason}`)", n) for reason, n in source.skipped.items()),
            *((f"values of `{role}` mean nothing and are null", n) for role, n in source.lost_values.items()),
        )
    ]
    return "\n".join(notes)
