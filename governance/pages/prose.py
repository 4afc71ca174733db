"""Parts that the README and the language cards share: sections, reasons, limits, licences, quotes."""

from collections import Counter
from collections.abc import Iterable, Mapping

from governance.amounts import Amount
from governance.attribution import PATH, count_obliged
from governance.cards import GATING_BLOCKS, SourceCard
from governance.ledger import FLOWS
from governance.licences import conflicts
from governance.manifest import Manifest
from governance.pages.markdown import code, escape, number, quote, share, table
from governance.reasons import describe
from layers.stages import writer_of

NO_THRESHOLDS = "People set no quality threshold for this language; the origin of each says who did."


def title_of(manifest: Manifest) -> str:
    """Name and version of a release, and whether it is a trial."""
    trial = "" if manifest.trial_limit is None else " (trial)"
    return escape(f"{manifest.name} {manifest.version}") + trial


def class_note(manifest: Manifest) -> str:
    """Which class of a corpus this is; or that classes stand in one release that should not."""
    if (own := manifest.release_class) is not None:
        others = ", ".join(code(name) for name in own.classes if name != own.name)
        beside = f" The other classes are releases of their own: {others}." if others else ""
        return (
            f"Documents of the class {code(own.name)} of {escape(own.corpus)}, by licence and access tier."
            f"{beside} Documents of sources here that are published there are `other_class` in the ledger."
        )
    mixed = conflicts(
        (license, source.access_tier or "open")
        for source in manifest.sources.values()
        for license, amount in source.licenses.items()
        if amount.documents
    )
    if not mixed:
        return ""
    listed = ", ".join(code(name) for name in mixed)
    return f"Documents of classes whose terms no re-user can meet all at once stand here together: {listed}."


def trial_note(manifest: Manifest) -> str:
    """What stands first in all that a trial publishes; empty for a run over everything."""
    if manifest.trial_limit is None:
        return ""
    limit = number(manifest.trial_limit)
    return f"**A trial, not the whole corpus:** at most {limit} documents of each source were read."


def unreviewed(manifest: Manifest, *, uids: Iterable[str] | None = None) -> list[str]:
    """The sources, or those of uids, whose rights, personal data or custodian nobody reviewed."""
    lines = []
    for uid in manifest.sources if uids is None else sorted(uids):
        reviews = manifest.sources[uid].reviews
        waiting = [block for block in GATING_BLOCKS if reviews.get(block, "reviewed") != "reviewed"]
        if waiting:
            lines.append(f"- {code(uid)}: {', '.join(waiting)}")
    lead = "Published although nobody reviewed these blocks of the source cards:"
    return ["\n".join([lead, "", *lines])] if lines else []


def attribution(manifest: Manifest) -> str:
    """Where to find whom to name."""
    statements = "Evidence, and whom the sources ask to name: [LICENSES.md](LICENSES.md)."
    if not any(output.path == PATH for output in manifest.outputs):
        return statements
    rows = count_obliged(manifest.licenses)
    return (
        f"Whom to name for each of the {number(rows)} documents whose licence asks for it: "
        f"[{PATH}]({PATH}). {statements}"
    )


def section(title: str, *blocks: str) -> str:
    return "\n\n".join([f"## {title}", *(block for block in blocks if block)])


def language_name(tag: str) -> str:
    """English name of a BCP-47 tag, from CLDR."""
    import langcodes

    return escape(langcodes.Language.get(tag).display_name())


def reasons(manifest: Manifest, *, lang: str | None = None) -> str:
    """Table of drop reasons, most frequent first: of the whole release, or of one assigned language."""
    counts = count_reasons(manifest, lang=lang)
    if not counts:
        return "No document was dropped."
    where = {} if lang is None else {"lang": lang}
    read = manifest.to_ledger().total("documents", "raw" if lang is None else "decisions", "read", **where)
    rows = [
        [code(reason), writer_of(layer), documents, share(documents, total=read), describe(reason)]
        for (layer, reason), documents in counts
    ]
    what = "records read" if lang is None else "documents assigned to the language"
    note = f"Shares are of the {number(read)} {what}. Of several failed rules the first is counted."
    return "\n\n".join([table(["Reason", "Stage", "Documents", "Share", "Meaning"], rows), note])


def count_reasons(manifest: Manifest, *, lang: str | None = None) -> list[tuple[tuple[str, str], int]]:
    """((layer, reason), documents that it dropped), most first: of the whole release, or of one language."""
    ledger = manifest.to_ledger()
    dropping = [layer for layer, flows in FLOWS.items() if "dropped" in flows]
    layers = dropping if lang is None else dropping[-1:]  # the others know no assigned language
    where = {} if lang is None else {"lang": lang}
    counts: Counter[tuple[str, str]] = Counter()
    for layer in layers:
        for reason, documents in ledger.by("reason", "documents", layer, "dropped", **where).items():
            counts[layer, reason] += documents
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def thresholds(manifest: Manifest) -> str:
    """How many limits each language has, by the origin of their numbers; which have none of their own."""
    rows = [
        [code(lang), *(_origins(manifest, lang).get(origin, 0) for origin in _all_origins(manifest))]
        for lang in manifest.languages
    ]
    header = ["Language", *(code(origin) for origin in _all_origins(manifest))]
    without = [lang for lang, language in manifest.languages.items() if not language.has_quality_thresholds]
    parts = [
        "Limits on signals, by the origin of the number; the language cards list them.",
        table(header, rows),
    ]
    if without:
        parts.append(
            "People set no quality threshold for: " + ", ".join(code(lang) for lang in without) + "."
        )
    return "\n\n".join(parts)


def license_mix(licenses: Mapping[str, Amount]) -> str:
    """Table of licences by published documents and bytes; or that there is nothing to license."""
    if not licenses:
        return "No documents were published."
    size = sum(amount.bytes for amount in licenses.values())
    rows = [
        [code(license), amount.documents, amount.bytes, share(amount.bytes, total=size)]
        for license, amount in sorted(licenses.items(), key=lambda item: (-item[1].bytes, item[0]))
    ]
    return table(["Licence", "Documents", "Bytes", "Share of bytes"], rows)


def known_limits(cards: Mapping[str, SourceCard]) -> str:
    """Each card's own words on biases and limitations."""
    blocks = []
    for uid, card in sorted(cards.items()):
        blocks += [f"{code(uid)}, biases:", quote(card.known_limits.biases)]
        blocks += [f"{code(uid)}, limitations:", quote(card.known_limits.limitations)]
    return "\n\n".join(blocks)


def _origins(manifest: Manifest, lang: str) -> Counter[str]:
    return Counter(limit.origin for limit in manifest.thresholds.get(lang, []))


def _all_origins(manifest: Manifest) -> list[str]:
    return sorted({limit.origin for limits in manifest.thresholds.values() for limit in limits})
