"""A measured part of which documents were removed: what was measured of the others is still so."""

from typing import Protocol

import numpy as np
import pyarrow as pa

from layers.entries import Entry, Unit
from layers.shards import DamagedFile
from pipeline.job import Job
from pipeline.stages import removals


class KeyOf(Protocol):
    """The fingerprint of a measured part, of its source and the digest of its documents."""

    def __call__(self, source: str, *, raw_sha256: str) -> str: ...


def prune_part(
    unit: Unit, *, raw_sha256: str, key_of: KeyOf, job: Job
) -> tuple[pa.Table, pa.Table, pa.Table] | None:
    """Texts, signals and bands of a part, by language, as measuring it gives them.

    None where they are not those of the part before something was removed: then it is measured.
    """
    pruned = removals.read_note(unit.whole, job=job).get("pruned", {}).get(raw_sha256)
    if not pruned:
        return None
    entry = job.measured.current(unit, key=key_of(unit.source, raw_sha256=pruned["from"]))
    if entry is None or entry.files["errors"].rows:
        return None
    try:
        return _filter(entry, dropped=np.array(pruned["rows"], np.int64), job=job)
    except (DamagedFile, FileNotFoundError):
        return None


def _filter(entry: Entry, *, dropped: np.ndarray, job: Job) -> tuple[pa.Table, pa.Table, pa.Table]:
    texts, signals, bands = (job.measured.table(entry, name) for name in ("text", "signals", "bands"))
    rows = signals["raw_row"].to_numpy()
    keep = ~np.isin(rows, dropped)
    mask = pa.array(keep)
    place = signals.schema.get_field_index("raw_row")
    moved = rows - np.searchsorted(dropped, rows)
    signals = signals.set_column(
        place, signals.schema.field(place), pa.array(moved, signals.schema.field(place).type)
    )
    return texts.filter(mask), signals.filter(mask), bands.filter(mask)
