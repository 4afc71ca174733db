"""Deterministic perturbed copies of real documents: a corpus several times its size, not all duplicates.

A small share of the documents of a copy are near-duplicates (1–5 % of the words replaced); the
rest have their sentences shuffled and 30–60 % of their words replaced by words of other documents
in the same language, so that they keep the language, the line structure and the word lengths of
real text but share few word 5-grams with the original.

    python -m benchmarks.perturb DOCS_DIR OUT_DIR --copies 4
"""

import argparse
import hashlib
import io
import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import zstandard

NEAR_SHARE = 0.1
"""Share of the documents of a copy that stay near-duplicates of their original."""
NEAR_REPLACED = (0.01, 0.05)
FAR_REPLACED = (0.30, 0.60)

_MAX_VOCABULARY = 50_000
_MAX_DOCUMENT_SAMPLE = 500
_UNSPACED_MEAN_CHARS = 15
"""Languages whose runs of non-space are longer on average are written without spaces between words."""

_SPACED = re.compile(r"\s+|\S+")
_UNSPACED = re.compile(r"\s+|\S{1,2}")
_SENTENCE_END = re.compile(r"(\s*\n\s*|(?<=[.!?।॥؟…])\s+|(?<=[。！？]))")


@dataclass(frozen=True)
class CorpusFacts:
    """What was written: numbers that every report of a benchmark repeats."""

    documents: int
    text_bytes: int
    """UTF-8 bytes of the text fields, the unit of every MB/s."""
    copies: int
    seed: int
    files: int


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, as often as they occur, and how its text is cut into them."""

    words: Sequence[str]
    pattern: re.Pattern[str]


def read_documents(folder: Path, *, max_text_bytes: int | None = None) -> list[dict[str, Any]]:
    """Documents of all `*.jsonl` and `*.jsonl.zst` files of folder, in file and line order, ids made unique.

    max_text_bytes takes an even sample: documents in the order of a hash of their id until the
    limit is reached, so a smaller sample is part of every larger one. Raises FileNotFoundError
    when the folder holds no such file.
    """
    paths = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.zst")])
    if not paths:
        raise FileNotFoundError(f"{folder} holds no *.jsonl or *.jsonl.zst file")
    documents = []
    for path in paths:
        stem = path.name.split(".")[0]
        for number, line in enumerate(read_lines(path)):
            record = json.loads(line)
            if record.get("text"):
                documents.append({**record, "id": f"{stem}/{number:06d}"})
    if max_text_bytes is None:
        return documents
    by_hash = sorted(range(len(documents)), key=lambda index: _digest(documents[index]["id"]))
    taken, size = [], 0
    for index in by_hash:
        if size >= max_text_bytes:
            break
        taken.append(index)
        size += len(documents[index]["text"].encode())
    return [documents[index] for index in sorted(taken)]


def build_vocabularies(documents: Sequence[dict[str, Any]]) -> dict[str, Vocabulary]:
    """Language (the documents' `lang`) → its words, at most 500 of each document and 50,000 in all."""
    samples: dict[str, list[str]] = {}
    for document in documents:
        sample = samples.setdefault(document.get("lang") or "", [])
        if len(sample) < _MAX_VOCABULARY:
            sample.extend(document["text"].split()[:_MAX_DOCUMENT_SAMPLE])
    vocabularies = {}
    for lang, words in samples.items():
        spaced = sum(map(len, words)) <= _UNSPACED_MEAN_CHARS * len(words)
        pattern = _SPACED if spaced else _UNSPACED
        pieces = words if spaced else [piece for word in words for piece in pattern.findall(word)]
        vocabularies[lang] = Vocabulary(pieces[:_MAX_VOCABULARY], pattern)
    return vocabularies


def perturb(
    document: dict[str, Any], *, copy: int, seed: int, vocabularies: dict[str, Vocabulary]
) -> dict[str, Any]:
    """Copy number `copy` of a document: new id, changed text, everything else as it was.

    Depends on seed, copy, the document and its language's vocabulary alone. Copy 0 is the
    document itself. The share of words replaced is stored as `perturbed`.
    """
    if copy == 0:
        return {**document, "id": f"{document['id']}#0", "perturbed": 0.0}
    rng = random.Random(_digest(f"{seed}:{copy}:{document['id']}"))
    vocabulary = vocabularies[document.get("lang") or ""]
    near = rng.random() < NEAR_SHARE
    share = rng.uniform(*(NEAR_REPLACED if near else FAR_REPLACED))
    text = document["text"] if near else _shuffle_sentences(document["text"], rng=rng)
    words = vocabulary.words
    text = "".join(
        piece if piece.isspace() or rng.random() >= share else words[int(rng.random() * len(words))]
        for piece in vocabulary.pattern.findall(text)
    )
    return {**document, "id": f"{document['id']}#{copy}", "text": text, "perturbed": round(share, 4)}


def write_corpus(
    documents: Sequence[dict[str, Any]], out: Path, *, copies: int, files: int, seed: int = 0
) -> CorpusFacts:
    """Write copies 0 … copies−1 of every document to `files` plain JSON-lines files, dealt in turn.

    A corpus of fewer copies is a subset of one with more. Raises ValueError for copies or files below 1.
    """
    if copies < 1 or files < 1:
        raise ValueError(f"copies and files must be at least 1, not {copies} and {files}")
    vocabularies = build_vocabularies(documents)
    out.mkdir(parents=True, exist_ok=True)
    count = text_bytes = 0
    with ExitStack() as stack:
        targets = [
            stack.enter_context((out / f"part-{number:03d}.jsonl").open("w", encoding="utf-8"))
            for number in range(files)
        ]
        for copy in range(copies):
            for document in documents:
                changed = perturb(document, copy=copy, seed=seed, vocabularies=vocabularies)
                targets[count % files].write(json.dumps(changed, ensure_ascii=False) + "\n")
                count += 1
                text_bytes += len(changed["text"].encode())
    return CorpusFacts(count, text_bytes, copies, seed, files)


def _shuffle_sentences(text: str, *, rng: random.Random) -> str:
    """The sentences in another order; what separates them (line breaks, spaces) stays in place."""
    parts = _SENTENCE_END.split(text)
    sentences = parts[::2]
    rng.shuffle(sentences)
    parts[::2] = sentences
    return "".join(parts)


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file of JSON lines, plain or Zstandard."""
    with path.open("rb") as raw:
        stream = zstandard.ZstdDecompressor().stream_reader(raw) if path.suffix == ".zst" else raw
        yield from io.TextIOWrapper(stream, encoding="utf-8", newline="\n")


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write perturbed copies of JSON-lines documents.")
    parser.add_argument("documents", type=Path, help="folder of *.jsonl or *.jsonl.zst files")
    parser.add_argument("out", type=Path)
    parser.add_argument("--copies", type=int, default=4, help="size of the corpus, the originals included")
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-text-bytes", type=int, help="take an even sample of about this size first")
    arguments = parser.parse_args()
    documents = read_documents(arguments.documents, max_text_bytes=arguments.max_text_bytes)
    facts = write_corpus(
        documents, arguments.out, copies=arguments.copies, files=arguments.files, seed=arguments.seed
    )
    print(json.dumps(asdict(facts)))


if __name__ == "__main__":
    main()
