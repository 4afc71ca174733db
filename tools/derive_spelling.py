"""Set the least share of known trigrams of each language, by documents and the same with random letters.

    python -m tools.derive_spelling DOCUMENTS LINES … --words DICTIONARY [--write]

DOCUMENTS is a folder of JSON lines with `text` and `lang`; LINES are the Parquet files that the model was
trained on, with the columns lang, source, text; lines that stand together are documents, too. DICTIONARY is
as tools.derive_trigrams reads it. In the
damaged copies one letter in five is another one of the text's letters, and in others, of languages in Latin
letters, any of a to z: Vietnamese writes four of these in names only, and a letter that its language does not
write does not count. The limit is the least of two digits that removes MIN_REMOVED of the copies of either
kind, but no more than MAX_CLEAN of the documents themselves, and UNSEEN_SHARE of those of the median source,
compared with trigrams of all others: what the model was trained on says nothing about new text. A
source without which a fifth of the trigrams is missing is no such test. `--write` puts the limits into
filters/languages/*.yaml.
"""

import argparse
import decimal
import random
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.dirt import choose, randomise_letters
from benchmarks.perturb import read_documents
from filters import languages
from filters.language_id import canonical_tag
from filters.language_id.labels import CHINESE
from filters.language_id.trigrams import (
    class_of_tag,
    count_known,
    find_counted,
    gather,
    make_tables,
    read_trigrams,
)
from filters.languages.patch import set_rules
from filters.rules import Rule
from pipeline.language_id.training import read_training_lines
from tools.derive_trigrams import read_words

SIGNAL = "known_trigram_ratio"
MIN_REMOVED, MIN_REMOVED_OF_CHARACTERS = 0.98, 0.95
"""Of the copies; the latter, to three digits, of Chinese, whose clean and damaged texts overlap: at 0.98 2 to
3 % of manual pages and of medical articles, full of foreign names, are lost."""
UNSEEN_SHARE, MAX_CLEAN = 0.05, 0.01
MIN_TEXTS = 20
MAX_DOCUMENTS = 200
CHARS = 500
"""Of a document that is made of lines: the least of the documents that benchmarks.dirt damages."""


def join_lines(paths: Sequence[Path]) -> dict[str, dict[str, list[str]]]:
    """Language → source → up to MAX_DOCUMENTS texts of lines that stand together."""
    joined: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(lambda: [""]))
    for path in paths:
        table = pq.read_table(path, columns=["lang", "source", "text"]).to_pydict()
        for lang, source, text in zip(table["lang"], table["source"], table["text"], strict=True):
            tag = canonical_tag(lang)
            if tag in languages.TAGS:
                made = joined[tag][source]
                if len(made[-1]) >= CHARS:
                    made.append("")
                made[-1] += text + "\n"
    return {
        tag: {
            source: [unicodedata.normalize("NFC", text) for text in made if len(text) >= CHARS][
                :MAX_DOCUMENTS
            ]
            for source, made in by_source.items()
        }
        for tag, by_source in joined.items()
    }


def randomise_latin(text: str, rng: random.Random) -> str:
    """One letter in five is any of a to z."""
    return "".join(
        rng.choice(ascii_lowercase) if letter.isalpha() and rng.random() < 0.2 else letter for letter in text
    )


def damage(texts: Sequence[str], *, lang: str) -> list[list[str]]:
    """Copies of each kind of the texts, with random letters."""
    generators = [random.Random(f"{lang} {place}") for place in range(len(texts))]
    kinds = [[randomise_letters(text, rng, ()) for text, rng in zip(texts, generators, strict=True)]]
    if languages.load(lang).scripts == ("Latn",):
        kinds.append([randomise_latin(text, rng) for text, rng in zip(texts, generators, strict=True)])
    return kinds


