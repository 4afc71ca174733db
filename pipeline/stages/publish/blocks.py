"""The blocks of a manifest that parts of governance fill, from the entries of the layers and shards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from filters.language_id import model_digest
from filters.language_id.quality import read_quality
from governance.blocks import Blocks
from governance.cards import SourceCard
from governance.domains import DomainCounts
from governance.language_quality import LanguageQuality
from governance.ledger import Ledger
from governance.release_class import ReleaseClass
from governance.reservations.counts import (
    ProtocolCounts,
    ReservationBlock,
    SourceReservations,
    add_counts,
)
from governance.reservations.signals import PARSER_VERSION, Protocol
from layers.entries import Entry
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages.publish.classes import class_names
from pipeline.stages.publish.personal_data import make_personal_data
from pipeline.stages.removals import count_removals

_CLASSES = {"tw": ("ak",), "zh-Hans": ("zh",), "zh-Hant": ("zh",)}
"""Targets that the model tells by the class of another one; characters decide between the Chinese."""


@dataclass(frozen=True)
class Finished:
    """What is there once every shard is: layers, entries of the shards, balanced ledger, source cards."""

    raw: LayerIndex
    measured: LayerIndex
    decided: LayerIndex
    published: Sequence[Entry]
    balanced: Ledger
    source_cards: Mapping[str, SourceCard]
    domains: DomainCounts


def build_blocks(finished: Finished, *, job: Job) -> Blocks:
    """One line per block; null where nothing of its kind was done."""
    return Blocks(
        personal_data=make_personal_data(finished.published, job=job),
        release_class=_release_class(job),
        removals=count_removals(finished.raw.entries(), job=job),
        reservations=_reservations(finished, job=job),
        language_quality=_language_quality(job),
        domains=finished.domains.to_block(),
    )


def _language_quality(job: Job) -> dict[str, LanguageQuality] | None:
    """Of a model that comes with the project; null of any other, which nobody measured on these languages."""
    measured = read_quality(model_digest(job.config.measure.language_id.model))
    found = {}
    for lang in job.config.decide.languages:
        for name in (lang, *_CLASSES.get(lang, ())):
            if name in measured:
                row = measured[name]
                found[lang] = LanguageQuality(
                    precision=row["precision"], recall=row["recall"], texts=row["support"], measured_as=name
                )
                break
    return found or None


def _release_class(job: Job) -> ReleaseClass | None:
    if not job.release_class:
        return None
    return ReleaseClass(name=job.release_class, corpus=job.config.name, classes=class_names(job))


def _reservations(finished: Finished, *, job: Job) -> ReservationBlock:
    """The policy of each source, and the counts of its units."""
    counts: dict[str, dict[Protocol, Counter[str]]] = {uid: {} for uid in job.specs}
    for entry in finished.raw.entries():
        for protocol, amounts in entry.facts["reservations"].items():
            counts[entry.unit.source].setdefault(protocol, Counter()).update(amounts)
    sources = {
        uid: SourceReservations(
            policy=terms.policy,
            protocols=list(terms.protocols),
            purpose=terms.purpose,
            agents=list(terms.agents),
            copies_sha256=terms.copies_sha256,
            copies_date=terms.copies_date,
            counts={name: ProtocolCounts(**amounts) for name, amounts in sorted(counts[uid].items())},
        )
        for uid, terms in sorted(job.reservations.items())
    }
    return ReservationBlock(parser_version=PARSER_VERSION, protocols=add_counts(sources), sources=sources)
