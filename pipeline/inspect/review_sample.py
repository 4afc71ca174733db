"""`rhizotron review sample`: kept and dropped documents, drawn by a hash, for a speaker to label."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.personal_data.mask import hide_one
from governance.manifest import NAME, Manifest
from governance.pages.review_sheet import render_csv, render_html, show_text, text_digest
from governance.reviews import NOT_SAMPLED, Sample, Sampled, Stratum
from layers import storage
from layers.columns import column
from layers.entries import Entry
from layers.index import LayerIndex
from layers.layer import Layer
from pipeline.errors import InputError
from pipeline.inspect.release_layers import ReleaseLayers

KEY = "key.json"
"""Beside the sheets: what they do not say."""


@dataclass(frozen=True)
class SampleOptions:
    """How many documents are drawn of each language, and which."""

    kept: int = 20
    per_reason: int = 5
    """Of the dropped, for each first reason."""
    seed: int = 1


@dataclass(frozen=True)
class _Place:
    """A document: its hash for this seed, and where it stands."""

    order: int
    doc_id: bytes
    part: int
    row: int


@dataclass
class _Draw:
    """The documents with the least hashes of each stratum, as parts are read."""

    options: SampleOptions
    sizes: Counter[tuple[str, str]] = field(default_factory=Counter)
    drawn: dict[tuple[str, str], list[_Place]] = field(default_factory=dict)

    def add(self, part: int, *, langs: pa.Array, reasons: pa.Array, ids: pa.Array) -> None:
        """Rows of a part; a null language is nobody's."""
        orders = hash_ids(ids, seed=self.options.seed)
        names = pc.binary_join_element_wise(langs, reasons, "\n").dictionary_encode()
        codes = pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False)
        by_stratum = np.lexsort((orders, codes))
        sorted_codes = codes[by_stratum]
        for code, name in enumerate(names.dictionary.to_pylist()):
            lang, _, reason = name.partition("\n")
            start, stop = np.searchsorted(sorted_codes, [code, code + 1]).tolist()
            self.sizes[lang, reason] += stop - start
            count = self.options.per_reason if reason else self.options.kept
            rows = by_stratum[start : min(stop, start + count)].tolist()
            more = [_Place(int(orders[row]), ids[row].as_py(), part, row) for row in rows]
            places = [*self.drawn.get((lang, reason), []), *more]
            self.drawn[lang, reason] = sorted(places, key=lambda place: (place.order, place.doc_id))[:count]


