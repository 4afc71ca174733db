"""E: how much of each language is there, from how many sources, is it that language, and who has read it?"""

from collections import Counter, defaultdict

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.audit.families import family_of

MIN_SOURCES = 2.0
"""Effective sources below which a language is what one source is."""
_SAME_SCRIPTS = {
    "ja": {"Jpan", "Hira", "Kana", "Hani"},
    "ko": {"Kore", "Hang", "Hani"},
    "zh": {"Hans", "Hant", "Hani"},
}
"""Primary subtag → scripts that its texts may be counted under."""


def effective_sources(shares: list[int]) -> float:
    """1 / Σp²: as many sources of one size would be as uneven."""
    total = sum(shares)
    return total * total / sum(size * size for size in shares) if total else 0.0


def e1_amounts(audited: Audited) -> Finding:
    total = audited.total_bytes
    words = audited.rows.words if audited.rows is not None and audited.rows.has_words else None
    treemap, rows, few = [], [], []
    for lang, language in audited.manifest.languages.items():
        effective = effective_sources([part.bytes for part in language.sources.values()])
        counted = sum(n for (tag, _), n in words.items() if tag == lang) if words is not None else None
        rows.append(
            (lang, language.documents, language.bytes, counted, len(language.sources), round(effective, 2))
        )
        if language.documents:
            treemap.append((family_of(lang), lang, language.bytes))
            if effective < MIN_SOURCES:
                few.append(lang)
    largest = max(audited.manifest.published, key=lambda lang: audited.manifest.languages[lang].bytes)
    figures = [
        Figure(
            name="E1",
            kind="treemap",
            title="The text by family and language",
            description="Each area is a language, as large as its bytes; languages of a family lie together.",
            columns=("family", "language", "bytes"),
            rows=treemap,
            unit="bytes",
        ),
        Figure(
            name="E1-sources",
            kind="table",
            title="Documents, bytes, words and sources of each language",
            description="Effective sources: as many sources of one size would be as uneven.",
            columns=("language", "documents", "bytes", "words", "sources", "effective sources"),
            rows=rows,
        ),
    ]
    published = audited.manifest.published
    empty = len(audited.manifest.languages) - len(published)
    text = (
        f"{len(published)} languages have documents, {empty} have none. The largest, {largest}, holds "
        f"{100 * published[largest].bytes / total:.1f} % of the bytes. {len(few)} languages have fewer "
        "than two effective sources."
    )
    evidence = listed([Evidence("manifest.json", f"languages.{lang}.sources") for lang in few])
    value = len(few) / len(published)
    return Finding(
        value,
        text,
        unit="share of languages",
        evidence=evidence or [Evidence("manifest.json", "languages")],
        figures=figures,
    )


def e2_agreement(audited: Audited) -> Finding:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    confused: Counter[tuple[str, str]] = Counter()
    for line in audited.ledger.select("measured", "kept"):
        declared, lang, documents = line["lang_declared"], line["lang"], line["documents"] or 0
        if declared in ("", "und"):
            continue
        agrees = _agree(declared, lang)
        cell = counts[declared, line["source"]]
        cell[0] += documents
        cell[1] += 0 if agrees else documents
        confused[declared, declared if agrees else lang] += documents
    total = sum(cell[0] for cell in counts.values())
    differing = sum(cell[1] for cell in counts.values())
    value = share(differing, of=total, what="documents whose source declares a language")
    wrong = {pair: n for pair, n in confused.items() if pair[0] != pair[1]}
    figures = [
        Figure(
            name="E2",
            kind="heat",
            title="Identified as another language than declared",
            description="Rows are declared languages, columns sources; darker cells have more "
            "documents identified as another one.",
            columns=("declared", "source", "share identified as another"),
            rows=[
                (lang, source, wrong_n / n) for (lang, source), (n, wrong_n) in sorted(counts.items()) if n
            ],
            unit="share",
        ),
        _confusion(confused, targets=set(audited.manifest.languages)),
        Figure(
            name="E2-pairs",
            kind="table",
            title="Most frequent confusions",
            description="Documents that a source declares in one language and that were identified as "
            "another.",
            columns=("declared", "identified", "documents"),
            rows=[(*pair, n) for pair, n in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:40]],
        ),
    ]
    undeclared = audited.ledger.total("documents", "measured", "kept") - total
    text = (
        f"{differing:,} of {total:,} documents whose source declares a language were identified as "
        "another or none; "
        f"{undeclared:,} documents declare none. Not every one is wrong of the source: identification "
        "errs too, among "
        "close languages most."
    )
    evidence = [
        Evidence("manifest.json", "ledger, layer measured, flow kept"),
        Evidence("provenance/", "lang_declared"),
    ]
    return Finding(value, text, unit="share of documents", evidence=evidence, figures=figures)


def _agree(declared: str, lang: str) -> bool:
    """Whether two tags say the same language, as far as both say: en-IN and en, zh and zh-Hant."""
    return declared == lang or declared.startswith(f"{lang}-") or lang.startswith(f"{declared}-")


