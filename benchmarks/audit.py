"""Seconds of an audit and its page, of a made-up release of 46 languages and 20 sources.

`python -m benchmarks.audit [FOLDER]`: writes the release, audits its manifest and cards, then all of it, and
prints a row of a table for each.
"""

import hashlib
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from governance import make_manifest as maker
from governance.amounts import Amount
from governance.audit.report import to_json
from governance.balance import balance
from governance.cards import SourceCard, parse_card
from governance.ledger import LAYERS
from governance.manifest import Code, Input, Output
from governance.pages.audit.page import render_csvs, render_page
from governance.pages.release_pages import card_path
from governance.run_facts import LanguageFacts, ReleaseFacts, RunFacts, SourceFacts
from layers.entries import Count
from layers.shard_writer import write_shard
from pipeline.inspect.audit import audit

ROOT = Path(__file__).parents[1]
SOURCES, ROWS = 20, 50
REASONS = ("words_below_min", "word_repetition_ratio_above_max", "exact_duplicate", "near_duplicate")
TEXT = "The library keeps what was written, and says where it is from. " * 12

Key = tuple[str, str]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    release = folder / "release"
    shutil.rmtree(release, ignore_errors=True)
    write_release(release)
    print(
        "| what is read | seconds of the audit | of the page | MB of the JSON | of the page |\n"
        "|---|---|---|---|---|"
    )
    for what, with_rows in (("manifest and cards", False), ("all files and rows", True)):
        start = time.perf_counter()
        report = audit(str(release), with_rows=with_rows)
        text = to_json(report)
        audited = time.perf_counter()
        page = render_page(report)
        render_csvs(report)
        drawn = time.perf_counter()
        sizes = [len(each.encode()) / 1e6 for each in (text, page)]
        seconds = [audited - start, drawn - audited]
        print(f"| {what} | {seconds[0]:.1f} | {seconds[1]:.1f} | {sizes[0]:.2f} | {sizes[1]:.2f} |")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def write_release(release: Path) -> None:
    """Manifest, cards and 920 shards with their sidecars; its numbers balance."""
    languages = sorted(path.stem for path in (ROOT / "filters/languages").glob("*.yaml"))
    cards = dict(read_cards())
    for uid in cards:
        place = release / card_path(uid)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "data_cards/sources" / f"{uid}.md", place)
    keys = [(lang, uid) for lang in languages for uid in cards]
    outputs = [output for key in keys for output in write_shards(release, key)]
    counted: dict[str, list[tuple[str, Count]]] = {layer: [] for layer in LAYERS}
    rng = random.Random(1)
    for lang, uid in keys:
        for layer, counts in count(lang, languages=languages, rng=rng).items():
            counted[layer] += [(uid, each) for each in counts]
    size = ROWS * len(TEXT)
    manifest = maker.make_manifest(
        balance(counted),
        run=RunFacts(
            name="made-up",
            version="1.0.0",
            schema_version=1,
            code=Code(name="rhizotron", version="0.1.0", content_version=1),
            config={"name": "made-up", "decide": {"languages": languages}},
            models=[],
        ),
        sources={
            uid: SourceFacts(
                card, type="jsonl", inputs=[Input(uri=f"{uid}.jsonl", bytes=1, sha256="ab" * 32)]
            )
            for uid, card in cards.items()
        },
        languages={
            lang: LanguageFacts(
                thresholds=[],
                has_quality_thresholds=True,
                licenses={
                    uid: {card.rights.concluded: Amount(documents=ROWS, bytes=size)}
                    for uid, card in cards.items()
                },
                lang_status={"confident": ROWS * len(cards)},
            )
            for lang in languages
        },
        release=ReleaseFacts(outputs=outputs),
    )
    (release / "manifest.json").write_bytes(manifest.to_json())


def read_cards() -> Iterator[tuple[str, SourceCard]]:
    """The first cards of the repository."""
    for path in sorted((ROOT / "data_cards/sources").glob("*.md"))[:SOURCES]:
        uid = path.stem
        yield uid, parse_card(path.read_bytes(), uid=uid, place=path.name)


def count(lang: str, *, languages: list[str], rng: random.Random) -> dict[str, list[Count]]:
    """Counts of one source in one language: some documents are of another language, some are dropped."""
    size = len(TEXT)
    drops = {reason: rng.randrange(1, 9) for reason in REASONS}
    lost = sum(drops.values())
    other, strayed = rng.choice([tag for tag in languages if tag != lang]), rng.randrange(1, 4)
    read = ROWS + lost + strayed
    stray = [Count("dropped", lang=other, reason="words_below_min", documents=strayed, bytes=strayed * size)]
    return {
        "raw": [
            Count("read", documents=read, bytes=read * size),
            *(
                Count(flow, lang_declared=lang, documents=read, bytes=read * size)
                for flow in ("kept", "text")
            ),
        ],
        "measured": [
            Count("read", documents=read, bytes=read * size),
            Count(
                "kept", lang_declared=lang, lang=lang, documents=read - strayed, bytes=(read - strayed) * size
            ),
            Count("kept", lang_declared=lang, lang=other, documents=strayed, bytes=strayed * size),
        ],
        "decisions": [
            Count("read", lang=lang, documents=read - strayed, bytes=(read - strayed) * size),
            Count("read", lang=other, documents=strayed, bytes=strayed * size),
            Count("kept", lang=lang, documents=ROWS, bytes=ROWS * size),
            *(Count("dropped", lang=lang, reason=r, documents=n, bytes=n * size) for r, n in drops.items()),
            *stray,
        ],
        "release": [Count("kept", lang=lang, documents=ROWS, bytes=ROWS * size)],
    }


def write_shards(release: Path, key: Key) -> Iterator[Output]:
    """A shard of ROWS documents and its sidecar."""
    lang, uid = key
    ids = [hashlib.sha256(f"{lang} {uid} {row}".encode()).hexdigest()[:32] for row in range(ROWS)]
    beside = {"reservation": pa.nulls(ROWS, pa.string()), "lang_declared": [lang] * ROWS, "record_id": ids}
    tables = {
        "data": {
            "text": pa.array([TEXT] * ROWS, pa.large_string()),
            "url": [f"https://{uid.replace('_', '-')}.example/{each}" for each in ids],
            "date": ["2020-01-01"] * ROWS,
            "script": ["Latn"] * ROWS,
            "source": [uid] * ROWS,
            "words": [120] * ROWS,
        },
        "provenance": beside,
    }
    for folder, columns in tables.items():
        table = pa.table({"doc_id": ids, **columns})
        path = f"{folder}/{lang}/{uid}/train-00000-of-00001.arrow"
        (release / path).parent.mkdir(parents=True, exist_ok=True)
        record = write_shard(release / path, iter(table.to_batches()), schema=table.schema, path=path)
        yield Output(path=path, sha256=record.sha256, bytes=record.bytes, rows=ROWS, lang=lang, source=uid)


if __name__ == "__main__":
    main()
