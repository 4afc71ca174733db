"""The EU's template for the public summary of training content: what a corpus can fill of it, as a draft.

The duty is that of a model's provider (Regulation (EU) 2024/1689, article 53 (1) (d)); what only they know
is marked. No attestation is made from evidence: cards are quoted, and the answer is left open.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from governance.cards import SourceCard
from governance.domains import PATH as TOP_DOMAINS
from governance.manifest import Manifest
from governance.pages.first_lines import title
from governance.pages.markdown import code, escape, number, page, share, table
from governance.pages.notice import bytes_of, published_uids
from governance.pages.prose import language_name
from governance.personal_data import sum_shares
from governance.reasons import describe

JSON_PATH, PAGE_PATH = "eu_training_content.json", "eu_training_content.md"
OPEN = "TO BE PROVIDED by the model provider"
STATUS = "Draft for the provider of a model. It is no legal advice, and no attestation."
TEMPLATE = (
    "Template for the public summary of training content, C(2025) 5235 of 24 July 2025, re-issued as "
    "C(2025) 8311 of 5 December 2025"
)
LARGE_PERCENT = 3
"""A public dataset is large, and named by itself, above this share of all public data of its modality."""
_PUBLIC = ("hub_dataset", "dump", "web_archive")
_BILLION = 10**9


def render_json(manifest: Manifest, cards: Mapping[str, SourceCard]) -> str:
    """eu_training_content.json."""
    return json.dumps(make_summary(manifest, cards), indent=1, ensure_ascii=False) + "\n"


def make_summary(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    """Section of the template → its fields; OPEN where only the provider can answer."""
    groups = _group(manifest, cards)
    return {
        "status": STATUS,
        "template": TEMPLATE,
        "corpus": {
            "name": title(manifest),
            "version": manifest.version,
            "last_update": manifest.released or OPEN,
            "earlier_versions": OPEN,
        },
        "1.1 provider": {"name_and_contact": OPEN, "authorised_representative": OPEN},
        "1.2 model": {"versioned_names": OPEN, "dependencies": OPEN, "date_on_the_eu_market": OPEN},
        "1.3 modalities_size_characteristics": _characteristics(manifest, cards),
        "2.1 publicly_available_datasets": _public(groups["public"], manifest=manifest, cards=cards),
        "2.2.1 licensed_from_rights_holders": _sources(groups["licensed"], manifest=manifest, cards=cards),
        "2.2.2 other_private_datasets": _sources(groups["private"], manifest=manifest, cards=cards),
        "2.3 crawled_and_scraped": _crawled(groups["crawled"], manifest=manifest, cards=cards),
        "2.4 user_data": {"answer": OPEN, "sources": []},
        "2.5 synthetic_data": _synthetic(manifest, cards),
        "2.6 other_sources": _sources(groups["other"], manifest=manifest, cards=cards),
        "3.1 rights_reservations": _reservations(manifest),
        "3.2 illegal_content": _illegal(manifest),
        "3.3 other_processing": [
            {"operation": each.name, "stage": each.stage, "dropped": _dropped(each.flows)}
            for each in manifest.operations
        ],
    }


def render_page(manifest: Manifest, cards: Mapping[str, SourceCard]) -> str:
    """eu_training_content.md, the same fields for people."""
    summary = make_summary(manifest, cards)
    head = (
        f"**{STATUS}** {TEMPLATE}. It is computed from manifest and source cards of "
        f"{escape(title(manifest))} {manifest.version}; `{JSON_PATH}` has the same for machines."
    )
    blocks = ["# EU summary of training content: the corpus's part", head]
    for section, fields in summary.items():
        if section[0].isdigit():
            number_, _, name = section.partition(" ")
            blocks += [f"## {number_} {name.replace('_', ' ').capitalize()}", *_render(fields)]
    return page(*blocks)


def _group(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, list[str]]:
    """Published sources by the section of the template that asks for them, each once."""
    groups: dict[str, list[str]] = {
        name: [] for name in ("public", "licensed", "private", "crawled", "synthetic", "other")
    }
    for uid in published_uids(manifest):
        card = cards[uid]
        if card.procurement.method == "crawl":
            name = "crawled"
        elif card.procurement.method == "generated":
            name = "synthetic"
        elif card.custodian.relationship in ("permission", "agreement"):
            name = "licensed"
        elif card.access_tier == "internal":
            name = "private"
        else:
            name = "public" if card.procurement.method in _PUBLIC else "other"
        groups[name].append(uid)
    return groups


def _characteristics(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    total, uids = manifest.total, published_uids(manifest)
    ends = {cards[uid].procurement.collection_period.end for uid in uids} - {"unknown"}
    return {
        "modality": "text",
        # a token has at least one byte, so fewer bytes are fewer tokens; the other way nothing is certain
        "size": "less than 1 billion tokens" if total.bytes < _BILLION else OPEN,
        "measured": {"documents": total.documents, "utf8_bytes": total.bytes},
        "types_of_content": sorted({cards[uid].category for uid in uids}),
        "latest_acquisition": max(ends, default=OPEN),
        "continuously_trained": OPEN,
        "languages": [
            {
                "tag": lang,
                "language": language_name(lang),
                "utf8_bytes": language.bytes,
                "share": share(language.bytes, total=total.bytes),
            }
            for lang, language in manifest.published.items()
        ],
        "places": sorted(
            {place for uid in uids for each in cards[uid].languages for place in each.locations} - {"unknown"}
        ),
    }


def _public(uids: list[str], *, manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    total = bytes_of(manifest, {*uids})
    large = [uid for uid in uids if 100 * bytes_of(manifest, {uid}) > LARGE_PERCENT * total]
    return {
        "answer": OPEN,
        "modality": "text",
        "large_datasets": [_source(uid, manifest=manifest, cards=cards, total=total) for uid in large],
        "others": [
            _source(uid, manifest=manifest, cards=cards, total=total) for uid in uids if uid not in large
        ],
    }


def _sources(uids: list[str], *, manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    total = manifest.total.bytes
    return {
        "answer": OPEN,
        "sources": [_source(uid, manifest=manifest, cards=cards, total=total) for uid in uids],
    }


def _source(uid: str, *, manifest: Manifest, cards: Mapping[str, SourceCard], total: int) -> dict[str, Any]:
    card, size = cards[uid], bytes_of(manifest, {uid})
    period = card.procurement.collection_period
    return {
        "name": card.name,
        "link": card.homepage or card.procurement.locations[0],
        "method": card.procurement.method,
        "collected": f"{period.start} to {period.end}",
        "utf8_bytes": size,
        "share": share(size, total=total),
    }


def _crawled(uids: list[str], *, manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    listed = _sources(uids, manifest=manifest, cards=cards)
    crawlers = [crawler for uid in uids if (crawler := cards[uid].procurement.crawler) is not None]
    domains = manifest.domains
    return {
        **listed,
        "crawlers": [crawler.model_dump() for crawler in crawlers],
        "top_domains": TOP_DOMAINS if domains is not None else OPEN,
        "domains": None if domains is None else domains.model_dump(),
        "note": "top_domains.csv has the sites of all sources whose documents have URLs, with their sources: "
        "the tenth of them that gives most bytes.",
    }


def _synthetic(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, Any]:
    uids = published_uids(manifest)
    return {
        "answer": OPEN,
        "cards_say": {uid: cards[uid].synthetic.contains for uid in uids},
        "generators": sorted({name for uid in uids for name in cards[uid].synthetic.generators}),
    }


def _reservations(manifest: Manifest) -> dict[str, Any]:
    block = manifest.reservations
    return {
        "code_of_practice_signatory": OPEN,
        "protocols": {}
        if block is None
        else {name: counts.model_dump() for name, counts in block.protocols.items()},
        "policies": {} if block is None else {uid: each.policy for uid, each in block.sources.items()},
        "removals": None if manifest.removals is None else {"documents": manifest.removals.documents},
        "removal_contact": manifest.about.removals_go_to or OPEN,
    }


def _illegal(manifest: Manifest) -> dict[str, Any]:
    block, lists = manifest.personal_data, manifest.config.get("url_lists", [])
    return {
        "measures_of_the_provider": OPEN,
        "lists_of_refused_addresses": [each["name"] for each in lists],
        "personal_data_looked_for": [] if block is None else block.looked_for,
        "documents_masked": 0 if block is None else sum_shares(block.shares()).documents,
    }


def _dropped(flows: Iterable[Any]) -> int:
    return sum(amount.documents for flow in flows for amount in flow.dropped.values())


def _render(fields: Any) -> list[str]:
    """Lists of records as tables, all else as lines."""
    if isinstance(fields, list):
        rows = [[code(each["operation"]), _meaning(each), each["dropped"]] for each in fields]
        return [table(["Operation", "What it does", "Documents dropped"], rows)] if rows else ["None."]
    lines, tables = [], []
    for name, value in fields.items():
        label = _label(name)
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            columns = list(value[0])
            rows = [[_cell(each[column]) for column in columns] for each in value]
            heads = [_label(column) for column in columns]
            tables.append(f"{label}:\n\n{table(heads, rows)}")
        elif isinstance(value, Mapping):
            inner = "; ".join(f"{escape(str(key))} {_inline(each)}" for key, each in value.items())
            lines.append(f"- {label}: {inner or 'none'}")
        else:
            lines.append(f"- {label}: {_inline(value)}")
    return [block for block in ("\n".join(lines), *tables) if block]


def _label(name: str) -> str:
    """`utf8_bytes` → `UTF-8 bytes`."""
    words = name.replace("_", " ").replace("utf8", "UTF-8").replace("eu market", "EU market")
    return words[0].upper() + words[1:]


def _meaning(operation: Mapping[str, Any]) -> str:
    return describe(operation["operation"]) if operation["stage"] == "decide" else escape(operation["stage"])


def _cell(value: Any) -> Any:
    return value if isinstance(value, int) else escape(str(value))


def _inline(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{escape(str(key))} {_inline(each)}" for key, each in value.items()) + ")"
    if isinstance(value, list):
        return ", ".join(escape(str(each)) for each in value)
    return number(value) if isinstance(value, int) else escape(str(value))
