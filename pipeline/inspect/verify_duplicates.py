"""Near duplicates of a release compared word by word: how many are as similar as their estimates say.

decide reads no text, so its similarities are estimates. This reads the texts of a sample of pairs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.hashes.minhash import MinHashOptions, shingle_hashes
from layers import storage
from layers.entries import Entry
from layers.layer import Layer
from pipeline.config.measure import MinHashConfig
from pipeline.errors import RunError
from pipeline.inspect.release_layers import ReleaseLayers

_COLUMNS = ["doc_id", "duplicate_method", "kept_doc_id", "kept_similarity"]
FAR_BELOW = 0.6
_NORMAL_95 = 1.96


@dataclass(frozen=True)
class Verification:
    """Jaccard similarities of n near duplicates with what stays for them, estimated and exact."""

    threshold: float
    estimated: np.ndarray
    exact: np.ndarray

    @property
    def below(self) -> int:
        """False positives: pairs that are less similar than the threshold."""
        return int((self.exact < self.threshold).sum())

    @property
    def far_below(self) -> int:
        """Pairs that are less similar than 0.6: those that nobody would call copies of each other."""
        return int((self.exact < FAR_BELOW).sum())

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share of false positives (Wilson 1927)."""
        n, z = len(self.exact), _NORMAL_95
        if not n:
            return 0.0, 1.0
        share = self.below / n
        centre, width = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        low, high = ((centre + sign * width) / (1 + z * z / n) for sign in (-1, 1))
        return max(low, 0.0), min(high, 1.0)

    def to_json(self) -> dict[str, Any]:
        n = len(self.exact)
        low, high = self.interval()
        return {
            "pairs": n,
            "threshold": round(self.threshold, 3),
            "below_threshold": self.below,
            f"below_{FAR_BELOW}": self.far_below,
            "below_threshold_share": round(self.below / n, 4) if n else None,
            "below_threshold_interval": [round(low, 4), round(high, 4)],
            "mean_absolute_error": round(float(np.abs(self.estimated - self.exact).mean()), 4) if n else None,
            "exact_similarities": np.histogram(self.exact, bins=20, range=(0, 1))[0].tolist(),
        }


def verify_duplicates(release: str, *, count: int) -> Verification:
    """Compare up to count near duplicates of a release with the documents that stay for them.

    The sample is of those with the smallest doc_ids, which are hashes; so it is random, and the same each
    time. Raises RunError where the layers beside the release are missing.
    """
    layers = ReleaseLayers.find(release)
    manifest = storage.join(release, "manifest.json")
    if not storage.exists(manifest):
        raise RunError(f"{release} is no release: it has no manifest.json")
    config = json.loads(storage.read_bytes(manifest))["config"]
    options = MinHashConfig(**config["measure"]["minhash"]).to_options()
    # null: before there was a minimum, what bands connect went; they have a threshold, too
    similarity = config["decide"]["min_similarity"]
    threshold = options.threshold if similarity is None else float(similarity)
    pairs = _sample(layers.entries, decisions=layers.decisions, count=count)
    kept = {pair["kept_doc_id"] for pair in pairs}
    places = {pair["doc_id"]: pair["place"] for pair in pairs}
    for index, entry in enumerate(layers.entries):
        places |= _places(kept - set(places), index=index, entry=entry, layer=layers.decisions)
    shingles = {
        place: _shingles(place, layers=layers, options=options) for place in sorted({*places.values()})
    }
    exact = [jaccard(shingles[pair["place"]], shingles[places[pair["kept_doc_id"]]]) for pair in pairs]
    estimated = [pair["kept_similarity"] for pair in pairs]
    return Verification(threshold, np.array(estimated, np.float64), np.array(exact, np.float64))


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Jaccard similarity of two sets, each an array without repeats; 0 where both are empty."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(len(one) + len(other) - common, 1)


def _sample(entries: Sequence[Entry], *, decisions: Layer, count: int) -> list[dict[str, Any]]:
    pairs: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        table = decisions.table(entry, "decisions", columns=_COLUMNS)
        rows = pc.indices_nonzero(
            pc.and_(
                pc.fill_null(pc.equal(table["duplicate_method"], "minhash"), False),
                pc.is_valid(table["kept_similarity"]),
            )
        )
        chosen = table.take(rows).append_column("row", rows)
        chosen = chosen.take(pc.sort_indices(chosen, sort_keys=[("doc_id", "ascending")])[:count])
        for row in chosen.to_pylist():
            pairs.append({**row, "place": (index, row["row"])})
        pairs = sorted(pairs, key=lambda pair: pair["doc_id"])[:count]
    return pairs


def _places(wanted: set[bytes], *, index: int, entry: Entry, layer: Layer) -> dict[bytes, tuple[int, int]]:
    table = layer.table(entry, "decisions", columns=["doc_id", "keep"])
    is_wanted = pc.and_(
        table["keep"], pc.is_in(table["doc_id"], value_set=pa.array(sorted(wanted), pa.binary(16)))
    )
    rows = pc.indices_nonzero(is_wanted)
    doc_ids = table["doc_id"].take(rows).to_pylist()
    return {doc_id: (index, row) for doc_id, row in zip(doc_ids, rows.to_pylist(), strict=True)}


def _shingles(place: tuple[int, int], *, layers: ReleaseLayers, options: MinHashOptions) -> np.ndarray:
    """The set of the shingles of a document, segmented as when it was measured."""
    index, row = place
    entry = layers.entries[index]
    text = layers.read_value(entry, file="text", column="text", row=row)
    lang = layers.read_value(entry, file="signals", column="signals_lang", row=row)
    return np.unique(shingle_hashes(text, lang=lang, options=options))
