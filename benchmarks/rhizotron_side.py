"""This pipeline's side of the comparison: a corpus file for plain JSON-lines files, and its command."""

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from filters import languages
from filters.language_id.labels import CHINESE, LID_176
from layers.shards import open_unchecked
from pipeline.config.measure import LanguageIdConfig, MeasureConfig

SOURCE = "benchmark_documents"
"""Name of the signal set that holds Gopher's measurements, used when the pipeline has it."""

_CARD = Path(__file__).with_name("source_card.md")


def signal_sets() -> list[str]:
    """The signals that the benchmark asks for: those of a run, Gopher's among them."""
    return MeasureConfig().signals


def write_card(cards: Path) -> None:
    """Write the card of SOURCE into a folder of cards."""
    cards.mkdir(parents=True, exist_ok=True)
    shutil.copy(_CARD, cards / f"{SOURCE}.md")


def write_corpus_file(
    documents: Path,
    folder: Path,
    *,
    signals: list[str] | None = None,
    decide: dict[str, Any] | None = None,
) -> Path:
    """Write corpus.yaml and its source card for the *.jsonl files of documents; returns the corpus file.

    signals None: those of signal_sets; decide: settings of that part instead of the defaults.

    No edit is asked for, and the documents' own `lang` is not read, so that both sides decide
    about the same text and both identify the language from the text alone.
    """
    write_card(folder / "cards")
    config: dict[str, Any] = {
        "name": "benchmark",
        "version": "0.0.0",
        "output": "out",
        "cards": "cards",
        "publish": {"allow_unreviewed": True},
        "sources": [
            {
                "card": SOURCE,
                "type": "jsonl",
                "root": str(documents.absolute()),
                "paths": ["*.jsonl"],
                "fields": {"text": "text", "id": "id", "url": "url", "license": "license"},
            }
        ],
        "measure": {
            "edits": [],
            "signals": signal_sets() if signals is None else signals,
            "language_id": {"model": "lid.176"},  # as the other side; the default is a model of our own
            "minhash": {"bands": 14, "rows": 8, "ngram": 5, "seed": 1},
        },
        "decide": decide or {},
        "local": {"max_in_process_bytes": 0},  # every size runs in worker processes, as datatrove does
    }
    path = folder / "corpus.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def command(corpus_file: Path, out: Path, *, workers: int) -> list[str]:
    """The command that runs all stages over a corpus file."""
    return [
        sys.executable,
        "-m",
        "pipeline.cli",
        "run",
        str(corpus_file),
        "--out",
        str(out.absolute()),
        "--workers",
        str(workers),
    ]


def stop_words() -> dict[str, list[str]]:
    """Label of lid.176 → stop words of this pipeline's language file, for Gopher's rule in datatrove.

    Labels whose language has no list are left out.
    """
    found = {}
    for label, tag in LID_176.items():
        tag = "zh-Hans" if tag == CHINESE else tag
        if tag in languages.TAGS and (words := languages.load(tag).stop_words):
            found[label] = list(words)
    return found


def describe(out: Path) -> dict[str, Any]:
    """What a run measured: sets asked for, columns of its first shard of signals, bytes read per language."""
    shard = min((out / "measured").rglob("*.signals.arrow"))
    return {
        "sets": signal_sets(),
        "signals": list(open_unchecked(str(shard)).schema.names),
        "max_sample_bytes": LanguageIdConfig().max_sample_bytes,
    }
