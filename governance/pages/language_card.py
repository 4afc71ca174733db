"""cards/<lang>.md of a release: what one language consists of, and how it came to be so."""

from collections.abc import Mapping

from governance.amounts import merge_licenses
from governance.cards import SourceCard
from governance.ledger import DUPLICATE_REASONS
from governance.manifest import Manifest
from governance.pages import prose
from governance.pages.markdown import code, escape, number, page, share, table
from governance.pages.personal_data import render_language_data
from governance.pages.profiles import render_profiles
from governance.pages.reviews import render_language_review


def render_language_card(manifest: Manifest, lang: str, cards: Mapping[str, SourceCard]) -> str:
    """The card of a target language, with or without documents; raises KeyError for another one."""
    language = manifest.languages[lang]
    name = prose.language_name(lang)
    used = {uid: cards[uid] for uid in _sources_that_had_any(manifest, lang)}
    licenses = merge_licenses(share.licenses for share in language.sources.values())
    return page(
        f"# {name} ({code(lang)}) in {prose.title_of(manifest)}",
        prose.trial_note(manifest),
        _summary(manifest, lang),
        prose.section(
            "Sources", _sources(manifest, lang), *prose.unreviewed(manifest, uids=language.sources)
        ),
        prose.section(
            "Declared and assigned language",
            _quality(manifest, lang),
            _declared(manifest, lang),
            _status(manifest, lang),
        ),
        prose.section(
            "Why documents were dropped", prose.reasons(manifest, lang=lang), _duplicates(manifest, lang)
        ),
        prose.section("Limits", render_profiles(manifest, lang), _thresholds(manifest, lang)),
        prose.section("Human review", render_language_review(manifest, lang)),
        prose.section("Personal data", render_language_data(manifest, lang)),
        prose.section("Licences", prose.license_mix(licenses)),
        prose.section("Known limits, in the words of the source cards", prose.known_limits(used))
        if used
        else "",
    )


def _summary(manifest: Manifest, lang: str) -> str:
    """In sentences: how much there is, of how much, from where, under what, by whose limits, read by whom."""
    language = manifest.languages[lang]
    if not language.documents:
        return f"The release has no documents of this language. {_fate(manifest, lang)}"
    total = share(language.bytes, total=manifest.total.bytes)
    licenses = sorted(merge_licenses(source.licenses for source in language.sources.values()))
    largest = max(language.sources, key=lambda uid: (language.sources[uid].bytes, uid))
    part = share(language.sources[largest].bytes, total=language.bytes)
    sources = f"{len(language.sources)} sources" if len(language.sources) > 1 else "one source"
    read = "Speakers read a sample of it." if lang in manifest.reviews else "No speaker read a sample of it."
    return (
        f"{number(language.documents)} documents, {number(language.bytes)} bytes of UTF-8 text. "
        f"That is {total} of the release. They come from {sources}, "
        f"{part} of the bytes from {code(largest)}, under "
        f"{', '.join(code(license) for license in licenses)}. {_fate(manifest, lang)} {read}"
    )


def _fate(manifest: Manifest, lang: str) -> str:
    """What became of the documents that were assigned to the language, and the most frequent reason."""
    read = manifest.to_ledger().total("documents", "decisions", "read", lang=lang)
    if not read:
        return "No document of any source was assigned to it."
    kept = manifest.languages[lang].documents
    said = f"Of {number(read)} documents assigned to it {number(kept)} are kept ({share(kept, total=read)})"
    reasons = prose.count_reasons(manifest, lang=lang)
    if not reasons:
        return f"{said}."
    (_, reason), most = reasons[0]
    return f"{said}; the most frequent reason of the others is {code(reason)} ({number(most)})."


def _quality(manifest: Manifest, lang: str) -> str:
    """How well the model tells the language, in sentences."""
    quality = (manifest.language_quality or {}).get(lang)
    if quality is None:
        return "How well the model of language identification tells this language was not measured here."
    also = "" if quality.measured_as == lang else f", measured as {code(quality.measured_as)}"
    return (
        f"The model of language identification finds {quality.recall:.1%} of the texts of this language "
        f"(recall), and {quality.precision:.1%} of what it calls so is of it (precision){also}: on "
        f"{number(quality.texts)} lines of sources that it had not seen, each language of the same weight."
    ).replace("%", " %")


