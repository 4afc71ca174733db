"""D: what was reserved, what was asked to be removed, and is any of it still there?"""

from collections import Counter

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited

STATES = ("allow", "disallow", "unknown", "unchecked")


def d1_states(audited: Audited) -> Finding:
    """By documents with a URL; protocols and dates as the manifest's block counts them."""
    rows = audited.all_rows()
    total = sum(rows.states.values())
    block = getattr(audited.manifest, "reservations", None)
    if not total and block is None:
        return _states_of_cards(audited)
    undecided = rows.states["unknown"] + rows.states["unchecked"]
    counted = ", ".join(f"{rows.states[state]:,} {state}" for state in STATES)
    figures = [
        Figure(
            name="D1",
            kind="bars",
            title="What was said about training, of documents with a URL",
            description="A bar for each state of the signals that were seen when a document was taken.",
            columns=("state", "", "documents"),
            rows=[(state, "", rows.states[state]) for state in STATES],
            unit="documents",
        )
    ]
    if block is not None:
        figures.append(_protocols(audited))
    text = f"{total:,} documents have a URL: {counted}. A signal that nobody gave is no permission."
    evidence = [Evidence("provenance/", "reservation"), Evidence("manifest.json", "reservations")]
    return Finding(
        undecided / total if total else 0.0,
        text,
        unit="share of documents",
        evidence=evidence,
        figures=figures,
    )


def _states_of_cards(audited: Audited) -> Finding:
    checked = [uid for uid, card in audited.all_cards().items() if card.reservation is not None]
    text = f"No document has a URL. {len(checked)} of {len(audited.cards)} cards say what was reserved."
    return Finding(0.0, text, unit="share of documents", evidence=[Evidence("cards/sources/", "reservation")])


def _protocols(audited: Audited) -> Figure:
    block = audited.block("reservations")
    rows = [
        (uid, str(protocol), source.copies_date or "", counts.checked, counts.disallow, counts.dropped)
        for uid, source in block.sources.items()
        for protocol, counts in source.counts.items()
    ]
    return Figure(
        name="D1-protocols",
        kind="table",
        title="Reservations by source and protocol",
        description="Documents that were looked at for each protocol, as they were read; reserved, "
        "and refused for it.",
        columns=("source", "protocol", "files of sites taken on", "checked", "reserved", "refused"),
        rows=rows,
    )


def d2_kept(audited: Audited) -> Finding:
    rows = audited.all_rows()
    if not rows.has_reservations:
        raise NotAnswerable("the column `reservation` of provenance/")
    kept = sum(rows.reserved.values())
    policies = getattr(getattr(audited.manifest, "reservations", None), "sources", {})
    unasked = sum(rows.unchecked_hosts.values())
    text = (
        f"{kept:,} published documents are reserved against training by a signal that was seen; of "
        f"{sum(rows.states.values()):,} documents with a URL the sites of {unasked:,} were not asked."
    )
    if kept:
        named = (
            f"{uid} ({_policy(policies, uid)}): {count:,}" for uid, count in rows.reserved.most_common(5)
        )
        text += f" By source and its policy: {'; '.join(named)}."
    evidence = [Evidence("provenance/", f"reservation of {uid}") for uid in rows.reserved]
    return Finding(
        kept,
        text,
        unit="documents",
        evidence=listed(evidence or [Evidence("provenance/", "reservation")]),
        is_doubtful=bool(unasked),
    )


def _policy(policies: object, uid: str) -> str:
    source = policies.get(uid) if isinstance(policies, dict) else None
    return f"policy {source.policy}" if source is not None else "no policy"


