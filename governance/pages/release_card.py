"""README.md and LICENSES.md of a release, computed from its manifest and its source cards.

No sentence here claims what is not a number of the manifest, a field of a card, or a property of
the file layout.
"""

from collections.abc import Mapping

import pyarrow as pa

from governance.cards import SourceCard
from governance.ledger import Ledger
from governance.manifest import NAME, README, Manifest
from governance.pages import hub_yaml, prose, readme_yaml
from governance.pages.duplicates import (
    render_clusters,
    render_overlaps,
    render_similarities,
    render_uncompared,
)
from governance.pages.markdown import code, escape, link, number, page, quote, share, table
from governance.pages.personal_data import render_personal_data
from governance.pages.reservations import render_reservations
from governance.pages.reviews import render_reviews
from governance.reasons import NO_FAULTS

Cards = Mapping[str, SourceCard]


def render_readme(manifest: Manifest, cards: Cards, *, schema: pa.Schema) -> str:
    """README.md: YAML for the Hub and `datasets`, then prose. schema is that of the data shards.

    Raises ValueError where the YAML would not be valid, naming each problem.
    """
    front = hub_yaml.write_yaml(readme_yaml.make_front_matter(manifest, cards, schema=schema))
    text = f"---\n{front}---\n\n" + page(
        f"# {prose.title_of(manifest)}",
        prose.trial_note(manifest),
        _summary(manifest),
        prose.section("Languages", _languages(manifest)),
        prose.section("Origins", _origins(manifest, cards)),
        prose.section("From source to release", _funnel(manifest)),
        prose.section("Why documents were dropped", prose.reasons(manifest), _losses(manifest)),
        *_shared_keys(manifest),
        prose.section("Duplicates", *_duplicates(manifest)),
        prose.section("Limits", prose.thresholds(manifest)),
        prose.section("Human review", render_reviews(manifest)),
        prose.section("Licences", prose.license_mix(manifest.licenses), prose.attribution(manifest)),
        *([prose.section("Reservations", *said)] if (said := render_reservations(manifest)) else []),
        prose.section("Personal data", render_personal_data(manifest), _personal_data(cards)),
        prose.section("Known limits, in the words of the source cards", prose.known_limits(cards)),
        prose.section("Not answered", _unanswered(manifest)),
        prose.section("Models", _models(manifest)),
        prose.section("How to load", _how_to_load(manifest)),
        prose.section("How to check", _how_to_check(manifest)),
        prose.section("How to cite", _how_to_cite(manifest)),
    )
    problems = hub_yaml.check_readme(text)
    if problems:
        raise ValueError("the README's YAML is not valid: " + "; ".join(problems))
    return text


def render_licenses(manifest: Manifest, cards: Cards) -> str:
    """LICENSES.md: what is under which licence, the evidence, and whom to attribute."""
    blocks = [
        "# Licences",
        "Every document carries its SPDX licence expression in the column `license`. "
        "NOASSERTION means that no licence could be concluded.",
        prose.license_mix(manifest.licenses),
    ]
    for uid, card in sorted(cards.items()):
        rights = card.rights
        blocks += [
            f"## {escape(card.name)} ({code(uid)})",
            table(
                ["", ""],
                [
                    ["Declared by the source", code(rights.declared)],
                    ["Concluded by us", code(rights.concluded)],
                    ["Scope", rights.scope],
                    ["Share alike", rights.properties.share_alike],
                    ["Redistribution", rights.properties.redistribute_text],
                    ["Custodian", escape(card.custodian.name)],
                ],
            ),
            prose.license_mix(manifest.sources[uid].licenses),
        ]
        if rights.attribution_statement:
            blocks += ["Attribution:", quote(rights.attribution_statement)]
        for evidence in rights.evidence:
            how = " in a stored copy" if evidence.stored_copy else ""
            blocks += [
                f"Read at {link(evidence.url)}{how} on {evidence.retrieved_at}:",
                quote(evidence.quote),
            ]
    return page(*blocks)


def _summary(manifest: Manifest) -> str:
    total, langs = manifest.total, manifest.published
    return (
        f"{number(total.documents)} documents, {number(total.bytes)} bytes of UTF-8 text, in {len(langs)} "
        f"of {len(manifest.languages)} target languages, from {len(manifest.sources)} sources. "
        f"Made with {escape(manifest.code.name)} {escape(manifest.code.version)}. Every number here is "
        "computed from [manifest.json](manifest.json); what is said of a source is quoted from its card."
    )


def _losses(manifest: Manifest) -> str:
    """What took most of a source, site or language."""
    if not manifest.losses:
        return ""
    lines = [
        f"- {loss.kind} {code(loss.name)}: {code(loss.cause)}, {number(loss.documents)} of "
        f"{number(loss.read)} documents ({share(loss.documents, total=loss.read)})"
        for loss in manifest.losses
    ]
    named = len({loss.name for loss in manifest.losses if loss.kind == "site"})
    if manifest.sites.losing > named:
        sites = manifest.sites
        lines.append(f"- {number(sites.losing - named)} more of the {number(sites.sites)} sites")
    return "One cause took too much to go unsaid:\n\n" + "\n".join(lines)


def _shared_keys(manifest: Manifest) -> list[str]:
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


def _duplicates(manifest: Manifest) -> list[str]:
    duplicates = manifest.duplicates
    renderers = (render_clusters, render_similarities, render_overlaps, render_uncompared)
    blocks = [render(duplicates) for render in renderers]
    return [block for block in blocks if block]


