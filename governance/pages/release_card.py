"""README.md and LICENSES.md of a release, computed from its manifest and its source cards.

No sentence here claims what is not a number of the manifest, a field of a card, a word of the corpus file, or
a property of the file layout.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from governance.amounts import Amount, merge_licenses
from governance.cards import SourceCard
from governance.manifest import NAME, README, Manifest
from governance.pages import hub_yaml, prose, readme_yaml
from governance.pages.first_lines import PLACE, bibtex, render_first_lines, title
from governance.pages.funnel import render_funnel, render_losses, render_shared_keys
from governance.pages.markdown import code, escape, link, page, quote, share, table
from governance.pages.notice import render_notice
from governance.pages.profiles import render_profiles
from governance.pages.reviews import render_reviews
from governance.pages.statistics import PATH as STATISTICS

Cards = Mapping[str, SourceCard]
_MAX_NAMED = 2
"""Licences and origins of limits in the row of a language; its card has all."""


def render_readme(manifest: Manifest, cards: Cards) -> str:
    """README.md: YAML for the Hub and `datasets`, then prose.

    Raises ValueError where the YAML would not be valid, naming each problem.
    """
    front = hub_yaml.write_yaml(readme_yaml.make_front_matter(manifest, cards))
    text = f"---\n{front}---\n\n" + page(
        f"# {escape(title(manifest))} {manifest.version}{_mark(manifest)}",
        prose.trial_note(manifest),
        prose.class_note(manifest),
        render_first_lines(manifest),
        render_notice(manifest, cards),
        prose.section("Languages", _languages(manifest)),
        prose.section("Sources", _sources(manifest, cards)),
        prose.section("How to load", _how_to_load(manifest)),
        prose.section("From source to release", render_funnel(manifest)),
        prose.section("Why documents were dropped", prose.reasons(manifest), render_losses(manifest)),
        *render_shared_keys(manifest),
        prose.section("Licences", prose.license_mix(manifest.licenses), prose.attribution(manifest)),
        prose.section("Human review", render_reviews(manifest)),
        prose.section("What is in this folder", _contents(manifest)),
        prose.section("How to check", _how_to_check(manifest)),
        prose.section(
            "How to cite", _bibtex(manifest), "And the sources, as [LICENSES.md](LICENSES.md) asks."
        ),
    )
    problems = hub_yaml.check_readme(text)
    if problems:
        raise ValueError("the README's YAML is not valid: " + "; ".join(problems))
    return text


def render_license(manifest: Manifest) -> str:
    """LICENSE.md: that there is one licence for each document, and where to read which."""
    return page(
        f"# Licence of {prose.title_of(manifest)}",
        "No single licence covers it: each document stands under the SPDX expression in its column "
        "`license`; NOASSERTION means that no licence could be concluded. Whoever made this release adds no "
        "terms of their own.",
        prose.license_mix(manifest.licenses),
        prose.attribution(manifest),
    )


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


def _bibtex(manifest: Manifest) -> str:
    note = f"Contents sha256:{manifest.merkle_root}"
    return f"```bibtex\n{bibtex(manifest, note=note)}\n```"


def _mark(manifest: Manifest) -> str:
    return "" if manifest.trial_limit is None else " (trial)"


def _languages(manifest: Manifest) -> str:
    total, ledger = manifest.total.bytes, manifest.to_ledger()
    rows = [
        [
            f"[{code(lang)}](cards/{lang}.md)",
            prose.language_name(lang),
            language.documents if language.documents else "no documents",
            language.bytes,
            share(language.bytes, total=total),
            share(language.documents, total=ledger.total("documents", "decisions", "read", lang=lang)),
            _mix(merge_licenses(source.licenses for source in language.sources.values())),
            _origins(manifest, lang),
        ]
        for lang, language in manifest.languages.items()
    ]
    header = ["Config", "Language", "Documents", "Bytes", "Share", "Kept", "Licences", "Limits"]
    note = (
        "Share is of the bytes of the release; kept, of the documents that were assigned to the language. "
        "Limits are counted by who set the number."
    )
    return "\n\n".join(filter(None, (table(header, rows), note, render_profiles(manifest))))


def _origins(manifest: Manifest, lang: str) -> str:
    counts = Counter(limit.origin for limit in manifest.thresholds.get(lang, []))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{escape(origin)} {n}" for origin, n in ordered[:_MAX_NAMED]]
    return ", ".join([*named, *_more(ordered)]) or "none"


def _mix(licenses: Mapping[str, Amount]) -> str:
    """The licences of most bytes with their shares."""
    size = sum(amount.bytes for amount in licenses.values())
    ordered = sorted(licenses.items(), key=lambda item: (-item[1].bytes, item[0]))
    if len(ordered) == 1:
        return escape(ordered[0][0])
    named = [f"{escape(name)} {share(amount.bytes, total=size)}" for name, amount in ordered[:_MAX_NAMED]]
    return ", ".join([*named, *_more(ordered)]) or "–"


def _more(ordered: Sequence[object]) -> list[str]:
    return [f"{len(ordered) - _MAX_NAMED} more"] if len(ordered) > _MAX_NAMED else []


def _sources(manifest: Manifest, cards: Cards) -> str:
    rows = []
    for uid, card in sorted(cards.items()):
        amounts = manifest.sources[uid].licenses
        size = sum(amount.bytes for amount in amounts.values())
        rows.append(
            [
                f"[{code(uid)}](cards/sources/{uid}.md)",
                escape(card.name),
                f"{escape(card.custodian.name)} ({escape(card.custodian.location)})",
                code(card.rights.concluded),
                sum(amount.documents for amount in amounts.values()),
                share(size, total=manifest.total.bytes),
            ]
        )
    header = ["Source", "Name", "Custodian (country)", "Licence concluded", "Documents", "Share"]
    notes = [f"- {escape(note)}" for source in manifest.sources.values() for note in source.obstacles]
    warning = ["What the cards say against open publication:", "\n".join(notes)] if notes else []
    return "\n\n".join([table(header, rows), *warning, *prose.unreviewed(manifest)])


def _how_to_load(manifest: Manifest) -> str:
    langs, ending = manifest.published, manifest.table_format
    if not langs:
        return "The release holds no documents."
    lang = next(iter(langs))
    source = next(iter(langs[lang].sources))
    kind = {"arrow": "Arrow IPC", "parquet": "Parquet"}[ending]
    beside = "`provenance/` has" if ending == "arrow" else "`signals/` and `provenance/` have"
    return (
        f"{PLACE} is this folder, or the repository's name.\n\n```python\n"
        "from datasets import load_dataset\n\n"
        f'load_dataset({PLACE}, "{lang}", split="train", streaming=True)  # a language\n'
        f'load_dataset({PLACE}, data_files="data/{lang}/{source}/*.{ending}", split="train")  # from one\n'
        f'load_dataset({PLACE}, data_files="data/*/{source}/*.{ending}", split="train")  # a source\n```\n\n'
        f"`data/<language>/<source>/*.{ending}` are {kind} files. {beside} the same rows in the same order, "
        "`ledger/` what was dropped and why."
    )


_CONTENTS = {
    "LICENSES.md": "every licence with its evidence, and whom to attribute",
    "ATTRIBUTION.tsv": "whom to name, document by document",
    "cards/": "a card for each language; in `cards/sources/` those of the sources, as people wrote them",
    STATISTICS: "duplicates, limits, reservations, personal data, known limits, what no card answers",
    "DATA_DICTIONARY.md": "every column",
    "croissant.json": "the files and their columns for machines (Croissant 1.1)",
    "eu_training_content.md": "draft of the summary of training content that the EU asks of model providers",
    "top_domains.csv": "the sites that give most",
    "CITATION.cff": "how to cite, for machines",
    "removals/": "what was removed on request",
    NAME: "every file with its SHA-256, every number that is printed here",
}


def _contents(manifest: Manifest) -> str:
    paths = [output.path for output in manifest.outputs] + [NAME]
    there = [name for name in _CONTENTS if any(path.startswith(name) for path in paths)]
    return (
        "Every number here is computed from [manifest.json](manifest.json); what is said of a source is "
        "quoted from its card.\n\n"
        + "\n".join(
            f"- {code(name) if name.endswith('/') else f'[{name}]({name})'}: {_CONTENTS[name]}"
            for name in there
        )
    )


def _how_to_check(manifest: Manifest) -> str:
    return (
        "`manifest.json` lists size and SHA-256 of every other file. `rhizotron verify PATH` checks them and "
        "counts the rows again. Without it, in this folder,\n\n"
        f"    find * -type f ! -path {README} ! -path '{NAME}*' -exec sha256sum {{}} + "
        f"| LC_ALL=C sort | sha256sum\n\nprints\n\n    {manifest.merkle_root}"
    )
