"""Make the tables of known trigrams anew, of labelled lines, and of Chinese of the words of a dictionary.

    python -m tools.derive_trigrams LINES … --words DICTIONARY

LINES are the Parquet files that the language model was trained on, with the columns lang, source, text. Each
line of DICTIONARY is a word, its frequency and more, as in dict.txt of jieba 0.42.1 (MIT); words of at least
MIN_FREQUENCY are read. Writes filters/models/lid.roots.trigrams.npz.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from filters.language_id.trigrams import BUNDLED, gather_trigrams, write_trigrams
from pipeline.language_id.training import read_training_lines

MIN_FREQUENCY = 5
"""Rarer words double the table and change what it tells by less than one document of a hundred."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{2,}")


def read_words(path: Path) -> Iterator[str]:
    """The runs of Han characters of the words of a dictionary."""
    for line in path.read_text("utf-8").splitlines():
        word, frequency, *_ = line.split(" ")
        if int(frequency) >= MIN_FREQUENCY:
            yield from _HAN.findall(word)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, nargs="+")
    parser.add_argument("--words", type=Path, required=True)
    arguments = parser.parse_args()
    lines = read_training_lines([str(path) for path in arguments.lines])
    trigrams = gather_trigrams(lines, words=read_words(arguments.words))
    write_trigrams(trigrams, path=BUNDLED)
    print(", ".join(f"{name} {len(keys):,}" for name, keys in trigrams.items()))


if __name__ == "__main__":
    main()
