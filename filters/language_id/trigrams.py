"""The character trigrams of each of the 46 languages: a by-product of training, for signals of quality."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels.compiling import text_buffers
from filters.kernels.trigrams import count_trigrams, fill_slots
from filters.language_id.labels import CHINESE, EQUIVALENT
from filters.language_id.recipe import TARGETS, Lines
from filters.language_id.segments import plain_letters, without_links

BUNDLED = Path(__file__).parents[1] / "models" / "lid.roots.trigrams.npz"
MIN_LINES = 3
"""A trigram is known in a language if it is in at least so many of its labelled lines."""
MAX_TRIGRAMS = 16_000
"""Of a language, the most frequent ones."""


def gather_trigrams(lines: Lines) -> dict[str, np.ndarray]:
    """Class of the 46 → its known trigrams, packed and sorted: uint64 [k]."""
    return {name: _gather(lines[name]) for name in sorted(TARGETS & set(lines))}


def _gather(by_source: Mapping[str, object]) -> np.ndarray:
    counted = Counter[str]()
    for source in sorted(by_source):
        for text in by_source[source]:  # type: ignore[attr-defined]
            line = f" {text} "
            counted.update({line[i : i + 3] for i in range(len(line) - 2)})
    frequent = sorted((-lines, gram) for gram, lines in counted.items() if lines >= MIN_LINES)
    return np.array(sorted(pack(gram) for _, gram in frequent[:MAX_TRIGRAMS]), np.uint64)


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


@cache
def _tables() -> tuple[Mapping[str, int], np.ndarray, np.ndarray]:
    """Tag → number of its table; slots of all tables uint64; where each begins int64 [tables + 1]."""
    trigrams = read_trigrams()
    parts = []
    for keys in trigrams.values():
        slots = np.zeros(1 << (2 * len(keys)).bit_length(), np.uint64)
        fill_slots(keys, slots)
        parts.append(slots)
    places = {name: place for place, name in enumerate(trigrams)}
    numbers = {tag: places[_class_of(tag)] for tag in languages.TAGS if _class_of(tag) in places}
    return numbers, np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def _class_of(tag: str) -> str:
    return CHINESE if tag.startswith(f"{CHINESE}-") else EQUIVALENT.get(tag, tag)


def count_known(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """n texts and their languages → trigrams known in the language, and all: int64 [n] each.

    Of the texts' letters as language models read them (segments.plain_letters), without links and markup.
    Both are 0 for a language without a table.
    """
    numbers, slots, ends = _tables()
    prose, *_ = without_links(texts)
    values, offsets = text_buffers(plain_letters(prose))
    encoded = pc.dictionary_encode(langs)
    table_of = np.array([*(numbers.get(tag, -1) for tag in encoded.dictionary.to_pylist()), -1], np.int64)
    index = pc.fill_null(encoded.indices, len(table_of) - 1).to_numpy(zero_copy_only=False)
    counts = np.zeros((len(texts), 2), np.int64)
    count_trigrams(values, offsets, table_of[index], slots, ends, counts)
    return counts[:, 0], counts[:, 1]
