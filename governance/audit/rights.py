"""C: under which licences is the text, who concluded so and from what, and who holds it?"""

from collections import Counter

from governance.amounts import Amount
from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.audit.regions import countries
from governance.licences import NOASSERTION, obliges_attribution, release_class
from governance.licences.classes import NO_DERIVATIVES, OPEN, UNCLEAR

MAX_AGE_DAYS = 365


def _licenses(audited: Audited, lang: str) -> Counter[str]:
    """Licence → bytes of one language."""
    found: Counter[str] = Counter()
    for part in audited.manifest.languages[lang].sources.values():
        found.update({license: amount.bytes for license, amount in part.licenses.items()})
    return found


def c1_licenses(audited: Audited) -> Finding:
    total = audited.total_bytes
    mix = Counter(
        {license: amount.bytes for license, amount in audited.manifest.licenses.items() if amount.bytes}
    )
    rows = [
        (lang, license, size)
        for lang in audited.manifest.published
        for license, size in sorted(_licenses(audited, lang).items())
    ]
    largest = ", ".join(f"{license} {100 * size / total:.1f} %" for license, size in mix.most_common(5))
    figure = Figure(
        name="C1",
        kind="bars",
        title="Licence of the text of each language",
        description="A bar for each language: bytes of text by the licence that was concluded.",
        columns=("language", "licence", "bytes"),
        rows=rows,
        unit="bytes",
    )
    text = f"{len(mix)} licence expressions; of the bytes {largest}."
    return Finding(len(mix), text, unit="licences", evidence=_in_languages("licenses"), figures=[figure])


def c2_declared(audited: Audited) -> Finding:
    differing = [
        uid for uid, card in audited.all_cards().items() if card.rights.declared != card.rights.concluded
    ]
    figure = Figure(
        name="C2",
        kind="table",
        title="Licences that were concluded to be others than declared",
        description="Sources whose card concludes another licence than the source declares.",
        columns=("source", "declared", "concluded", "bytes"),
        rows=[
            (uid, card.rights.declared, card.rights.concluded, audited.source_bytes.get(uid, 0))
            for uid in differing
            for card in [audited.cards[uid]]
        ],
    )
    value = audited.share_of_bytes(differing)
    text = f"{len(differing)} of {len(audited.cards)} sources: {100 * value:.1f} % of the bytes."
    evidence = [Evidence(f"cards/sources/{uid}.md", "rights.declared, rights.concluded") for uid in differing]
    evidence = evidence or [Evidence("cards/sources/", "rights")]
    return Finding(value, text, unit="share of bytes", evidence=listed(evidence), figures=[figure])


def c3_no_assertion(audited: Audited) -> Finding:
    amount = audited.manifest.licenses.get(NOASSERTION, Amount(documents=0, bytes=0))
    value = amount.bytes / audited.total_bytes
    text = (
        f"{amount.documents:,} documents, {amount.bytes:,} bytes, are under {NOASSERTION}: nobody could "
        "conclude a licence."
    )
    return Finding(value, text, unit="share of bytes", evidence=_in_sources("licenses"))


def c4_evidence(audited: Audited) -> Finding:
    day, origin = audited.day
    pieces = [
        (uid, evidence) for uid, card in audited.all_cards().items() for evidence in card.rights.evidence
    ]
    old = [(uid, evidence) for uid, evidence in pieces if (day - evidence.retrieved_at).days > MAX_AGE_DAYS]
    without = sorted(uid for uid, card in audited.cards.items() if not card.rights.evidence)
    undigested = sum(str(getattr(evidence, "sha256", "unknown")) == "unknown" for _, evidence in pieces)
    value = share(len(old), of=len(pieces), what="evidence on the source cards")
    text = (
        f"{len(old)} of {len(pieces)} pieces of evidence are older than {MAX_AGE_DAYS} days on {day} "
        f"({origin}); "
        f"{undigested} have no digest, so that nobody can tell whether the page has changed; "
        f"{len(without)} cards have none."
    )
    evidence = [Evidence(f"cards/sources/{uid}.md", f"{e.url}, read on {e.retrieved_at}") for uid, e in old]
    evidence += [Evidence(f"cards/sources/{uid}.md", "no evidence") for uid in without]
    evidence = evidence or [Evidence("cards/sources/", "rights.evidence")]
    return Finding(value, text, unit="share of evidence", evidence=listed(evidence))


def c5_mixes(audited: Audited) -> Finding:
    """Licences that belong to different release classes cannot be met by one set of terms."""
    rows = []
    for lang in audited.manifest.published:
        names = sorted({_class(license) for license in _licenses(audited, lang)} - {OPEN})
        if len(names) > 1 or any(NO_DERIVATIVES in name or name == UNCLEAR for name in names):
            rows.append((lang, ", ".join(names), ", ".join(sorted(_licenses(audited, lang)))))
    figure = Figure(
        name="C5",
        kind="table",
        title="Languages whose licences ask for terms that no one set can meet",
        description="Languages that mix licences of several release classes.",
        columns=("language", "classes", "licences"),
        rows=rows,
    )
    audited.total_bytes  # noqa: B018 - raises where the release has no documents
    text = (
        f"{len(rows)} of {len(audited.manifest.published)} languages mix share-alike licences of "
        "different families, "
        "restrictions of use, or texts without a licence."
    )
    evidence = listed(
        [Evidence("manifest.json", f"languages.{lang}.sources.*.licenses") for lang, *_ in rows]
    )
    return Finding(
        len(rows), text, unit="languages", evidence=evidence or _in_languages("licenses"), figures=[figure]
    )


