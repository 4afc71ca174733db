"""Corpus file → plan: cards read, files listed, units cut, sizes estimated. Writes nothing."""

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filters import base as signals
from filters import language_id, languages
from filters.language_id import hub, label_tables
from governance.canonical import to_canonical
from governance.cards import card_digest
from governance.removals.gates import gate_cards
from governance.removals.ledger import read_ledger, version_numbers
from governance.removals.planned import PlannedRemovals
from governance.removals.request import InvalidRequest
from governance.reviews import LanguageReview, Review, summarise
from layers import plugins, storage
from layers.listing import Listing
from pipeline.config.corpus import CorpusConfig
from pipeline.config.measure import LanguageIdConfig
from pipeline.config.read import load_config
from pipeline.config.url_lists import PlannedList
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.plan.listing import Sources, list_sources
from pipeline.plan.look import Look, check_extra, look_into
from pipeline.plan.released import find_date
from pipeline.plan.reservations import plan_reservations
from pipeline.plan.trial import place_output
from pipeline.stages.units import PlannedUnit, cut_units, max_bad_records
from pipeline.stages.url_lists import check_list, plan_list
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
    listed = list_sources(config, base=base, outputs=outputs, with_files=with_files, asking=asking)
    problems = listed.problems
    problems += _check_output(outputs[-1])
    units: list[PlannedUnit] = []
    look = look_into(listed, targets=config.decide.languages) if looks else Look()
    look.warnings += check_extra(look, names=config.measure.extra)
    problems += look.problems
    for uid in sorted(listed.readable):
        try:
            files, spec = listed.listings[uid].files, listed.specs[uid]
            bad = max_bad_records(files, spec=spec, max_bad_fraction=config.max_bad_fraction)
            units += [replace(unit, max_bad_records=bad) for unit in cut_units(files, spec=spec, limit=limit)]
        except OSError as error:
            problems.append(f"{listed.places[uid]}.paths: {error}")
    config = _with_local_paths(config, base=base)
    model_bytes = 0
    try:
        model_bytes = _check_language_id(config.measure.language_id)
    except (OSError, ValueError) as error:
        problems.append(f"$.measure.language_id: {error}")
    reviews = _read_reviews(config, base=base, problems=problems)
    options, signals_bytes = _prepare_options(config, base=base, problems=problems)
    lists = _plan_lists(config, base=base, problems=problems, look=look if looks else None)
    released = None
    try:
        released = find_date(config)
        to_canonical(config.model_dump(mode="json"))  # the manifest has it
    except ValueError as error:
        problems.append(str(error))
    removals = _read_removals(config, base=base, problems=problems)
    if removals is not None:
        listed.cards.update(gate_cards(listed.cards, gated=removals.gated))
    reservations = plan_reservations(config, base=base, cards=listed.cards, look=look, problems=problems)
    if problems:
        raise ConfigError(str(config_path), problems=problems)
    job = Job(
        config=config,
        output=place_output(outputs[-1], base=base, limit=limit),
        cards=storage.join(base, config.cards),
        specs=listed.specs,
        card_digests={uid: card_digest(card) for uid, card in listed.cards.items()},
        limit=limit,
        signal_options=options,
        url_lists=lists,
        removals=removals,
        reservations=reservations,
        plugins=plugins.active(),
        languages=languages.active(),
        reviews=reviews,
        released=released,
        skipped={uid: _count_lost(listing) for uid, listing in listed.listings.items()},
        path_lists={
            uid: [each.facts for each in listing.lists]
            for uid, listing in listed.listings.items()
            if listing.lists
        },
        tiers={uid: card.access_tier for uid, card in listed.cards.items()},
    )
    ordered = tuple(sorted(units, key=lambda item: item.unit.order))
    return Plan(
        job=job,
        units=ordered,
        model_bytes=model_bytes + signals_bytes,
        sources=listed,
        look=look,
        corpus=os.path.abspath(str(config_path)),
    )


