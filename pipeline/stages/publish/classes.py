"""One release per class of licences and access tiers: what is kept of each class, and whose release it is.

A document is in one class: that of its own licence, which beats its source's card, and of the tier of its
source. Licences are read once per part, which gives rows and bytes of each class; the shards of a class are
cut by these numbers, and take their rows by the licence that is published beside the text.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from governance.licences import release_class
from layers import storage
from layers.columns import column
from layers.entries import Entry, Unit, fingerprint
from layers.index import LayerIndex
from pipeline.job import Job

CONTENT_VERSION = 1
"""Of what a licence and a tier are a class of; raise it when `release_class` gives other answers."""
_KEPT = ("lang", "license", "bytes_count", "bytes_sum")


def find_class(licenses: pa.Array, *, name: str, tier: str) -> np.ndarray:
    """Whether each of n licences of a source with a tier is of a class: bool [n]."""
    encoded = licenses.dictionary_encode()
    is_of_class = [release_class(each, tier) == name for each in encoded.dictionary.to_pylist()]
    found: np.ndarray = np.array([*is_of_class, False], bool)[encoded.indices.to_numpy()]
    return found


def count_classes(unit: Unit, *, job: Job) -> Entry:
    """Count what is kept of each class of a part, per language; an up-to-date entry is left alone."""
    measured, decided = job.measured.require(unit), job.decisions.require(unit)
    key = _counts_key(measured, decided=decided, job=job)
    entry = job.classes.current(unit, key=key)
    if entry is not None:
        return entry
    decisions = job.decisions.table(decided, "decisions", columns=["keep", "lang"])
    keep = column(decisions, "keep")
    amounts = []
    if keep.true_count:
        signals = job.measured.table(measured, "signals", columns=["text_bytes"])
        licenses = job.measured.table(measured, "text", columns=["license"])
        kept = pa.table(
            {
                "lang": column(decisions, "lang"),
                "license": column(licenses, "license"),
                "bytes": column(signals, "text_bytes"),
            }
        ).filter(keep)
        groups = kept.group_by(["lang", "license"]).aggregate([("bytes", "count"), ("bytes", "sum")])
        amounts = sorted(
            [lang, release_class(license, job.tiers[unit.source]), rows, size]
            for lang, license, rows, size in zip(*(groups[name].to_pylist() for name in _KEPT), strict=True)
        )
    with job.classes.commit(unit, key=key) as commit:
        return commit.commit([], facts={"kept": amounts})


def _counts_key(measured: Entry, *, decided: Entry, job: Job) -> str:
    return fingerprint(
        version=CONTENT_VERSION,
        text=measured.files["text"].sha256,
        decided=decided.files["decisions"].sha256,
        tier=job.tiers[measured.unit.source],
    )


@dataclass(frozen=True)
class ClassCounts:
    """(part, language) → class → rows and bytes that are kept. Memory: 200 bytes for each of them."""

    kept: Mapping[tuple[int, str], Mapping[str, tuple[int, int]]]
    sources: Mapping[str, Collection[str]]
    """Class → the sources that have documents of it."""

    @classmethod
    def read(cls, measured: LayerIndex, *, decided: LayerIndex, job: Job) -> "ClassCounts":
        """As they were counted of these layers; raises MissingEntry naming a part that was not."""
        kept: dict[tuple[int, str], dict[str, tuple[int, int]]] = {}
        sources: dict[str, set[str]] = {}
        pairs = zip(measured.entries(), decided.entries(), strict=True)
        for part, (entry, decision) in enumerate(pairs):
            key = _counts_key(entry, decided=decision, job=job)
            for lang, name, rows, size in job.classes.require(entry.unit, key=key).facts["kept"]:
                amounts = kept.setdefault((part, lang), {})
                before = amounts.get(name, (0, 0))
                amounts[name] = (before[0] + rows, before[1] + size)
                sources.setdefault(name, set()).add(entry.unit.source)
        return cls(kept, sources)

    def narrow(self, runs: pa.Table, *, lang: str, name: str) -> pa.Table:
        """Runs of one language with what is kept of one class."""
        amounts = [self.kept.get((part, lang), {}).get(name, (0, 0)) for part in runs["unit"].to_pylist()]
        for place, kind in enumerate(("kept_rows", "kept_bytes")):
            values = pa.array([amount[place] for amount in amounts], pa.int64())
            runs = runs.set_column(runs.schema.get_field_index(kind), kind, values)
        return runs


def plan_classes(counts: ClassCounts, *, job: Job) -> list[Job]:
    """Write down which classes there are, and whose documents each has → the job of each class's release.

    A source of which nothing is kept is in the class of its card: what became of it is told there.
    """
    classes = {name: {*sources} for name, sources in counts.sources.items()}
    published = {uid for sources in classes.values() for uid in sources}
    for uid, spec in job.specs.items():
        if uid not in published:
            classes.setdefault(release_class(spec.license, job.tiers[uid]), set()).add(uid)
    listed = {name: sorted(sources) for name, sources in sorted(classes.items())}
    storage.write_bytes(job.classes_url, json.dumps(listed, indent=1).encode() + b"\n")
    return class_jobs(job)


def class_jobs(job: Job) -> list[Job]:
    """The jobs of the releases below the output: one per class of the last shards, or the job alone."""
    if not job.is_split:
        return [job]
    return [job.of_class(name, sources=sources) for name, sources in _read_classes(job).items()]


def class_names(job: Job) -> list[str]:
    """The classes of the last plan of shards, in order; none where all documents are in one release."""
    return [*_read_classes(job)] if job.is_split else []


def _read_classes(job: Job) -> dict[str, Sequence[str]]:
    try:
        classes: dict[str, Sequence[str]] = json.loads(storage.read_bytes(job.classes_url))
    except FileNotFoundError:
        return {}
    return classes


@dataclass(frozen=True)
class IndexOfSources(LayerIndex):
    """The index of a layer of which `entries` and `counts` are those of some sources."""

    sources: tuple[str, ...] = ()

    @classmethod
    def make(cls, index: LayerIndex, *, job: Job) -> LayerIndex:
        """The index itself, but in the job of a class."""
        if not job.release_class:
            return index
        return cls(index.index, layer=index.layer, key=index.key, sources=tuple(sorted(job.specs)))

    def entries(self, *, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The entries of units start to stop; with no bounds, of the sources alone."""
        if (start, stop) != (0, None):
            yield from super().entries(start=start, stop=stop)
            return
        for source in self.sources:
            first, last = self.source_units(source)
            yield from super().entries(start=first, stop=last)

    def counts(self) -> pa.Table:
        """The lines of the ledger of the sources."""
        lines = super().counts()
        return lines.filter(
            pa.array([uid in self.sources for uid in lines["source"].to_pylist()], pa.bool_())
        )
