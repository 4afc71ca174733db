"""F: how long, how repeated, from where, from when, how read, and by whom or what written is the text?"""

from collections import Counter

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.audit.rows import LENGTHS
from governance.ledger import DUPLICATE_REASONS

MAX_DOMAINS = 50
TOP_SHARE = 0.01
"""Of hosts: whose documents are the concentration."""


def f1_lengths(audited: Audited) -> Finding:
    rows = audited.all_rows()
    bounds = [0, *LENGTHS]
    names = [f"{low:,}-{high - 1:,}" for low, high in zip(bounds, LENGTHS, strict=False)] + [
        f"{LENGTHS[-1]:,} and more"
    ]
    figure = Figure(
        name="F1",
        kind="columns",
        title="Lengths of documents",
        description="A bar for each class of lengths in code points: how many documents are that long.",
        columns=("code points", "documents"),
        rows=[(name, rows.lengths[place]) for place, name in enumerate(names)],
        unit="documents",
    )
    outside = rows.short + rows.over_megabyte
    value = share(outside, of=rows.documents, what="documents: the release has none")
    text = (
        f"{rows.short:,} of {rows.documents:,} documents have fewer than 200 code points, "
        f"{rows.over_megabyte:,} more than "
        "1,000,000 bytes."
    )
    return Finding(
        value, text, unit="share of documents", evidence=[Evidence("data/", "text")], figures=[figure]
    )


def f2_duplicates(audited: Audited) -> Finding:
    ledger = audited.ledger
    judged = ledger.total("documents", "decisions", "read")
    reasons = ledger.by("reason", "documents", "decisions", "dropped")
    exact = reasons.get("exact_duplicate", 0)
    near = reasons.get("near_duplicate", 0)
    dropped = sum(count for reason, count in reasons.items() if reason in DUPLICATE_REASONS)
    value = share(dropped, of=judged, what="documents that were judged")
    overlaps = audited.manifest.duplicates.overlaps
    across: Counter[tuple[str, str]] = Counter()
    languages: Counter[tuple[str, str]] = Counter()
    for overlap in overlaps:
        if overlap.kept_source is not None:
            across[overlap.source, overlap.kept_source] += overlap.documents
        if overlap.kept_lang is not None:
            languages[overlap.lang, overlap.kept_lang] += overlap.documents
    between = sum(n for (one, other), n in across.items() if one != other)
    figures = [
        Figure(
            name="F2",
            kind="heat",
            title="Duplicates within and across sources",
            description="Rows are sources of documents that are duplicates, columns the sources of "
            "the twins that stay.",
            columns=("duplicate of", "kept in", "documents"),
            rows=[(one, other, n) for (one, other), n in sorted(across.items())],
            unit="documents",
        ),
        Figure(
            name="F2-languages",
            kind="table",
            title="Duplicates across languages",
            description="Documents whose twin that stays is in another language.",
            columns=("language", "kept in", "documents"),
            rows=[(one, other, n) for (one, other), n in sorted(languages.items()) if one != other],
        ),
    ]
    text = (
        f"{dropped:,} of {judged:,} judged documents were dropped as duplicates: {exact:,} exact, "
        f"{near:,} near. "
        f"{between:,} duplicates have their kept twin in another source."
    )
    evidence = [
        Evidence("manifest.json", "duplicates.overlaps"),
        Evidence("ledger/", "kept_source, duplicate_method"),
    ]
    return Finding(value, text, unit="share of documents", evidence=evidence, figures=figures)


def f3_domains(audited: Audited) -> Finding:
    rows = audited.all_rows()
    if not rows.hosts:
        raise NotAnswerable("the column `url` of data/: no document has one")
    ordered = sorted(rows.hosts.items(), key=lambda item: (-item[1], item[0]))
    top = max(round(TOP_SHARE * len(ordered)), 1)
    value = sum(n for _, n in ordered[:top]) / rows.with_host
    figure = Figure(
        name="F3",
        kind="bars",
        title=f"Hosts with most documents, up to {MAX_DOMAINS}",
        description="A bar for each host of the addresses of documents: how many documents are from there.",
        columns=("host", "", "documents"),
        rows=[(host, "", n) for host, n in ordered[:MAX_DOMAINS]],
        unit="documents",
    )
    text = (
        f"{rows.with_host:,} of {rows.documents:,} documents have an address, on {len(ordered):,} hosts; "
        "the largest "
        f"{top:,} ({100 * TOP_SHARE:g} % of hosts) hold {100 * value:.1f} % of them."
    )
    return Finding(
        value, text, unit="share of documents", evidence=[Evidence("data/", "url")], figures=[figure]
    )