def shares(texts: Sequence[str], *, lang: str, keys: np.ndarray | None = None) -> np.ndarray:
    """Known trigrams of those texts that have enough, as the signal has them: float64 [m]."""
    array = pa.array(texts, pa.large_string())
    tables = None if keys is None else make_tables({class_of_tag(lang): keys})
    langs = pa.array([lang] * len(texts))
    known, total = count_known(array, langs=langs, tables=tables)
    enough = find_counted(total, langs=langs)
    result: np.ndarray = known[enough] / total[enough]
    return result


def find_unseen(
    texts: Mapping[str, Sequence[str]], *, lang: str, lines: Mapping[str, Sequence[str]], words: Sequence[str]
) -> float | None:
    """The share below which UNSEEN_SHARE of the texts of the median source are; None where there is none."""
    name = class_of_tag(lang)
    size = len(read_trigrams()[name])
    edges = []
    for source, some in texts.items():
        if source not in lines or len(some) < MIN_TEXTS:
            continue
        others = {other: lines[other] for other in lines if other != source}
        keys = gather(others, name=name, words=words if name == CHINESE else ())
        if len(keys) * 5 >= size * 4 and len(values := shares(some, lang=lang, keys=keys)) >= MIN_TEXTS:
            edges.append(float(np.quantile(values, UNSEEN_SHARE)))
    return float(np.quantile(edges, 0.5, method="higher")) if edges else None


def find_limit(damaged: np.ndarray, *, share: float, digits: int, most: float) -> float:
    """The least limit of so many digits that removes a share of the damaged texts, or most, of three."""
    edge = float(np.sort(damaged)[int(np.ceil(len(damaged) * share)) - 1]) + 1e-6
    limit = float(decimal.Context(prec=digits, rounding=decimal.ROUND_CEILING).create_decimal(repr(edge)))
    if most >= limit:
        return limit
    return float(decimal.Context(prec=3, rounding=decimal.ROUND_FLOOR).create_decimal(repr(most)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("lines", type=Path, nargs="+")
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", choices=languages.TAGS, default=languages.TAGS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    whole = choose(read_documents(arguments.documents), max_documents=MAX_DOCUMENTS)
    joined = join_lines(arguments.lines)
    lines = read_training_lines([str(path) for path in arguments.lines])
    words = [*read_words(arguments.words)]
    print("| language | documents | limit | clean below it | damaged below it | 5 % of unseen below |")
    print("|---|---:|---:|---:|---:|---:|")
    for tag in arguments.languages:
        by_source = joined.get(tag, {})
        each = MAX_DOCUMENTS // max(len(by_source), 1)
        clean = [unicodedata.normalize("NFC", text) for text in whole.get(tag, [])]
        clean += [text for some in by_source.values() for text in some[:each]]
        before = shares(clean, lang=tag)
        kinds = [shares(damaged, lang=tag) for damaged in damage(clean, lang=tag)]
        unseen = find_unseen(by_source, lang=tag, lines=lines[class_of_tag(tag)], words=words)
        most = float(np.quantile(before, MAX_CLEAN, method="lower"))
        most = most if unseen is None else min(most, unseen)
        share, digits = (MIN_REMOVED_OF_CHARACTERS, 3) if class_of_tag(tag) == CHINESE else (MIN_REMOVED, 2)
        limit = max(find_limit(after, share=share, digits=digits, most=most) for after in kinds)
        lost = float((before < limit).mean())
        removed = min(float((after < limit).mean()) for after in kinds)
        edge = "" if unseen is None else f"{unseen:.3f}"
        print(f"| {tag} | {len(clean)} | {limit} | {lost:.2%} | {removed:.1%} | {edge} |", flush=True)
        if arguments.write:
            path = Path(languages.__file__).parent / f"{tag}.yaml"
            note = (
                f"removes {removed:.0%} of {len(clean):,} documents with one letter in five replaced, "
                f"{lost:.1%} of them as they are"
            )
            rule = Rule(SIGNAL, limit, None, "calibrated", note)
            path.write_text(set_rules(path.read_text("utf-8"), tag=tag, rules=[rule]), "utf-8")


if __name__ == "__main__":
    main()
