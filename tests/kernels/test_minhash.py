"""The MinHash kernels: minima against datasketch, band hashes against MurmurHash3."""

import numpy as np
import pytest
from datasketch import MinHash

from filters.kernels import minhash, unicode_tables
from tests.kernels.reference_dedup import murmur3_reference


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 300])
@pytest.mark.parametrize("permutations", [1, 7, 112, 128])
def test_minima_equal_datasketch(count: int, permutations: int) -> None:
    """Counts on both sides of a round of four; permutations that fill no vector register."""
    text = " ".join(f"w{i}" for i in range(count + 4))
    values = np.frombuffer(text.encode(), np.uint8)
    theirs = MinHash(num_perm=permutations, seed=11, scheme="affine32", hashfunc=int)
    a, b = theirs.permutations
    raw = np.zeros(count, np.uint32)
    signatures, shingles = minhash.sign(
        values, np.array([0, len(values)]), np.zeros(1, bool), unicode_tables.packed(), 5, a, b, raw
    )
    theirs.update_batch(raw.tolist())
    assert shingles.tolist() == [count]
    assert np.array_equal(signatures[0], theirs.hashvalues)


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (1, 1), (3, 5)])
def test_band_hash_is_murmur3_of_its_minima(bands: int, rows: int) -> None:
    signatures = np.random.default_rng(3).integers(0, 2**32, (4, bands * rows), dtype=np.uint32)
    expected = [
        [
            murmur3_reference(row[band * rows : (band + 1) * rows].astype("<u4").tobytes(), seed=band)[0]
            for row in signatures
        ]
        for band in range(bands)
    ]
    assert minhash.hash_bands(signatures, bands).tolist() == expected