def _sources_that_had_any(manifest: Manifest, lang: str) -> list[str]:
    return list(manifest.to_ledger().by("source", "documents", "decisions", "read", lang=lang))


def _sources(manifest: Manifest, lang: str) -> str:
    ledger, language = manifest.to_ledger(), manifest.languages[lang]
    rows = []
    for uid in _sources_that_had_any(manifest, lang):
        part = language.sources.get(uid)
        size = part.bytes if part else 0
        read = ledger.total("documents", "decisions", "read", lang=lang, source=uid)
        kept = part.documents if part else 0
        rows.append(
            [
                f"[{code(uid)}](sources/{uid}.md)",
                read,
                kept,
                share(kept, total=read),
                size,
                share(size, total=language.bytes),
            ]
        )
    if not rows:
        return "No document of any source was assigned to this language."
    return table(["Source", "Assigned", "Published", "Kept", "Bytes published", "Share of bytes"], rows)


def _declared(manifest: Manifest, lang: str) -> str:
    """The column of the matrix: what the documents assigned to the language were declared as."""
    cells = [cell for cell in manifest.to_ledger().matrix() if cell["lang"] == lang and cell["documents"]]
    away = [
        cell
        for cell in manifest.to_ledger().matrix()
        if cell["lang_declared"] == lang and cell["lang"] != lang and cell["documents"]
    ]
    total = sum(cell["documents"] for cell in cells)
    blocks = []
    if cells:
        rows = [
            [
                code(cell["lang_declared"]) if cell["lang_declared"] else "not declared",
                cell["documents"],
                share(cell["documents"], total=total),
            ]
            for cell in cells
        ]
        blocks += ["Documents assigned to this language, by what their source declared:"]
        blocks += [table(["Declared", "Documents", "Share"], rows)]
    if away:
        rows = [[code(cell["lang"]), cell["documents"]] for cell in away]
        blocks += ["Documents declared as this language and assigned to another:"]
        blocks += [table(["Assigned", "Documents"], rows)]
    return "\n\n".join(blocks) or "No document was declared as this language or assigned to it."


def _status(manifest: Manifest, lang: str) -> str:
    language = manifest.languages[lang]
    if not language.lang_status:
        return ""
    rows = [
        [code(status), documents, share(documents, total=language.documents)]
        for status, documents in language.lang_status.items()
    ]
    return "How the language of the published documents was assigned:\n\n" + table(
        ["Status", "Documents", "Share"], rows
    )


def _duplicates(manifest: Manifest, lang: str) -> str:
    ledger = manifest.to_ledger()
    counts = ledger.by("reason", "documents", "decisions", "dropped", lang=lang)
    duplicates = sum(documents for reason, documents in counts.items() if reason in DUPLICATE_REASONS)
    read = ledger.total("documents", "decisions", "read", lang=lang)
    if not read:
        return ""
    return (
        f"Dropped only as duplicates: {number(duplicates)} ({share(duplicates, total=read)} of the documents "
        "assigned to the language)."
    )


def _thresholds(manifest: Manifest, lang: str) -> str:
    limits = manifest.thresholds.get(lang, [])
    sentence = "" if manifest.languages[lang].has_quality_thresholds else prose.NO_THRESHOLDS
    rows = [
        [
            code(limit.signal),
            _limit(limit.min),
            _limit(limit.max),
            limit.min_words if limit.min_words else "–",
            code(limit.origin),
            escape(limit.note),
        ]
        for limit in limits
    ]
    columns = ["Signal", "Minimum", "Maximum", "From words on", "Origin", "Note"]
    listed = table(columns, rows) if rows else "No limit was applied."
    return "\n\n".join(block for block in (sentence, listed) if block)


def _limit(value: float | None) -> str:
    return "–" if value is None else str(value).removesuffix(".0")
