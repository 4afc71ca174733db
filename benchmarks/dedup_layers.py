"""Measured layers of synthetic documents, to cluster millions without a text.

Clusters are planted: sizes fall as a power law (P(size ≥ s) = s^-1.5, up to 10,000), a copy shares
about half of its original's bands, one in ten copies its exact hash too. A hot bucket is one band
value that a million documents of one language share (a tenth of all, below ten million). Bands are
random otherwise, so nothing else joins.

Other shapes are one component of one language each: `identical` has one text, `chained` texts of which each
shares 99 % of its signature with the next and nothing with the hundredth, `shared` a band that all have.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from benchmarks.rhizotron_side import SOURCE, write_card
from filters import languages
from filters.hashes.minhash import MinHashOptions, band_schema
from layers import storage
from layers.entries import Count
from pipeline.beam.work import make_clustering
from pipeline.job import Job
from pipeline.plan.make import Plan, make_plan, write_units
from pipeline.stages.decide.distributed.steps import run_steps
from pipeline.stages.ingest import ingest_fingerprint
from pipeline.stages.measure import part as measure
from pipeline.stages.measure.measurer import Measurer

PART_ROWS = 250_000
IN_CLUSTERS = 0.3
HOT_ROWS = 1_000_000
LANGS = 46
SHAPES = ("planted", "identical", "chained", "shared")
CHAIN = 100
"""Documents of a chain from one to the first that has no byte of its signature."""


def write_layers(folder: Path, *, n: int, shape: str = "planted") -> Plan:
    """Write raw/ entries and measured/ signals and bands of n documents; returns the plan to decide by."""
    plan = make_layers_plan(folder, path="auto", workers=1)
    write_units(plan)
    original, langs = _plant(n)
    unit, job = plan.units[0].unit, plan.job
    starts = range(0, n, PART_ROWS)
    sizes = [min(PART_ROWS, n - start) for start in starts]
    measurer = Measurer.from_job(job, source=unit.source)
    parts = [{"rows": rows, "text_bytes": rows * 4096} for rows in sizes]
    none = pa.schema([("row", pa.int8())])
    with job.raw.commit(unit, key=ingest_fingerprint(plan.units[0], job=job)) as commit:
        for index in range(len(sizes)):
            commit.write(f"documents-{index:05d}", iter(()), schema=none)
        size = sum(part["text_bytes"] for part in parts)
        read = [Count("read", documents=n, bytes=size), Count("kept", documents=n, bytes=size)]
        raw = commit.commit(read, facts={"parts": parts, "inputs": [], "unreadable_tails": {}})
    for index, start in enumerate(starts):
        part = unit.with_part(index)
        sha256 = raw.files[f"documents-{index:05d}"].sha256
        key = measure.MeasureKeys(job).fingerprint(unit.source, raw_sha256=sha256)
        rows = slice(start, start + sizes[index])
        if shape == "planted":
            signals, bands, facts = _make_part(rows, original=original, langs=langs, measurer=measurer)
        else:
            signals, bands, facts = _make_component_part(rows, shape=shape, measurer=measurer)
        with job.measured.commit(part, key=key) as commit:
            commit.write("signals", iter(signals.to_batches()), schema=signals.schema)
            commit.write("bands", iter(bands.to_batches()), schema=bands.schema)
            commit.commit(
                [Count("read", documents=sizes[index], bytes=sizes[index] * 4096)],
                facts={"langs": facts, "raw_rows": sizes[index]},
            )
    return plan


def make_layers_plan(
    folder: Path,
    *,
    path: str,
    workers: int,
    documents_per_partition: int = 500_000,
    max_cluster_documents: int = 500_000,
) -> Plan:
    """The corpus file of such layers, quality rules off: there are no signals to apply them to."""
    write_card(folder / "cards")
    data = folder / "data.jsonl"
    if not data.exists():
        data.write_text("{}\n", encoding="utf-8")
    config = {
        "name": "synthetic",
        "version": "1.0.0",
        "cards": "cards",
        "publish": {"allow_unreviewed": True},
        "sources": [{"card": SOURCE, "type": "jsonl", "paths": ["data.jsonl"], "fields": {"text": "text"}}],
        "measure": {"signals": []},
        "decide": {
            "quality": False,
            "max_cluster_documents": max_cluster_documents,
            "clustering": {"path": path, "documents_per_partition": documents_per_partition},
        },
        "local": {"workers": workers, "max_in_process_bytes": 0 if workers > 1 else 1 << 40},
    }
    (folder / "corpus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return make_plan(folder / "corpus.yaml")


def clustering_bytes(job: Job) -> dict[str, float]:
    """Step of the distributed path → bytes per document that it leaves; what is decided is thrown away."""
    storage.remove(job.decisions.url)
    storage.remove(job.clusters.url)
    clustering = make_clustering(job)
    run_steps(clustering)
    n = clustering.documents(clustering.groups - 1).stop
    by_step: dict[str, float] = {}
    for entry in job.clusters.entries():
        size = sum(file.bytes for file in entry.files.values())
        by_step[entry.unit.source] = by_step.get(entry.unit.source, 0) + size / n
    storage.remove(job.clusters.url)
    return by_step


def _plant(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(index of the original that a document copies, or its own; code of the language) of n documents."""
    generator = np.random.default_rng(1)
    sizes = np.minimum((1 - generator.random(int(n * IN_CLUSTERS / 2))) ** (-1 / 1.5) + 1, 10_000)
    sizes = sizes.astype(np.int32)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), n * IN_CLUSTERS)]
    members = generator.permutation(n).astype(np.int32)[: sizes.sum()]
    firsts = members[np.cumsum(sizes) - sizes]
    original = np.arange(n, dtype=np.int32)
    original[members] = np.repeat(firsts, sizes)
    # rows of a part are in language order: a copy has the language of its original, whatever its place
    langs = np.maximum(generator.integers(-LANGS // 4, LANGS, n), 0).astype(np.int16)
    langs[members] = langs[original[members]]
    return original, langs


def _make_part(
    rows: slice, *, original: np.ndarray, langs: np.ndarray, measurer: Measurer
) -> tuple[pa.Table, pa.Table, list[dict[str, object]]]:
    """(signals, bands, language runs) of documents rows, in language order."""
    n = len(original)
    here = np.arange(rows.start, rows.stop)
    here = here[np.argsort(langs[rows], kind="stable")]
    source, count = original[here].astype(np.uint64), len(here)
    generator = np.random.default_rng([2, rows.start])
    copied = source != here
    options: MinHashOptions = measurer.minhash
    columns: list[pa.Array] = [_ids(here)]
    hot = (here <= np.flatnonzero(langs == 0)[min(HOT_ROWS, n // 10) - 1]) & (langs[here] == 0)
    for band in range(options.bands):
        shares = ~copied | (generator.random(count) < 0.5)
        salt = np.uint64(band << 40)
        values = _mix(np.where(shares, source, here.astype(np.uint64)) | salt | np.uint64(1 << 63))
        if band == 0:
            values[hot] = 7
        columns.append(pa.array(values))
    signatures = np.stack([_mix(source + np.uint64(k << 40)) for k in range(options.permutations // 8)], 1)
    packed = signatures.view(np.uint8).reshape(count, -1)
    noise = copied[:, None] & (generator.random(packed.shape, dtype=np.float32) < 0.15)
    packed = np.where(noise, generator.integers(0, 256, packed.shape, dtype=np.uint8), packed)
    bands = _band_table(columns, packed=packed, measurer=measurer)
    exact = np.where(copied & (generator.random(count) < 0.1), source, here.astype(np.uint64))
    signals = pa.table(
        {
            "doc_id": columns[0],
            "raw_row": pa.array(here - rows.start),
            "text_bytes": pa.array(generator.integers(100, 8092, count)),
            "exact_hash": _ids(exact + np.uint64(1 << 50)),
            **_equal_in_rank(count),
        }
    )
    return signals, bands, list(_runs(langs[here], names=sorted(languages.TAGS)))


def _make_component_part(
    rows: slice, *, shape: str, measurer: Measurer
) -> tuple[pa.Table, pa.Table, list[dict[str, object]]]:
    """(signals, bands, language run) of documents rows of a component of any number."""
    here = np.arange(rows.start, rows.stop, dtype=np.uint64)
    options: MinHashOptions = measurer.minhash
    column = np.arange(options.permutations, dtype=np.uint64) << np.uint64(40)
    if shape == "identical":
        minima = np.zeros((len(here), 1), np.uint64) + column
    elif shape == "chained":  # every column changes once in CHAIN documents, each elsewhere
        minima = (here[:, None] + _mix(column) % np.uint64(CHAIN)) // np.uint64(CHAIN) + column
    else:
        minima = here[:, None] + column
        minima[:, : options.rows] = column[: options.rows]
    packed = (_mix(minima) & np.uint64(255)).astype(np.uint8)
    ids = _ids(here)
    joined = packed.view(np.uint64)  # a band has the bytes of one such integer
    bands = [pa.array(_mix(joined[:, b] + np.uint64(b))) for b in range(options.bands)]
    signals = pa.table(
        {
            "doc_id": ids,
            "raw_row": pa.array(here - np.uint64(rows.start)).cast(pa.int64()),
            "text_bytes": pa.array(np.full(len(here), 4096)),
            "exact_hash": _ids(np.zeros_like(here) if shape == "identical" else here),
            **_equal_in_rank(len(here)),
        }
    )
    run = {"lang": "en", "start": 0, "stop": len(here), "bytes": len(here) * 4096}
    return signals, _band_table([ids, *bands], packed=packed, measurer=measurer), [run]


def _equal_in_rank(documents: int) -> dict[str, pa.Array]:
    """Neither damage nor dates."""
    damage = pa.array(np.zeros(documents, np.int64))
    return {"damage": damage, "capture_time": pa.nulls(documents, pa.int64())}


def _band_table(columns: list[pa.Array], *, packed: np.ndarray, measurer: Measurer) -> pa.Table:
    """columns: ids, then the hashes of each band."""
    options: MinHashOptions = measurer.minhash
    signature = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(options.permutations), len(packed), [None, pa.py_buffer(np.ascontiguousarray(packed))]
    )
    shingles = pa.array(np.full(len(packed), 500, np.int32))
    schema = pa.schema([measurer.bands_schema.field("doc_id"), *band_schema(options)])
    return pa.Table.from_arrays([*columns, shingles, signature], schema=schema)


def _runs(codes: np.ndarray, *, names: list[str]) -> Iterator[dict[str, object]]:
    bounds = np.searchsorted(codes, np.arange(LANGS + 1))
    for code in range(LANGS):
        start, stop = int(bounds[code]), int(bounds[code + 1])
        if start < stop:
            yield {"lang": names[code], "start": start, "stop": stop, "bytes": (stop - start) * 4096}


def _mix(values: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser."""
    values = np.asarray(values, np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


def _ids(values: np.ndarray) -> pa.FixedSizeBinaryArray:
    pairs = np.stack([_mix(values), _mix(np.asarray(values, np.uint64) + np.uint64(1 << 60))], axis=1)
    data = pa.py_buffer(np.ascontiguousarray(pairs))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(pairs), [None, data])
