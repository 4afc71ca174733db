"""Near duplicates: MinHash signatures over word 5-grams, and the hashes of their bands.

The method is FineWeb2's (14 bands of 8 rows over word 5-grams); the permutations are those of
datasketch's scheme affine32, bit for bit. Of each minimum 8 bits are kept, to estimate similarities
by (Li & König 2010, b-bit minwise hashing).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels import minhash
from filters.kernels.compiling import text_buffers
from filters.kernels.letter_variants import hash_table
from filters.letter_variants import fold, fold_rows

CONTENT_VERSION = 4
"""Bumped by hand when the same text gets other bands."""

_SLICE_ROWS = 4096
"""Signatures exist for so many rows at once: 1.8 MB for 112 permutations."""


@dataclass(frozen=True)
class MinHashOptions:
    """bands × rows permutations over shingles of ngram words."""

    bands: int = 14
    rows: int = 8
    ngram: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("bands", "rows", "ngram"):
            if getattr(self, name) < 1:
                raise ValueError(f"MinHashOptions.{name} is {getattr(self, name)}; it must be at least 1")

    @property
    def permutations(self) -> int:
        return self.bands * self.rows

    @property
    def threshold(self) -> float:
        """The similarity at which the probability of a common band rises: (1/bands)^(1/rows)."""
        return float((1 / self.bands) ** (1 / self.rows))

    @classmethod
    @cache
    def for_threshold(
        cls, threshold: float, *, max_permutations: int, ngram: int = 5, seed: int = 1
    ) -> "MinHashOptions":
        """Bands and rows that datasketch's optimiser finds for a Jaccard threshold.

        It weighs the areas of false positives and false negatives alike. Raises ValueError unless
        0 < threshold ≤ 1.
        """
        from datasketch import MinHashLSH  # brings SciPy, which workers do without

        lsh = MinHashLSH(threshold=threshold, num_perm=max_permutations)
        return cls(bands=lsh.b, rows=lsh.r, ngram=ngram, seed=seed)


@dataclass(frozen=True)
class CompareLimits:
    """Who is compared with whom, and who goes: decide's `min_similarity` and the bounds of its work."""

    min_similarity: float = 0.8
    max_bucket_documents: int = 16
    max_cluster_documents: int = 500_000
    minhash: MinHashOptions = MinHashOptions()


def band_names(options: MinHashOptions) -> list[str]:
    """The columns to cluster by: band_00, band_01, …"""
    return [f"band_{band:02d}" for band in range(options.bands)]


def band_schema(options: MinHashOptions) -> pa.Schema:
    """The columns of band_hashes: the bands, shingles, signature."""
    fields = [
        pa.field(
            name,
            pa.uint64(),
            metadata={"meaning": f"Hash of {options.rows} minima; null: the text has no word."},
        )
        for name in band_names(options)
    ]
    meaning = f"Shingles of {options.ngram} words, repeated ones included; 1 for a shorter text."
    shingles = pa.field("shingles", pa.int32(), nullable=False, metadata={"meaning": meaning})
    meaning = "8 mixed bits of each minimum, to estimate similarities by; null: the text has no word."
    signature = pa.field("signature", pa.binary(options.permutations), metadata={"meaning": meaning})
    return pa.schema([*fields, shingles, signature])


def band_hashes(
    texts: pa.LargeStringArray, *, langs: pa.StringArray, options: MinHashOptions
) -> pa.RecordBatch:
    """n documents → n rows of band_schema: texts that share a band are probably near duplicates.

    A word is a maximal run of letters, marks and numbers after simple lower-casing; invisible
    format characters are skipped, everything else separates. Where the language is segmented by
    characters, each Han or kana character (with its marks) is a word, and other runs stay words.
    A text shorter than a shingle has one shingle of all its words; a text without words has null
    bands. Raises ValueError on null texts.
    """
    hashes, packed, total = _sign_slices(texts, langs=langs, options=options)
    rows, folded = fold_rows(texts)
    if len(rows):
        again = _sign_slices(folded, langs=langs.take(pa.array(rows)), options=options)
        hashes[:, rows], packed[rows], total[rows] = again
    wordless = total == 0
    hashes = np.where(wordless, np.uint64(0), hashes)
    columns = [pa.array(band, mask=wordless) for band in hashes]
    columns += [pa.array(total), _to_binary(packed, null=wordless)]
    return pa.RecordBatch.from_arrays(columns, schema=band_schema(options))


