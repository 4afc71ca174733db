"""Every page of a release that is computed from its manifest, its source cards and its columns."""

import json
from collections.abc import Mapping

import pyarrow as pa

from governance.cards import SourceCard
from governance.manifest import Manifest
from governance.pages import (
    citation,
    croissant,
    data_dictionary,
    eu_training_content,
    language_card,
    readme_yaml,
    release_card,
    statistics,
)

SUMMARY = "ledger/summary.json"


def render_pages(
    manifest: Manifest, cards: Mapping[str, SourceCard], *, schemas: Mapping[str, pa.Schema]
) -> dict[str, str]:
    """Path → text of all pages but README.md, which prints the digest of these; schemas by kind of file."""
    return {
        "DATA_DICTIONARY.md": data_dictionary.render(schemas, schema_version=manifest.schema_version),
        "LICENSES.md": release_card.render_licenses(manifest, cards),
        readme_yaml.LICENSE: release_card.render_license(manifest),
        citation.PATH: citation.render_citation(manifest),
        statistics.PATH: statistics.render_statistics(manifest, cards),
        croissant.PATH: croissant.render_croissant(manifest, cards, schemas=schemas),
        eu_training_content.JSON_PATH: eu_training_content.render_json(manifest, cards),
        eu_training_content.PAGE_PATH: eu_training_content.render_page(manifest, cards),
        SUMMARY: to_json(manifest.to_ledger().rows()),
        **{
            f"cards/{lang}.md": language_card.render_language_card(manifest, lang, cards)
            for lang in manifest.languages
        },
    }


def card_path(uid: str) -> str:
    """Where a release has the card of a source, as people wrote it."""
    return f"cards/sources/{uid}.md"


def to_json(value: object) -> str:
    """A JSON file of a release: sorted keys, one value a line."""
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
