"""The corpus's part of the EU summary of training content: numbers of the manifest, words of cards, gaps."""

import json
from collections.abc import Callable
from typing import Any

from governance.cards import SourceCard
from governance.domains import DomainCounts, Domains
from governance.pages import eu_training_content as eu

Write = Callable[..., Any]
TEXTS = {
    ("yo", "wiki_a"): ["a" * 97],
    ("no", "wiki_b"): ["abc"],
    ("no", "wiki_c"): ["a crawl"],
    ("no", "wiki_d"): ["by agreement"],
}
CRAWLER = {"name": "Bot", "user_agent": "Bot/1", "operator": "Us", "behaviour": "keeps to robots.txt"}


def change(card: SourceCard, part: str, **values: Any) -> SourceCard:
    changed = getattr(card, part).model_copy(update=values)
    return card.model_copy(update={part: changed})


def make_summary(release: Write) -> tuple[Any, dict[str, SourceCard], dict[str, Any]]:
    made = release(TEXTS, targets=["yo", "no"])
    cards = {uid: change(card, "procurement", method="dump") for uid, card in made.cards.items()}
    crawler = type("Crawler", (), {"model_dump": lambda _: CRAWLER})()
    cards["wiki_c"] = change(cards["wiki_c"], "procurement", method="crawl", crawler=crawler)
    cards["wiki_d"] = change(cards["wiki_d"], "custodian", relationship="agreement")
    domains = Domains(documents=1, bytes=7, domains=1, listed=1, listed_sme=1)
    manifest = made.manifest.model_copy(update={"domains": domains, "released": "2026-11-29"})
    return manifest, cards, eu.make_summary(manifest, cards)


def test_each_source_stands_in_the_section_that_asks_for_it(release: Write) -> None:
    _, _, summary = make_summary(release)
    public = summary["2.1 publicly_available_datasets"]
    # 97 and 3 of 100 bytes: large is more than 3 %
    assert [each["share"] for each in public["large_datasets"]] == ["97.0 %"]
    assert [each["share"] for each in public["others"]] == ["3.0 %"]
    sizes = {
        section: [each["utf8_bytes"] for each in fields["sources"]]
        for section, fields in summary.items()
        if isinstance(fields, dict) and "sources" in fields
    }
    assert sizes == {
        "2.2.1 licensed_from_rights_holders": [12],
        "2.2.2 other_private_datasets": [],
        "2.3 crawled_and_scraped": [7],
        "2.4 user_data": [],
        "2.6 other_sources": [],
    }
    assert summary["2.3 crawled_and_scraped"]["crawlers"] == [CRAWLER]
    assert summary["1.3 modalities_size_characteristics"]["measured"] == {"documents": 4, "utf8_bytes": 119}
    assert summary["1.3 modalities_size_characteristics"]["size"] == "less than 1 billion tokens"


def test_answers_and_the_provider_s_fields_are_left_open(release: Write) -> None:
    manifest, cards, summary = make_summary(release)
    assert {fields["answer"] for fields in summary.values() if "answer" in fields} == {eu.OPEN}
    for section in ("1.1 provider", "1.2 model"):
        assert set(summary[section].values()) == {eu.OPEN}
    assert summary["3.1 rights_reservations"]["code_of_practice_signatory"] == eu.OPEN
    assert "no legal advice" in summary["status"] and summary["corpus"]["last_update"] == "2026-11-29"
    assert json.loads(eu.render_json(manifest, cards)) == summary


def test_the_page_has_every_section_and_is_marked_as_a_draft(release: Write) -> None:
    manifest, cards, summary = make_summary(release)
    text = eu.render_page(manifest, cards)
    heads = [line.split()[1] for line in text.split("\n") if line.startswith("## ")]
    assert heads == [section.split()[0] for section in summary if section[0].isdigit()]
    assert text.split("\n")[2].startswith("**Draft for the provider of a model. It is no legal advice")
    assert f"- Name and contact: {eu.OPEN}" in text


def test_the_top_tenth_of_domains_is_listed_by_bytes() -> None:
    counts = DomainCounts()
    for n in range(21):
        counts.add(f"site{n:02}.org", source="web", documents=1, size=n)
    counts.add("site20.org", source="other", documents=2, size=1)
    assert counts.to_csv().decode() == (
        "domain,documents,bytes,sources\n"
        "site20.org,3,21,other web\nsite19.org,1,19,web\nsite18.org,1,18,web\n"
    )
    block = counts.to_block()
    assert (block.domains, block.listed, block.listed_sme) == (21, 3, 2)
    assert (block.documents, block.bytes) == (23, 211)
    assert DomainCounts().to_csv() == b"domain,documents,bytes,sources\n"