def _with_local_paths(config: CorpusConfig, *, base: str) -> CorpusConfig:
    """The same config, where paths of models and tables do not depend on the working folder."""

    def local(path: str) -> str:
        return str(storage.local_path(storage.join(base, path)))

    measure = config.measure
    asked = measure.language_id
    paths = {}
    if asked.model not in language_id.VENDORED and not hub.is_hub_id(asked.model):
        paths["model"] = local(asked.model)
    if asked.labels is not None and asked.labels not in label_tables.TABLES:
        paths["labels"] = local(asked.labels)
    chosen = {"language_id": asked.model_copy(update=paths)}
    return config.model_copy(update={"measure": measure.model_copy(update=chosen)})


def _prepare_options(
    config: CorpusConfig, *, base: str, problems: list[str]
) -> tuple[dict[str, dict[str, Any]], int]:
    """Set of signals → its options as workers need them, and the memory that all sets take in each worker.

    What is wrong with them is added to problems.
    """
    prepared = {}
    needed = 0
    for name in config.measure.sets:
        options = signals.make_options(name, values=config.measure.signal_options.get(name))
        try:
            options = signals.prepare_options(name, options=options, folder=base)
            needed += signals.signals_memory_bytes(name, options=options)
        except (OSError, ValueError, ImportError) as error:
            problems.append(f"$.measure.{name}: {error}")
            continue
        if options is not None:
            prepared[name] = options.model_dump(mode="json")
    return prepared, needed


def _check_output(output: str) -> list[str]:
    """What keeps a local output from being a folder."""
    if storage.is_remote(output):
        return []
    path = storage.local_path(output)
    files = [place for place in (path, *path.parents) if place.is_file()]
    return [f"$.output: {file} is a file; name a folder, or give one by --out" for file in files]


def _read_reviews(config: CorpusConfig, *, base: str, problems: list[str]) -> dict[str, list[LanguageReview]]:
    """What the folder of reviews says; what is wrong with its files is added to problems."""
    if config.reviews is None:
        return {}
    folder = storage.join(base, config.reviews)
    reviews = []
    files = [file.uri for file in storage.list_files(folder) if file.uri.endswith(".json")]
    if not files and not storage.is_remote(folder) and not storage.local_path(folder).is_dir():
        problems.append(f"$.reviews: there is no folder {folder}; make it, empty as long as nobody has read")
        return {}
    for uri in files:
        place = storage.join(folder, uri)
        try:
            reviews.append(Review.from_json(storage.read_bytes(place)))
        except (OSError, ValueError) as error:
            problems.append(f"$.reviews: {place} is no imported review: {error}")
    return summarise(reviews)


def _plan_lists(
    config: CorpusConfig, *, base: str, problems: list[str], look: Look | None
) -> dict[str, PlannedList]:
    """The lists of blocked URLs; with a look they are read, too, and what is wrong with them is told."""
    lists = {}
    for index, each in enumerate(config.url_lists):
        try:
            planned = plan_list(each, urls=[storage.join(base, path) for path in each.paths])
            remark = check_list(planned) if look else None
        except (OSError, ValueError) as error:
            problems.append(f"$.url_lists[{index}].paths: {error}")
            continue
        lists[each.name] = planned
        if look and remark:
            look.warnings.append(f"$.url_lists[{index}].paths: {remark}")
    return lists


def _read_removals(config: CorpusConfig, *, base: str, problems: list[str]) -> PlannedRemovals | None:
    """The ledger of removals, None where it is empty; what is wrong with it is added to problems."""
    folder = storage.join(base, config.removals)
    try:
        ledger = read_ledger(folder)
    except InvalidRequest as error:
        problems += [f"$.removals: {problem}" for problem in error.problems]
        return None
    last = ledger.min_version
    if last is not None and version_numbers(config.version) < version_numbers(last):
        problems.append(f"$.version: {config.version} is below {last}, the last release that removals made")
    if not ledger.requests and not ledger.executed:
        return None
    return PlannedRemovals(folder, ledger.digest, gated=ledger.gated_sources)


def _check_language_id(asked: LanguageIdConfig) -> int:
    """Raise what is wrong with a model or table, before a worker does → memory beyond WORKER_BASE_BYTES."""
    if asked.model in language_id.VENDORED and asked.labels is None:
        return 0
    needed = language_id.check_model(asked.model, labels=asked.labels)
    return 0 if asked.model in language_id.VENDORED else needed


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
