"""MurmurHash3 against a slow reference and published vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels import hashing
from tests.kernels.reference_dedup import murmur3_reference


def murmur3(data: bytes, *, seed: int = 0) -> tuple[int, int]:
    h1, h2 = hashing.murmur3_128(np.frombuffer(data, np.uint8), 0, len(data), seed)
    return int(h1), int(h2)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (0, 0)),
        (b"hello", (0xCBD8A7B341BD9B02, 0x5B1E906A48AE1D19)),
        (b"The quick brown fox jumps over the lazy dog", (0xE34BBC7BBC071B6C, 0x7A433CA9C49A9347)),
    ],
)
def test_known_vectors(data: bytes, expected: tuple[int, int]) -> None:
    assert murmur3(data) == expected
    assert murmur3_reference(data) == expected


def test_smhasher_verification_value() -> None:
    """SMHasher's check over keys of 0 to 255 bytes: every length of the tail, 256 seeds."""
    keys = [bytes(range(length)) for length in range(256)]
    hashes = np.array([murmur3(key, seed=256 - len(key)) for key in keys], np.uint64)
    h1, _ = murmur3(hashes.tobytes())
    assert h1 & 0xFFFFFFFF == 0x6384BA69


@given(st.lists(st.binary(max_size=70), max_size=5), st.integers(0, 2**32))
def test_ranges_equal_the_reference(parts: list[bytes], seed: int) -> None:
    offsets = 3 + np.cumsum([0, *map(len, parts)])  # as in a slice, the first range does not begin at 0
    values = np.frombuffer(b"xyz" + b"".join(parts), np.uint8)
    expected = [list(murmur3_reference(part, seed=seed)) for part in parts]
    assert hashing.hash_ranges(values, offsets, seed).tolist() == expected
