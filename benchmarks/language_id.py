"""Speed and accuracy of language identification on labelled text that you name.

python benchmarks/language_id.py --documents FOLDER_OF_JSONL_ZST --lines LINES.parquet
Both hold a `text` and a `lang` (BCP-47 or any code that canonical_tag knows) per row.
"""

import argparse
import io
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from filters import languages
from filters.kernels.script import count_scripts
from filters.language_id import IdentifyOptions, Model, canonical_tag, identify, load_model
from filters.language_id.sampling import sample

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


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


def report_speed(texts: pa.LargeStringArray, *, model: Model, repeats: int) -> None:
    declared = pa.nulls(len(texts), pa.string())
    options = IdentifyOptions()
    lines = sample(texts, max_sample_bytes=options.max_sample_bytes)
    raw, sampled = (int(np.diff(np.frombuffer(a.buffers()[1], np.int64)).sum()) / 1e6 for a in (texts, lines))
    print(f"{len(texts)} documents, {raw:.1f} MB raw, {sampled:.1f} MB sampled")
    identify(texts.slice(0, 10), declared=declared.slice(0, 10), model=model)  # compiles
    runs = {
        "scripts": lambda: count_scripts(texts),
        "sample": lambda: sample(texts, max_sample_bytes=options.max_sample_bytes),
        "model": lambda: model.predict(lines, min_score=options.min_candidate_score),
        "identify": lambda: identify(texts, declared=declared, model=model),
    }
    for name, work in runs.items():
        seconds = best_seconds(work, repeats=repeats)
        print(f"  {name:9} {raw / seconds:8.1f} MB/s of text  {sampled / seconds:8.1f} MB/s of sample")


def report_accuracy(table: pa.Table, *, model: Model, title: str) -> None:
    texts = table["text"].combine_chunks()
    tags = np.array([canonical_tag(lang) or "" for lang in table["lang"].to_pylist()])
    found = identify(texts, declared=pa.nulls(len(texts), pa.string()), model=model)
    langs = np.array(found["lang"].to_pylist())
    scores = found["lang_score"].fill_null(0).to_numpy(zero_copy_only=False)
    print(f"\n{title}: share identified as themselves, declared nothing")
    nameable = [tag for tag in languages.TAGS if tag in set(model.tags) | {"zh-Hans", "zh-Hant"}]
    for tag in nameable:
        rows = tags == tag
        if rows.any():
            wrong: defaultdict[str, int] = defaultdict(int)
            for lang in langs[rows & (langs != tag)]:
                wrong[lang] += 1
            worst = " ".join(f"{k}:{v}" for k, v in sorted(wrong.items(), key=lambda item: -item[1])[:4])
            print(f"  {tag:8} {rows.sum():6} {np.mean(langs[rows] == tag):7.2%}  {worst}")
    others = [tag for tag in languages.TAGS if tag not in nameable]
    print(f"\n{title}: share of documents in languages the model cannot name that it gives another ≥ t")
    print("  t        " + " ".join(f"{t:6.2f}" for t in THRESHOLDS))
    for tag in others:
        rows = tags == tag
        if rows.any():
            shares = " ".join(f"{np.mean(scores[rows] >= t):6.1%}" for t in THRESHOLDS)
            print(f"  {tag:8} {shares}  of {rows.sum()}")
    everyone = np.isin(tags, others)
    print("  all      " + " ".join(f"{np.mean(scores[everyone] >= t):6.1%}" for t in THRESHOLDS))
    latin = np.isin(tags, ["ca", "en", "es", "eu", "fr", "id", "pt", "sw", "vi", "yo"])
    print("  Latin-script documents in languages it can name, rightly given ≥ t (caught if mislabelled)")
    shares = " ".join(
        f"{np.mean((scores[latin] >= t) & (langs[latin] == tags[latin])):6.1%}" for t in THRESHOLDS
    )
    print("           " + shares)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--lines", type=Path, help="Parquet file of labelled lines")
    parser.add_argument("--max-lines", type=int, default=1000, help="lines of each language")
    parser.add_argument("--model", default="lid.176")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    documents = read_documents(arguments.documents)
    report_speed(documents["text"].combine_chunks(), model=model, repeats=arguments.repeats)
    report_accuracy(documents, model=model, title="documents")
    if arguments.lines:
        lines = read_lines(arguments.lines, max_lines=arguments.max_lines)
        report_accuracy(lines, model=model, title="lines")


if __name__ == "__main__":
    main()
