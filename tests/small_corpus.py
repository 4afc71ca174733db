"""Small corpora of real text for tests of the whole pipeline: several sources, formats and defects."""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from governance.cards import GATING_BLOCKS
from governance.cards.edit import write_review
from pipeline.config.corpus import CorpusConfig
from pipeline.config.read import load_config

PARAGRAPHS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "small" / "paragraphs.json").read_text(encoding="utf-8")
)
SOURCES = ("health_json", "health_gzip", "health_text")

CARD = """---
schema_version: 2
uid: {uid}
type: primary
status: ingested
name: Paragraphs of TICO-19
description: Paragraphs of the TICO-19 translation benchmark in nine languages, for tests.
homepage: https://tico-19.github.io
curation_rationale: free text in nine languages
category: content_repository
languages: [{languages}]
custodian:
  name: Translation Initiative for COVID-19
  type: nonprofit
  location: unknown
  role: [provider, host]
  contact: {{kind: url, value: "https://tico-19.github.io"}}
  relationship: open_licence
rights:
  declared: CC0-1.0
  concluded: CC0-1.0
  scope: whole_source
  holders: [{{name: Translation Initiative for COVID-19, type: nonprofit}}]
  properties: {{commercial: yes, attribution: no, share_alike: no, derivatives: yes, redistribute_text: yes}}
  evidence:
    - url: https://tico-19.github.io/LICENSE.md
      retrieved_at: 2026-11-23
      quote: CC0 1.0 Universal
      stored_copy: true
  copyright_status: in_copyright
  determined_by: the tests
  determined_at: 2026-11-23
  confidence: high
access_tier: open
access_reason: CC0 lets anybody pass it on
pii: {{has_pii: no, justification: public health information, treatment: [none]}}
media: {{category: text, transcribed: no, capture_quality: born_digital}}
processed_from: []
synthetic: {{contains: no}}
procurement:
  method: dump
  locations: ["https://github.com/tico-19/tico-19.github.io"]
  revision: d97615f9cf
  collection_period: {{start: 2020, end: 2020}}
  agreement: none
benchmark: yes
benchmark_names: [TICO-19]
known_limits: {{biases: one topic, limitations: translated text}}
removal: {{contact: {{kind: url, value: "https://tico-19.github.io"}}}}
review: {{}}
---
"""


def records() -> list[dict[str, Any]]:
    """JSON records: two thirds of the paragraphs, one exact and one near duplicate, one spam, one foreign."""
    rows = [
        {"id": f"{lang}-{n}", "text": text, "lang": lang, "url": f"https://example.org/{lang}/{n}"}
        for lang, texts in sorted(PARAGRAPHS.items())
        for n, text in enumerate(texts[:9])
    ]
    rows.append({"id": "copy", "text": PARAGRAPHS["fr"][0], "lang": "fr"})
    words = PARAGRAPHS["en"][1].split(" ")
    rows.append({"id": "nearly", "text": " ".join([*words[:-1], "indeed"]), "lang": "en"})
    spam = "Click here to buy the best watches for less money. " * 30
    rows.append({"id": "spam", "text": spam, "lang": "en"})
    rows.append({"id": "fr-0", "text": "The same key again, with another text.", "lang": "en"})
    rows.append(
        {"id": "german", "lang": "en", "text": "Dies ist ein deutscher Text, der hier nicht hingehört. " * 3}
    )
    rows.append({"id": "nothing", "text": "", "lang": "en"})
    return rows


DEFECTS: dict[str, bytes] = {
    "broken_json": b'{"id": "x", "text": "no end',
    "missing_field": b'{"id": "y", "lang": "en"}',
    "wrong_type": b'{"id": "z", "text": 42}',
    "invalid_utf8": b'{"id": "u", "text": "\xff\xfe"}',
}


def write_corpus(
    folder: Path,
    *,
    changes: Mapping[str, Any] | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> Path:
    """Write cards, data and corpus.yaml below folder; changes are merged into the corpus file."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "cards").mkdir(exist_ok=True)
    for uid in SOURCES:
        tags = ", ".join(
            f"{{tag: {lang}, locations: ['001'], declared_by: custodian}}" for lang in sorted(PARAGRAPHS)
        )
        card = CARD.format(uid=uid, languages=tags).encode()
        reviewed = write_review(card, blocks=GATING_BLOCKS, by="the tests", at=date(2026, 11, 23))
        put(folder / "cards" / f"{uid}.md", reviewed)
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in (records() if rows is None else rows)]
    put(folder / "data" / "rows.jsonl", b"\n".join([*lines, *DEFECTS.values()]) + b"\n")
    zipped = [
        json.dumps({"key": f"z-{lang}-{n}", "body": text, "language": lang}, ensure_ascii=False).encode()
        for lang, texts in sorted(PARAGRAPHS.items())
        for n, text in enumerate(texts[7:12])  # two of each stand in rows.jsonl too
    ]
    put(folder / "data" / "rows.jsonl.gz", gzip.compress(b"\n".join(zipped) + b"\n", mtime=0))
    for n, text in enumerate(PARAGRAPHS["sw"][12:]):
        put(folder / "data" / f"page{n}.txt", text.encode())
    config: dict[str, Any] = {
        "name": "small",
        "version": "1.0.0",
        "cards": "cards",
        "sources": [
            {
                "card": "health_json",
                "type": "jsonl",
                "paths": ["data/rows.jsonl"],
                "fields": {"text": "text", "id": "id", "lang": "lang", "url": "url"},
            },
            {
                "card": "health_gzip",
                "type": "jsonl",
                "paths": ["data/*.gz"],
                "fields": {"text": "body", "id": "key", "lang": "language"},
                "priority": 1,
            },
            {"card": "health_text", "type": "text", "paths": ["data/*.txt"], "lang": "sw"},
        ],
        "publish": {"target_bytes": 20_000},
        "unit_bytes": 40_000,
        "max_bad_fraction": 0.1,
    }
    config.update(changes or {})
    path = folder / "corpus.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def put(path: Path, data: bytes) -> None:
    """Write a file unless it holds these bytes already: writing the corpus again changes no time."""
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def tree_digests(folder: Path) -> dict[str, str]:
    """Path → SHA-256 of every file below folder: two trees are the same iff these are equal."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def parse_config(raw: Mapping[str, Any]) -> CorpusConfig:
    """A corpus file with these fields, as a run reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "corpus.yaml")
        path.write_text(yaml.safe_dump(dict(raw), allow_unicode=True, sort_keys=False), encoding="utf-8")
        return load_config(path)