def d3_unchecked(audited: Audited) -> Finding:
    rows = audited.all_rows()
    if not rows.hosts:
        return Finding(
            0.0, "No document has a URL.", unit="share of hosts", evidence=[Evidence("data/", "url")]
        )
    value = share(len(rows.unchecked_hosts), of=len(rows.hosts), what="hosts")
    figure = Figure(
        name="D3",
        kind="table",
        title="Hosts that nobody asked for reservations",
        description="The hosts with most documents of which no check is recorded.",
        columns=("host", "documents"),
        rows=rows.unchecked_hosts.most_common(20),
    )
    text = (
        f"Of {len(rows.hosts):,} hosts {len(rows.unchecked_hosts):,} have documents of whose site nobody "
        f"asked for reservations ({sum(rows.unchecked_hosts.values()):,} documents)."
    )
    evidence = [Evidence("data/", "url"), Evidence("provenance/", "reservation")]
    return Finding(value, text, unit="share of hosts", evidence=evidence, figures=[figure])


def d4_requests(audited: Audited) -> Finding:
    """Requests are private; a release tells what came of them."""
    block = audited.block("removals")
    rows: list[tuple[str, str, int]] = [
        ("removed on request", "", block.documents),
        ("spans cut on request", "", block.redacted_documents),
    ]
    tables = [
        Figure(
            name="D4",
            kind="bars",
            title="What was done on request",
            description="Documents that were removed, and those of which spans were cut.",
            columns=("what was done", "", "documents"),
            rows=rows,
            unit="documents",
        )
    ]
    if audited.public_list is not None:
        counted = Counter(
            (str(row.get("action")), str(row.get("added"))) for row in audited.public_list["rows"]
        )
        tables.append(
            Figure(
                name="D4-list",
                kind="table",
                title="The public list of removals",
                description="Rows of the list by what is asked and the day they were added.",
                columns=("action", "added", "rows"),
                rows=[(action, added, count) for (action, added), count in sorted(counted.items())],
            )
        )
    told = f"the public list is {block.list}" if block.list else "there is no public list"
    text = (
        f"{block.documents:,} documents were removed on request and spans of {block.redacted_documents:,} "
        f"cut; {told}. "
        "Requests themselves, their age and deadlines stand in the private ledger."
    )
    evidence = [Evidence("manifest.json", "removals"), *([Evidence(block.list)] if block.list else [])]
    return Finding(
        block.documents + block.redacted_documents, text, unit="documents", evidence=evidence, figures=tables
    )


def d5_negative(audited: Audited) -> Finding:
    rows, hits = _listed_hits(audited, "removed_hits")
    text = (
        f"{hits:,} documents match a selector of the public list ({rows:,} rows): ids, sources, addresses "
        "and their hosts."
    )
    return Finding(
        hits, text, unit="documents", evidence=_list_evidence(audited, audited.all_rows().removed_hits)
    )


def d6_returned(audited: Audited) -> Finding:
    rows, hits = _listed_hits(audited, "removed_ids")
    text = f"{hits:,} documents of the release are named as removed by the public list ({rows:,} rows)."
    return Finding(
        hits, text, unit="documents", evidence=_list_evidence(audited, audited.all_rows().removed_ids)
    )


def _listed_hits(audited: Audited, name: str) -> tuple[int, int]:
    """(rows of the public list, documents that match); without a list there is nothing to match."""
    if audited.block("removals").list and audited.public_list is None:
        raise NotAnswerable(f"{audited.manifest.removals.list}, which the manifest names, or it is no list")  # type: ignore[union-attr]
    hits = getattr(audited.all_rows(), name)
    return len(audited.public_list["rows"]) if audited.public_list is not None else 0, len(hits)


def _list_evidence(audited: Audited, ids: list[str]) -> list[Evidence]:
    path = audited.block("removals").list
    found = [Evidence("data/", f"doc_id {doc_id}") for doc_id in ids]
    return listed([*found, Evidence(path) if path else Evidence("manifest.json", "removals")])


QUESTIONS = (
    Question("D1", "What is said about training, by protocol and date, of documents of the web?", d1_states),
    Question("D2", "Are documents kept that are reserved against training?", d2_kept),
    Question("D3", "Which hosts did nobody ask for reservations?", d3_unchecked),
    Question("D4", "What was removed on request?", d4_requests),
    Question("D5", "Does anything match what was removed?", d5_negative),
    Question("D6", "Have removed documents come back?", d6_returned),
)
