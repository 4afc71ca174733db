"""A small real release on disk: shards, ledger, manifest, cards and README, from a dict of texts."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from governance import cards
from governance import make_manifest as maker
from governance.amounts import Amount
from governance.balance import balance
from governance.cards import SourceCard
from governance.ledger import LAYERS
from governance.manifest import Code, Input, Manifest, Model, Output, Threshold
from governance.operations import EditCount
from governance.pages import release_card
from governance.run_facts import LanguageFacts, ReleaseFacts, RunFacts, SourceFacts
from layers.entries import Count
from layers.shard_writer import write_shard

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "data_cards" / "TEMPLATE.md"

SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("license", pa.string(), nullable=False),
        pa.field("words", pa.int64()),
        pa.field("stop_words_ratio", pa.float32()),
        pa.field("checked", pa.bool_()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("spans", pa.list_(pa.struct([("kind", pa.string()), ("start", pa.int64())]))),
    ]
)

Texts = Mapping[tuple[str, str], Sequence[str]]
"""(language, source) → texts"""


@dataclass(frozen=True)
class Release:
    path: Path
    manifest: Manifest
    cards: Mapping[str, SourceCard]


def make_card(uid: str, **replacements: str) -> SourceCard:
    text = TEMPLATE.read_text(encoding="utf-8").replace("example_wiki ", f"{uid} ")
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return cards.parse_card(text.encode(), uid=uid, place=f"{uid}.md")


def make_manifest(
    texts: Texts, *, outputs: Sequence[Output], targets: Sequence[str], version: str
) -> tuple[Manifest, dict[str, SourceCard]]:
    """The manifest of a run that read texts, dropped one more document of each kind, and published."""
    counted: dict[str, list[tuple[str, Count]]] = {layer: [] for layer in LAYERS}
    for (lang, source), listed in sorted(texts.items()):
        n, size = len(listed), sum(len(text.encode()) for text in listed)
        flows = {
            "raw": [
                Count("read", documents=n + 2, bytes=size + 40),
                Count("kept", lang_declared=lang, documents=n + 1, bytes=size + 10),
                Count("text", lang_declared=lang, documents=n + 1, bytes=size + 7),
                Count("dropped", reason="invalid_json", documents=1, bytes=10),
                Count("framing", bytes=20),
            ],
            "measured": [
                Count("read", documents=n + 1, bytes=size + 7),
                Count("kept", lang_declared=lang, lang=lang, documents=n + 1, bytes=size + 5),
                Count("edited", bytes=2),
            ],
            "decisions": [
                Count("read", lang=lang, documents=n + 1, bytes=size + 5),
                Count("kept", lang=lang, documents=n, bytes=size),
                Count("dropped", lang=lang, reason="near_duplicate", documents=1, bytes=5),
            ],
            "release": [Count("kept", lang=lang, documents=n, bytes=size)],
        }
        for layer, counts in flows.items():
            counted[layer] += [(source, count) for count in counts]
    uids = sorted({source for _, source in texts})
    cards = {uid: make_card(uid) for uid in uids}
    made = maker.make_manifest(
        balance(counted),
        run=RunFacts(
            name="tiny-corpus",
            version=version,
            schema_version=1,
            code=Code(name="rhizotron", version="0.1.0", content_version=1),
            config={"name": "tiny-corpus", "version": version, "ratio": 0.25},
            models=[Model(name="lid.176", sha256="cd" * 32, license="CC-BY-SA-3.0", used_for="language")],
        ),
        sources={
            uid: SourceFacts(
                card,
                type="jsonl",
                inputs=[Input(uri=f"{uid}.jsonl", bytes=10, sha256="ab" * 32)],
                edits=["whitespace"],
            )
            for uid, card in cards.items()
        },
        languages={lang: _language_facts(lang, texts=texts) for lang in targets},
        release=ReleaseFacts(
            outputs=outputs,
            edits=[
                EditCount(source, lang=lang, edit="whitespace", documents=1, bytes=2)
                for lang, source in texts
            ],
            edit_order=["whitespace"],
        ),
    )
    return made, cards


def _language_facts(lang: str, *, texts: Texts) -> LanguageFacts:
    own = {source: listed for (tag, source), listed in texts.items() if tag == lang and listed}
    return LanguageFacts(
        thresholds=[
            Threshold(signal="words", min=None, max=100000.0, origin="default"),
            Threshold(signal="stop_words_ratio", min=0.05, max=None, origin="roots", note="a | b"),
        ],
        has_quality_thresholds=lang != "fon",
        licenses={
            source: {"CC-BY-SA-4.0": Amount(documents=len(t), bytes=sum(len(x.encode()) for x in t))}
            for source, t in own.items()
        },
        lang_status={"identified": sum(map(len, own.values()))},
    )


def write_release(
    root: Path, texts: Texts, *, targets: Sequence[str], version: str = "1.0.0", schema: pa.Schema = SCHEMA
) -> Release:
    """Shards `data/<lang>/<source>/…arrow`, README.md and manifest.json below root."""
    root.mkdir(parents=True, exist_ok=True)
    outputs = []
    for (lang, source), listed in sorted(texts.items()):
        if not listed:
            continue
        path = f"data/{lang}/{source}/train-00000-of-00001.arrow"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "doc_id": hashlib.sha256(text.encode()).hexdigest()[:32],
                "text": text,
                "license": "CC-BY-SA-4.0",
                "words": len(text.split()),
                "stop_words_ratio": 0.5,
                "checked": True,
                "tags": ["a"],
                "spans": [{"kind": "email", "start": 3}],
            }
            for text in listed
        ]
        batch = pa.RecordBatch.from_pylist(rows, schema=schema)  # url is all null
        record = write_shard(root / path, iter([batch]), schema=schema, path=path)
        outputs.append(
            Output(
                path=path,
                sha256=record.sha256,
                bytes=record.bytes,
                rows=record.rows,
                lang=lang,
                source=source,
            )
        )
    made, cards = make_manifest(texts, outputs=outputs, targets=targets, version=version)
    (root / "README.md").write_text(release_card.render_readme(made, cards), encoding="utf-8")
    (root / "manifest.json").write_bytes(made.to_json())
    return Release(root, made, cards)


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Release]:
    def write(texts: Texts, *, targets: Sequence[str], version: str = "1.0.0") -> Release:
        return write_release(tmp_path / "release", texts, targets=targets, version=version)

    return write
