"""Milliseconds of CPU per MB that all detectors of personal data take, by language, and on hostile texts.

    python -m benchmarks.personal_data_speed DOCUMENTS

DOCUMENTS is a folder of JSON lines with `text` and `lang`. Tables and plans are loaded before; the least of
three runs counts, because a machine that others use too makes runs slower and never faster.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path

import pyarrow as pa

from benchmarks.perturb import read_documents
from filters.kernels import personal_data as kernel
from filters.kernels.compiling import text_buffers
from filters.personal_data.find import find_spans

RUNS = 3
MIN_BYTES = 200_000
"""Of a language that gets a row of its own."""
HOSTILE = {
    "numbers far apart": ("48.123456" + " " * 50) * 5000,
    "70,000 telephone numbers": "0712345678 " * 70_000,
    "70,000 numbers": "1234567 " * 70_000,
    "70,000 numbers, a line each": "\n".join(str(2_013_000_000 + 7_919 * n) for n in range(70_000)),
    "70,000 labelled numbers": "\n".join(f"tel 07{n * 1_237 % 10**8:08}" for n in range(70_000)),
    "70,000 sections": "1.2.3.4 " * 70_000,
    "70,000 pairs of digits": "1//0" * 70_000,
    "70,000 accounts in a row": " ".join(str(10**12 + 7_919_777 * n) for n in range(70_000)),
    "50,000 cards": "4111 1111 1111 1111 " * 50_000,
    "at signs": "a@" * 200_000,
    "addresses that are none": "a@a.co" * 100_000,
    "a long word": "a1" * 500_000,
    "heads of keys": "-----BEGIN RSA PRIVATE KEY-----" * 20_000,
    "heads of accounts": "GB82" * 200_000,
    "colons": ":" * 500_000 + "1",
    "sites": "x.com/" * 100_000,
    "keys of one service": "sk_live_4eC39HqLyjWDarjtT1zdp7dc " * 20_000,
    "names of secrets": "api_key=" * 100_000,
    "passwords": "password=Zx9kQ4mTv2Lp " * 30_000,
    "a label and values": "twitter = a1b2c3d4e5f6g7h8i9 " * 30_000,
    "coordinates": "1.12345, " * 100_000,
}


def _seconds(texts: pa.LargeStringArray, *, lang: str | None) -> float:
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        find_spans(texts, languages=[lang] * len(texts))
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print a line per language, slowest first, the sum, the scan alone, and seconds of hostile texts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", type=Path)
    parser.add_argument("--max-megabytes", type=float, default=60.0)
    options = parser.parse_args()
    texts: dict[str, list[str]] = defaultdict(list)
    for record in read_documents(options.documents, max_text_bytes=int(options.max_megabytes * 1e6)):
        texts[record.get("lang") or "und"].append(record["text"])
    rows = []
    for lang, of_lang in texts.items():
        array = pa.array(of_lang, pa.large_string())
        find_spans(array[:20], languages=[lang] * min(20, len(array)))
        rows.append((_seconds(array, lang=lang), sum(len(text.encode()) for text in of_lang), lang))
    for seconds, size, lang in sorted(rows, key=lambda row: -row[0] / row[1]):
        if size >= MIN_BYTES:
            print(f"{lang:<10} {size / 1e6:7.2f} MB {seconds * 1e9 / size:7.1f} ms/MB")
    total = sum(size for _, size, _ in rows)
    print(
        f"{'all':<10} {total / 1e6:7.2f} MB {sum(seconds for seconds, *_ in rows) * 1e9 / total:7.1f} ms/MB"
    )
    together = pa.array([text for each in texts.values() for text in each], pa.large_string())
    values, offsets = text_buffers(together)
    start = time.process_time()
    kernel.find_candidates(values, offsets)
    print(
        f"{'scan alone':<10} {total / 1e6:7.2f} MB {(time.process_time() - start) * 1e9 / total:7.1f} ms/MB"
    )
    for name, text in HOSTILE.items():
        seconds = _seconds(pa.array([text], pa.large_string()), lang="en")
        print(f"{name:<26} {len(text) / 1e6:5.2f} MB {seconds:6.2f} s")


if __name__ == "__main__":
    main()
