"""Whether a dictionary should cut Chinese into words: its cost, and what it changes of signals and decisions.

python benchmarks/chinese_words.py documents.jsonl.zst …   (`text` and `lang`; pip install jieba rjieba)

Speed is MB of UTF-8 per CPU-second. Signals and decisions are those of the documents with characters as words
and with the words of rjieba (its dictionary, no model of new words) set apart by spaces, under the limits of
the language file; and under those that ROOTS and FineWeb-2 publish for words of a segmenter.
"""

import argparse
import random
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import jieba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rjieba

from benchmarks.dirt import KINDS, damage_encoding, take_other_language
from benchmarks.segmentation import changed_policy
from benchmarks.segmentation import measure as measure_signals
from benchmarks.signals import measure_all, read_documents
from filters import languages
from filters.rules import Rule, evaluate, override

TAGS = ("zh-Hans", "zh-Hant")
SIGNALS = (
    "words",
    "mean_word_length",
    "word_repetition_ratio",
    "stop_words_ratio",
    "flagged_words_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
)
"""Signals that depend on what a word is and have a limit, or could have."""
PUBLISHED = {
    "word_repetition_ratio": {"max": 0.96},
    "stop_words_ratio": {"min": 0.1691},
    "duplicated_5_gram_characters_ratio": {"max": 0.198},
    "duplicated_10_gram_characters_ratio": {"max": 0.127},
}
"""ROOTS (zh) and FineWeb-2 (cmn_Hani), both over words of a segmenter."""


def cut(text: str) -> str:
    """The words of a dictionary, set apart by a space where none stands; punctuation becomes white space."""
    words = rjieba.cut(text, False)
    spaced = " ".join(words)
    return "".join(" " if unicodedata.category(char)[0] in "PS" else char for char in spaced)


def measure(texts: Sequence[str], *, tag: str, dictionary: bool) -> pa.RecordBatch:
    """All signals of n texts; those that depend on words from the words of a dictionary, if asked."""
    plain = measure_signals(texts, tag=tag)
    if not dictionary:
        return plain
    with changed_policy(TAGS, segmentation="whitespace", augment_ngrams=0):
        spaced = measure_signals([cut(text) for text in texts], tag=tag)
    columns = [(spaced if name in SIGNALS else plain)[name] for name in plain.schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=plain.schema)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the faster of two rounds."""
    rounds = []
    for _ in range(2):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return min(rounds)


def compare_speed(texts: Sequence[str]) -> None:
    size = sum(len(text.encode()) for text in texts) / 1e6
    batch = pa.RecordBatch.from_pydict(
        {"text": pa.array(texts, pa.large_string()), "lang": pa.array(["zh-Hans"] * len(texts))}
    )
    measure_all(batch.slice(0, 1))
    jieba.initialize()
    works: dict[str, Callable[[], object]] = {
        "jieba, with its model of new words": lambda: [jieba.lcut(text) for text in texts],
        "jieba, dictionary only": lambda: [jieba.lcut(text, HMM=False) for text in texts],
        "rjieba, with its model of new words": lambda: [rjieba.cut(text) for text in texts],
        "rjieba, dictionary only": lambda: [rjieba.cut(text, False) for text in texts],
        "all signals over characters": lambda: measure_all(batch),
    }
    print(f"{len(texts)} documents, {size:.1f} MB\n\n| work | MB per CPU-second |\n|---|---:|")
    for name, work in works.items():
        print(f"| {name} | {size / seconds(work):.2f} |")


def compare_decisions(texts: Sequence[str], *, tag: str, others: Sequence[str]) -> None:
    rng = random.Random(1)
    kinds = {"clean": list(texts)} | {
        kind: [make(text, rng, others) for text in texts]
        for kind, make in KINDS.items()
        if make not in (damage_encoding, take_other_language)
    }
    file = languages.load(tag).rules
    published = override(file, PUBLISHED)
    policies: dict[str, tuple[bool, tuple[Rule, ...]]] = {
        "characters, limits of the file": (False, file),
        "dictionary, limits of the file": (True, file),
        "dictionary, published limits": (True, published),
    }
    found = {
        (kind, dictionary): measure(made, tag=tag, dictionary=dictionary)
        for kind, made in kinds.items()
        for dictionary in (False, True)
    }
    print(
        f"\n{tag}, medians of {len(texts)} clean documents\n\n"
        "| signal | characters | dictionary |\n|---|---:|---:|"
    )
    for signal in SIGNALS:
        medians = [
            np.nanmedian(found["clean", dictionary][signal].to_numpy(False)) for dictionary in (False, True)
        ]
        print(f"| `{signal}` | {medians[0]:.4g} | {medians[1]:.4g} |")
    print(
        f"\n{tag}, share that the rules remove\n\n| policy | {' | '.join(kinds)} |\n"
        f"|---|{'---:|' * len(kinds)}"
    )
    for name, (dictionary, rules) in policies.items():
        shares = [
            np.mean([bool(each) for each in evaluate(found[kind, dictionary], rules=rules).to_pylist()])
            for kind in kinds
        ]
        print(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    for name, (dictionary, rules) in policies.items():
        counts = Counter(
            reason
            for each in evaluate(found["clean", dictionary], rules=rules).to_pylist()
            for reason in each
        )
        print(f"- clean, {name}: {', '.join(f'{reason} {n}' for reason, n in counts.most_common(5))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--max-documents", type=int, default=200, help="of each form of Chinese")
    arguments = parser.parse_args()
    documents = read_documents(arguments.paths)
    chosen = {}
    for tag in TAGS:
        texts = documents["text"].filter(pc.equal(documents["lang"], tag)).to_pylist()
        texts = [text[:8000] for text in texts if len(text) >= 200]
        count = min(arguments.max_documents, len(texts))
        chosen[tag] = [texts[at * len(texts) // count] for at in range(count)]
    compare_speed([text for texts in chosen.values() for text in texts])
    for tag, texts in chosen.items():
        compare_decisions(texts, tag=tag, others=texts)


if __name__ == "__main__":
    main()