def f4_years(audited: Audited) -> Finding:
    rows = audited.all_rows()
    if not rows.years:
        raise NotAnswerable("the column `date` of data/")
    dated = sum(n for year, n in rows.years.items() if year)
    value = share(dated, of=rows.documents, what="documents: the release has none")
    figure = Figure(
        name="F4",
        kind="columns",
        title="Documents by year",
        description="A bar for each year that the dates of documents name.",
        columns=("year", "documents"),
        rows=sorted((year, n) for year, n in rows.years.items() if year),
        unit="documents",
    )
    text = (
        f"{dated:,} of {rows.documents:,} documents have a date with a year; the card of their source "
        "says more."
    )
    evidence = [Evidence("data/", "date"), Evidence("cards/sources/", "procurement.content_period")]
    return Finding(
        value, text, unit="share of documents", evidence=evidence, figures=[figure] if dated else []
    )


def f5_boilerplate(audited: Audited) -> Finding:
    ledger = audited.ledger
    removed = ledger.total("bytes", "measured", "repeated_lines")
    read = ledger.total("bytes", "measured", "read")
    by_source = ledger.by("source", "bytes", "measured", "repeated_lines")
    without = sorted(set(audited.manifest.sources) - set(by_source))
    value = share(removed, of=read, what="bytes that were measured")
    figures = [
        Figure(
            name="F5",
            kind="bars",
            title="Repeated lines that were removed",
            description="A bar for each source that has a rule on repeated lines: bytes that went with them.",
            columns=("source", "", "bytes"),
            rows=[(uid, "", size) for uid, size in by_source.items()],
            unit="bytes",
        )
    ]
    lines = audited.rows.repeated if audited.rows is not None else []
    if lines:
        figures.append(
            Figure(
                name="F5-lines",
                kind="table",
                title="Lines that were removed most often",
                description="The most frequent repeated lines, each cut to 80 characters.",
                columns=("source", "line", "times", "documents"),
                rows=lines,
            )
        )
    text = (
        f"{removed:,} of {read:,} bytes were repeated lines and were removed. {len(without)} of "
        f"{len(audited.manifest.sources)} sources have no rule on them: what is repeated there was not "
        "counted."
    )
    evidence = [Evidence(f"ledger/lines/{uid}.{audited.manifest.table_format}") for uid in by_source]
    evidence = evidence or [Evidence("manifest.json", "ledger, flow repeated_lines")]
    return Finding(
        value, text, unit="share of bytes", evidence=listed(evidence), figures=figures if by_source else []
    )


def f6_capture(audited: Audited) -> Finding:
    cards = audited.all_cards()
    kinds: Counter[str] = Counter()
    rows = []
    for uid, card in cards.items():
        kind = card.media.capture_quality
        kinds[kind] += audited.source_bytes.get(uid, 0)
        total, counted = audited.rows.quality.get(uid, (0.0, 0)) if audited.rows is not None else (0.0, 0)
        rows.append(
            (uid, kind, audited.source_bytes.get(uid, 0), round(total / counted, 4) if counted else None)
        )
    value = (kinds["ocr"] + kinds["asr"]) / audited.total_bytes
    figure = Figure(
        name="F6",
        kind="table",
        title="How each source was captured, and how its spelling looks",
        description="Mean share of letter trigrams that clean text of the language has; low values "
        "are misread or rare words.",
        columns=("source", "capture", "bytes", "known trigrams"),
        rows=rows,
    )
    unknown = kinds["unknown"] / audited.total_bytes
    text = (
        f"{100 * value:.1f} % of the bytes were read from images or sound by a program; of "
        f"{100 * unknown:.1f} % the cards do "
        "not say how they were captured."
    )
    evidence = [Evidence("cards/sources/", "media.capture_quality"), Evidence("data/", "known_trigram_ratio")]
    return Finding(value, text, unit="share of bytes", evidence=evidence, figures=[figure])


