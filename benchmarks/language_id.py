"""Speed and accuracy of language identification on labelled text that you name.

python benchmarks/language_id.py --documents FOLDER_OF_JSONL_ZST --lines LINES.parquet
Both hold a `text` and a `lang` (BCP-47 or any code that canonical_tag knows) per row.
"""

import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from filters import languages
from filters.kernels.script import count_scripts
from filters.language_id import (
    DEFAULT_MODEL,
    IdentifyOptions,
    Model,
    SegmentOptions,
    canonical_tag,
    identify,
    load_model,
)
from filters.language_id.evaluation import count_pairs, evaluate
from filters.language_id.segments import cut, letters_only
from layers.shards import text_lengths

BATCH = 4096


def read_documents(folder: Path) -> pa.Table:
    """All *.jsonl.zst of a folder: columns text, lang."""
    texts, langs = [], []
    for path in sorted(folder.glob("*.jsonl.zst")):
        with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
            for line in io.TextIOWrapper(stream, "utf-8"):
                record = json.loads(line)
                texts.append(record["text"])
                langs.append(record["lang"])
    return pa.table({"text": pa.array(texts, pa.large_string()), "lang": pa.array(langs, pa.string())})


def read_lines(path: Path, *, max_lines: int) -> pa.Table:
    """At most max_lines evenly spaced rows of each target language: columns text, lang."""
    table = pq.read_table(path, columns=["text", "lang"])
    langs = np.array([canonical_tag(lang) or "" for lang in table["lang"].to_pylist()])
    rows = []
    for tag in languages.TAGS:
        found = np.flatnonzero(langs == tag)
        rows.append(found[np.unique(np.linspace(0, len(found) - 1, min(max_lines, len(found))).astype(int))])
    kept = np.sort(np.concatenate(rows))
    return pa.table(
        {
            "text": table["text"].combine_chunks().cast(pa.large_string()).take(kept),
            "lang": pa.array(langs[kept], pa.string()),
        }
    )


def best_seconds(work: object, *, repeats: int) -> float:
    """CPU seconds of the fastest of some runs: one thread, so other work on the machine counts little."""
    assert callable(work)
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def report_speed(texts: pa.LargeStringArray, *, model: Model, options: IdentifyOptions, repeats: int) -> None:
    parts = [texts.slice(start, BATCH) for start in range(0, len(texts), BATCH)]
    segments = [cut(part, options=options.segments).lines for part in parts]
    lines = [letters_only(each) for each in segments] if model.description.reads_letters_only else segments
    raw, sampled = (sum(int(text_lengths(part).sum()) for part in of) / 1e6 for of in (parts, segments))
    print(
        f"{len(texts)} texts, {raw:.1f} MB; {sampled:.1f} MB are read in {sum(map(len, segments))} segments"
    )
    identify(texts.slice(0, 10), declared=pa.nulls(10, pa.string()), model=model)  # compiles
    runs = {
        "cut": lambda: [cut(part, options=options.segments) for part in parts],
        "scripts": lambda: [count_scripts(each) for each in segments],
        "letters": lambda: [letters_only(each) for each in segments],
        "model": lambda: [model.predict(each, min_score=options.min_candidate_score) for each in lines],
        "identify": lambda: [
            identify(part, declared=pa.nulls(len(part), pa.string()), model=model, options=options)
            for part in parts
        ],
    }
    for name, work in runs.items():
        seconds = best_seconds(work, repeats=repeats)
        print(f"  {name:9} {raw / seconds:8.1f} MB/s of text  {sampled / seconds:8.1f} MB/s of what is read")


def report_accuracy(table: pa.Table, *, model: Model, options: IdentifyOptions, title: str) -> None:
    texts = table["text"].combine_chunks()
    tags = np.array([canonical_tag(lang) or "" for lang in table["lang"].to_pylist()])
    found = identify(texts, declared=pa.nulls(len(texts), pa.string()), model=model, options=options)
    pairs = count_pairs(pa.array(tags), found["lang"])
    measured = evaluate(pairs, targets=languages.TAGS, balanced=True)
    rows = [row for row in measured.languages if measured.tags[row] in measured.targets]
    others = [row for row in measured.languages if measured.tags[row] not in measured.targets]
    print(f"\n{title}: {len(texts)} texts, declared nothing, each language weighing the same")
    print(f"  recall of the {len(rows)} targets {measured.recall[rows].mean():.4f}")
    if others:
        accepted = (measured.accepted[others] / measured.support[others]).mean()
        print(f"  taken for a target, of {len(others)} other languages {accepted:.4f}")
    for row in rows:
        wrong = {
            measured.tags[other]: int(n) for other, n in enumerate(measured.counts[row]) if other != row and n
        }
        worst = " ".join(f"{tag}:{n}" for tag, n in sorted(wrong.items(), key=lambda item: -item[1])[:4])
        print(f"  {measured.tags[row]:8} {measured.support[row]:6} {measured.recall[row]:7.2%}  {worst}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--lines", type=Path, help="Parquet file of labelled lines")
    parser.add_argument("--max-lines", type=int, default=1000, help="lines of each language")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sample-bytes", type=int, nargs="*", default=[], help="also with these samples")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    documents = read_documents(arguments.documents)
    texts = documents["text"].combine_chunks()
    usual = SegmentOptions().max_sample_bytes
    for size in [usual, *arguments.sample_bytes]:
        options = IdentifyOptions(SegmentOptions(max_sample_bytes=size))
        report_speed(texts, model=model, options=options, repeats=arguments.repeats)
        report_accuracy(documents, model=model, options=options, title=f"documents, {size} bytes of each")
    if arguments.lines:
        lines = read_lines(arguments.lines, max_lines=arguments.max_lines)
        report_speed(
            lines["text"].combine_chunks(), model=model, options=IdentifyOptions(), repeats=arguments.repeats
        )
        report_accuracy(lines, model=model, options=IdentifyOptions(), title="lines")


if __name__ == "__main__":
    main()
