"""What a corpus file names beside its sources: models, options of signals, reviews, lists, removals."""

from dataclasses import dataclass
from typing import Any

from filters import base as signals
from filters import language_id
from filters.language_id import hub, label_tables
from governance.canonical import to_canonical
from governance.removals.ledger import read_ledger, version_numbers
from governance.removals.planned import PlannedRemovals
from governance.removals.request import InvalidRequest
from governance.reviews import LanguageReview, Review, summarise
from layers import storage
from pipeline.config.corpus import CorpusConfig
from pipeline.config.measure import LanguageIdConfig
from pipeline.config.url_lists import PlannedList
from pipeline.plan.look import Look
from pipeline.plan.released import find_date
from pipeline.stages.url_lists import check_list, plan_list


@dataclass(frozen=True)
class Named:
    """What it names, read and checked."""

    config: CorpusConfig
    """With paths that do not depend on the working folder."""
    memory_bytes: int
    """What models and sets of signals take in each worker, beyond WORKER_BASE_BYTES."""
    signal_options: dict[str, dict[str, Any]]
    reviews: dict[str, list[LanguageReview]]
    url_lists: dict[str, PlannedList]
    released: str | None
    removals: PlannedRemovals | None


def resolve(config: CorpusConfig, *, base: str, look: Look | None, problems: list[str]) -> Named:
    """Read and check what is named; what is wrong is added to problems.

    With a look lists of blocked URLs are read, too, and what is odd about them becomes a warning of it.
    """
    config = _with_local_paths(config, base=base)
    model_bytes = 0
    try:
        model_bytes = _check_language_id(config.measure.language_id)
    except (OSError, ValueError) as error:
        problems.append(f"$.measure.language_id: {error}")
    reviews = _read_reviews(config, base=base, problems=problems)
    options, signals_bytes = _prepare_options(config, base=base, problems=problems)
    lists = _plan_lists(config, base=base, problems=problems, look=look)
    released = None
    try:
        released = find_date(config)
        to_canonical(config.model_dump(mode="json"))  # the manifest has it
    except ValueError as error:
        problems.append(str(error))
    return Named(
        config=config,
        memory_bytes=model_bytes + signals_bytes,
        signal_options=options,
        reviews=reviews,
        url_lists=lists,
        released=released,
        removals=_read_removals(config, base=base, problems=problems),
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
