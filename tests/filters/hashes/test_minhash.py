"""MinHash bands: shingles against plain Python, signatures against datasketch, batches, edge texts."""

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes import exact, minhash
from filters.hashes.minhash import (
    MinHashOptions,
    band_hashes,
    band_names,
    band_schema,
    shingle_hashes,
    signatures,
)
from tests.hard_texts import HARD_TEXTS
from tests.kernels import reference_dedup as reference

OPTIONS = MinHashOptions()
SMALL = MinHashOptions(bands=2, rows=3, ngram=2, seed=9)


def measure(
    texts: list[str], *, lang: str | None = "en", options: MinHashOptions = OPTIONS
) -> pa.RecordBatch:
    langs = pa.array([lang] * len(texts), pa.string())
    return band_hashes(pa.array(texts, pa.large_string()), langs=langs, options=options)


def same_bands(one: str, other: str, *, lang: str | None = "en") -> int:
    first, second = measure([one, other], lang=lang).select(band_names(OPTIONS)).to_pylist()
    return sum(first[name] == second[name] for name in first)


@pytest.mark.parametrize("lang", ["en", "zh-Hans", None, "ja"])
@pytest.mark.parametrize("text", HARD_TEXTS.values(), ids=HARD_TEXTS)
def test_shingles_of_hard_texts_equal_the_reference(text: str, lang: str | None) -> None:
    expected = reference.shingle_hashes(text, characters=lang == "zh-Hans", ngram=5)
    assert minhash.shingle_hashes(text, lang=lang, options=OPTIONS).tolist() == expected
    assert measure([text], lang=lang)["shingles"].to_pylist() == [len(expected)]


letters = st.sampled_from(
    [*"aBé漢字カーŋ7٣ .،。-$", "\u0301", "\u0941", "\u200d", "\u200b", "\u00ad", "\x00", "〇", "々"]
)


@given(st.text(letters, max_size=60), st.booleans(), st.integers(1, 7))
def test_shingles_equal_the_reference(text: str, characters: bool, ngram: int) -> None:
    options = MinHashOptions(bands=1, rows=1, ngram=ngram)
    shingles = minhash.shingle_hashes(text, lang="zh-Hant" if characters else "yo", options=options)
    assert shingles.tolist() == reference.shingle_hashes(text, characters=characters, ngram=ngram)


@pytest.mark.parametrize("words", [4, 5, 6, 511, 512, 513, 515, 516, 517, 1031, 1032, 1033])
def test_shingles_around_the_buffer(words: int) -> None:
    text = " ".join(f"w{i}" for i in range(words))
    expected = reference.shingle_hashes(text, characters=False, ngram=5)
    for ending in ("", " "):  # the last word ends with the text, or before it
        assert minhash.shingle_hashes(text + ending, lang="en", options=OPTIONS).tolist() == expected


def test_word_hashes_are_fnv1a() -> None:
    assert reference.fnv1a("foobar") == 0x85944171F73967E8  # published vector
    hashes = minhash.shingle_hashes("FooBar", lang="en", options=MinHashOptions(ngram=1))
    assert hashes.tolist() == [reference.fmix64(reference.fmix64(0x85944171F73967E8)) >> 32]


@pytest.mark.parametrize("options", [OPTIONS, SMALL, MinHashOptions(bands=20, rows=13)])
@pytest.mark.parametrize("lang", ["sw", "zh-Hans"])
def test_signatures_equal_datasketch(options: MinHashOptions, lang: str) -> None:
    texts = list(HARD_TEXTS.values())
    ours = signatures(
        pa.array(texts, pa.large_string()), langs=pa.array([lang] * len(texts)), options=options
    )
    for text, signature in zip(texts, ours, strict=True):
        theirs = MinHash(num_perm=options.permutations, seed=options.seed, scheme="affine32", hashfunc=int)
        theirs.update_batch(minhash.shingle_hashes(text, lang=lang, options=options).tolist())
        assert np.array_equal(signature, theirs.hashvalues)


def test_bands_hash_the_minima_of_their_rows() -> None:
    texts, langs = pa.array(["a b c d", "", "x"], pa.large_string()), pa.array(["en"] * 3)
    minima = signatures(texts, langs=langs, options=SMALL)
    expected = [
        [reference.murmur3_reference(row[3 * band : 3 * band + 3].tobytes(), seed=band)[0] for row in minima]
        for band in range(2)
    ]
    assert band_hashes(texts, langs=langs, options=SMALL).to_pydict() == {
        "band_00": [expected[0][0], None, expected[0][2]],
        "band_01": [expected[1][0], None, expected[1][2]],
        "shingles": [3, 0, 1],
        "signature": [packed(minima[0]), None, packed(minima[2])],
    }


def packed(minima: np.ndarray) -> bytes:
    """Upper 8 bits of MurmurHash3's finaliser of each minimum."""
    mixed = []
    for value in minima.tolist():
        value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        mixed.append((value ^ value >> 16) >> 24)
    return bytes(mixed)


