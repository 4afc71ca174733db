"""Families of close languages: a classifier of their own for each, beside a model of all languages."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.kernels import families as kernel
from filters.kernels.compiling import text_buffers

POWER = 0.6
"""Of the family's probability beside the model's."""
CERTAIN = 0.995
"""From this score on a candidate stays as it is, which spares most texts the second reading."""
MAX_NGRAMS = 1 << 14
"""Of a text that are read: some three thousand characters."""


@dataclass(frozen=True)
class Family:
    """A linear classifier of close languages."""

    members: tuple[str, ...]
    """Labels of the model of all languages."""
    weights: np.ndarray
    """int8 [slots, members]; slots are a power of two."""
    scale: float
    """What a weight of 1 means."""


LEVELS = 15
"""Steps of a weight on each side of 0: hundreds are added up, and the file is half as large."""


def write_families(families: Sequence[Family]) -> bytes:
    """The same families give the same bytes."""
    arrays: dict[str, np.ndarray] = {}
    for family in families:
        arrays[" ".join(family.members)] = family.weights
    arrays["scales"] = np.array([family.scale for family in families], np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def read_families(content: bytes) -> tuple[Family, ...]:
    """Raises ValueError, as the rest of a sentence that begins with the file, for what is none."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = [name for name in arrays.files if name != "scales"]
            scales = arrays["scales"]
            families = [
                Family(tuple(name.split(" ")), arrays[name], float(scale))
                for name, scale in zip(names, scales, strict=True)
            ]
    except Exception as error:  # a damaged archive raises whatever its damage leads to
        raise ValueError(f"is damaged: {error}") from error
    for family in families:
        slots, columns = family.weights.shape if family.weights.ndim == 2 else (0, 0)
        if family.weights.dtype != np.int8 or columns != len(family.members) or slots.bit_count() != 1:
            raise ValueError(f"is damaged: {' '.join(family.members)} has weights {family.weights.shape}")
    return tuple(families)


class FamilyIndex:
    """The families of a model as the kernel reads them."""

    def __init__(self, families: Sequence[Family], *, labels: Sequence[str]) -> None:
        """Raises ValueError for a member that the model does not name."""
        places = {label: place for place, label in enumerate(labels)}
        missing = sorted({name for family in families for name in family.members} - set(places))
        if missing:
            raise ValueError(f"is of another model, which has {', '.join(missing)}")
        sizes = [len(family.members) for family in families]
        ends = np.cumsum([0, *sizes])
        member_labels = np.array([places[name] for family in families for name in family.members], np.int32)
        self.family_of = np.full(len(labels), -1, np.int32)
        """int32 [labels], -1: none."""
        self.family_of[member_labels] = np.repeat(np.arange(len(families)), sizes)
        self._members = (self.family_of, member_labels, ends)
        flat = [_widen(family.weights) for family in families]
        self._weights = (
            np.concatenate([np.empty(0, np.int8), *flat]),
            np.cumsum([0, *map(len, flat)]),
            np.array([family.scale for family in families], np.float32),
            np.array([len(family.weights) for family in families], np.int64),
        )

    @property
    def bytes(self) -> int:
        """Of the weights."""
        return int(self._weights[0].nbytes)

    def refine(
        self, candidates: kernel.Candidates, *, lines: pa.LargeStringArray, min_score: float
    ) -> kernel.Candidates:
        """Candidates of n lines → the same, where the best one's family is shared out anew."""
        values, offsets = text_buffers(lines)
        limits = (min_score, POWER, CERTAIN)
        slots, hashes, padded = (np.empty(MAX_NGRAMS, kind) for kind in (np.int64, np.uint64, np.uint8))
        return kernel.refine(
            values, offsets, candidates, self._members, self._weights, limits, (slots, hashes, padded)
        )


def _widen(weights: np.ndarray) -> np.ndarray:
    """int8 [slots, members] → as the kernel reads them, flat."""
    slots, members = weights.shape
    widened = np.zeros((slots, kernel.NARROW if members <= kernel.NARROW else kernel.WIDE), np.int8)
    widened[:, :members] = weights
    return widened.reshape(-1)


def train_families(
    texts: Mapping[str, Sequence[tuple[str, str]]], *, slots: int, epochs: int, rate: float
) -> list[Family]:
    """Families, `a b c` → (member, line) in the order of training → their classifiers."""
    return [
        _train(tuple(name.split(" ")), pairs, slots=slots, epochs=epochs, rate=rate)
        for name, pairs in texts.items()
    ]


def _train(
    members: tuple[str, ...], pairs: Sequence[tuple[str, str]], *, slots: int, epochs: int, rate: float
) -> Family:
    values, offsets = text_buffers(pa.array([line for _, line in pairs], pa.large_string()))
    gold = np.array([members.index(name) for name, _ in pairs], np.int64)
    weights, squares = np.zeros((2, slots, len(members)), np.float64)
    room = np.empty(MAX_NGRAMS, np.int64)
    kernel.train_family(values, offsets, gold, epochs, rate, weights, squares, room)
    weights -= weights.mean(axis=1, keepdims=True)  # what all members share decides nothing
    scale = float(np.quantile(np.abs(weights).max(axis=1), 0.999)) / LEVELS or 1.0
    return Family(members, np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale)
