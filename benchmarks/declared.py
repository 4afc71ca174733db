"""How documents are named beside what they are declared: clean, wrongly, beside a translation, program text.

    python -m benchmarks.declared DOCUMENTS --parallel FILE --programs FOLDER

DOCUMENTS is a folder of JSON lines with `text` and `lang`, FILE articles with `id` (…/NAME) and `lang`, of
which those of one NAME say the same, FOLDER holds program text in files of SUFFIXES. Printed is how many
documents are named as they are declared, as of several languages, of none, or as another.
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from benchmarks.dirt import MIN_CHARS, make_measurer, truncate_code
from benchmarks.drops import BATCH, decide
from benchmarks.perturb import read_documents, read_lines
from benchmarks.report import heading
from filters import languages
from filters.language_id import canonical_tag, identify, load_model

OTHERS = ("ar", "bn", "fr", "hi", "id", "rw", "sw", "ta", "tn", "vi", "yo", "zh-Hans")
"""Languages whose articles are put beside the English ones."""
SUFFIXES = (".py", ".pm", ".h", ".js", ".sh", ".el", ".vim")
MAX_FILES, MAX_SENTENCES, MAX_WRONG = 150, 400, 12_000
LINES = 40
OUTCOMES = ("as declared", "several languages", "no language", "another language")
Declared = tuple[str, str]
"""A text and its language."""


def name(documents: Sequence[Declared]) -> Counter[str]:
    """How many documents have each of OUTCOMES."""
    model, found = load_model("lid.roots"), Counter[str]()
    for start in range(0, len(documents), BATCH):
        texts, declared = zip(*documents[start : start + BATCH], strict=True)
        rows = identify(
            pa.array(texts, pa.large_string()), declared=pa.array(declared, pa.string()), model=model
        )
        for lang, tag in zip(rows["lang"].to_pylist(), declared, strict=True):
            kept = {tag: "as declared", "mul": "several languages", "und": "no language"}
            found[kept.get(lang, "another language")] += 1
    return found


def declare_wrongly(documents: Sequence[Declared], *, rng: random.Random) -> list[Declared]:
    """Up to MAX_WRONG of the documents, each declared in another one of their languages."""
    tags = sorted({tag for _, tag in documents})
    chosen = rng.sample(documents, min(MAX_WRONG, len(documents)))
    return [(text, rng.choice([other for other in tags if other != tag])) for text, tag in chosen]


def put_beside(path: Path) -> dict[str, list[Declared]]:
    """Kind → articles and their English ones, one after the other and line by line, declared in either."""
    articles: dict[str, dict[str, str]] = defaultdict(dict)
    for row in map(json.loads, read_lines(path)):
        articles[canonical_tag(row["lang"]) or ""][row["id"].rsplit("/", 1)[-1]] = row["text"]
    kinds: dict[str, list[Declared]] = defaultdict(list)
    for tag in OTHERS:
        for key, text in articles[tag].items():
            if (english := articles["en"].get(key)) is None:
                continue
            pairs = zip(text.splitlines(), english.splitlines(), strict=False)
            lines = "\n".join(line for pair in pairs for line in pair)
            for declared, said in ((tag, "declared in the other"), ("en", "declared English")):
                kinds[f"one after the other, {said}"].append((f"{text}\n{english}", declared))
                kinds[f"line by line, {said}"].append((lines, declared))
    return kinds


def read_programs(folder: Path, *, rng: random.Random) -> list[str]:
    """Of up to MAX_FILES files of each suffix LINES lines each, from anywhere in them."""
    pages = []
    for suffix in SUFFIXES:
        files = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
        for path in rng.sample(files, min(MAX_FILES, len(files))):
            lines = path.read_text("utf-8", errors="replace").splitlines()
            if len(lines) > LINES:
                start = rng.randrange(len(lines) - LINES)
                pages.append("\n".join(lines[start : start + LINES]))
    return pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("--parallel", type=Path, help="articles of which those of one NAME say the same")
    parser.add_argument("--programs", type=Path, help="folder of program text")
    arguments = parser.parse_args()
    rng = random.Random(0)
    clean = [
        (row["text"], tag)
        for row in read_documents(arguments.documents)
        if (tag := canonical_tag(row["lang"] or "")) in languages.TAGS
    ]
    kinds = {"clean": clean, "declared in a language that they are not in": declare_wrongly(clean, rng=rng)}
    if arguments.parallel is not None:
        kinds |= put_beside(arguments.parallel)
    print(heading())
    print(f"| | documents | {' | '.join(OUTCOMES)} |\n|---|" + "---:|" * (len(OUTCOMES) + 1))
    for kind, documents in kinds.items():
        found = name(documents)
        print(
            f"| {kind} | {len(documents):,} | {' | '.join(str(found[each]) for each in OUTCOMES)} |",
            flush=True,
        )
    if arguments.programs is not None:
        english = [text for text, tag in clean if tag == "en" and len(text) >= MIN_CHARS]
        sentences = rng.sample(english, min(MAX_SENTENCES, len(english)))
        pages = {
            "program text": read_programs(arguments.programs, rng=rng),
            "… under an English sentence": [truncate_code(text, rng, ()) for text in sentences],
        }
        measurer = make_measurer()
        for kind, texts in pages.items():
            rows = decide([{"text": text, "lang": "en"} for text in texts], measurer=measurer)
            named = name([(text, "en") for text in texts])["as declared"]
            print(
                f"\n{kind}: of {len(rows):,} pages {named} are named English, and "
                f"{sum(row['reason'] is None for row in rows)} kept"
            )


if __name__ == "__main__":
    main()