def f7_benchmarks(audited: Audited) -> Finding:
    cards = audited.all_cards()
    declared = {uid: card for uid, card in cards.items() if card.benchmark in ("yes", "contains")}
    unknown = [uid for uid, card in cards.items() if card.benchmark == "unknown"]
    value = audited.share_of_bytes(list(declared))
    figure = Figure(
        name="F7",
        kind="table",
        title="Benchmarks that the cards name",
        description="Sources that are a benchmark or contain one, as their cards say.",
        columns=("source", "is", "benchmarks", "bytes"),
        rows=[
            (
                uid,
                "one" if card.benchmark == "yes" else "contains one",
                ", ".join(card.benchmark_names),
                audited.source_bytes.get(uid, 0),
            )
            for uid, card in declared.items()
        ],
    )
    text = (
        f"{len(declared)} sources are known benchmarks or contain one: {100 * value:.1f} % of the bytes. "
        f"{len(unknown)} cards "
        "do not know. Runs of 13 words shared with other test sets were not looked for."
    )
    evidence = [Evidence(f"cards/sources/{uid}.md", "benchmark") for uid in [*declared, *unknown]]
    evidence = evidence or [Evidence("cards/sources/", "benchmark")]
    return Finding(
        value,
        text,
        unit="share of bytes",
        evidence=listed(evidence),
        figures=[figure] if declared else [],
        is_doubtful=bool(unknown),
    )


def f8_synthetic(audited: Audited) -> Finding:
    cards = audited.all_cards()
    declared = [uid for uid, card in cards.items() if card.synthetic.contains in ("some", "all")]
    unknown = [uid for uid, card in cards.items() if card.synthetic.contains == "unknown"]
    value = audited.share_of_bytes(declared)
    marked = sum(audited.rows.marked.values()) if audited.rows is not None else 0
    rows = [(uid, card.synthetic.contains, audited.source_bytes.get(uid, 0)) for uid, card in cards.items()]
    figure = Figure(
        name="F8",
        kind="table",
        title="What the cards say of text that machines wrote",
        description="By source: no, some, all or unknown, and the bytes.",
        columns=("source", "machine-written", "bytes"),
        rows=rows,
    )
    looked = (
        "phrases were not looked for"
        if audited.rows is None
        else f"{marked:,} documents hold a phrase that machines leave"
    )
    text = (
        f"{100 * value:.1f} % of the bytes are of sources that say they hold text written by machines; "
        f"{len(unknown)} cards do "
        f"not know; {looked} (English phrases only)."
    )
    evidence = [Evidence("cards/sources/", "synthetic.contains"), Evidence("data/", "text")]
    evidence += (
        [
            Evidence(f"data/{lang}/{uid}/", f"{n:,} documents")
            for (lang, uid), n in sorted(audited.rows.marked.items())
        ]
        if audited.rows
        else []
    )
    return Finding(
        value,
        text,
        unit="share of bytes",
        evidence=listed(evidence),
        figures=[figure],
        is_doubtful=bool(unknown or marked),
    )


QUESTIONS = (
    Question("F1", "How long are documents; how many are very short or very long?", f1_lengths),
    Question("F2", "How much was duplicated, within and across sources?", f2_duplicates),
    Question("F3", "Which hosts is the text from, and how concentrated is it?", f3_domains),
    Question("F4", "From which years is the text?", f4_years),
    Question("F5", "Which lines were repeated, and how much of the text were they?", f5_boilerplate),
    Question("F6", "How much was read from images or sound?", f6_capture),
    Question("F7", "How much of it are known benchmarks?", f7_benchmarks),
    Question("F8", "How much did machines write?", f8_synthetic),
)
