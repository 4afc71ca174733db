"""What a removal of 1,000 selectors costs on a corpus of real words, and that it leaves other shards alone.

    python -m benchmarks.removal make FOLDER --gigabytes 1    # texts, cards, corpus file
    python -m benchmarks.removal run FOLDER                   # run, then remove twice; one line of JSON

Documents are four paragraphs each of small_corpus, with 40 % of the words replaced by others of the
language, so that they are no duplicates; one in twenty is a copy of another under a URL of its own. The
selectors of the second request are of six types and of all languages but one, whose shards are untouched;
those of the first are of two files alone, so that most units and shards have nothing to do with it.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tests import small_corpus

LANG_OF_NOBODY = "zu"
"""Nothing of it is asked for."""
REPLACED = 0.4
FILE_BYTES = 64 << 20
COUNTS = {"url": 240, "doc_id": 240, "url_prefix": 200, "domain": 200, "creator": 60, "text_sha256": 60}
FILES_OF_SOME = 2
"""Whose documents the first request asks for."""
COUNTS_OF_SOME = {"url": 340, "doc_id": 330, "text_sha256": 330}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["make", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    given = parser.parse_args()
    if given.action == "make":
        make(given.folder, text_bytes=int(given.gigabytes * 1e9))
    else:
        print(json.dumps(measure(given.folder)))


def make(folder: Path, *, text_bytes: int) -> None:
    """Write the corpus, and beside it the selectors."""
    folder.mkdir(parents=True)
    small_corpus.write_corpus(folder)
    rng = random.Random(7)
    words = {lang: " ".join(texts).split(" ") for lang, texts in small_corpus.PARAGRAPHS.items()}
    written = number = files = 0
    asked: dict[str, list[tuple[int, str]]] = {kind: [] for kind in COUNTS}
    copies: list[tuple[str, str]] = []
    while written < text_bytes:
        size = 0
        with (folder / "data" / f"big-{files:05d}.jsonl").open("w", encoding="utf-8") as file:
            while size < FILE_BYTES and written + size < text_bytes:
                lang = rng.choice([*small_corpus.PARAGRAPHS])
                if copies and rng.random() < 0.05:
                    lang, text = copies[rng.randrange(len(copies))]
                else:
                    text = _write_text(lang, words=words[lang], rng=rng)
                    copies = [*copies[-200:], (lang, text)]
                row = _make_row(number, lang=lang, text=text)
                number += 1
                size += len(text.encode())
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                _ask(row, file=files, asked=asked, rng=rng)
        written += size
        files += 1
    config = yaml.safe_load((folder / "corpus.yaml").read_text())
    fields = {"text": "text", "id": "id", "lang": "lang", "url": "url", "author": "author"}
    source = {"card": "health_json", "type": "jsonl", "paths": ["data/big-*.jsonl"], "fields": fields}
    config |= {"sources": [source], "publish": {"target_bytes": 16 << 20}, "unit_bytes": 32 << 20}
    (folder / "corpus.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "selectors.json").write_text(json.dumps(asked))


def _write_text(lang: str, *, words: list[str], rng: random.Random) -> str:
    paragraphs = []
    for paragraph in rng.sample(small_corpus.PARAGRAPHS[lang], 4):
        own = paragraph.split(" ")
        for place in rng.sample(range(len(own)), int(REPLACED * len(own))):
            own[place] = words[int(rng.random() * len(words))]
        paragraphs.append(" ".join(own))
    return "\n".join(paragraphs)


def _make_row(number: int, *, lang: str, text: str) -> dict[str, Any]:
    url = f"https://site{number % 20_000}.example/{lang}/{number // 20_000}/{number}.html"
    return {"id": str(number), "lang": lang, "text": text, "url": url, "author": f"Author {number % 90_000}"}


def _ask(
    row: dict[str, Any], *, file: int, asked: dict[str, list[tuple[int, str]]], rng: random.Random
) -> None:
    """Now and then, ask for a document."""
    if row["lang"] == LANG_OF_NOBODY or rng.random() > 0.06:
        return
    kind = rng.choice([*COUNTS])
    url: str = row["url"]
    values = {
        "url": url,
        "doc_id": row["id"],
        "url_prefix": url.rpartition("/")[0],
        "domain": url.split("/")[2],
        "creator": row["author"],
        "text_sha256": hashlib.sha256(row["text"].encode()).hexdigest(),
    }
    asked[kind].append((file, values[kind]))


def _write_request(folder: Path, *, number: int, counts: dict[str, int], files: int | None) -> Path:
    """A request about documents of the first files, or of all."""
    from layers.document import make_doc_id

    listed = json.loads((folder / "selectors.json").read_text())
    selectors = []
    for kind, count in counts.items():
        own = [value for file, value in listed[kind] if files is None or file < files]
        values = random.Random(number).sample(own, min(count, len(own)))
        if kind == "doc_id":
            values = [make_doc_id("health_json", record_id=value).hex() for value in values]
        selectors += [{"type": kind, "value": value} for value in values]
    request = {
        "request_id": f"01JDT5C3V4W5X6Y7Z8A9B0C1D{number}",
        "received_at": "2026-11-20",
        "channel": "benchmark",
        "kind": "copyright",
        "requester": {"relationship": "rights_holder", "verified": "document"},
        "selectors": selectors,
        "scope": {"languages": "all", "time": "existing_and_future", "derived": True},
        "action": "drop_document",
        "decision": {"state": "accepted", "by": "benchmark", "at": "2026-11-20", "due_at": "2026-12-20"},
        "public": "list",
    }
    path = folder / f"request-{number}.yaml"
    path.write_text(yaml.safe_dump(request))
    return path


def measure(folder: Path) -> dict[str, Any]:
    """Seconds and CPU of the run and of the removals, and which shards are other ones."""
    ran = _time("run", str(folder / "corpus.yaml"), "--progress", "none", "--workers", "2")
    ran.pop("stdout")
    some = _remove(folder, number=1, counts=COUNTS_OF_SOME, files=FILES_OF_SOME)
    return {
        "run": ran,
        "some_shards": some,
        "all_shards": _remove(folder, number=2, counts=COUNTS, files=None),
    }


def _remove(folder: Path, *, number: int, counts: dict[str, int], files: int | None) -> dict[str, Any]:
    corpus = str(folder / "corpus.yaml")
    request = _write_request(folder, number=number, counts=counts, files=files)
    before = small_corpus.tree_digests(folder / "out" / "release")
    dry = _time("remove", str(request), corpus, "--dry-run", "--json")
    removed = _time("remove", str(request), corpus, "--execute", "--json", "--workers", "2")
    after = small_corpus.tree_digests(folder / "out" / "release")
    shards = [path for path in before if path.startswith("data/")]
    changed = [path for path in shards if before[path] != after.get(path)]
    done = json.loads(removed.pop("stdout"))
    touched = {*done["shards"]}
    dry.pop("stdout")
    return {
        "selectors": len(yaml.safe_load(request.read_text())["selectors"]),
        "documents_removed": len(done["documents"]),
        "shards": len(shards),
        "shards_touched": len(touched),
        "shards_changed": len(changed),
        "changed_but_not_touched": sorted({path.partition("/")[2] for path in changed} - touched),
        "dry_run": dry,
        "remove": removed,
        "load": os.getloadavg()[0],
    }


def _time(*arguments: str) -> dict[str, Any]:
    """Wall-clock and CPU seconds of a command, its workers included, and what it prints."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(cpu, 1),
        "stdout": done.stdout,
    }


if __name__ == "__main__":
    main()
