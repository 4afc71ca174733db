"""A small release as an audit sees it, and whatever a test changes of it."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.amounts import Amount
from governance.audit.audited import Audited, Checks
from governance.audit.rows import RowFacts
from governance.cards import SourceCard, parse_card
from governance.manifest import Code, Manifest, ManifestLanguage, ManifestSource, SourceShare

ROOT = Path(__file__).parents[3]
TEMPLATE = (ROOT / "data_cards" / "TEMPLATE.md").read_text("utf-8")


def card(uid: str, **replacements: str) -> SourceCard:
    """The card of the template; replacements are answers by their dots, as `custodian.location`: KE."""
    text = TEMPLATE.replace("example_wiki ", f"{uid} ")
    return parse_card(text.encode(), uid=uid, place=f"{uid}.md").model_copy(update=dict(replacements))


def change(model: Any, path: str, value: Any) -> Any:
    """A copy of a model in which a field, named by dots, has another value."""
    name, _, rest = path.partition(".")
    return model.model_copy(update={name: change(getattr(model, name), rest, value) if rest else value})


def line(layer: str, flow: str, documents: int, size: int = 0, **where: str) -> dict[str, Any]:
    names = {"source": "wiki", "lang_declared": "", "lang": "", "reason": ""}
    return {"layer": layer, "flow": flow, "documents": documents, "bytes": size, **names, **where}


def manifest(
    languages: dict[str, dict[str, dict[str, tuple[int, int]]]],
    *,
    ledger: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> Manifest:
    """Of language → source → licence → (documents, bytes); its numbers are not held against each other."""
    sources: dict[str, dict[str, list[Amount]]] = {}
    made = {}
    for lang, by_source in languages.items():
        shares = {}
        for uid, licenses in by_source.items():
            amounts = {name: Amount(documents=n, bytes=size) for name, (n, size) in licenses.items()}
            shares[uid] = SourceShare(**_sum(amounts), licenses=amounts)
            for name, amount in amounts.items():
                sources.setdefault(uid, {}).setdefault(name, []).append(amount)
        total = _sum(shares)
        made[lang] = ManifestLanguage(**total, has_quality_thresholds=True, sources=shares, lang_status={})
    return Manifest.model_construct(
        name="tiny",
        version="1.0.0",
        schema_version=1,
        code=Code(name="rhizotron", version="0.1.0", content_version=1),
        config={"decide": {"languages": list(languages)}},
        config_sha256="c" * 64,
        sources={uid: _source(licenses) for uid, licenses in sources.items()},
        models=[],
        thresholds={},
        languages=made,
        ledger=ledger or [],
        outputs=[],
        merkle_root="m" * 64,
        **fields,
    )


def _sum(amounts: dict[str, Any]) -> dict[str, int]:
    return {name: sum(getattr(each, name) for each in amounts.values()) for name in ("documents", "bytes")}


def _source(licenses: dict[str, list[Amount]]) -> ManifestSource:
    return ManifestSource(
        card_sha256=hashlib.sha256(b"").hexdigest(),
        type="jsonl",
        inputs=[],
        documents_read=0,
        licenses={
            name: Amount(documents=sum(a.documents for a in each), bytes=sum(a.bytes for a in each))
            for name, each in licenses.items()
        },
        card_answers=1,
        unknown_fields=[],
        obstacles=[],
    )


def audited(made: Manifest, **fields: Any) -> Audited:
    """With the template's card for each source unless others are given, whole files and no rows."""
    cards = fields.pop("cards", {uid: card(uid) for uid in made.sources})
    return Audited(made, cards, **{"checks": Checks(files=3), **fields})


def rows(**counts: Any) -> RowFacts:
    """What rows say, with counts as plain mappings."""
    made: dict[str, Any] = {
        name: Counter(each) if isinstance(each, dict) else each for name, each in counts.items()
    }
    return RowFacts(**made)


def table(**columns: list[Any]) -> pa.Table:
    """Rows with ids and texts, and whatever columns are named."""
    texts = columns.pop("text")
    ids = [hashlib.sha256(str(text).encode()).hexdigest()[:32] for text in texts]
    return pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string()), **columns})