@pytest.mark.parametrize("changed", [0, 1, 3, 10, 40, 200])
def test_estimated_similarity_is_near_the_jaccard_similarity(changed: int) -> None:
    words = [f"word{i}" for i in range(300)]
    other = [f"else{i}" if i % 5 == 0 and i < 5 * changed else word for i, word in enumerate(words)]
    signatures = measure([" ".join(words), " ".join(other)])["signature"]
    rows = minhash.read_signatures(
        signatures.combine_chunks() if isinstance(signatures, pa.ChunkedArray) else signatures
    )
    estimate = minhash.estimate_similarity(rows[:1], rows[1:])[0]
    sets = [
        {*minhash.shingle_hashes(" ".join(text), lang="en", options=OPTIONS).tolist()}
        for text in (words, other)
    ]
    jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    assert estimate == pytest.approx(jaccard, abs=4 * (jaccard * (1 - jaccard) / 112 + 1e-4) ** 0.5)


def test_estimates_at_the_ends() -> None:
    one = np.zeros((3, 4), np.uint8)
    other = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 1]], np.uint8)
    assert minhash.estimate_similarity(one, other).tolist() == [1, 0, pytest.approx(252 / 1020)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("fell to -5 degrees at night", "fell to 5 degrees at night", False),
        ("costs 1.5 shillings at the market", "costs 15 shillings at the market", False),
        ("written in C# for the school", "written in C for the school", False),
        ("a rise of 5% in a year", "a rise of 5 in a year", False),
        ("fell to −5 degrees at night", "fell to -5 degrees at night", True),
        ("five well-known people, and more.", "Five well known people and more", True),
    ],
)
def test_signs_count_as_they_do_for_exact_hashes(one: str, other: str, same: bool) -> None:
    options = MinHashOptions()
    hashes = [shingle_hashes(text, lang="en", options=options).tolist() for text in (one, other)]
    assert (hashes[0] == hashes[1]) is same
    left, right = exact.exact_hashes(pa.array([one, other], pa.large_string())).to_pylist()
    assert (left == right) is same


def test_signatures_are_read_from_their_offset() -> None:
    column = pa.array([b"ab", b"cd", None, b"ef"], pa.binary(2))
    assert minhash.read_signatures(column.slice(1)).tolist() == [[99, 100], [0, 0], [101, 102]]
    assert minhash.read_signatures(column.slice(0, 0)).shape == (0, 2)


def test_texts_without_words_have_no_bands() -> None:
    for row in measure(["", " \n", "…!?", "😀 $", "\u200d"]).to_pylist():
        assert row == dict.fromkeys(band_names(OPTIONS)) | {"shingles": 0, "signature": None}


def test_short_texts_are_one_shingle_of_all_their_words() -> None:
    texts = ["one", "one two", "one two three four", "one two three four five", "one two three four five six"]
    measured = measure(texts)
    assert measured["shingles"].to_pylist() == [1, 1, 1, 1, 2]
    assert len(set(measured["band_00"].to_pylist()[:4])) == 4


def test_case_and_punctuation_make_no_difference_and_order_does() -> None:
    assert same_bands("The quick, brown FOX jumps: over", "the quick brown fox jumps over") == 14
    assert same_bands("the quick brown fox jumps over", "over jumps fox brown quick the") == 0


def test_near_duplicates_share_a_band_and_others_none() -> None:
    words = [f"word{i}" for i in range(300)]
    changed = [*words[:150], "other", *words[151:]]  # 5 of 296 shingles: J = 291/301
    assert same_bands(" ".join(words), " ".join(changed)) >= 1
    assert same_bands(" ".join(words), " ".join(f"else{i}" for i in range(300))) == 0


def test_chinese_shingles_are_five_characters() -> None:
    text = "天地玄黄，宇宙洪荒。日月盈昃"
    assert measure([text], lang="zh-Hans")["shingles"].to_pylist() == [8]
    assert measure([text], lang="en")["shingles"].to_pylist() == [1]
    assert same_bands(text, text.replace("，", "\n"), lang="zh-Hant") == 14


def test_rows_do_not_depend_on_the_batch() -> None:
    texts = pa.array([*HARD_TEXTS.values()] * 2, pa.large_string())
    langs = pa.array((["zh-Hans", None, "en", "xx"] * len(texts))[: len(texts)], pa.string())
    whole = band_hashes(texts, langs=langs, options=OPTIONS)
    for i in range(len(texts)):
        assert band_hashes(texts.slice(i, 1), langs=langs.slice(i, 1), options=OPTIONS).equals(
            whole.slice(i, 1)
        )
    assert whole.schema.equals(band_schema(OPTIONS), check_metadata=True)
    assert band_hashes(texts.slice(0, 0), langs=langs.slice(0, 0), options=OPTIONS).equals(whole.slice(0, 0))


def test_more_rows_than_one_slice_of_signatures() -> None:
    texts = [f"text number {i} of many texts" for i in range(4100)]
    whole = measure(texts, options=SMALL)
    assert whole.slice(4090).equals(measure(texts[4090:], options=SMALL))


def test_seed_changes_every_band() -> None:
    one, other = (
        measure(["a b c d e f"], options=MinHashOptions(seed=seed)).to_pylist()[0] for seed in (1, 2)
    )
    assert not any(one[name] == other[name] for name in band_names(OPTIONS))


def test_options_below_one_are_refused() -> None:
    for name in ("bands", "rows", "ngram"):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            MinHashOptions(**{name: 0})


def test_bands_of_this_version_are_these() -> None:
    """Changes only with CONTENT_VERSION."""
    row = measure(["Rhizotron curates text in forty-six languages."]).to_pylist()[0]
    assert (row["band_00"], row["band_13"], row["shingles"]) == (7137253866543369075, 4856679134061357640, 3)
