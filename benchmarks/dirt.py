"""How much clean text the rules remove, and how much dirt made of it, by kind, script and language.

    python -m benchmarks.dirt DOCUMENTS --max-documents 30

DOCUMENTS is a folder of JSON lines with `text` and `lang`. Dirt is made of the same documents,
deterministically. Measured and decided as a run does with the default configuration: a document is kept
if it is named as its language and fails no rule. Duplicates are not looked for. What a kind of dirt
leaves nearly as it was (the encoding of a text without accents) is not counted.
"""

import argparse
import ast
import inspect
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.perturb import read_documents
from benchmarks.report import heading
from filters import languages
from filters.language_id import canonical_tag
from filters.rules import evaluate
from layers.document import DOCUMENT
from pipeline.config.decide import DecideConfig, language_rules
from pipeline.config.measure import MeasureConfig
from pipeline.stages.measure.measurer import Measurer

MIN_CHARS = 500
MAX_CHARS = 8000
MIN_DAMAGE = 0.01
"""Mojibake in fewer characters than this is a broken quotation mark, not a broken document."""
CODE = "\n".join(inspect.getsource(module) for module in (ast, inspect, json, random))
Make = Callable[[str, random.Random, Sequence[str]], str]


def words_of(text: str) -> list[str]:
    """Words; of a text without spaces, pairs of characters."""
    words = text.split()
    return words if len(words) * 20 > len(text) else [text[at : at + 2] for at in range(0, len(text), 2)]


def glue(words: Sequence[str], text: str) -> str:
    return " ".join(words) if len(text.split()) * 20 > len(text) else "".join(words)


