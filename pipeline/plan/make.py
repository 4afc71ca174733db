"""Corpus file → plan: cards read, files listed, units cut, sizes estimated. Writes nothing."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters import base as signals
from filters import language_id
from filters.language_id import hub, label_tables
from governance import cards
from layers import plugins, storage
from pipeline.config.corpus import CorpusConfig, SourceConfig, load_config
from pipeline.config.measure import LanguageIdConfig
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.stages.units import PlannedUnit, cut_units
from sources.base import SourceSpec


@dataclass(frozen=True)
class Plan:
    """Everything that is known before the first byte is read."""

    job: Job
    units: tuple[PlannedUnit, ...]
    model_bytes: int = 0
    """Memory of a language model that is not bundled, in each worker."""

    @property
    def input_bytes(self) -> int:
        return sum(item.size_bytes for item in self.units)


def make_plan(
    config_path: str | Path,
    *,
    output: str | None = None,
    limit: int | None = None,
    workers: int | None = None,
) -> Plan:
    """Resolve a corpus file; raises ConfigError that lists every problem of cards and files."""
    config = load_config(config_path)
    if workers is not None:
        config = config.model_copy(update={"local": config.local.model_copy(update={"workers": workers})})
    base = os.path.abspath(os.path.dirname(str(config_path)))
    card_folder = storage.join(base, config.cards)
    problems: list[str] = []
    specs: dict[str, SourceSpec] = {}
    digests: dict[str, str] = {}
    units: list[PlannedUnit] = []
    for index, source in enumerate(config.sources):
        try:
            card = cards.read_card(card_folder, source.card)
        except cards.CardError as error:
            problems.append(f"$.sources[{index}].card: {error}")
            continue
        spec = _make_spec(source, config=config, base=base, license=card.rights.concluded)
        try:
            files = storage.match_files(source.paths, root=spec.root)
        except OSError as error:
            problems.append(f"$.sources[{index}].paths: {error}")
            continue
        specs[spec.uid], digests[spec.uid] = spec, cards.card_digest(card)
        units += cut_units(files, spec=spec, limit=limit)
    config = _with_local_paths(config, base=base)
    model_bytes = 0
    try:
        model_bytes = _check_language_id(config.measure.language_id)
    except (OSError, ValueError) as error:
        problems.append(f"$.measure.language_id: {error}")
    options = _prepare_options(config, base=base, problems=problems)
    if problems:
        raise ConfigError(str(config_path), problems=problems)
    target = (
        os.path.abspath(storage.local_path(output)) if output and not storage.is_remote(output) else output
    )
    job = Job(
        config=config,
        output=target or storage.join(base, config.output),
        cards=card_folder,
        specs=specs,
        card_digests=digests,
        limit=limit,
        signal_options=options,
        plugins=plugins.active(),
    )
    ordered = tuple(sorted(units, key=lambda item: item.unit.order))
    return Plan(job=job, units=ordered, model_bytes=model_bytes)


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


def _prepare_options(config: CorpusConfig, *, base: str, problems: list[str]) -> dict[str, dict[str, Any]]:
    """Set of signals → its options as workers need them; what is wrong with them is added to problems."""
    prepared = {}
    for name in config.measure.sets:
        options = signals.make_options(name, values=config.measure.signal_options.get(name))
        try:
            options = signals.prepare_options(name, options=options, folder=base)
        except (OSError, ValueError, ImportError) as error:
            problems.append(f"$.measure.{name}: {error}")
            continue
        if options is not None:
            prepared[name] = options.model_dump(mode="json")
    return prepared


def _check_language_id(asked: LanguageIdConfig) -> int:
    """Raise what is wrong with a model or table, before a worker does → memory beyond WORKER_BASE_BYTES."""
    if asked.model in language_id.VENDORED and asked.labels is None:
        return 0
    needed = language_id.check_model(asked.model, labels=asked.labels)
    return 0 if asked.model in language_id.VENDORED else needed


def _make_spec(source: SourceConfig, *, config: CorpusConfig, base: str, license: str) -> SourceSpec:
    return SourceSpec(
        uid=source.card,
        type=source.type,
        root=storage.join(base, source.root) if source.root else base,
        license=license,
        lang=source.lang,
        fields=dict(source.fields),
        options=dict(source.options),
        unit_bytes=config.unit_bytes,
    )


def write_units(plan: Plan) -> None:
    """Store the units beside the layers, so that the Beam graph does not carry them."""
    lines = b"\n".join(item.to_json() for item in plan.units)
    storage.write_bytes(plan.job.plan_url, lines)