def _sign_slices(
    texts: pa.LargeStringArray, *, langs: pa.StringArray, options: MinHashOptions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hashes of bands [bands, n], packed minima [n, permutations], shingles [n], of texts as they stand."""
    values, offsets = text_buffers(texts)
    characters = _by_characters(langs)
    bands, counts = [np.empty((options.bands, 0), np.uint64)], [np.empty(0, np.int32)]
    packed = [np.empty((0, options.permutations), np.uint8)]
    for start in range(0, len(texts), _SLICE_ROWS):
        rows = slice(start, min(start + _SLICE_ROWS, len(texts)))
        signed, shingles = _sign(values, offsets[start : rows.stop + 1], characters[rows], options=options)
        bands.append(minhash.hash_bands(signed, options.bands))
        packed.append(minhash.pack_signatures(signed))
        counts.append(shingles)
    return np.concatenate(bands, axis=1), np.concatenate(packed), np.concatenate(counts)


def estimate_similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jaccard similarity of shingle sets from two rows of packed minima: uint8 [n, k] twice → float32 [n].

    The share of equal columns, without the 1/256 that agree by chance, not below 0; the standard error
    with 112 columns is 0.04 at 0.8. The same ratio of integers gives the same float everywhere.
    """
    equal = minhash.count_equal(np.ascontiguousarray(one), np.ascontiguousarray(other))
    return similarity_of_equal(equal, columns=one.shape[1])


def similarity_of_equal(equal: np.ndarray, *, columns: int) -> np.ndarray:
    """`estimate_similarity` of rows of which so many columns are equal: integers [n] → float32 [n]."""
    estimate: np.ndarray = np.maximum(256 * equal.astype(np.int64) - columns, 0) / (255 * columns)
    return estimate.astype(np.float32)


def least_equal(similarity: float, *, columns: int) -> int:
    """The fewest equal columns whose estimate is a similarity from 0 to 1, or more."""
    estimates = similarity_of_equal(np.arange(columns + 1), columns=columns)
    return int(np.searchsorted(estimates, np.float32(similarity)))


def read_signatures(column: pa.FixedSizeBinaryArray) -> np.ndarray:
    """A column of packed minima without copying: n signatures of k → uint8 [n, k]; null is 0."""
    width = column.type.byte_width
    data = column.buffers()[1]
    if data is None or not len(column):
        return np.zeros((len(column), width), np.uint8)
    values = np.frombuffer(data, np.uint8)[: (column.offset + len(column)) * width]
    return values.reshape(-1, width)[column.offset :]


def _to_binary(rows: np.ndarray, *, null: np.ndarray) -> pa.FixedSizeBinaryArray:
    rows[null] = 0  # what lies under a null must not vary
    mask = pa.array(~null).buffers()[1] if null.any() else None
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(rows.shape[1]), len(rows), [mask, pa.py_buffer(np.ascontiguousarray(rows))]
    )


def signatures(texts: pa.LargeStringArray, *, langs: pa.StringArray, options: MinHashOptions) -> np.ndarray:
    """The minima themselves: n documents → uint32 [n, bands × rows]; all 2³² − 1 for a text without words.

    The share of equal columns of two rows estimates the Jaccard similarity of their shingles.
    """
    values, offsets = text_buffers(fold(texts))
    return _sign(values, offsets, _by_characters(langs), options=options)[0]


def shingle_hashes(text: str, *, lang: str | None, options: MinHashOptions) -> np.ndarray:
    """The 32-bit hashes of one text's shingles in order, repeated ones included: uint32."""
    texts = pa.array([text], pa.large_string())
    values, offsets = text_buffers(fold(texts))
    raw = np.zeros(4 * len(text) + 1, np.uint32)
    characters = _by_characters(pa.array([lang], pa.string()))
    _, shingles = _sign(values, offsets, characters, options=options, raw=raw)
    return raw[: shingles[0]]


@cache
def permutations(options: MinHashOptions) -> tuple[np.ndarray, np.ndarray]:
    """Factors (odd) and summands of the permutations a·h + b mod 2³²: two uint32 arrays.

    Drawn as datasketch 2 draws them for its scheme affine32; NumPy keeps RandomState's stream frozen.
    """
    generator = np.random.RandomState(options.seed)
    a = generator.randint(0, 1 << 31, options.permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = generator.randint(0, 1 << 32, options.permutations, dtype=np.uint32)
    return a, b


def _sign(
    values: np.ndarray,
    offsets: np.ndarray,
    characters: np.ndarray,
    *,
    options: MinHashOptions,
    raw: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    a, b = permutations(options)
    raw = np.empty(0, np.uint32) if raw is None else raw
    signed: tuple[np.ndarray, np.ndarray] = minhash.sign(
        values, offsets, characters, hash_table(signs=True), options.ngram, a, b, raw
    )
    return signed


def _by_characters(langs: pa.StringArray) -> np.ndarray:
    """Whether each document's language is segmented by characters: n languages → bool [n]."""
    encoded = pc.dictionary_encode(langs.cast(pa.string()), null_encoding="encode")
    known = frozenset(languages.tags())
    policies = [
        (languages.load(lang) if lang in known else languages.DEFAULT).segmentation == "characters"
        for lang in encoded.dictionary.to_pylist()
    ]
    chosen: np.ndarray = np.array([*policies, False])[encoded.indices.to_numpy()]
    return chosen
