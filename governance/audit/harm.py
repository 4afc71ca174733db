"""G: which personal data was looked for, found and masked, in which languages, and how well?"""

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited

PER_DOCUMENTS = 10_000
_SHOWN = {"validated": 1.0, "unvalidated": 0.5, "none": 0.0}


def g1_redactions(audited: Audited) -> Finding:
    block = audited.block("personal_data")
    unit = f"per {PER_DOCUMENTS:,} documents"
    evidence = [Evidence("manifest.json", "personal_data"), Evidence("provenance/", "redactions")]
    if not block.looked_for:
        return Finding(0.0, _NOTHING, unit=unit, evidence=evidence, is_doubtful=True)
    rows: list[tuple[str, str, float]] = []
    table: list[tuple[str, str, int, int]] = []
    found = masked = 0
    for lang, language in audited.manifest.published.items():
        for kind, counts in block.sum_kinds(lang).items():
            found, masked = found + counts.found, masked + counts.masked
            rows.append((lang, kind, PER_DOCUMENTS * counts.masked / language.documents))
            table.append((lang, kind, counts.found, counts.masked))
    value = PER_DOCUMENTS * masked / audited.total_documents
    figures = [
        Figure(
            name="G1",
            kind="heat",
            title=f"Values masked per {PER_DOCUMENTS:,} documents",
            description="Rows are languages, columns kinds of personal data; darker cells had more "
            "values masked.",
            columns=("language", "kind", f"per {PER_DOCUMENTS:,} documents"),
            rows=rows,
            unit=f"per {PER_DOCUMENTS:,} documents",
        ),
        Figure(
            name="G1-counts",
            kind="table",
            title="Values found and masked",
            description="By language and kind; what was found and not masked stands in the text as it was.",
            columns=("language", "kind", "found", "masked"),
            rows=table,
        ),
    ]
    text = (
        f"{found:,} values were found in published documents and {masked:,} masked. Where a detector does "
        "not look (G2), "
        "nothing is known."
    )
    return Finding(round(value, 2), text, unit=unit, evidence=evidence, figures=figures if rows else [])


def g2_coverage(audited: Audited) -> Finding:
    block = audited.block("personal_data")
    evidence = [Evidence("manifest.json", "personal_data.coverage")]
    if not block.looked_for:
        return Finding(0.0, _NOTHING, unit="share of pairs", evidence=evidence)
    languages = list(audited.manifest.languages)
    cells = [
        (lang, kind, str(block.coverage[kind].get(lang, "none")))
        for kind in block.looked_for
        for lang in languages
    ]
    validated = sum(state == "validated" for *_, state in cells)
    looked = sum(state != "none" for *_, state in cells)
    value = share(validated, of=len(cells), what="kinds that were looked for")
    figure = Figure(
        name="G2",
        kind="heat",
        title="Where each detector looks",
        description="Rows are languages, columns kinds: dark (1) where validated, lighter (0.5) where it "
        "looks unvalidated, lightest (0) where it does not look.",
        columns=("language", "kind", "coverage"),
        rows=[(lang, kind, _SHOWN[state]) for lang, kind, state in cells],
        unit="coverage",
    )
    text = (
        f"Of {len(cells):,} pairs of language and kind a detector looks in {looked:,}, and was validated "
        f"in {validated:,}."
    )
    return Finding(
        value,
        text,
        unit="share of pairs",
        evidence=evidence,
        figures=[figure],
    )


def g3_quality(audited: Audited) -> Finding:
    """A release may tell what detectors reached on an annotated sample; none does so far."""
    block = audited.block("personal_data")
    measured = getattr(block, "measured", None)
    if not measured:
        raise NotAnswerable("precision and recall on an annotated sample in the block `personal_data`")
    rows = [(str(kind), each.precision, each.recall) for kind, each in measured.items()]
    least = min(rows, key=lambda row: row[2])
    text = f"The least recall is that of {least[0]}."
    evidence = [Evidence("manifest.json", "personal_data.measured")]
    return Finding(float(least[2]), text, unit="share", evidence=evidence)


_NOTHING = "Nothing was looked for in this release: personal data stands in the text as its sources have it."


def g4_unclear(audited: Audited) -> Finding:
    cards = audited.all_cards()
    unclear = [uid for uid, card in cards.items() if card.pii.has_pii == "unclear"]
    figure = Figure(
        name="G4",
        kind="table",
        title="What the cards say of personal data",
        description="By source: whether its text has personal data, and what was done about it before "
        "it came here.",
        columns=("source", "has personal data", "treatment before", "bytes"),
        rows=[
            (uid, card.pii.has_pii, ", ".join(card.pii.treatment), audited.source_bytes.get(uid, 0))
            for uid, card in cards.items()
        ],
    )
    value = audited.share_of_bytes(unclear)
    text = f"{len(unclear)} of {len(cards)} cards do not know whether their source holds personal data."
    evidence = [Evidence(f"cards/sources/{uid}.md", "pii.has_pii") for uid in unclear]
    return Finding(
        value,
        text,
        unit="share of bytes",
        evidence=listed(evidence or [Evidence("cards/sources/", "pii.has_pii")]),
        figures=[figure],
    )


QUESTIONS = (
    Question("G1", "How much personal data was masked, by kind and language?", g1_redactions),
    Question("G2", "Which detectors look in which language?", g2_coverage),
    Question("G3", "How precise and complete are the detectors?", g3_quality),
    Question("G4", "Of which sources does nobody know whether they hold personal data?", g4_unclear),
)
