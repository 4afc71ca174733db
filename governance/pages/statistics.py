"""STATISTICS.md of a release: what is counted of the whole and quoted from its cards, beside README.md."""

from collections.abc import Mapping

from governance.cards import SourceCard
from governance.manifest import Manifest
from governance.pages import prose
from governance.pages.duplicates import (
    render_clusters,
    render_overlaps,
    render_similarities,
    render_uncompared,
)
from governance.pages.markdown import code, escape, page, quote, share, table
from governance.pages.personal_data import render_personal_data
from governance.pages.reservations import render_reservations

PATH = "STATISTICS.md"
Cards = Mapping[str, SourceCard]


def render_statistics(manifest: Manifest, cards: Cards) -> str:
    """Duplicates, limits, reservations, personal data; what cards say and do not answer."""
    return page(
        f"# Statistics of {prose.title_of(manifest)}",
        prose.trial_note(manifest),
        "Computed from [manifest.json](manifest.json); what is said of a source is quoted from its card.",
        prose.section("Duplicates", *_duplicates(manifest)),
        prose.section("Limits", prose.thresholds(manifest)),
        *([prose.section("Reservations", *said)] if (said := render_reservations(manifest)) else []),
        prose.section("Personal data", render_personal_data(manifest), _personal_data(cards)),
        prose.section("Known limits, in the words of the source cards", prose.known_limits(cards)),
        prose.section("Not answered", _unanswered(manifest)),
        prose.section("Models", _models(manifest)),
    )


def _duplicates(manifest: Manifest) -> list[str]:
    duplicates = manifest.duplicates
    renderers = (render_clusters, render_similarities, render_overlaps, render_uncompared)
    blocks = [render(duplicates) for render in renderers]
    return [block for block in blocks if block]


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