def shuffle_words(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """All words in another order."""
    words = words_of(text)
    rng.shuffle(words)
    return glue(words, text)


def repeat_boilerplate(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """A third of the text, then three of its lines over and over."""
    lines = [line for line in text.splitlines() if line.strip()] or [text]
    chosen = [line[:200] for line in rng.sample(lines, min(3, len(lines)))]
    return "\n".join([text[: len(text) // 3], *(chosen * 12)])


def make_menu(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """Eighty entries of one to three words, a line each, some of them twice."""
    words = [word.strip(".,;:!?()[]\"'«»“”。，、।؟،") for word in words_of(text)]
    words = [word for word in words if word]
    entries = [
        glue(words[at : at + rng.randint(1, 3)], text)
        for at in rng.sample(range(len(words)), min(60, len(words)))
    ]
    return "\n".join([*entries, *entries[:20]])


def spam_keywords(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """Eight words, three hundred times."""
    words = [word for word in words_of(text) if len(word) > 1]
    chosen = rng.sample(words, min(8, len(words)))
    return glue([rng.choice(chosen) + ("" if rng.random() < 0.8 else ",") for _ in range(300)], text)


def truncate_code(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """Forty lines of Python from the middle of a file, under a sentence of the text."""
    lines = CODE.splitlines()
    at = rng.randrange(len(lines) - 40)
    return "\n".join([text[:80], *lines[at : at + 40]])


def take_other_language(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """A document in another language."""
    return rng.choice(others)


def damage_encoding(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """UTF-8 read as Windows-1252, else as Latin-1; empty if that changes little."""
    if sum(char > "\x7f" for char in text) < MIN_DAMAGE * len(text):
        return ""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def randomise_letters(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """One letter in five is another one of the text's own letters, all of them as likely."""
    letters = sorted({letter for letter in text if letter.isalpha()})
    return "".join(
        rng.choice(letters) if letter.isalpha() and rng.random() < 0.2 else letter for letter in text
    )


def shuffle_characters(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """The characters of each word in another order; where there are no spaces, of each line."""
    return re.sub(r"\S+", lambda word: "".join(rng.sample(word[0], len(word[0]))), text)


KINDS: dict[str, Make] = {
    "random letters": randomise_letters,
    "shuffled characters": shuffle_characters,
    "shuffled words": shuffle_words,
    "repeated boilerplate": repeat_boilerplate,
    "menu": make_menu,
    "keyword spam": spam_keywords,
    "truncated code": truncate_code,
    "wrong language": take_other_language,
    "mojibake": damage_encoding,
}


def choose(documents: Sequence[Mapping[str, Any]], *, max_documents: int) -> dict[str, list[str]]:
    """Language → evenly spaced documents of MIN_CHARS and more, cut at MAX_CHARS."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in documents:
        tag = canonical_tag(row["lang"] or "")
        if tag in languages.TAGS and len(row["text"]) >= MIN_CHARS:
            found[tag].append(row["text"][:MAX_CHARS])
    return {
        tag: [
            texts[at * len(texts) // min(max_documents, len(texts))]
            for at in range(min(max_documents, len(texts)))
        ]
        for tag, texts in sorted(found.items())
    }


def make_measurer() -> Measurer:
    """Measures as a run does with the default configuration."""
    config = MeasureConfig()
    return Measurer(
        edits=tuple(config.edits),
        signals=tuple(config.signals),
        model=config.language_id.model,
        max_sample_bytes=config.language_id.max_sample_bytes,
        minhash=config.minhash.to_options(),
    )


def measure(
    texts: Sequence[str], declared: Sequence[str], *, measurer: Measurer
) -> tuple[pa.Array, pa.RecordBatch]:
    """n texts and their declared languages → the texts as edited, and their signals."""
    n = len(texts)
    constant = {
        "text": pa.array(texts, pa.large_string()),
        "lang_declared": pa.array(declared, pa.string()),
    }
    columns = [
        constant.get(field.name, pa.array([bytes(16)] * n, field.type) if field.name == "doc_id" else None)
        for field in DOCUMENT
    ]
    batch = pa.RecordBatch.from_arrays(
        [
            pa.nulls(n, field.type) if column is None else column
            for field, column in zip(DOCUMENT, columns, strict=True)
        ],
        schema=pa.schema([field.with_nullable(True) for field in DOCUMENT]),
    )
    edited, signals, _ = measurer.measure(batch)
    return edited.column("text"), signals


def decide(texts: Sequence[str], *, lang: str, measurer: Measurer) -> list[str | None]:
    """n texts declared in a language → the first reason to drop each; None: kept."""
    _, signals = measure(texts, [lang] * len(texts), measurer=measurer)
    failed = evaluate(signals, rules=language_rules(lang, decide=DecideConfig())).to_pylist()
    named = signals["lang"].to_pylist()
    return [
        ("another language" if tag != lang else reasons[0] if reasons else None)
        for tag, reasons in zip(named, failed, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("--max-documents", type=int, default=30, help="of each language")
    arguments = parser.parse_args()
    measurer = make_measurer()
    chosen = choose(read_documents(arguments.documents), max_documents=arguments.max_documents)
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for lang, texts in chosen.items():
        others = [text for tag, some in chosen.items() if tag != lang for text in some[:3]]
        kinds = {"clean": list(texts)} | {
            kind: [make(text, random.Random(f"{lang} {kind} {at}"), others) for at, text in enumerate(texts)]
            for kind, make in KINDS.items()
        }
        for kind, made in kinds.items():
            reasons[lang, kind] = Counter(
                each or "kept" for each in decide(made, lang=lang, measurer=measurer)
            )
    print(heading())
    print_shares(reasons)


def print_shares(reasons: dict[tuple[str, str], Counter[str]]) -> None:
    """Share removed by kind and script, then by kind and language, then the reasons of each kind."""
    kinds = ["clean", *KINDS]
    for title, group in (
        ("script", lambda lang: languages.load(lang).scripts[0]),
        ("language", lambda lang: lang),
    ):
        totals: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for (lang, kind), found in reasons.items():
            totals[group(lang), kind].update(found)
        print(f"\n| {title} | documents | " + " | ".join(kinds) + " |\n|---|---:|" + "---|" * len(kinds))
        for name in sorted({name for name, _ in totals}):
            cells = " | ".join(_removed(totals[name, kind]) for kind in kinds)
            print(f"| {name} | {totals[name, 'clean'].total()} | {cells} |")
    print()
    for kind in kinds:
        found = sum((counts for (_, each), counts in reasons.items() if each == kind), Counter[str]())
        listed = ", ".join(f"{reason} {count / found.total():.1%}" for reason, count in found.most_common(6))
        print(f"- {kind}: {listed}")


def _removed(found: Counter[str]) -> str:
    return f"{1 - found['kept'] / found.total():.0%}" if found else "–"


if __name__ == "__main__":
    main()
