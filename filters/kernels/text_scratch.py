"""Working memory of the kernels that read decoded texts."""

from typing import NamedTuple

import numpy as np

from filters.kernels.compression import MAX_SAMPLE_BYTES, TABLE_LOG2, four_bytes
from filters.kernels.text_ngrams import MAX_SLOTS_LOG2, PLACES_LOG2
from filters.kernels.text_scan import make_powers


class Scratch(NamedTuple):
    """Working memory of one thread."""

    units: np.ndarray
    entries: np.ndarray
    prefix: np.ndarray
    lower_prefix: np.ndarray
    events: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    newlines: np.ndarray
    pieces_before: np.ndarray
    words: np.ndarray
    piece_hashes: np.ndarray
    places: np.ndarray
    place_hashes: np.ndarray
    powers: np.ndarray
    slots: np.ndarray
    used: np.ndarray
    word_slots: np.ndarray
    words_used: np.ndarray
    line_slots: np.ndarray
    frequencies: np.ndarray
    epoch: np.ndarray
    ends: np.ndarray
    compression: np.ndarray
    sample: np.ndarray
    sample_fours: np.ndarray

    @property
    def scan(self) -> tuple[np.ndarray, ...]:
        """What hash_entries needs."""
        return (*self[:10], self.powers)


def make_scratch(longest_bytes: int, *, max_slots_log2: int = MAX_SLOTS_LOG2) -> Scratch:
    """Working memory for texts of up to longest_bytes: at most 24 bytes per byte, 20 per word, 1 MiB.

    Memory is only taken where a text reaches it. Tables are zeroed, so they must not be shared between
    threads; what of them is used grows over all calls.
    """
    n, half = longest_bytes + 1, longest_bytes // 2 + 2
    sample = np.zeros(MAX_SAMPLE_BYTES, np.uint8)
    places = 1 << PLACES_LOG2
    return Scratch(
        units=np.empty(n, np.uint32),
        entries=np.empty(n, np.uint32),
        prefix=np.empty(n, np.uint64),
        lower_prefix=np.empty(n, np.uint64),
        events=np.empty(n, np.int32),
        starts=np.empty(half, np.int32),
        stops=np.empty(half, np.int32),
        newlines=np.empty(n, np.int32),
        pieces_before=np.empty(n, np.int32),
        words=np.empty(half, np.uint64),
        piece_hashes=np.empty(half, np.uint64),
        places=np.empty(half, np.int32),
        place_hashes=np.empty(half, np.uint64),
        powers=make_powers(),
        slots=np.zeros(1 << min(max(places * n, 16).bit_length(), max_slots_log2), np.uint32),
        used=np.ones(1, np.int64),
        word_slots=np.zeros(1 << max(places * half, 16).bit_length(), np.uint32),
        words_used=np.ones(1, np.int64),
        line_slots=np.zeros((1 << max(2 * half, 16).bit_length(), 2), np.uint64),
        frequencies=np.zeros(n + 2, np.uint32),
        epoch=np.zeros(1, np.uint64),
        ends=np.zeros((2 * places * n >> max_slots_log2) + 2, np.int64),
        compression=np.empty(1 << TABLE_LOG2, np.int32),
        sample=sample,
        sample_fours=four_bytes(sample),
    )
