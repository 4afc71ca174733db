"""The parts of croissant.json about use (RAI 1.0) and origin (PROV), from cards and the manifest."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.cards import SourceCard
from governance.manifest import Manifest
from governance.pages.notice import published_uids
from governance.personal_data import sum_shares
from governance.reasons import describe


def describe_use(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    """Properties of RAI, without those that nothing is said of."""
    about, uids = manifest.about, published_uids(manifest)
    properties = {
        "rai:dataUseCases": [*about.uses, *(f"Not for: {each}" for each in about.not_for)],
        "rai:dataLimitations": [
            *([about.planted] if about.planted else []),
            *(f"{uid}: {cards[uid].known_limits.limitations}" for uid in uids),
        ],
        "rai:dataBiases": [f"{uid}: {cards[uid].known_limits.biases}" for uid in uids],
        "rai:dataCollection": "; ".join(_collection(cards[uid], uid=uid) for uid in uids),
        "rai:dataPreprocessingProtocol": [*_steps(manifest)],
        "rai:personalSensitiveInformation": [
            _personal_data(manifest),
            *(f"{uid}: {cards[uid].pii.has_pii}" for uid in uids),
        ],
        "rai:machineAnnotationTools": [f"{model.name}: {model.used_for}" for model in manifest.models],
        "rai:dataReleaseMaintenancePlan": _maintenance(manifest),
    }
    return {name: value for name, value in properties.items() if value}


def describe_origins(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    """What the release was derived from, and by what."""
    program = f"{manifest.code.name} {manifest.code.version}"
    return {
        "prov:wasDerivedFrom": [_origin(cards[uid], uid=uid) for uid in published_uids(manifest)],
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "name": f"curation with {program}",
            "description": "; ".join(operation.name for operation in manifest.operations),
            "prov:wasAssociatedWith": {
                "@type": "prov:SoftwareAgent",
                "name": manifest.code.name,
                "softwareVersion": manifest.code.version,
            },
        },
    }


def _origin(card: SourceCard, *, uid: str) -> dict[str, Any]:
    return {
        "@type": "prov:Entity",
        "@id": card.homepage or f"urn:source:{uid}",
        "identifier": uid,
        "name": card.name,
        "license": card.rights.concluded,
        "prov:wasAttributedTo": {"@type": "prov:Agent", "name": card.custodian.name},
        "version": card.procurement.revision,
        **({"url": card.homepage} if card.homepage else {}),
    }


def _collection(card: SourceCard, *, uid: str) -> str:
    period = card.procurement.collection_period
    return f"{uid}: {card.procurement.method}, {period.start} to {period.end}"


def _steps(manifest: Manifest) -> Iterator[str]:
    """Each operation with what it took."""
    for operation in manifest.operations:
        gone = sum(amount.documents for flow in operation.flows for amount in flow.dropped.values())
        changed = sum(flow.documents_changed or 0 for flow in operation.flows)
        meaning = f" {describe(operation.name)}" if operation.stage == "decide" else ""
        yield f"{operation.name} ({operation.stage}): {gone:,} dropped, {changed:,} changed.{meaning}"


def _personal_data(manifest: Manifest) -> str:
    block = manifest.personal_data
    if block is None or not block.looked_for:
        return "Nothing was looked for here."
    documents = sum_shares(block.shares()).documents
    return f"Looked for {', '.join(block.looked_for)}; masked in {documents:,} documents."


def _maintenance(manifest: Manifest) -> str:
    address = manifest.about.removals_go_to
    asked = (
        f"Removals are asked for at {address}." if address else "Nobody is named whom to ask for removals."
    )
    return f"A release without texts that the one before had is a new major version. {asked}"
