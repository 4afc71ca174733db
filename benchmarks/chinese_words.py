"""What a dictionary segmenter costs for Chinese, beside all signals over characters: MB per CPU-second.

python benchmarks/chinese_words.py documents.jsonl.zst …   (lines with `text` and `lang`; pip install jieba)
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import jieba
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.signals import read_documents
from filters import base


def measure_all(texts: pa.LargeStringArray) -> None:
    """Every set of signals, one after another, without sharing."""
    langs = pa.array(["zh-Hans"] * len(texts))
    for name in base.names("signals"):
        base.load_signals(name).measure(texts, langs=langs)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the faster of two rounds."""
    rounds = []
    for _ in range(2):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return min(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    documents = read_documents(parser.parse_args().paths)
    chinese = pc.is_in(documents["lang"], value_set=pa.array(["zh-Hans", "zh-Hant"]))
    texts = documents["text"].filter(chinese)
    size = sum(len(text.encode()) for text in texts.to_pylist()) / 1e6
    jieba.initialize()
    values = texts.to_pylist()
    works: dict[str, Callable[[], object]] = {
        "jieba, with its model of new words": lambda: [jieba.lcut(text) for text in values],
        "jieba, dictionary only": lambda: [jieba.lcut(text, HMM=False) for text in values],
        "all signals over characters": lambda: measure_all(texts),
    }
    print(f"{len(texts)} documents, {size:.1f} MB")
    for name, work in works.items():
        print(f"{name:36} {size / seconds(work):8.2f} MB/s")


if __name__ == "__main__":
    main()
