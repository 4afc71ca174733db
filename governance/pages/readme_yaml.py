"""The front matter of a release's README, from its manifest: licences, languages, configs, gate."""

import re
from collections.abc import Mapping
from typing import Any

from governance.cards import SourceCard
from governance.licences import to_hub_id
from governance.manifest import Manifest, merkle_root
from governance.pages import hub_yaml
from governance.pages.first_lines import title
from governance.pages.notice import published_uids

LICENSE = "LICENSE.md"
"""The Hub links to LICENSE or LICENSE.md; LICENSES.md has the licences one by one."""
_HUB_DATASET = re.compile(r"(?:https://huggingface\.co/datasets/|hf://datasets/)([\w.-]+/[\w.-]+)")


def make_front_matter(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    """The keys of hub-docs' datasetcard.md that we can answer, plus one of our own."""
    langs = manifest.published
    hub_ids = sorted({to_hub_id(spdx)[0] for spdx in manifest.licenses}) or ["unknown"]
    fields: dict[str, Any] = {
        "pretty_name": title(manifest) + ("" if manifest.trial_limit is None else " (trial)")
    }
    if langs:
        fields["language"] = sorted({lang.split("-")[0] for lang in langs})
        fields["language_bcp47"] = sorted(langs)
    fields["license"] = hub_ids
    if "other" in hub_ids:
        fields |= {"license_name": "mixed-per-document", "license_link": LICENSE}
    if langs:
        fields["multilinguality"] = ["multilingual" if len(langs) > 1 else "monolingual"]
    fields |= {
        "language_creators": _language_creators(manifest, cards),
        "annotations_creators": ["no-annotation"],
        **({"source_datasets": origins} if (origins := _source_datasets(manifest, cards)) else {}),
        "task_categories": ["text-generation"],
        "size_categories": [hub_yaml.size_category(manifest.total.documents)],
        "tags": ["rhizotron", "provenance"],
    }
    fields |= _gate(manifest)
    if langs:
        fields["configs"] = _configs(manifest)
    fields["rhizotron"] = {
        "manifest_version": manifest.manifest_version,
        "release": manifest.version,
        "merkle_root": manifest.merkle_root,
    }
    return fields


def _language_creators(manifest: Manifest, cards: Mapping[str, SourceCard]) -> list[str]:
    """found, unless the cards of published sources say that text was generated."""
    answers = {cards[uid].synthetic.contains for lang in manifest.languages.values() for uid in lang.sources}
    generated = ["machine-generated"] if answers & {"some", "all"} else []
    return ([] if answers == {"all"} else ["found"]) + generated


def _configs(manifest: Manifest) -> list[dict[str, Any]]:
    """One config per language. Shards carry their schema, so none is repeated here.

    `datasets` keys its local cache by the YAML, not by the files: the digest in the description
    makes changed shards a new key even under the same version.
    """
    ending = manifest.table_format
    return [
        {
            "config_name": lang,
            "version": manifest.version,
            "description": f"shards {_digest_of(manifest, lang)}",
            **({"default": True} if index == 0 else {}),
            "data_files": [{"split": "train", "path": f"data/{lang}/*/*.{ending}"}],
        }
        for index, lang in enumerate(manifest.published)
    ]


def _digest_of(manifest: Manifest, lang: str) -> str:
    """64 bits of the digest of a language's shards."""
    shards = [output for output in manifest.outputs if output.path.startswith(f"data/{lang}/")]
    return merkle_root(shards)[:16]


def _source_datasets(manifest: Manifest, cards: Mapping[str, SourceCard]) -> list[str]:
    """Datasets of the Hub that published sources were taken or made from; `original` of all others."""
    said = set[str]()
    for uid in published_uids(manifest):
        card = cards[uid]
        places = [*card.procurement.locations, *(origin.source for origin in card.processed_from)]
        ids = {match[1] for place in places if (match := _HUB_DATASET.match(place))}
        said |= {f"extended|{name}" for name in ids} or {"original"}
    return sorted(said)


def _gate(manifest: Manifest) -> dict[str, Any]:
    """The form that the Hub shows before it gives files out; {} where every card is open to all."""
    tiers = {manifest.sources[uid].access_tier for uid in published_uids(manifest)}
    if "gated" not in tiers:
        return {}
    removal = manifest.about.removals_go_to
    ask = f" Removals are asked for at {removal}." if removal else ""
    return {
        "extra_gated_heading": "Some sources ask to know who uses their text",
        "extra_gated_prompt": "You agree to keep to the licence of each document, not to pass the text on "
        f"without the gate, and to apply every list of removals to your copies.{ask}",
        "extra_gated_fields": {
            "Name": "text",
            "Affiliation": "text",
            "Country": "country",
            "What it is for": "text",
            "I apply every list of removals within 30 days": "checkbox",
        },
        "extra_gated_button_content": "Ask for access",
    }
