"""The manifest of a run, from its balanced ledger and the files that it wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from governance.cards import SourceCard, card_digest, count_answers, publication_obstacles, unknown_fields
from governance.duplicates import Duplicates
from governance.ledger import Ledger
from governance.losses import Loss, SiteLosses
from governance.manifest import (
    Amount,
    Code,
    Input,
    Manifest,
    ManifestLanguage,
    ManifestSource,
    Model,
    Output,
    SharedKeys,
    SourceShare,
    Threshold,
    config_digest,
    merge_licenses,
    merkle_root,
)
from governance.reviews import LanguageReview


def make_manifest(
    balanced: Ledger,
    *,
    name: str,
    version: str,
    schema_version: int,
    code: Code,
    config: Mapping[str, Any],
    cards: Mapping[str, SourceCard],
    types: Mapping[str, str],
    inputs: Mapping[str, Sequence[Input]],
    models: Sequence[Model],
    thresholds: Mapping[str, Sequence[Threshold]],
    has_quality_thresholds: Mapping[str, bool],
    licenses: Mapping[tuple[str, str], Mapping[str, Amount]],
    lang_status: Mapping[str, Mapping[str, int]],
    outputs: Sequence[Output],
    duplicates: Duplicates | None = None,
    trial_limit: int | None = None,
    skipped: Mapping[str, Mapping[str, int]] | None = None,
    lost_values: Mapping[str, Mapping[str, int]] | None = None,
    shared_keys: Mapping[str, SharedKeys] | None = None,
    losses: Sequence[Loss] = (),
    sites: SiteLosses | None = None,
    reviews: Mapping[str, LanguageReview] | None = None,
) -> Manifest:
    """The manifest of a balanced run; whatever the ledger counts is taken from it.

    types, inputs, skipped, lost_values and shared_keys are by source uid; thresholds, has_quality_thresholds
    (one per target language), lang_status and reviews by language; licenses by (language, source uid), of
    published documents only.
    """
    return Manifest(
        schema_version=schema_version,
        name=name,
        version=version,
        trial_limit=trial_limit,
        code=code,
        config=dict(config),
        config_sha256=config_digest(config),
        sources={
            uid: ManifestSource(
                card_sha256=card_digest(card),
                type=types[uid],
                inputs=sorted(inputs[uid], key=lambda file: file.uri),
                documents_read=balanced.total("documents", "raw", "read", source=uid),
                skipped=dict(sorted((skipped or {}).get(uid, {}).items())),
                lost_values=dict(sorted((lost_values or {}).get(uid, {}).items())),
                shared_keys=(shared_keys or {}).get(uid, SharedKeys()),
                licenses=merge_licenses(mix for (_, source), mix in licenses.items() if source == uid),
                card_answers=count_answers(card),
                unknown_fields=unknown_fields(card),
                obstacles=publication_obstacles(card),
            )
            for uid, card in sorted(cards.items())
        },
        models=sorted(models, key=lambda model: (model.name, model.sha256)),
        thresholds={lang: list(limits) for lang, limits in sorted(thresholds.items())},
        languages={
            lang: _language(
                lang,
                balanced=balanced,
                has_quality_thresholds=has_limits,
                licenses=licenses,
                lang_status=lang_status,
            )
            for lang, has_limits in sorted(has_quality_thresholds.items())
        },
        ledger=[dict(row) for row in balanced.rows()],  # type: ignore[arg-type]
        duplicates=duplicates or Duplicates(),
        losses=list(losses),
        sites=sites or SiteLosses(),
        reviews=dict(reviews or {}),
        outputs=sorted(outputs, key=lambda output: output.path),
        merkle_root=merkle_root(outputs),
    )


def add_outputs(manifest: Manifest, outputs: Iterable[Output]) -> Manifest:
    """The same manifest, which lists more files: pages are computed from it before it can list them."""
    listed = sorted([*manifest.outputs, *outputs], key=lambda output: output.path)
    fields = {name: getattr(manifest, name) for name in Manifest.model_fields}
    return Manifest(**fields | {"outputs": listed, "merkle_root": merkle_root(listed)})


def _language(
    lang: str,
    *,
    balanced: Ledger,
    has_quality_thresholds: bool,
    licenses: Mapping[tuple[str, str], Mapping[str, Amount]],
    lang_status: Mapping[str, Mapping[str, int]],
) -> ManifestLanguage:
    sizes = balanced.by("source", "bytes", "release", "kept", lang=lang)
    documents = balanced.by("source", "documents", "release", "kept", lang=lang)
    return ManifestLanguage(
        documents=sum(documents.values()),
        bytes=sum(sizes.values()),
        has_quality_thresholds=has_quality_thresholds,
        sources={
            source: SourceShare(
                documents=n, bytes=sizes[source], licenses=merge_licenses([licenses.get((lang, source), {})])
            )
            for source, n in documents.items()
            if n
        },
        lang_status=dict(sorted(lang_status.get(lang, {}).items())),
    )
