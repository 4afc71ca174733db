"""Corpus file → plan: cards read, files listed, units cut, sizes estimated. Writes nothing."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sources
from filters import language_id, perplexity
from filters.language_id import hub, label_tables
from governance import cards
from pipeline.config import CorpusConfig, SourceConfig, load_config
from pipeline.errors import ConfigError, InsufficientDisk
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.entries import Unit
from pipeline.layers.storage import InputFile
from pipeline.measure_config import LanguageIdConfig
from sources.base import SourceSpec


@dataclass(frozen=True)
class PlannedUnit:
    """A unit to ingest, with the quick identity of its file."""

    unit: Unit
    size_bytes: int
    """Bytes of the file that this unit covers: large units go first."""
    file_bytes: int
    file_mark: str
    limit: int | None = None

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PlannedUnit":
        raw = json.loads(data)
        return cls(unit=Unit(**raw.pop("unit")), **raw)


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
    try:
        if config.measure.perplexity is not None:
            perplexity.check(config.measure.perplexity.to_options())
    except (OSError, ValueError, perplexity.MissingExtra) as error:
        problems.append(f"$.measure.perplexity: {error}")
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
    chosen: dict[str, object] = {"language_id": asked.model_copy(update=paths)}
    if measure.perplexity is not None and not hub.is_hub_id(measure.perplexity.models):
        models = local(measure.perplexity.models)
        chosen["perplexity"] = measure.perplexity.model_copy(update={"models": models})
    return config.model_copy(update={"measure": measure.model_copy(update=chosen)})


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


def cut_units(files: Sequence[InputFile], *, spec: SourceSpec, limit: int | None) -> list[PlannedUnit]:
    """Units of all files; a trial run's limit is dealt evenly over them, the first get the remainder."""
    module = sources.load(spec.type)
    spans = [(file, span) for file in files for span in module.split(file, spec=spec)]
    share, rest = divmod(limit or 0, max(len(spans), 1))
    per_file = Counter(file.uri for file, _ in spans)
    return [
        PlannedUnit(
            unit=Unit(spec.uid, file.uri, start, stop),
            size_bytes=file.size_bytes // per_file[file.uri],
            file_bytes=file.size_bytes,
            file_mark=file.mark,
            limit=None if limit is None else share + (index < rest),
        )
        for index, (file, (start, stop)) in enumerate(spans)
    ]


def write_units(plan: Plan) -> None:
    """Store the units beside the layers, so that the Beam graph does not carry them."""
    lines = b"\n".join(item.to_json() for item in plan.units)
    storage.write_bytes(plan.job.plan_url, lines)


def read_units(plan_url: str) -> list[PlannedUnit]:
    """The planned units, in unit order."""
    return [PlannedUnit.from_json(line) for line in storage.read_bytes(plan_url).splitlines()]


COMPRESSION_RATIO = 4.0
"""Text bytes per byte of a compressed input; zstd and gz of prose give 3 to 4.5."""
DISK_PER_TEXT_BYTE = {"raw": 0.36, "measured": 0.70, "decisions": 0.03, "release": 0.45}
"""Of documents of 4 kB. Between the demo's (2.1 kB) and longer ones (7.3 kB, docs/scaling.md) measured/ grows
by 0.45 bytes per UTF-8 byte (LZ4) and 1 kB per document, raw/ by 0.32 and 140 bytes (zstd)."""
LINE_COUNTS_PER_TEXT_BYTE = 0.06
"""10.4 bytes per counted line (docs/dedup.md), at 174 bytes of text a line."""
DOCUMENT_BYTES = 4096
"""Assumed mean document, for estimates before anything is read."""


@dataclass(frozen=True)
class Estimate:
    """What a run will need, before it runs: bytes of text, of each layer, and of memory."""

    text_bytes: int
    documents: int
    disk_bytes: dict[str, int]
    worker_bytes: int
    decide_bytes: int
    free_bytes: int | None


def estimate(plan: Plan) -> Estimate:
    """Sizes from file sizes alone; limits of a trial run are taken into account."""
    from pipeline.duplicates.distributed import decide_bytes
    from sources.compression import is_compressed

    text = documents = 0
    for item in plan.units:
        size = int(item.size_bytes * (COMPRESSION_RATIO if is_compressed(item.unit.uri) else 1))
        size = size if item.limit is None else min(size, item.limit * DOCUMENT_BYTES)
        text += size
        documents += max(size // DOCUMENT_BYTES, 1)
    output = plan.job.output
    ratios = DISK_PER_TEXT_BYTE | (
        {"line_counts": LINE_COUNTS_PER_TEXT_BYTE} if plan.job.counts_lines else {}
    )
    return Estimate(
        text_bytes=text,
        documents=documents,
        disk_bytes={layer: int(text * ratio) for layer, ratio in ratios.items()},
        worker_bytes=WORKER_BASE_BYTES + plan.model_bytes + 4 * min(text, plan.job.config.unit_bytes),
        decide_bytes=decide_bytes(plan.job.config, documents=documents),
        free_bytes=None if storage.is_remote(output) else _free_bytes(output),
    )


WORKER_BASE_BYTES = 450 << 20
"""Beam, Arrow, Numba and a bundled language model in one process, measured."""


def _free_bytes(path: str) -> int:
    folder = storage.local_path(path)
    while not folder.exists():
        folder = folder.parent
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def check_disk(needs: Estimate) -> None:
    """Raise InsufficientDisk when the layers will not fit; --ignore-disk skips this."""
    total = sum(needs.disk_bytes.values())
    if needs.free_bytes is not None and total > needs.free_bytes:
        raise InsufficientDisk(
            f"the run needs about {total / 1e9:.1f} GB of disk, {needs.free_bytes / 1e9:.1f} GB are free; "
            "free some, choose another --out, or pass --ignore-disk"
        )
