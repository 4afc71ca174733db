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
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

from filters import languages
from filters.language_id import canonical_tag

PASSAGE_WORDS = 100
"""Sentences of one source are joined, and long documents cut, to passages of so many words."""
MIN_PASSAGES = 15
"""Sources with fewer passages in a language do not count."""
MAX_PASSAGES = 400
"""Passages of one source, evenly spaced: a large source does not hide a small one."""
MIN_SHARE = 0.15
"""Share of passages that hold the word, mean over sources …"""
MIN_SOURCE_SHARE = 0.05
"""… and the least in any source: what only one source writes often is its topic."""
MIN_WORDS, MIN_FEW_SHARE, MIN_FEW_SOURCE_SHARE = 30, 0.06, 0.02
"""Languages that write particles as endings have few such words: so many are taken, down to these shares."""
MAX_WORDS = 60
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


def words_of(text: str) -> list[str]:
    """Words as the signals cut them: between white space, stripped of special characters, lower case, NFC."""
    return [word for piece in unicodedata.normalize("NFC", text).lower().split() if (word := _strip(piece))]


def _strip(word: str) -> str:
    start, stop = 0, len(word)
    while start < stop and _is_special(word[start]):
        start += 1
    while stop > start and _is_special(word[stop - 1]):
        stop -= 1
    return word[start:stop]


def _is_special(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PSZC" or category in ("Nd", "No")


def passages_of(texts: Sequence[str]) -> list[frozenset[str]]:
    """Texts in order → the distinct words of passages of PASSAGE_WORDS words, evenly spaced."""
    words = [word for text in texts for word in words_of(text)]
    starts = range(0, len(words) - PASSAGE_WORDS + 1, PASSAGE_WORDS)
    step = max(len(starts) // MAX_PASSAGES, 1)
    return [frozenset(words[start : start + PASSAGE_WORDS]) for start in list(starts)[::step]]


def derive(by_source: Mapping[str, Sequence[str]]) -> list[str]:
    """Source → texts of one language; → its stop words, most frequent first.

    Empty where no source has MIN_PASSAGES.
    """
    shares = []
    for texts in by_source.values():
        passages = passages_of(texts)
        if len(passages) >= MIN_PASSAGES:
            counts = Counter(word for passage in passages for word in passage)
            shares.append({word: count / len(passages) for word, count in counts.items()})
    if not shares:
        return []
    found = {
        word: (sum(each.get(word, 0.0) for each in shares) / len(shares), least)
        for word in set.union(*(set(each) for each in shares))
        if (least := min(each.get(word, 0.0) for each in shares)) >= MIN_FEW_SOURCE_SHARE
    }
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    enough = [word for word, (share, least) in ordered if share >= MIN_SHARE and least >= MIN_SOURCE_SHARE]
    few = [word for word, (share, _) in ordered if share >= MIN_FEW_SHARE and word not in enough]
    return [*enough, *few[: max(MIN_WORDS - len(enough), 0)]][:MAX_WORDS]


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
        derived[tag] = derive(documents[tag])
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
