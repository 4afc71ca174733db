"""How many documents of the same content each language loses to quality rules, by length.

    python -m benchmarks.same_content --sentences FILE … --paragraphs FILE … [--articles …] [--stories …]

FILE is JSON lines (plain or Zstandard) with `text` and `lang`, or Parquet with the columns lang, source, text
(`--source NAME` chooses lines); of paragraphs each line of a text that ends as a sentence does is one. The
languages are those that the
files declare: nothing is identified, and duplicates are not looked for. Languages are compared within a file:
one loses too much if it loses more than MAX_RATIO times what the median language does, and MAX_DIFFERENCE.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from benchmarks.report import heading
from filters import base, languages, text_counts
from filters.kernels.text_tables import TERMINAL, marks
from filters.language_id import canonical_tag
from filters.rules import Rule, evaluate
from pipeline.config.measure import MeasureConfig

LENGTHS = ("sentences", "paragraphs", "articles", "stories")
MAX_RATIO, MAX_DIFFERENCE = 2.0, 0.01
MIN_DOCUMENTS = 20
"""Languages with fewer are not compared: one document would be 5 %."""


@dataclass(frozen=True)
class Loss:
    """Documents of a language, how many fail a rule, and how many fail each limit."""

    documents: int
    lost: int
    reasons: Counter[str]

    @property
    def share(self) -> float:
        return self.lost / max(self.documents, 1)


def read_texts(path: Path, *, source: str | None = None, by_line: bool = False) -> dict[str, list[str]]:
    """Language of the 46 → its texts, in the order of the file."""
    texts: dict[str, list[str]] = defaultdict(list)
    for lang, text in _read_rows(path, source=source):
        tag = canonical_tag(lang)
        if tag in languages.TAGS:
            texts[tag] += [line for line in text.splitlines() if _is_prose(line)] if by_line else [text]
    return dict(sorted(texts.items()))


_HEADING = re.compile(r"(\S+\s+){0,3}\S*\d+\S*|(\S+\s+){0,1}[^\s。]+")
"""Lines of a paragraph that are "Article XIX." or "Kifungu cha 19.": two words, or four, a number last."""


def _is_prose(line: str) -> bool:
    """Whether a line ends as a sentence does and is no heading."""
    end = line.rstrip().rstrip("\"'”’»）)]")[-1:]
    return bool(end) and bool(marks()[ord(end)] & TERMINAL) and _HEADING.fullmatch(line.strip()) is None


def _read_rows(path: Path, *, source: str | None) -> Iterable[tuple[str, str]]:
    if path.suffix == ".parquet":
        table = pq.read_table(path, columns=["lang", "source", "text"])
        if source is not None:
            table = table.filter(pc.equal(table["source"].cast(pa.string()), source))
        return zip(table["lang"].to_pylist(), table["text"].to_pylist(), strict=True)
    content = path.read_bytes()
    if path.suffix == ".zst":
        content = zstandard.ZstdDecompressor().stream_reader(content).read()
    rows = [json.loads(line) for line in content.splitlines() if line.strip()]
    return [(row["lang"] or "", row["text"]) for row in rows]


def measure(texts: Sequence[str], *, lang: str) -> pa.RecordBatch:
    """The signals of n texts in a language, edited as by default, its name not asked: n rows."""
    edited, langs = pa.array(texts, pa.large_string()), pa.array([lang] * len(texts), pa.string())
    for name in MeasureConfig().edits:
        edited = base.load_edit(name).edit(edited, langs=langs)
    batch = pa.RecordBatch.from_arrays([edited], names=["text"])
    names = base.default_signals()
    columns: dict[str, pa.Array] = {}
    with text_counts.sharing(batch, langs=langs, groups=base.groups(names)):
        for name in names:
            if "text" in base.load_signals(name).SCHEMA.names:
                continue
            measured = base.load_signals(name).measure(batch, langs=langs, options=None)
            columns |= dict(zip(measured.schema.names, measured.columns, strict=True))
    return pa.RecordBatch.from_pydict(columns)


def count_lost(signals: pa.RecordBatch, *, rules: Sequence[Rule]) -> Loss:
    failed = evaluate(signals, rules=rules).to_pylist()
    reasons = Counter(reason for each in failed for reason in each)
    return Loss(len(failed), sum(map(bool, failed)), reasons)


def find_unfair(losses: Mapping[str, Loss]) -> tuple[float, dict[str, float]]:
    """(share that the median language loses, language → share of those that lose too much).

    A single document is chance: of 20 it is 5 %.
    """
    compared = {tag: loss.share for tag, loss in losses.items() if loss.documents >= MIN_DOCUMENTS}
    median = float(np.median(list(compared.values()))) if compared else 0.0
    most = MAX_RATIO * median + MAX_DIFFERENCE
    return median, {tag: share for tag, share in compared.items() if share > most and losses[tag].lost > 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files of each length."""
    for option in ("--sentences", "--paragraphs", "--articles", "--stories"):
        parser.add_argument(option, type=Path, nargs="+", default=[])
    parser.add_argument("--source", help="of the lines of Parquet files")


def read_lengths(arguments: argparse.Namespace) -> dict[tuple[str, str], dict[str, list[str]]]:
    """(Length, name of a file) → language → texts: what is compared with each other."""
    return {
        (length, path.name.split(".")[0]): read_texts(
            path, source=arguments.source, by_line=length == "paragraphs"
        )
        for length in LENGTHS
        for path in getattr(arguments, length)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    arguments = parser.parse_args()
    print(heading())
    losses = {
        corpus: {
            tag: count_lost(measure(some, lang=tag), rules=languages.load(tag).rules)
            for tag, some in texts.items()
        }
        for corpus, texts in read_lengths(arguments).items()
    }
    print_losses(losses)


def print_losses(losses: Mapping[tuple[str, str], Mapping[str, Loss]]) -> None:
    """A table of shares, then the median of each corpus, and who loses more than it allows, and why."""
    print("| language | " + " | ".join(f"{length}: {name}" for length, name in losses) + " |")
    print("|---|" + "---:|" * len(losses))
    for tag in languages.TAGS:
        cells = [
            f"{loss.share:.1%} of {loss.documents:,}" if (loss := each.get(tag)) else ""
            for each in losses.values()
        ]
        print(f"| {tag} | " + " | ".join(cells) + " |")
    print("\n| corpus | languages | median | allowed | more |\n|---|---:|---:|---:|---|")
    for (length, name), each in losses.items():
        median, unfair = find_unfair(each)
        most = MAX_RATIO * median + MAX_DIFFERENCE
        compared = sum(loss.documents >= MIN_DOCUMENTS for loss in each.values())
        more = "; ".join(
            f"{tag} {share:.1%} ("
            + ", ".join(f"{reason} {count}" for reason, count in each[tag].reasons.most_common(4))
            + ")"
            for tag, share in sorted(unfair.items(), key=lambda pair: -pair[1])
        )
        print(f"| {length}: {name} | {compared} | {median:.2%} | {most:.2%} | {more} |")


if __name__ == "__main__":
    main()