def _class(license: str) -> str:
    """The release class; what is no expression says nothing that a re-user could rely on."""
    try:
        return release_class(license, "open")
    except ValueError:
        return UNCLEAR


def _obliges(license: str) -> bool:
    try:
        return obliges_attribution(license)
    except ValueError:
        return False


def c6_attribution(audited: Audited) -> Finding:
    lacking: dict[str, int] = {}
    for uid, card in audited.all_cards().items():
        licenses = audited.manifest.sources[uid].licenses
        size = sum(amount.bytes for license, amount in licenses.items() if _obliges(license))
        if size and not card.rights.attribution_statement:
            lacking[uid] = size
    value = sum(lacking.values()) / audited.total_bytes
    text = (
        f"{sum(lacking.values()):,} bytes are under licences that ask for attribution, and their cards "
        "name nobody."
    )
    evidence = [Evidence(f"cards/sources/{uid}.md", "rights.attribution_statement") for uid in lacking]
    evidence = evidence or [
        Evidence("cards/sources/", "rights.attribution_statement"),
        Evidence("LICENSES.md"),
    ]
    return Finding(value, text, unit="share of bytes", evidence=listed(evidence))


def c7_custodians(audited: Audited) -> Finding:
    cards = audited.all_cards()
    total = audited.total_bytes
    held: Counter[tuple[str, str]] = Counter()
    types: Counter[str] = Counter()
    outside = unclear = 0
    for lang, language in audited.manifest.published.items():
        for uid, part in language.sources.items():
            custodian = cards[uid].custodian
            held[lang, custodian.location] += part.bytes
            types[custodian.type] += part.bytes
            spoken, seat = _spoken(audited, uid, lang), countries(custodian.location)
            if not spoken or not seat:
                unclear += part.bytes
            elif not spoken & seat:
                outside += part.bytes
    figures = [
        Figure(
            name="C7",
            kind="heat",
            title="Whose language, held by whom",
            description="Rows are languages, columns countries or UN M49 regions of custodians; "
            "darker cells hold more of the text of the language.",
            columns=("language", "custodian in", "share of the language"),
            rows=[
                (lang, place, size / audited.manifest.languages[lang].bytes)
                for (lang, place), size in sorted(held.items())
                if audited.manifest.languages[lang].bytes
            ],
            unit="share",
        ),
        Figure(
            name="C7-types",
            kind="bars",
            title="Kinds of custodians",
            description="A bar for each kind of custodian: bytes of text that it holds.",
            columns=("kind of custodian", "", "bytes"),
            rows=[(name, "", size) for name, size in types.most_common()],
            unit="bytes",
        ),
    ]
    text = (
        f"{100 * outside / total:.1f} % of the bytes are held in a country where, by the cards, the "
        "language is not spoken; "
        f"of {100 * unclear / total:.1f} % the cards do not say where the custodian is, or where the "
        "language is spoken."
    )
    evidence = [
        Evidence("cards/sources/", "custodian.location, languages.locations"),
        *_in_languages("sources"),
    ]
    if unclear == total:
        raise NotAnswerable("locations of custodians and languages on the source cards")
    return Finding(outside / total, text, unit="share of bytes", evidence=evidence, figures=figures)


def _spoken(audited: Audited, uid: str, lang: str) -> frozenset[str]:
    """Countries of a language of a source as its card says; else the territory that CLDR thinks likely."""
    said: frozenset[str] = frozenset()
    for language in audited.cards[uid].languages:
        if language.tag == lang:
            said = frozenset().union(*(countries(place) for place in language.locations))
    return said or _likely(lang)


def _likely(lang: str) -> frozenset[str]:
    import langcodes  # 30 ms

    return countries(langcodes.Language.get(lang).maximize().territory or "")


def _in_languages(pointer: str) -> list[Evidence]:
    return [
        Evidence("manifest.json", f"languages.*.sources.*.{pointer}" if pointer != "sources" else "languages")
    ]


def _in_sources(pointer: str) -> list[Evidence]:
    return [Evidence("manifest.json", f"sources.*.{pointer}")]


QUESTIONS = (
    Question("C1", "How much text of each language is under which licence?", c1_licenses),
    Question("C2", "Where is the licence concluded another one than declared?", c2_declared),
    Question("C3", "How much of the text has no concluded licence?", c3_no_assertion),
    Question("C4", "Is the evidence for licences older than a year?", c4_evidence),
    Question("C5", "Which languages mix licences that cannot be met together?", c5_mixes),
    Question("C6", "Is everybody named whom a licence asks to name?", c6_attribution),
    Question("C7", "Whose language is held by whom, and in which country?", c7_custodians),
)
