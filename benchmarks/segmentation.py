"""What a word and a sentence are in every language of some documents, those outside the 46 included.

python benchmarks/segmentation.py documents.jsonl.zst …   (JSON lines with `text` and `lang`)

Per language: its policy, characters per word, and sentences that the signal finds per line that people
wrote, after the lines of a document are joined by spaces (of NTREX a line is a sentence, so 1 is right). Then
what the pairs of syllables change in Vietnamese.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.signals import read_documents
from filters import base, languages, text_counts
from filters.language_id import canonical_tag
from filters.rules import evaluate

MIN_DOCUMENTS = 10


@contextmanager
def changed_policy(tags: Sequence[str], **fields: object) -> Iterator[None]:
    """Inside, languages have another policy: fields of languages.Language."""
    load = languages.load

    def changed(tag: str) -> languages.Language:
        return replace(load(tag), **fields) if tag in tags else load(tag)  # type: ignore[arg-type]

    text_counts._word_table.cache_clear()
    with patch.object(languages, "load", changed):
        yield
    text_counts._word_table.cache_clear()


def measure(texts: Sequence[str], *, tag: str | None) -> pa.RecordBatch:
    """Every signal of n texts in a language."""
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    langs = pa.array([tag] * len(texts), pa.string())
    sets = [
        base.load_signals(name).measure(batch, langs=langs, options=None) for name in base.default_signals()
    ]
    return pa.RecordBatch.from_arrays(
        [array for measured in sets for array in measured.columns],
        schema=pa.schema([field for measured in sets for field in measured.schema]),
    )


def describe(texts: Sequence[str], *, tag: str) -> list[str]:
    """Cells of the row of a language."""
    known = tag if tag in languages.TAGS else None
    found = measure(texts, tag=known)
    lines = [[line for line in text.splitlines() if line.strip()] for text in texts]
    joined = measure([" ".join(each) for each in lines], tag=known)
    words = np.array(found["words"])
    return [
        tag,
        languages.load(tag).segmentation if known else f"{languages.DEFAULT.segmentation} (und)",
        str(len(texts)),
        f"{np.nanmean(found['mean_word_length'].to_numpy(False)):.1f}",
        f"{words.sum() / sum(map(len, lines)):.1f}",
        f"{np.array(joined['sentences']).sum() / sum(map(len, lines)):.2f}",
    ]


def compare_pairs(texts: Sequence[str]) -> None:
    """Vietnamese with and without pairs of syllables as hits of lists."""
    print(f"\n{len(texts)} Vietnamese documents\n")
    print("| lists hit | median share of stop words | fail a list's limit |")
    print("|---|---:|---:|")
    for name, pairs in (("syllables and pairs", 2), ("syllables", 0)):
        with changed_policy(["vi"], augment_ngrams=pairs):
            found = measure(texts, tag="vi")
        rules = [rule for rule in languages.load("vi").rules if rule.signal.endswith("_words_ratio")]
        failed = sum(map(bool, evaluate(found, rules=rules).to_pylist()))
        print(f"| {name} | {np.median(found['stop_words_ratio'].to_numpy(False)):.3f} | {failed} |")
    entries = languages.load("vi").stop_words
    print(f"\n{sum(' ' in entry for entry in entries)} of {len(entries)} stop words are pairs.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--max-documents", type=int, default=60, help="of each language")
    arguments = parser.parse_args()
    documents = read_documents(arguments.paths)
    tags = pa.array([canonical_tag(tag) for tag in documents["lang"].to_pylist()], pa.string())
    print("| language | policy | documents | characters per word | words per line | sentences per line |")
    print("|---|---|---:|---:|---:|---:|")
    for tag in sorted(set(tags.to_pylist()) - {None}):
        texts = documents["text"].filter(pc.equal(tags, tag)).to_pylist()[: arguments.max_documents]
        if len(texts) >= MIN_DOCUMENTS:
            print(f"| {' | '.join(describe(texts, tag=tag))} |")
    compare_pairs(documents["text"].filter(pc.equal(tags, "vi")).to_pylist())


if __name__ == "__main__":
    main()
