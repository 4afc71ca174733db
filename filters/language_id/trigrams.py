"""The character trigrams of each of the 46 languages: a by-product of training, for signals of quality."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels.compiling import text_buffers
from filters.kernels.letter_forms import LIGATURE, letter_forms
from filters.kernels.letter_variants import ALIKE, unify
from filters.kernels.script import han_folds
from filters.kernels.trigrams import count_trigrams, fill_alphabet, fill_slots
from filters.language_id.labels import CHINESE, EQUIVALENT
from filters.language_id.recipe import TARGETS, Lines

BUNDLED = Path(__file__).parents[1] / "models" / "lid.roots.trigrams.npz"
MIN_LINES = 3
"""A trigram is known in a language if it is in at least so many of its labelled lines."""
FEW_LETTERS = 600_000
"""With lines of fewer letters, as of 14 languages, a trigram is known from one line on: many that are in new
text are in one line alone, and few are mistakes."""
MIN_SOURCES_OF_CHARACTERS = 2
"""Where each character is a word, a trigram is one character or two with a space between, and most of the
latter are rare: it is known if it is in lines of so many sources, so that no text is learnt by heart, or side
by side in a word of a dictionary, of which there are more than any lines have."""
MAX_TRIGRAMS = 64_000
"""Of a language, the most frequent ones."""
FIRST_BEYOND_LATIN = 0x250
"""The first code point behind those of Latin letters."""
MIN_COUNTED = 100
"""Trigrams of a text of which a share is known: of fewer it is chance."""
MIN_COUNTED_OF_CHARACTERS = 250
"""The same of Chinese, where half of them are single characters, all of which are known: of manual pages with
fewer one in ten is below the limit, of those with more one in a hundred."""
SAMPLE_LETTERS, WINDOWS = 768, 4
"""Of a document that are compared with the table, in so many windows where it is longer."""
LETTER_BYTES = {"Latn": 1, "Arab": 2}
"""UTF-8 bytes of a letter, by script; of those that are not listed 3."""
_CODE_POINTS = 0x110000
_LETTER = np.uint64((1 << 21) - 1)


def gather_trigrams(lines: Lines, *, words: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """Class of the 46 → its known trigrams, packed and sorted: uint64 [k].

    words: Chinese ones, such as those of a dictionary.
    """
    return {
        name: gather(lines[name], name=name, words=words if name == CHINESE else ())
        for name in sorted(TARGETS & set(lines))
    }


def gather(by_source: Mapping[str, Sequence[str]], *, name: str, words: Iterable[str] = ()) -> np.ndarray:
    """The known trigrams of one class from its lines, and of Chinese words the pairs within them."""
    counted = Counter[str]()
    if name == CHINESE:
        by_source = {source: [_fold(line) for line in some] for source, some in by_source.items()}
    for source in sorted(by_source):
        of_lines = ({line[i : i + 3] for i in range(len(line) - 2)} for line in _padded(by_source[source]))
        if name == CHINESE:
            counted.update(set().union(*of_lines))
        else:
            for grams in of_lines:
                counted.update(grams)
    letters = sum(len(line) for some in by_source.values() for line in some)
    needed = MIN_SOURCES_OF_CHARACTERS if name == CHINESE else MIN_LINES if letters >= FEW_LETTERS else 1
    frequent = sorted((-times, gram) for gram, times in counted.items() if times >= needed)
    known = {gram for _, gram in frequent[:MAX_TRIGRAMS]}
    for word in map(_fold, words):
        known.update(f"{first} {second}" for first, second in pairwise(word))
    return np.array(sorted(map(pack, known)), np.uint64)


def _fold(text: str) -> str:
    """Han characters as simplified Chinese writes them: of both orthographies one table."""
    return text.translate(han_folds())


@cache
def spelling_forms() -> tuple[np.ndarray, np.ndarray]:
    """letter_forms() with traditional Han characters as the simplified ones, and one letter for all that look
    alike, so that Urdu typed with Arabic letters is spelt as any other; read-only.
    """
    points, ligatures = letter_forms()
    flags = points & np.uint32(255)
    whole = (flags & LIGATURE) == 0
    points = np.where(whole, unify(points >> np.uint32(8)) << np.uint32(8) | flags, points)
    for traditional, simplified in han_folds().items():
        points[traditional] = simplified << 8 | (points[traditional] & 255)
    ligatures = unify(ligatures)
    points.flags.writeable = ligatures.flags.writeable = False
    return points, ligatures


def unify_trigrams(keys: np.ndarray) -> np.ndarray:
    """Packed trigrams with one letter for all that look alike: uint64 [k] → uint64 [≤ k], sorted."""
    unified = np.zeros_like(keys)
    for shift in map(np.uint64, (42, 21, 0)):
        unified |= unify((keys >> shift) & _LETTER) << shift
    return np.unique(unified)


def _padded(lines: Iterable[str]) -> Iterable[str]:
    return (f" {line} " for line in lines)


def pack(gram: str) -> int:
    """Three characters as one number, 21 bits each."""
    first, second, third = map(ord, gram)
    return first << 42 | second << 21 | third


def write_trigrams(trigrams: Mapping[str, np.ndarray], *, path: Path) -> None:
    """Write the tables; the same ones give the same bytes."""
    differences = {name: np.diff(keys, prepend=np.uint64(0)) for name, keys in sorted(trigrams.items())}
    np.savez_compressed(path, **differences)  # type: ignore[arg-type]


@cache
def read_trigrams(path: Path = BUNDLED) -> Mapping[str, np.ndarray]:
    """Class → its known trigrams, sorted: uint64 [k]; Akan and Twi are `ak`, both kinds of Chinese `zh`."""
    with np.load(path) as tables:
        return {name: np.cumsum(tables[name], dtype=np.uint64) for name in tables.files}


@dataclass(frozen=True)
class Tables:
    """Tables of classes as the kernel reads them."""

    numbers: Mapping[str, int]
    """Class → number of its table."""
    slots: np.ndarray
    """Of all tables: uint64."""
    ends: np.ndarray
    """Where each table begins in slots: int64 [tables + 1]."""
    alphabets: np.ndarray
    """The letters that each language writes, one bit each: uint8 [tables, code points / 8]."""
    most_bytes: np.ndarray
    """Of a text that are compared with each table: int64 [tables]."""


def make_tables(trigrams: Mapping[str, np.ndarray]) -> Tables:
    """Tables that count_known compares with, from the trigrams of classes.

    The letters of a language are those of its trigrams; Latin ones only if it is written with them.
    """
    scripts = {class_of_tag(tag): languages.load(tag).scripts for tag in languages.TAGS}
    parts = []
    alphabets = np.zeros((len(trigrams), _CODE_POINTS >> 3), np.uint8)
    for keys, name, alphabet in zip(trigrams.values(), trigrams, alphabets, strict=True):
        unified = unify_trigrams(keys)
        slots = np.zeros(1 << (2 * len(unified)).bit_length(), np.uint64)
        fill_slots(unified, slots)
        parts.append(slots)
        fill_alphabet(keys, alphabet)
        if "Latn" not in scripts.get(name, ("Latn",)):
            alphabet[: FIRST_BEYOND_LATIN >> 3] = 0
        for other, own in ALIKE.items():
            alphabet[own >> 3] |= (alphabet[other >> 3] >> (other & 7) & 1) << (own & 7)
    letter_bytes = [LETTER_BYTES.get(scripts.get(name, ("Latn",))[0], 3) for name in trigrams]
    return Tables(
        numbers={name: place for place, name in enumerate(trigrams)},
        slots=np.concatenate(parts),
        ends=np.cumsum([0, *map(len, parts)]),
        alphabets=alphabets,
        most_bytes=np.array(letter_bytes, np.int64) * SAMPLE_LETTERS,
    )


@cache
def _bundled_tables() -> Tables:
    return make_tables(read_trigrams())


def class_of_tag(tag: str) -> str:
    """The class whose trigrams a language is compared with."""
    return CHINESE if tag.startswith(f"{CHINESE}-") else EQUIVALENT.get(tag, tag)


def find_counted(total: np.ndarray, *, langs: pa.StringArray) -> np.ndarray:
    """Trigrams of n texts as count_known counts them → whether they are enough for a share: bool [n]."""
    chinese = pc.fill_null(pc.starts_with(langs, CHINESE), False).to_numpy(zero_copy_only=False)
    enough: np.ndarray = total >= np.where(chinese, MIN_COUNTED_OF_CHARACTERS, MIN_COUNTED)
    return enough


def count_known(
    texts: pa.LargeStringArray, *, langs: pa.StringArray, tables: Tables | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """n texts and their languages → trigrams known in the language, and all: int64 [n] each.

    Of the texts' letters as language models read them (letter_forms, and Chinese as simplified, one letter
    for all that look alike), web addresses included, but without letters that the language does not write,
    such as names in another script and phonetic signs; of a text of more than SAMPLE_LETTERS, by bytes, in
    WINDOWS evenly spaced windows.
    Texts should be NFC. Both are 0 for a language without a table.
    """
    tables = tables or _bundled_tables()
    values, offsets = text_buffers(texts)
    encoded = pc.dictionary_encode(langs)
    tags = encoded.dictionary.to_pylist()
    table_of = np.array([*(tables.numbers.get(class_of_tag(tag or ""), -1) for tag in tags), -1], np.int64)
    index = pc.fill_null(encoded.indices, len(tags)).to_numpy(zero_copy_only=False)
    counts = np.zeros((len(texts), 2), np.int64)
    count_trigrams(
        values,
        offsets,
        spelling_forms(),
        table_of[index],
        (tables.slots, tables.ends),
        tables.alphabets,
        (tables.most_bytes, WINDOWS),
        counts,
    )
    return counts[:, 0], counts[:, 1]


def digest() -> str:
    """SHA-256 of the tables, for fingerprints."""
    return hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