def _confusion(confused: Counter[tuple[str, str]], *, targets: set[str]) -> Figure:
    """Declared → identified of languages that were confused, each with others of the table only."""
    involved = {tag for (a, b), n in confused.items() if a != b and n for tag in (a, b) if tag in targets}
    totals: Counter[str] = Counter()
    for (declared, _), n in confused.items():
        totals[declared] += n
    ordered = sorted(involved, key=lambda tag: (family_of(tag), tag))
    columns = [*ordered, "another", "und"]
    cells: Counter[tuple[str, str]] = Counter()
    for (declared, lang), n in confused.items():
        if declared in involved:
            cells[declared, lang if lang in involved or lang == "und" else "another"] += n
    return Figure(
        name="E2-confusion",
        kind="heat",
        title="Declared and identified, close languages side by side",
        description="Rows are declared languages, columns what was identified, ordered by family; the "
        "diagonal agrees.",
        columns=("declared", "identified", "share of the declared"),
        rows=[
            (row, column, cells[row, column] / totals[row])
            for row in ordered
            for column in columns
            if cells[row, column] and totals[row]
        ],
        unit="share",
    )


def e3_scripts(audited: Audited) -> Finding:
    rows = audited.all_rows()
    if not rows.scripts:
        raise NotAnswerable("the column `script` of data/")
    wrong: list[tuple[str, str, int]] = []
    total = 0
    for lang, scripts in sorted(rows.scripts.items()):
        expected = _expected_scripts(lang)
        for script, documents in sorted(scripts.items()):
            total += documents
            if script not in expected:
                wrong.append((lang, script, documents))
    value = share(sum(row[2] for row in wrong), of=total, what="documents")
    figure = Figure(
        name="E3",
        kind="table",
        title="Documents in another script than their language is written in",
        description="By language and script; CLDR says which script is likely, Zyyy is text without letters.",
        columns=("language", "script", "documents"),
        rows=wrong,
    )
    text = (
        f"{sum(row[2] for row in wrong):,} of {total:,} documents are in another script than CLDR has for "
        "their language."
    )
    return Finding(
        value, text, unit="share of documents", evidence=[Evidence("data/", "script")], figures=[figure]
    )


def _expected_scripts(lang: str) -> set[str]:
    import langcodes

    tag = langcodes.Language.get(lang)
    script = tag.maximize().script or ""
    both = _SAME_SCRIPTS.get(lang.split("-")[0], set())
    return both if not tag.script and both else {script, *({"Hani"} if script in ("Hans", "Hant") else ())}


def e4_codes(audited: Audited) -> Finding:
    import langcodes

    tags = list(audited.manifest.languages)
    problems: list[tuple[str, str]] = []
    for tag in tags:
        if not langcodes.tag_is_valid(tag):
            problems.append((tag, "is no BCP-47 tag"))
            continue
        canonical = str(langcodes.standardize_tag(tag))
        if canonical != tag:
            problems.append((tag, f"is written {canonical}"))
        macro = str(langcodes.Language.get(tag).prefer_macrolanguage())
        if macro != tag and macro in tags:
            problems.append((tag, f"is part of {macro}, which is a target too"))
    figure = Figure(
        name="E4",
        kind="table",
        title="Tags that overlap or are not canonical",
        description="Target languages whose tag is not canonical, or that are part of another target "
        "language.",
        columns=("tag", "problem"),
        rows=problems,
    )
    text = (
        f"{len(problems)} of {len(tags)} tags of target languages are not canonical or overlap with another."
    )
    evidence = [Evidence("manifest.json", f"languages.{tag}") for tag, _ in problems]
    evidence = evidence or [Evidence("manifest.json", "languages")]
    return Finding(len(problems), text, unit="tags", evidence=listed(evidence), figures=[figure])


def e5_reviews(audited: Audited) -> Finding:
    published = list(audited.manifest.published)
    reviews = audited.manifest.reviews
    unread = [lang for lang in published if lang not in reviews or not reviews[lang].kept.read]
    value = share(len(unread), of=len(published), what="documents: the release has none")
    intervals = [
        (lang, review.kept.low, review.kept.share, review.kept.high, review.kept.read)
        for lang, review in sorted(reviews.items())
        if review.kept.read
    ]
    labels = [
        (lang, label, count, review.readers, "this release" if review.is_current else review.release)
        for lang, review in sorted(reviews.items())
        for label, count in review.labels.items()
    ]
    figures = []
    if intervals:
        figures += [
            Figure(
                name="E5",
                kind="intervals",
                title="Share of kept documents that readers call natural text",
                description="For each language that somebody read: the share, and its Wilson interval "
                "of 95 %.",
                columns=("language", "low", "share", "high", "documents read"),
                rows=intervals,
                unit="share",
            ),
            Figure(
                name="E5-labels",
                kind="table",
                title="Labels that readers gave",
                description="How often each label was given, by how many readers, and to which release.",
                columns=("language", "label", "times", "readers", "release"),
                rows=labels,
            ),
        ]
    figures.append(
        Figure(
            name="E5-unread",
            kind="table",
            title="Languages of which nobody read a document",
            description="No human review was done in these.",
            columns=("language",),
            rows=[(lang,) for lang in unread],
        )
    )
    text = f"In {len(unread)} of {len(published)} languages no person has read a sample of this corpus."
    return Finding(
        value,
        text,
        unit="share of languages",
        evidence=[Evidence("manifest.json", "reviews")],
        figures=figures,
    )


QUESTIONS = (
    Question("E1", "How much text of each language is there, from how many sources?", e1_amounts),
    Question("E2", "How often does identification disagree with the source?", e2_agreement),
    Question("E3", "How much is in another script than its language?", e3_scripts),
    Question("E4", "Are the language tags canonical and without overlap?", e4_codes),
    Question("E5", "Who has read samples of each language, and what was found?", e5_reviews),
)
