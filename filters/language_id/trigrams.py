"""The character trigrams of each of the 46 languages: a by-product of training, for signals of quality."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels.compiling import text_buffers
from filters.kernels.letter_forms import letter_forms
from filters.kernels.trigrams import count_trigrams, fill_slots
from filters.language_id.labels import CHINESE, EQUIVALENT
from filters.language_id.recipe import TARGETS, Lines

BUNDLED = Path(__file__).parents[1] / "models" / "lid.roots.trigrams.npz"
MIN_LINES = 3
"""A trigram is known in a language if it is in at least so many of its labelled lines."""
MIN_SOURCES_OF_CHARACTERS = 2
"""Where each character is a word, a trigram is one character or two with a space between, and most of the
latter are rare: it is known if it is in lines of so many sources, so that no text is learnt by heart."""
MAX_TRIGRAMS = 64_000
"""Of a language, the most frequent ones."""
FIRST_BEYOND_LATIN = 0x250
"""The first code point behind those of Latin letters."""
MIN_COUNTED = 100
"""Trigrams of a text of which a share is known: of fewer it is chance."""
MAX_SAMPLE_BYTES, WINDOWS = 768, 4
"""UTF-8 bytes of a document that are compared with the table, in so many windows where it is longer."""


def gather_trigrams(lines: Lines) -> dict[str, np.ndarray]:
    """Class of the 46 → its known trigrams, packed and sorted: uint64 [k]."""
    return {name: gather(lines[name], name=name) for name in sorted(TARGETS & set(lines))}


def gather(by_source: Mapping[str, Iterable[str]], *, name: str) -> np.ndarray:
    """The known trigrams of one class from its lines."""
    counted = Counter[str]()
    for source in sorted(by_source):
        of_lines = ({line[i : i + 3] for i in range(len(line) - 2)} for line in _padded(by_source[source]))
        if name == CHINESE:
            counted.update(set().union(*of_lines))
        else:
            for grams in of_lines:
                counted.update(grams)
    needed = MIN_SOURCES_OF_CHARACTERS if name == CHINESE else MIN_LINES
    frequent = sorted((-times, gram) for gram, times in counted.items() if times >= needed)
    return np.array(sorted(pack(gram) for _, gram in frequent[:MAX_TRIGRAMS]), np.uint64)


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


Tables = tuple[Mapping[str, int], np.ndarray, np.ndarray]
"""Class → number of its table; slots of all tables uint64; where each begins int64 [tables + 1]."""


def make_tables(trigrams: Mapping[str, np.ndarray]) -> Tables:
    """Tables that count_known compares with, from the trigrams of classes."""
    parts = []
    for keys in trigrams.values():
        slots = np.zeros(1 << (2 * len(keys)).bit_length(), np.uint64)
        fill_slots(keys, slots)
        parts.append(slots)
    places = {name: place for place, name in enumerate(trigrams)}
    return places, np.concatenate(parts), np.cumsum([0, *map(len, parts)])


@cache
def _bundled_tables() -> Tables:
    return make_tables(read_trigrams())


def class_of_tag(tag: str) -> str:
    """The class whose trigrams a language is compared with."""
    return CHINESE if tag.startswith(f"{CHINESE}-") else EQUIVALENT.get(tag, tag)


def _first_letter(tag: str | None) -> int:
    """Letters below this code point are no part of a text in the language."""
    return 0 if tag not in languages.TAGS or "Latn" in languages.load(tag).scripts else FIRST_BEYOND_LATIN


def count_known(
    texts: pa.LargeStringArray, *, langs: pa.StringArray, tables: Tables | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """n texts and their languages → trigrams known in the language, and all: int64 [n] each.

    Of the texts' letters as language models read them (letter_forms), web addresses included, but without
    Latin letters where the language is written in another script; of a text of
    more than MAX_SAMPLE_BYTES in WINDOWS evenly spaced windows. Texts should be NFC. Both are 0 for a
    language without a table.
    """
    numbers, slots, ends = tables or _bundled_tables()
    values, offsets = text_buffers(texts)
    encoded = pc.dictionary_encode(langs)
    tags = encoded.dictionary.to_pylist()
    table_of = np.array([*(numbers.get(class_of_tag(tag or ""), -1) for tag in tags), -1], np.int64)
    first_letter = np.array([*map(_first_letter, tags), 0], np.int64)
    index = pc.fill_null(encoded.indices, len(tags)).to_numpy(zero_copy_only=False)
    counts = np.zeros((len(texts), 2), np.int64)
    sample = (MAX_SAMPLE_BYTES, WINDOWS)
    count_trigrams(
        values, offsets, letter_forms(), table_of[index], first_letter[index], (slots, ends), sample, counts
    )
    return counts[:, 0], counts[:, 1]


def digest() -> str:
    """SHA-256 of the tables, for fingerprints."""
    return hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
