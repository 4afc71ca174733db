"""What was said for machines about training on the documents of a release, and what came of it."""

from governance.manifest import Manifest
from governance.pages.markdown import code, number, table
from governance.reservations.counts import SourceReservations

_POLICIES = {
    "honour_all": "a document that any protocol reserves was refused",
    "honour_listed": "a document that one of {} reserves was refused",
    "not_applicable": "nothing was looked for",
}


def render_reservations(manifest: Manifest) -> list[str]:
    """Blocks of the section; empty where a release of before does not say it."""
    block = manifest.reservations
    if block is None:
        return []
    policies = [f"- {code(uid)}: {_describe(source)}." for uid, source in block.sources.items()]
    rows = [
        [code(uid), code(protocol), number(counts.checked), number(counts.disallow), number(counts.dropped)]
        for uid, source in block.sources.items()
        for protocol, counts in source.counts.items()
    ]
    notes = [
        "Signals are those of the time of the capture; the column `reservation` of `provenance/` has each "
        "with its place, date and raw value. A document that was refused counts for the first protocol that "
        "reserves it. A signal that nobody gave is no permission."
    ]
    if not rows:
        return ["\n".join(policies)]
    header = ["Source", "Protocol", "Documents checked", "Reserved", "Refused"]
    return ["\n".join(policies), table(header, rows), *notes]


def _describe(source: SourceReservations) -> str:
    policy = _POLICIES[source.policy].format(", ".join(source.protocols))
    if source.policy == "not_applicable":
        return f"{policy} (`{source.policy}`)"
    copies = ""
    if source.copies_sha256 is not None:
        taken = f", taken {source.copies_date}" if source.copies_date else ", of an unknown date"
        copies = f"; with copies of the sites' files{taken}"
    return f"{policy} (`{source.policy}`, purpose {source.purpose}, {len(source.agents)} agents{copies})"
