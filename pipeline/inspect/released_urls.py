"""The documents of a release or layer with their URLs, without their texts where their size is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from governance.manifest import NAME, Manifest
from layers import storage
from layers.columns import hex_ids
from layers.entries import Entry
from layers.layer import Layer
from layers.shards import DamagedFile, read_shard, text_lengths
from pipeline.errors import InputError
from pipeline.inspect.listing import list_names

_LAYERS = ("raw", "measured")
_RAW = "documents-"


@dataclass(frozen=True)
class Documents:
    """Some documents, side by side."""

    doc_ids: Sequence[str]
    urls: Sequence[str | None]
    langs: Sequence[str]
    sources: Sequence[str]
    sizes: Sequence[int]
    """UTF-8 bytes of text."""


def read_documents(place: str) -> Iterator[Documents]:
    """Of a release, or of a layer `raw` or `measured` with the languages that it knows; raises InputError."""
    if storage.exists(storage.join(place, NAME)):
        return _read_release(place)
    # any other folder may be somebody's, whose files are no entries
    entries = Layer(place).entries() if storage.name_of(place.rstrip("/")) in _LAYERS else []
    if not entries:
        raise InputError(
            f"{place} is neither a release nor a layer with documents; give a release, the output that it "
            f"lies in, a corpus file, or OUT/raw or OUT/measured{list_names(place)}"
        )
    if any(name.startswith(_RAW) for entry in entries for name in entry.files):
        return _read_raw(Layer(place), entries)
    return _read_measured(Layer(place), entries)


def _read_release(place: str) -> Iterator[Documents]:
    manifest = Manifest.from_json(storage.read_bytes(storage.join(place, NAME)))
    columns = ["doc_id", "url", "lang", "source", "text"]
    for output in manifest.outputs:
        if not output.path.startswith("data/") or not output.rows:
            continue
        url = storage.join(place, output.path)
        try:
            for batch in read_shard(url, columns=columns):
                ids, urls, langs, sources = (batch[name].to_pylist() for name in columns[:4])
                yield Documents(ids, urls, langs, sources, text_lengths(batch["text"]).tolist())
        except (OSError, pa.ArrowException) as error:
            raise DamagedFile(url, f"cannot be read: {error}") from error


def _read_raw(layer: Layer, entries: Sequence[Entry]) -> Iterator[Documents]:
    columns = ["doc_id", "url", "lang_declared", "text"]
    for entry in entries:
        for file in sorted(name for name in entry.files if name.startswith(_RAW)):
            for batch in layer.batches(entry, file, columns=columns):
                sizes = text_lengths(batch["text"]).tolist()
                yield _make(
                    batch, langs=batch["lang_declared"].to_pylist(), sizes=sizes, source=entry.unit.source
                )


def _read_measured(layer: Layer, entries: Sequence[Entry]) -> Iterator[Documents]:
    for entry in entries:
        signals = layer.table(entry, "signals", columns=["doc_id", "lang", "text_bytes"])
        first = 0
        for batch in layer.batches(entry, "text", columns=["url"]):
            rows = signals.slice(first, len(batch)).combine_chunks()
            first += len(batch)
            for part in rows.to_batches():
                joined = pa.RecordBatch.from_arrays([part["doc_id"], batch["url"]], names=["doc_id", "url"])
                langs, sizes = (part[name].to_pylist() for name in ("lang", "text_bytes"))
                yield _make(joined, langs=langs, sizes=sizes, source=entry.unit.source)


def _make(
    batch: pa.RecordBatch, *, langs: Sequence[str | None], sizes: Sequence[int], source: str
) -> Documents:
    return Documents(
        hex_ids(batch["doc_id"]).to_pylist(),
        batch["url"].to_pylist(),
        [lang or "und" for lang in langs],
        [source] * len(batch),
        sizes,
    )
