"""How long `rhizotron explain` takes in a large output: `python -m benchmarks.explain FOLDER`.

A corpus of a million short documents, one in ten of them a copy of another, is written and run once;
a release that is there is kept. Then a process of its own is asked each question, its start included.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.rhizotron_side import SOURCE, write_card
from layers.shards import read_table

ROOT = Path(__file__).parents[1]
FIELDS = {"text": "text", "id": "id", "lang": "lang"}
LINES_PER_FILE = 125_000


def main() -> None:
    """Print CPU-seconds and seconds of the best of several processes per question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=5)
    arguments = parser.parse_args()
    corpus, out = arguments.folder / "corpus.yaml", arguments.folder / "out"
    if not (out / "release").exists():
        write_corpus(arguments.folder, documents=arguments.documents)
        command = [sys.executable, "-m", "pipeline.cli", "run", str(corpus), "--progress", "none"]
        subprocess.run(command, check=True, cwd=ROOT)
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, question in find_questions(out).items():
        for command in ("explain", "rebuild"):
            passes = [ask(command, question, out=out) for _ in range(arguments.processes)]
            cpu, wall = min(passes)
            print(f"{command}, {name}: {cpu:.2f} CPU-seconds, {wall:.2f} s ({question})", flush=True)


def write_corpus(folder: Path, *, documents: int) -> None:
    """JSON lines of shuffled sentences of the demo's languages, a card and the corpus file."""
    (folder / "data").mkdir(parents=True)
    (folder / "cards").mkdir()
    write_card(folder / "cards")
    lines = make_lines(documents)
    for number in range(0, documents, LINES_PER_FILE):
        with (folder / "data" / f"part-{number // LINES_PER_FILE:05d}.jsonl").open("w") as file:
            file.writelines(line for line, _ in zip(lines, range(LINES_PER_FILE), strict=False))
    source = {"card": SOURCE, "type": "jsonl", "paths": ["data/*.jsonl"], "fields": FIELDS}
    config = {"name": "explain", "version": "1.0.0", "cards": "cards", "sources": [source]}
    (folder / "corpus.yaml").write_text(json.dumps(config))


def make_lines(documents: int) -> Iterator[str]:
    """Records of four sentences each, of one language, with ids of their own."""
    draw = random.Random(1)
    paragraphs = json.loads((ROOT / "tests/data/small/paragraphs.json").read_text("utf-8"))
    sentences = {
        lang: [part.strip() for text in texts for part in text.split(". ") if len(part) > 40]
        for lang, texts in sorted(paragraphs.items())
    }
    chosen: list[tuple[str, str]] = []
    for number in range(documents):
        lang = draw.choice([*sentences])
        text = f"{'. '.join(draw.sample(sentences[lang], 4))}, {number}."
        if chosen and number % 10 == 0:
            lang, text = draw.choice(chosen)
        if number % 1000 == 1:
            chosen.append((lang, text))
        yield json.dumps({"id": f"doc-{number}", "text": text, "lang": lang}, ensure_ascii=False) + "\n"


def find_questions(out: Path) -> dict[str, str]:
    """What is asked for: a document that was published, one that was dropped, by each of its names."""
    shard = sorted((out / "release" / "provenance").rglob("*.arrow"))[-1]
    kept = read_table(str(shard), columns=["doc_id", "record_id"]).slice(0, 1).to_pylist()[0]
    ledger = next((out / "release" / "ledger").glob("*.arrow"))
    dropped = read_table(str(ledger), columns=["doc_id"])["doc_id"][-1].as_py()
    return {
        "doc_id of a published document": kept["doc_id"],
        "its first 12 digits": kept["doc_id"][:12],
        "the source's own id": kept["record_id"],
        "doc_id of a dropped document": dropped,
    }


def ask(command: str, question: str, *, out: Path) -> tuple[float, float]:
    """(CPU-seconds, seconds) of one process."""
    before, started = os.times(), time.perf_counter()
    program = [sys.executable, "-m", "pipeline.cli", command, question, "--out", str(out), "--json"]
    subprocess.run(program, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, wall


if __name__ == "__main__":
    main()