def _languages(manifest: Manifest) -> str:
    total = manifest.total.bytes
    rows = [
        [
            f"[{code(lang)}](cards/{lang}.md)",
            prose.language_name(lang),
            language.documents if language.documents else "no documents",
            language.bytes,
            share(language.bytes, total=total),
            len(language.sources),
            "yes" if language.has_quality_thresholds else "no",
        ]
        for lang, language in manifest.languages.items()
    ]
    header = [
        "Config",
        "Language",
        "Documents",
        "Bytes",
        "Share of bytes",
        "Sources",
        "Thresholds that people set",
    ]
    return table(header, rows)


def _origins(manifest: Manifest, cards: Cards) -> str:
    rows = []
    for uid, card in sorted(cards.items()):
        amounts = manifest.sources[uid].licenses.values()
        size = sum(amount.bytes for amount in amounts)
        rights = card.rights
        declared = "" if rights.declared == rights.concluded else f" (declared: {code(rights.declared)})"
        rows.append(
            [
                f"[{code(uid)}](cards/sources/{uid}.md)",
                escape(card.name),
                f"{escape(card.custodian.name)} ({card.custodian.type}, {card.custodian.location})",
                f"{code(rights.concluded)}{declared}",
                ", ".join(str(evidence.retrieved_at) for evidence in rights.evidence) or "none",
                sum(amount.documents for amount in amounts),
                size,
                share(size, total=manifest.total.bytes),
            ]
        )
    header = [
        "Source",
        "Name",
        "Custodian",
        "Licence concluded",
        "Evidence of",
        "Documents",
        "Bytes",
        "Share of bytes",
    ]
    notes = [f"- {escape(note)}" for source in manifest.sources.values() for note in source.obstacles]
    warning = ["What the cards say against open publication:", "\n".join(notes)] if notes else []
    return "\n\n".join([table(header, rows), *warning, *prose.unreviewed(manifest)])


def _funnel(manifest: Manifest) -> str:
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
        "Dropped by rules",
        "Published",
    ]
    tails = ledger.unknown_tails()
    note = (
        f"{len(tails)} unreadable tails hold an unknown number of further records, "
        f"in {number(sum(tail['bytes'] for tail in tails))} bytes."
        if tails
        else ""
    )
    parts = "unreadable + skipped or refused" if any(refused.values()) else "unreadable"
    balance = f"Records read = {parts} + lost + dropped + published, for every source."
    return "\n\n".join(block for block in (table(header, rows), note, balance, _not_read(manifest)) if block)


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


def _personal_data(cards: Cards) -> str:
    blocks = ["In the words of the source cards:"]
    for uid, card in sorted(cards.items()):
        blocks.append(f"{code(uid)}: {card.pii.has_pii}.")
        if card.pii.justification:
            blocks.append(quote(card.pii.justification))
    return "\n\n".join(blocks)


def _unanswered(manifest: Manifest) -> str:
    rows = [
        [
            code(uid),
            source.card_answers,
            len(source.unknown_fields),
            ", ".join(code(f) for f in source.unknown_fields),
        ]
        for uid, source in manifest.sources.items()
    ]
    unknown = sum(len(source.unknown_fields) for source in manifest.sources.values())
    answers = sum(source.card_answers for source in manifest.sources.values())
    lead = (
        f"{unknown} of {answers} answers on the source cards are unknown ({share(unknown, total=answers)})."
    )
    return "\n\n".join([lead, table(["Card", "Answers", "Unknown", "Which"], rows)])


def _models(manifest: Manifest) -> str:
    if not manifest.models:
        return "No model was used."
    rows = [
        [escape(model.name), escape(model.used_for), escape(model.license), code(model.sha256)]
        for model in manifest.models
    ]
    return table(["Model", "Used for", "Licence", "SHA-256"], rows)


_FORMATS = {"arrow": "Arrow IPC", "parquet": "Parquet"}


def _beside(manifest: Manifest) -> str:
    return "`provenance/` has" if manifest.table_format == "arrow" else "`signals/` and `provenance/` have"


def _how_to_load(manifest: Manifest) -> str:
    langs = manifest.published
    if not langs:
        return "The release holds no documents."
    lang = next(iter(langs))
    source = next(iter(langs[lang].sources))
    return (
        "PATH is this folder, or the repository's name.\n\n```python\n"
        "from datasets import load_dataset\n\n"
        f'load_dataset(PATH, "{lang}", split="train", streaming=True)  # a language\n'
        f'load_dataset(PATH, "{lang}-{source}", split="train")  # a language from one source\n```\n\n'
        f"`data/<language>/<source>/*.{manifest.table_format}` are {_FORMATS[manifest.table_format]} files. "
        f"{_beside(manifest)} the same rows in the same "
        "order, `ledger/` what was dropped and why. Columns: [DATA_DICTIONARY.md](DATA_DICTIONARY.md). "
        "`num_bytes` in the YAML counts the UTF-8 bytes of text."
    )


def _how_to_check(manifest: Manifest) -> str:
    return (
        "`manifest.json` lists size and SHA-256 of every other file. `rhizotron verify PATH` checks them and "
        "counts the rows again. Without it, in this folder,\n\n"
        f"    find * -type f ! -path {README} ! -path '{NAME}*' -exec sha256sum {{}} + "
        f"| LC_ALL=C sort | sha256sum\n\nprints\n\n    {manifest.merkle_root}"
    )


def _how_to_cite(manifest: Manifest) -> str:
    key = manifest.name.replace("-", "_")
    return (
        f"```bibtex\n@misc{{{key},\n  title = {{{manifest.name}}},\n  note = {{Release {manifest.version}, "
        f"contents sha256:{manifest.merkle_root}}}\n}}\n```\n\n"
        "And the sources, as [LICENSES.md](LICENSES.md) asks."
    )
