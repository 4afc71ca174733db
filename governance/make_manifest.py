"""The manifest of a run, from its balanced ledger and the files that it wrote."""

from collections.abc import Iterable, Mapping

from governance.amounts import merge_licenses
from governance.blocks import Blocks
from governance.cards import (
    card_digest,
    count_answers,
    publication_obstacles,
    review_states,
    unknown_fields,
)
from governance.ledger import Ledger
from governance.manifest import (
    Manifest,
    ManifestLanguage,
    ManifestSource,
    Output,
    SourceShare,
    config_digest,
    merkle_root,
)
from governance.operations import list_operations
from governance.run_facts import LanguageFacts, ReleaseFacts, RunFacts, SourceFacts


def make_manifest(
    balanced: Ledger,
    *,
    run: RunFacts,
    sources: Mapping[str, SourceFacts],
    languages: Mapping[str, LanguageFacts],
    release: ReleaseFacts,
) -> Manifest:
    """The manifest of a balanced run; whatever the ledger counts is taken from it.

    sources are by uid, languages the target languages by tag.
    """
    return Manifest(
        schema_version=run.schema_version,
        name=run.name,
        version=run.version,
        released=run.released,
        trial_limit=run.trial_limit,
        code=run.code,
        environment=run.environment,
        config=dict(run.config),
        config_sha256=config_digest(run.config),
        sources={
            uid: _source(uid, facts, balanced=balanced, languages=languages)
            for uid, facts in sorted(sources.items())
        },
        models=sorted(run.models, key=lambda model: (model.name, model.sha256)),
        thresholds={lang: list(facts.thresholds) for lang, facts in sorted(languages.items())},
        languages={
            lang: _language(lang, facts, balanced=balanced) for lang, facts in sorted(languages.items())
        },
        ledger=[dict(row) for row in balanced.rows()],  # type: ignore[arg-type]
        operations=list_operations(
            balanced,
            edits=release.edits,
            edit_order=release.edit_order,
            edits_of={uid: facts.edits for uid, facts in sources.items()},
            rule_order=_rule_order(languages),
        ),
        duplicates=release.duplicates,
        losses=list(release.losses),
        sites=release.sites,
        reviews={lang: facts.review for lang, facts in languages.items() if facts.review is not None},
        outputs=sorted(release.outputs, key=lambda output: output.path),
        merkle_root=merkle_root(release.outputs),
        **{name: getattr(release.blocks, name) for name in Blocks.model_fields},
    )


def add_outputs(manifest: Manifest, outputs: Iterable[Output]) -> Manifest:
    """The same manifest, which lists more files: pages are computed from it before it can list them."""
    listed = sorted([*manifest.outputs, *outputs], key=lambda output: output.path)
    fields = {name: getattr(manifest, name) for name in Manifest.model_fields}
    return Manifest(**fields | {"outputs": listed, "merkle_root": merkle_root(listed)})


def _rule_order(languages: Mapping[str, LanguageFacts]) -> list[str]:
    """Reasons of quality rules as the languages' rules have them, each once."""
    limits = (limit for _, facts in sorted(languages.items()) for limit in facts.thresholds)
    return [*dict.fromkeys(reason for limit in limits for reason in limit.reasons)]


def _source(
    uid: str, facts: SourceFacts, *, balanced: Ledger, languages: Mapping[str, LanguageFacts]
) -> ManifestSource:
    return ManifestSource(
        card_sha256=card_digest(facts.card),
        type=facts.type,
        inputs=sorted(facts.inputs, key=lambda file: file.uri),
        documents_read=balanced.total("documents", "raw", "read", source=uid),
        skipped=dict(sorted(facts.skipped.items())),
        lost_values=dict(sorted(facts.lost_values.items())),
        shared_keys=facts.shared_keys,
        licenses=merge_licenses(language.licenses.get(uid, {}) for language in languages.values()),
        card_answers=count_answers(facts.card),
        unknown_fields=unknown_fields(facts.card),
        obstacles=publication_obstacles(facts.card),
        access_tier=facts.card.access_tier,
        reviews=dict(review_states(facts.card)),
    )


def _language(lang: str, facts: LanguageFacts, *, balanced: Ledger) -> ManifestLanguage:
    sizes = balanced.by("source", "bytes", "release", "kept", lang=lang)
    documents = balanced.by("source", "documents", "release", "kept", lang=lang)
    return ManifestLanguage(
        documents=sum(documents.values()),
        bytes=sum(sizes.values()),
        has_quality_thresholds=facts.has_quality_thresholds,
        sources={
            source: SourceShare(
                documents=n, bytes=sizes[source], licenses=merge_licenses([facts.licenses.get(source, {})])
            )
            for source, n in documents.items()
            if n
        },
        lang_status=dict(sorted(facts.lang_status.items())),
    )
