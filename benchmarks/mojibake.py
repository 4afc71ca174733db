"""What the edit mojibake costs, harms and repairs, per language.

python benchmarks/mojibake.py documents.jsonl.zst …   (JSON lines with `text` and `lang`)

Harm: clean documents that ftfy changes when it is asked about all of them, and when it is asked only where
the damage signal fires, as the edit does. Repair: documents written as UTF-8 and read as Windows-1252 that
come back as they were.
"""

import argparse
import time
from pathlib import Path

import ftfy.bad_codecs  # noqa: F401  registers sloppy-windows-1252
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.signals import read_documents
from filters.edits import mojibake
from filters.languages import TAGS


def measure(texts: list[str]) -> tuple[int, int, int, int, float, float]:
    """(damaged seen, repaired, changed by ftfy, changed by the edit, MB/s of ftfy, MB/s of the edit)."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    column, langs = pa.array(texts, pa.large_string()), pa.nulls(len(texts), pa.string())
    start = time.process_time()
    changed_by_ftfy = sum(mojibake.repair(text) != text for text in texts)
    middle = time.process_time()
    edited = mojibake.edit(column, langs=langs).to_pylist()
    stop = time.process_time()
    changed = sum(after != before for before, after in zip(texts, edited, strict=True))
    damaged = [text.encode().decode("sloppy-windows-1252") for text in texts]
    broken = [i for i, text in enumerate(texts) if damaged[i] != text]
    back = mojibake.edit(pa.array(damaged, pa.large_string()), langs=langs).to_pylist()
    repaired = sum(back[i] == texts[i] for i in broken)
    return len(broken), repaired, changed_by_ftfy, changed, size / (middle - start), size / (stop - middle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--max-documents", type=int, default=60, help="per language")
    arguments = parser.parse_args()
    documents = read_documents(arguments.paths)
    print("| tag | documents | changed by ftfy | by the edit | damaged | repaired | ftfy MB/s | edit MB/s |")
    print("|---|---|---|---|---|---|---|---|")
    for tag in TAGS:
        rows = documents.filter(pc.equal(documents["lang"], tag)).slice(0, arguments.max_documents)
        if not len(rows):
            continue
        damaged, repaired, by_ftfy, by_edit, slow, fast = measure(rows["text"].to_pylist())
        cells = (tag, len(rows), by_ftfy, by_edit, damaged, repaired, f"{slow:.1f}", f"{fast:.0f}")
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
