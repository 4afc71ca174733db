"""How a recipe's model names sentences, news and government text of sources of which it has seen four fifths.

    python -m benchmarks.language_id_near LINES.parquet … --sib200 DATA/annotated \\
        --documents ntrex_train=ARTICLES.jsonl.zst --documents seed=PAGES.jsonl.zst --out FOLDER

A fifth of the sentences of FLORES' dev split is held out by meaning, the same in all languages: the files
of SIB-200 have their numbers. So is a fifth of the documents of each --documents, by title, and of the lines
of nchlt_improved. Trains a model that measures (`measuring` of the recipe) on all else, or reads it from
FOLDER, names the lines under the limits of the bundled one, and prints Markdown.
"""

import argparse
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters.language_id import identify
from filters.language_id.labels import MULTIPLE, UNDETERMINED
from filters.language_id.model import DEFAULT_MODEL, VENDORED, Model
from filters.language_id.recipe import (
    BUNDLED,
    NOISE,
    TARGETS,
    Recipe,
    class_of,
    load_recipe,
    measuring,
    read_lines,
)
from filters.language_id.training import find_scripts, train_close, train_model

SENTENCES, CORRECTED, GOVERNMENT = "sib200_floresdev", "flores_fix_dev", "nchlt_improved"
SAME_SENTENCE = 0.4
"""Share of their words that a corrected sentence and the one held out have in common at least."""
FIFTH = 5
Row = tuple[str, str, str]
"""lang, source, text"""


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _held(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % FIFTH == 0


def read_numbers(folder: Path) -> dict[str, str]:
    """Key of a sentence in any language → its number."""
    numbers: dict[str, str] = {}
    for path in sorted(folder.glob("*/*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if len(row) == 3:  # another number of columns is no sentence
                    numbers.setdefault(_key(row[2]), row[0])
    return numbers


def read_documents(path: Path) -> set[str]:
    """Keys of the lines of those held out."""
    with pa.input_stream(str(path), compression="detect") as stream:
        documents = map(json.loads, stream.read().decode().splitlines())
        return {_key(line) for one in documents if _held(one["title"]) for line in one["text"].split("\n")}


def split(rows: Sequence[Row], *, numbers: dict[str, str], documents: dict[str, set[str]]) -> list[bool]:
    """Whether each row is held out: as a test, or as the same text under the same label elsewhere."""
    held = []
    for _, source, text in rows:
        if source == SENTENCES:
            number = numbers.get(_key(text))
            held.append(number is not None and _held(f"flores{number}"))
        elif source == GOVERNMENT:
            held.append(_held(f"gov{text}"))
        else:
            held.append(_key(text) in documents.get(source, ()))
    return held


def same_elsewhere(rows: Sequence[Row], held: Sequence[bool]) -> Iterator[bool]:
    """Whether a row may not be trained on: it is held out, or the same sentence as one that is."""
    tested = [row for row, out in zip(rows, held, strict=True) if out]
    texts = {(lang, _key(text)) for lang, _, text in tested}
    sentences = [(lang, set(text.lower().split())) for lang, source, text in tested if source == SENTENCES]
    for (lang, source, text), out in zip(rows, held, strict=True):
        words = set(text.lower().split())
        yield (
            out
            or (lang, _key(text)) in texts
            or (
                source == CORRECTED
                and any(
                    len(words & others) >= SAME_SENTENCE * len(words | others)
                    for other, others in sentences
                    if other == lang
                )
            )
        )


def train(lines_table: pa.Table, *, recipe: Recipe, folder: Path) -> tuple[bytes, bytes]:
    """The files of the model, kept in folder."""
    paths = folder / "near.ftz", folder / "near.families.npz"
    if not all(path.exists() for path in paths):
        lines = read_lines(lines_table, recipe=recipe)
        folder.mkdir(parents=True, exist_ok=True)
        paths[1].write_bytes(train_close(lines, recipe=measuring(recipe)))
        paths[0].write_bytes(train_model(lines, recipe=measuring(recipe)))
    return paths[0].read_bytes(), paths[1].read_bytes()


def describe(gold: Sequence[str], named: Sequence[str], *, aside: frozenset[str]) -> tuple[str, ...]:
    """Mean F1 among the 46, the least of them, other languages accepted on average, how many of each."""
    pairs = Counter(zip(gold, named, strict=True))
    lines = Counter(gold)
    f1 = {}
    for target in sorted(TARGETS & set(lines)):
        found = sum(n for (true, name), n in pairs.items() if name == target and true in TARGETS)
        f1[target] = 2 * pairs[target, target] / (lines[target] + found)
    others = sorted(set(lines) - TARGETS - aside)
    accepted = {one: sum(pairs[one, name] for name in TARGETS) / lines[one] for one in others}
    least = ", ".join(f"{name} {score:.3f}" for name, score in sorted(f1.items(), key=lambda x: x[1])[:5])
    most = ", ".join(f"{one} {part:.0%}" for one, part in sorted(accepted.items(), key=lambda x: -x[1])[:5])
    mean, foreign = np.mean(list(f1.values())), np.mean(list(accepted.values()))
    return f"{len(f1)}", f"{mean:.4f}", least, f"{len(others)}", f"{foreign:.2%}", most


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lines", nargs="+", type=Path)
    parser.add_argument("--sib200", type=Path, required=True)
    parser.add_argument("--documents", action="append", default=[], metavar="SOURCE=FILE")
    parser.add_argument("--recipe", type=Path, default=BUNDLED)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    recipe = load_recipe(options.recipe)
    columns = ["lang", "source", "text"]
    table = pa.concat_tables(
        pq.read_table(path, columns=columns).cast(pa.schema([(name, pa.large_string()) for name in columns]))
        for path in options.lines
    )
    rows = list(zip(*(table[name].to_pylist() for name in columns), strict=True))
    files = dict(each.split("=", 1) for each in options.documents)
    documents = {source: read_documents(Path(file)) for source, file in files.items()}
    held = split(rows, numbers=read_numbers(options.sib200), documents=documents)
    kept = table.filter(pa.array([not out for out in same_elsewhere(rows, held)]))
    content, families = train(kept, recipe=recipe, folder=options.out)
    scripts = find_scripts(read_lines(table, recipe=recipe), recipe=recipe)
    model = Model(
        content,
        name="near",
        path=options.out / "near.ftz",
        labels=None,
        description=VENDORED[DEFAULT_MODEL].model_copy(update={"scripts": scripts}),
        families=families,
    )
    dialects = next(family for family in recipe.families.pooled if "ar" in family)
    aside = frozenset({NOISE, "yue", *dialects})
    print("| source | of the 46 | mean F1 | least | others | taken for one of the 46 | most |")
    print("|---|---|---|---|---|---|---|")
    for source in (SENTENCES, *documents, GOVERNMENT):
        tested = [row for row, out in zip(rows, held, strict=True) if out and row[1] == source]
        answers = identify(
            pa.array([text for *_, text in tested], pa.large_string()),
            declared=pa.nulls(len(tested), pa.string()),
            model=model,
        )["lang"].to_pylist()
        gold = [class_of(lang, recipe=recipe) or UNDETERMINED for lang, *_ in tested]
        classes = {tag: class_of(tag, recipe=recipe) or UNDETERMINED for tag in set(answers) - {MULTIPLE}}
        named = [classes.get(tag, UNDETERMINED) for tag in answers]
        print("|", " | ".join((source, *describe(gold, named, aside=aside))), "|")


if __name__ == "__main__":
    main()
