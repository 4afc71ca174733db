"""Derive lists of stop words from documents, and compare them with those of the language files.

    python -m tools.derive_stop_words FILE … [--lang yo] [--lists FILE]

FILE: JSON lines (`.jsonl.zst`) or Parquet with `text`, `lang` and `source` (default: the file's name).
The recipe is in docs/stop_words.md. Prints a table and, for languages with fewer than 30 stop words in
their file, the words that the recipe adds; `--lists` writes all derived lists as JSON. Chinese is left
out: its words here are characters.
"""

import argparse
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

from filters import languages
from filters.language_id import canonical_tag
from filters.languages.stop_words import MIN_PASSAGES, derive_stop_words, passages_of

THIN = 30
"""A list with fewer words is extended."""

Documents = Mapping[str, Mapping[str, Sequence[str]]]


def read(paths: Iterable[Path]) -> Documents:
    """Language → source → texts, in order; languages outside the 46 are left out."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        for row in _rows(path):
            tag = canonical_tag(row["lang"] or "")
            if tag in languages.TAGS and languages.load(tag).segmentation == "whitespace":
                found[tag][row.get("source") or path.name.split(".")[0]].append(row["text"])
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches(columns=["text", "lang", "source"]):
            yield from batch.to_pylist()
        return
    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8"):
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--lang", action="append", help="only this language; may be repeated")
    parser.add_argument("--lists", type=Path)
    arguments = parser.parse_args()
    documents = read(arguments.paths)
    derived = {}
    print("| tag | sources | derived | in the file | of both | derived words in the file |")
    print("|---|---:|---:|---:|---:|---:|")
    for tag in sorted(set(arguments.lang or documents) & set(documents)):
        derived[tag] = derive_stop_words(documents[tag])
        used = sum(len(passages_of(texts)) >= MIN_PASSAGES for texts in documents[tag].values())
        file = set(languages.load(tag).stop_words)
        both = len(file & set(derived[tag]))
        share = f"{both / len(derived[tag]):.0%}" if derived[tag] else "–"
        print(f"| {tag} | {used} | {len(derived[tag])} | {len(file)} | {both} | {share} |")
    for tag, words in derived.items():
        file = set(languages.load(tag).stop_words)
        if len(file) < THIN:
            print(f"\n{tag}: {', '.join(word for word in words if word not in file)}")
            print(f"  not derived: {', '.join(sorted(file - set(words)))}")
    if arguments.lists:
        arguments.lists.write_text(json.dumps(derived, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