def hash_ids(ids: pa.FixedSizeBinaryArray, *, seed: int) -> np.ndarray:
    """n doc_ids → uint64 [n], another order for each seed."""
    width = ids.type.byte_width
    words = np.frombuffer(ids.buffers()[1], np.uint8)[ids.offset * width : (ids.offset + len(ids)) * width]
    first = np.ascontiguousarray(words.reshape(-1, width)[:, :8]).view("<u8").ravel()
    salt = int.from_bytes(hashlib.sha256(f"review {seed}".encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):  # the finaliser of splitmix64
        mixed = first ^ np.uint64(salt)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        result: np.ndarray = mixed ^ (mixed >> np.uint64(31))
    return result


def draw_sample(
    release: str, *, options: SampleOptions, langs: Collection[str] = ()
) -> tuple[Sample, dict[str, str]]:
    """A sample of a release's decisions, and id → text of its documents, as shown.

    Of each target language, or of langs: `kept` that stay, `per_reason` that each first reason dropped, but
    for duplicates. Of a document in no target language speakers of the declared one are asked. Memory: what
    is drawn and a part. Raises InputError for a language that is no target, and RunError where the layers
    beside the release are missing.
    """
    manifest = Manifest.from_json(storage.read_bytes(storage.join(release, NAME)))
    if unknown := sorted(set(langs) - set(manifest.languages)):
        raise InputError(
            f"{', '.join(unknown)}: no target language of {release}; it has {', '.join(manifest.languages)}"
        )
    layers = ReleaseLayers.find(release)
    targets = sorted(langs or manifest.languages)
    draw = _Draw(options)
    for part, entry in enumerate(layers.entries):
        draw.add(part, **_read_part(entry, targets=targets, layers=layers))
    documents: list[Sampled] = []
    texts: dict[str, str] = {}
    for (lang, reason), places in sorted(draw.drawn.items()):
        for place in places:
            document, text = _read_document(place, lang=lang, reason=reason, seed=options.seed, layers=layers)
            documents.append(document)
            texts[document.id] = text
    output = release.rstrip("/").rpartition("/")[0] or "."
    sample = Sample(
        release=f"{manifest.name} {manifest.version}",
        decisions=LayerIndex.latest(layers.decisions, index=Layer(storage.join(output, "index"))).key,
        seed=options.seed,
        strata=[
            Stratum(lang=lang, reason=reason, documents=size)
            for (lang, reason), size in sorted(draw.sizes.items())
            if size
        ],
        documents=sorted(documents, key=lambda document: (document.lang, document.id)),
    )
    return sample, texts


def _read_part(entry: Entry, *, targets: Collection[str], layers: ReleaseLayers) -> dict[str, Any]:
    """Language, reason (empty: kept) and id of the rows of a part; a language that is not asked is null."""
    decisions = layers.read_decisions(entry, columns=["lang", "keep", "reason", "doc_id"])
    measured = layers.measured.require(entry.unit)
    declared = column(layers.measured.table(measured, "signals", columns=["lang_declared"]), "lang_declared")
    asked = pa.array(sorted(targets), pa.string())
    assigned = column(decisions, "lang")
    nothing = pa.scalar(None, pa.string())
    reasons = pc.fill_null(column(decisions, "reason"), "")
    # what went for its language is in none of the targets
    lang_reason = pc.starts_with(reasons, "language_")
    langs = pc.if_else(lang_reason, declared, assigned)
    duplicates = pc.is_in(reasons, value_set=pa.array(sorted(NOT_SAMPLED), pa.string()))
    wanted = pc.and_(pc.is_in(langs, value_set=asked), pc.invert(duplicates))
    return {
        "langs": pc.if_else(wanted, langs, nothing),
        "reasons": reasons,
        "ids": column(decisions, "doc_id"),
    }


def _read_document(
    place: _Place, *, lang: str, reason: str, seed: int, layers: ReleaseLayers
) -> tuple[Sampled, str]:
    entry = layers.entries[place.part]
    whole = layers.read_value(entry, file="text", column="text", row=place.row)
    text = show_text(hide_one(whole, lang=lang))
    name = hashlib.sha256(f"review {seed} ".encode() + place.doc_id).hexdigest()[:12]
    document = Sampled(
        id=name,
        doc_id=place.doc_id.hex(),
        source=entry.unit.source,
        lang=lang,
        reason=reason,
        text_sha256=text_digest(text),
    )
    return document, text


def write_sample(sample: Sample, *, texts: dict[str, str], folder: str) -> Iterator[str]:
    """LANG.csv and LANG.html for each language, and the key → their paths.

    Raises InputError where a file exists: a sheet may have labels by now.
    """
    by_lang: dict[str, list[tuple[str, str]]] = {}
    for document in sample.documents:  # in order of ids, which say nothing
        by_lang.setdefault(document.lang, []).append((document.id, texts[document.id]))
    contents = {KEY: sample.to_json()}
    for lang, rows in by_lang.items():
        contents[f"{lang}.csv"] = render_csv(rows, lang=lang)
        scripts = languages.load(lang).scripts if lang in languages.tags() else ()
        contents[f"{lang}.html"] = render_html(
            rows, lang=lang, release=sample.release, sample=sample.digest, scripts=scripts
        )
    existing = [name for name in contents if storage.exists(storage.join(folder, name))]
    if existing:
        raise InputError(f"{folder} has {', '.join(existing)} already; choose another folder by --to")
    for name, content in contents.items():
        path = storage.join(folder, name)
        storage.write_bytes(path, content)
        yield path
