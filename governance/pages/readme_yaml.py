"""The front matter of a release's README, from its manifest: licences, languages, configs, features."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from governance.cards import SourceCard
from governance.licences import to_hub_id
from governance.manifest import Manifest
from governance.pages import hub_yaml


def make_front_matter(
    manifest: Manifest, cards: Mapping[str, SourceCard], *, schema: pa.Schema
) -> dict[str, Any]:
    """The keys of hub-docs' datasetcard.md that we can answer, plus one of our own; schema is the shards'."""
    langs = manifest.published
    hub_ids = sorted({to_hub_id(spdx)[0] for spdx in manifest.licenses}) or ["unknown"]
    fields: dict[str, Any] = {
        "pretty_name": manifest.name + ("" if manifest.trial_limit is None else " (trial)")
    }
    if langs:
        fields["language"] = sorted({lang.split("-")[0] for lang in langs})
        fields["language_bcp47"] = sorted(langs)
    fields["license"] = hub_ids
    if "other" in hub_ids:
        fields |= {"license_name": "mixed-per-document", "license_link": "LICENSES.md"}
    if langs:
        fields["multilinguality"] = ["multilingual" if len(langs) > 1 else "monolingual"]
    fields |= {
        "language_creators": _language_creators(manifest, cards),
        "annotations_creators": ["no-annotation"],
        "task_categories": ["text-generation"],
        "size_categories": [hub_yaml.size_category(manifest.total.documents)],
        "tags": ["rhizotron", "provenance"],
    }
    if langs:
        fields["configs"] = _configs(manifest)
        fields["dataset_info"] = [_info(manifest, lang, schema=schema) for lang in langs]
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
    """One config per language, then one per language and source.

    `datasets` keys its local cache by the YAML, not by the files: the digest in the description
    makes changed shards a new key even under the same version.
    """
    langs = manifest.published
    views = [(lang, f"data/{lang}/*/*.{manifest.table_format}") for lang in langs]
    views += [
        (f"{lang}-{uid}", f"data/{lang}/{uid}/*.{manifest.table_format}")
        for lang, language in langs.items()
        for uid in language.sources
    ]
    return [
        {
            "config_name": name,
            "version": manifest.version,
            "description": f"contents {manifest.merkle_root}",
            **({"default": True} if index == 0 else {}),
            "data_files": [{"split": "train", "path": path}],
        }
        for index, (name, path) in enumerate(views)
    ]


def _info(manifest: Manifest, lang: str, *, schema: pa.Schema) -> dict[str, Any]:
    language = manifest.languages[lang]
    files = [output for output in manifest.outputs if output.path.startswith(f"data/{lang}/")]
    return {
        "config_name": lang,
        "features": hub_yaml.features_of(schema),
        "splits": [{"name": "train", "num_bytes": language.bytes, "num_examples": language.documents}],
        "download_size": sum(file.bytes for file in files),
        "dataset_size": language.bytes,
    }
