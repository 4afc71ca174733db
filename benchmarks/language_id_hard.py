"""What language identification makes of mixed documents and of text that is no language.

python benchmarks/language_id_hard.py --documents FOLDER_OF_JSONL_ZST --code FOLDER [--model NAME]
Mixed documents are made of real ones, half of each; code is every source file of the folder.
"""

import argparse
import base64
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from benchmarks.language_id import read_documents
from filters import languages
from filters.language_id import DEFAULT_MODEL, Model, canonical_tag, identify, load_model
from filters.language_id.labels import EQUIVALENT

SUFFIXES = (".py", ".js", ".c", ".h", ".java", ".css", ".json", ".sh", ".xml", ".pyx", ".ts", ".cpp", ".go")
PART_CHARS = 600


def parts_of(documents: pa.Table, *, count: int, rng: random.Random) -> list[tuple[str, str]]:
    """(language, the first PART_CHARS of a document), count of them, languages in turn."""
    by_lang: dict[str, list[str]] = {}
    for row in documents.to_pylist():
        tag = canonical_tag(row["lang"])
        if tag in languages.TAGS and len(row["text"]) >= PART_CHARS:
            by_lang.setdefault(tag, []).append(row["text"][:PART_CHARS])
    tags = sorted(by_lang)
    return [(tag, rng.choice(by_lang[tag])) for tag in (tags * (count // len(tags) + 1))[:count]]


def report_mixed(parts: list[tuple[str, str]], *, model: Model, rng: random.Random) -> None:
    """Documents of one language and of two, in turn by paragraph, and by halves of a sentence."""
    single = [(tag, text) for tag, text in parts]
    pairs = [(a, b) for a, b in zip(parts, rng.sample(parts, len(parts)), strict=True) if a[0] != b[0]]
    kinds: dict[str, list[str]] = {
        "one language": [text for _, text in single],
        "two halves": [f"{a[1]}\n{b[1]}" for a, b in pairs],
        "every other line of 150 characters": [_interleave(a[1], b[1], size=150) for a, b in pairs],
        "every other piece of 40 characters": [_interleave(a[1], b[1], size=40) for a, b in pairs],
        "nine tenths and one tenth": [f"{a[1]}\n{b[1][: PART_CHARS // 9]}" for a, b in pairs],
    }
    print("mixed documents: share marked multilingual, of them called mul; both languages listed")
    for kind, texts in kinds.items():
        rows = identify(
            pa.array(texts, pa.large_string()), declared=pa.nulls(len(texts), pa.string()), model=model
        ).to_pylist()
        marked = sum(row["lang_status"] == "multilingual" for row in rows) / len(rows)
        mul = sum(row["lang"] == "mul" for row in rows) / len(rows)
        both = sum(
            {_counted(a[0]), _counted(b[0])} <= {_counted(part["lang"]) for part in row["lang_segments"]}
            for (a, b), row in zip(pairs, rows, strict=False)
        )
        listed = f"{both / len(pairs):6.1%}" if kind != "one language" else "     –"
        print(f"  {kind:36} {len(rows):5}  multilingual {marked:6.1%}  mul {mul:6.1%}  both listed {listed}")


def _counted(tag: str) -> str:
    return EQUIVALENT.get(tag, tag)


def _interleave(first: str, second: str, *, size: int) -> str:
    pieces = [text[start : start + size] for start in range(0, PART_CHARS, size) for text in (first, second)]
    return "\n".join(pieces) if size > 100 else " ".join(pieces)


def report_noise(documents: pa.Table, *, code: Path, model: Model, rng: random.Random) -> None:
    """Text in no language: the share that is und, and what the rest is taken for."""
    real = [row["text"][:2000] for row in rng.sample(documents.to_pylist(), 400)]
    files = [path for path in sorted(code.rglob("*")) if path.suffix in SUFFIXES and path.is_file()]
    sources = [path.read_text("utf-8", "replace") for path in rng.sample(files, min(500, len(files)))]
    far = [text for text in real if sum(character > "\x7f" for character in text) > len(text) // 2]
    makers: dict[str, list[str]] = {
        "source code, files": sources,
        "source code, lines without comments": [
            line
            for text in sources
            for line in text.splitlines()
            if len(line) > 40 and not set("#*/") & set(line)
        ][:2000],
        "base64": [base64.b64encode(rng.randbytes(150)).decode() for _ in range(500)],
        "hexadecimal": [rng.randbytes(100).hex() for _ in range(500)],
        "random letters": [_words(rng) for _ in range(500)],
        "tables of numbers": [_table(rng) for _ in range(500)],
        "mojibake of other scripts": [text[:500].encode().decode("latin-1") for text in far],
        "digits, punctuation, emoji": ["12.5 % – 14:30; (3/4) 😀🎉 +49 30 1234567 €"] * 10,
    }
    print("\nno language: share that is und, and what the rest is taken for")
    for kind, texts in makers.items():
        rows = identify(
            pa.array(texts, pa.large_string()), declared=pa.nulls(len(texts), pa.string()), model=model
        )
        found = Counter(rows["lang"].to_pylist())
        rest = " ".join(f"{tag}:{n}" for tag, n in found.most_common(6) if tag != "und")
        targets = sum(n for tag, n in found.items() if tag in languages.TAGS) / max(len(texts), 1)
        print(
            f"  {kind:36} {len(texts):5} und {found['und'] / len(texts):6.1%} a target {targets:6.1%} {rest}"
        )


def _words(rng: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(20))


def _table(rng: random.Random) -> str:
    row: Callable[[], str] = lambda: " | ".join(f"{rng.uniform(-99, 99):.2f}" for _ in range(6))  # noqa: E731
    return "\n".join(row() for _ in range(8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--code", type=Path, required=True, help="folder of source files")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--count", type=int, default=1000, help="documents of each kind of mixture")
    arguments = parser.parse_args()
    model, rng = load_model(arguments.model), random.Random(1)
    documents = read_documents(arguments.documents)
    report_mixed(parts_of(documents, count=arguments.count, rng=rng), model=model, rng=rng)
    report_noise(documents, code=arguments.code, model=model, rng=rng)


if __name__ == "__main__":
    main()
