"""Corpus file → plan: cards read, files listed, units cut, sizes estimated. Writes nothing."""

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from filters import languages
from governance.cards import card_digest
from governance.removals.gates import gate_cards
from governance.reservations.terms import Terms
from layers import plugins, storage
from layers.listing import Listing
from pipeline.config.corpus import CorpusConfig
from pipeline.config.read import load_config
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.plan.listing import Sources, list_sources
from pipeline.plan.look import Look, check_extra, look_into
from pipeline.plan.named import Named, resolve
from pipeline.plan.recall import Recalled, recall_plan
from pipeline.plan.reservations import plan_reservations
from pipeline.plan.trial import place_output
from pipeline.stages.units import PlannedUnit, cut_units, max_bad_records
from sources.reading.listing import EVERY, Asking


@dataclass(frozen=True)
class Plan:
    """Everything that is known before the first byte is read."""

    job: Job
    units: tuple[PlannedUnit, ...]
    model_bytes: int = 0
    """Memory of language models that are not bundled, or second ones, in each worker."""
    sources: Sources = field(default_factory=Sources)
    """Cards and files."""
    look: Look = field(default_factory=Look)
    """What the first records say, where they were asked."""
    corpus: str = ""
    """The corpus file, absolute."""

    @property
    def input_bytes(self) -> int:
        return sum(item.size_bytes for item in self.units)


def make_plan(
    config_path: str | Path,
    *,
    output: str | None = None,
    limit: int | None = None,
    workers: int | None = None,
    looks: bool = False,
    with_files: bool = True,
    asking: Asking = EVERY,
) -> Plan:
    """Resolve a corpus file; raises ConfigError that lists every problem of cards and files.

    With looks the first records of the sources are read and checked, too. Without files none of a source is
    looked for, and the plan has no units: what was read may be asked about when it is gone. A plan that asks
    for fewer than all files of a list is an estimate, and not to be run.
    """
    config = load_config(config_path)
    if workers is not None:
        config = config.model_copy(update={"local": config.local.model_copy(update={"workers": workers})})
    base = os.path.abspath(os.path.dirname(str(config_path)))
    outputs = [place_output(config.output, base=base)]
    if output is not None:
        outputs.append(place_output(output, base=os.getcwd()))
    output = place_output(outputs[-1], base=base, limit=limit)
    recalled = recall_plan(output) if asking.recalls else Recalled()
    asking = replace(asking, known=recalled.files)
    listed = list_sources(config, base=base, outputs=outputs, with_files=with_files, asking=asking)
    problems = listed.problems
    problems += _check_output(outputs[-1])
    look = look_into(listed, targets=config.decide.languages) if looks else Look()
    look.warnings += check_extra(look, names=config.measure.extra)
    problems += look.problems
    units = _cut_units(listed, config=config, limit=limit, recalled=recalled)
    named = resolve(config, base=base, look=look if looks else None, problems=problems)
    if named.removals is not None:
        listed.cards.update(gate_cards(listed.cards, gated=named.removals.gated))
    terms = plan_reservations(config, base=base, cards=listed.cards, look=look, problems=problems)
    if problems:
        raise ConfigError(str(config_path), problems=problems)
    return Plan(
        job=_make_job(named, listed, output=output, base=base, limit=limit, reservations=terms),
        units=units,
        model_bytes=named.memory_bytes,
        sources=listed,
        look=look,
        corpus=os.path.abspath(str(config_path)),
    )


def _cut_units(
    listed: Sources, *, config: CorpusConfig, limit: int | None, recalled: Recalled
) -> tuple[PlannedUnit, ...]:
    """The units of all sources that can be read, in their order; what cannot be cut becomes a problem."""
    units: list[PlannedUnit] = []
    for uid in sorted(listed.readable):
        try:
            files, spec = listed.listings[uid].files, listed.specs[uid]
            bad = max_bad_records(files, spec=spec, max_bad_fraction=config.max_bad_fraction)
            spans = recalled.spans_of(files, spec=spec)
            cut = cut_units(files, spec=spec, limit=limit, known_spans=spans)
            units += [replace(unit, max_bad_records=bad) for unit in cut]
        except OSError as error:
            listed.problems.append(f"{listed.places[uid]}.paths: {error}")
    return tuple(sorted(units, key=lambda item: item.unit.order))


def _make_job(
    named: Named,
    listed: Sources,
    *,
    output: str,
    base: str,
    limit: int | None,
    reservations: dict[str, Terms],
) -> Job:
    return Job(
        config=named.config,
        output=output,
        cards=storage.join(base, named.config.cards),
        specs=listed.specs,
        card_digests={uid: card_digest(card) for uid, card in listed.cards.items()},
        limit=limit,
        signal_options=named.signal_options,
        url_lists=named.url_lists,
        removals=named.removals,
        reservations=reservations,
        plugins=plugins.active(),
        languages=languages.active(),
        reviews=named.reviews,
        released=named.released,
        skipped={uid: _count_lost(listing) for uid, listing in listed.listings.items()},
        path_lists={
            uid: [each.facts for each in listing.lists]
            for uid, listing in listed.listings.items()
            if listing.lists
        },
        tiers={uid: card.access_tier for uid, card in listed.cards.items()},
    )


def _check_output(output: str) -> list[str]:
    """What keeps a local output from being a folder."""
    if storage.is_remote(output):
        return []
    path = storage.local_path(output)
    files = [place for place in (path, *path.parents) if place.is_file()]
    return [f"$.output: {file} is a file; name a folder, or give one by --out" for file in files]


def _count_lost(listing: Listing) -> dict[str, int]:
    """Why paths are not read → how many, for the record: what runs write is nobody's data."""
    return {reason: n for reason, n in listing.count_skipped().items() if reason != "output"}


def write_units(plan: Plan) -> None:
    """Store the units beside the layers, so that the Beam graph does not carry them, and whose they are."""
    output = plan.job.output
    place = (
        plan.corpus if storage.is_remote(output) else os.path.relpath(plan.corpus, output)
    )  # both may move
    corpus = {"corpus": place, "limit": plan.job.limit}
    storage.write_bytes(plan.job.corpus_url, json.dumps(corpus, ensure_ascii=False).encode())
    lines = b"\n".join(item.to_json() for item in plan.units)
    storage.write_bytes(plan.job.plan_url, lines)
