"""Wipe-outs: what took more than a share of a source or language, from the ledger."""

import pytest

from governance.ledger import Ledger, Row
from governance.losses import MAX_NAMED_SITES, MIN_DOCUMENTS, Loss, SiteCounts, SiteLosses, find_losses


def make_ledger(*lines: tuple[str, str, str, str, int]) -> Ledger:
    """(source, lang, flow, reason, documents) of decide."""
    rows = [
        Row(
            layer="decisions",
            source=source,
            flow=flow,
            lang_declared="",
            lang=lang,
            reason=reason,
            documents=documents,
            bytes=documents,
        )
        for source, lang, flow, reason, documents in lines
    ]
    return Ledger(tuple(rows))


def flows(source: str, lang: str, read: int, **dropped: int) -> list[tuple[str, str, str, str, int]]:
    kept = read - sum(dropped.values())
    lost = [(source, lang, "dropped", reason, documents) for reason, documents in dropped.items()]
    return [(source, lang, "read", "", read), (source, lang, "kept", "", kept), *lost]


@pytest.mark.parametrize(("documents", "told"), [(50, False), (51, True)])
def test_a_cause_is_told_of_above_the_share(documents: int, told: bool) -> None:
    ledger = make_ledger(*flows("a", "en", 100, words_below_min=documents, exact_duplicate=20))
    found = find_losses(ledger, max_share=0.5, languages=["en"])
    expected = [
        Loss(kind="language", name="en", cause="words_below_min", documents=documents, read=100),
        Loss(kind="source", name="a", cause="words_below_min", documents=documents, read=100),
    ]
    assert found == (expected if told else [])


def test_duplicates_of_all_kinds_are_one_cause_and_rules_are_not() -> None:
    shares = {"duplicate_key": 20, "exact_duplicate": 20, "near_duplicate": 11}
    ledger = make_ledger(
        *flows("a", "en", 100, **shares), *flows("b", "fr", 100, words_below_min=40, digits_above_max=40)
    )
    found = find_losses(ledger, max_share=0.5, languages=["en", "fr"])
    assert [str(loss) for loss in found] == [
        "en: lost 51% of 100 documents to duplicates (51)",
        "a: lost 51% of 100 documents to duplicates (51)",
    ]


def test_sources_add_up_to_a_language_and_the_worst_is_first() -> None:
    ledger = make_ledger(
        *flows("a", "en", 20, near_duplicate=20),
        *flows("b", "en", 20, near_duplicate=4),
        *flows("b", "fr", 20),
    )
    found = find_losses(ledger, max_share=0.5, languages=["en", "fr"])
    assert [(loss.kind, loss.name, loss.documents, loss.read) for loss in found] == [
        ("source", "a", 20, 20),
        ("language", "en", 24, 40),
    ]


@pytest.mark.parametrize("lang", ["de", "en"])
def test_a_language_of_few_documents_or_that_is_no_target_is_not_told_of(lang: str) -> None:
    number = MIN_DOCUMENTS - 1 if lang == "en" else 100
    ledger = make_ledger(*flows("a", lang, number, words_below_min=number), *flows("a", "fr", 1000))
    assert find_losses(ledger, max_share=0.5, languages=["en", "fr"]) == []


def test_nothing_read_is_nothing_lost_and_a_share_of_one_is_never_exceeded() -> None:
    assert find_losses(make_ledger(), max_share=0.0, languages=["en"]) == []
    everything = make_ledger(*flows("a", "en", 100, near_duplicate=100))
    assert find_losses(everything, max_share=1.0, languages=["en"]) == []


def count(sites: SiteCounts, site: str, *, kept: int, **dropped: int) -> None:
    sites.add(site, reason="", documents=kept)
    for reason, documents in dropped.items():
        sites.add(site, reason=reason, documents=documents)


@pytest.mark.parametrize(("documents", "told"), [(50, False), (51, True)])
def test_a_site_is_told_of_above_the_share_of_its_documents_in_target_languages(
    documents: int, told: bool
) -> None:
    sites = SiteCounts()
    count(sites, "a.org", kept=100 - documents, exact_duplicate=30, near_duplicate=documents - 30)
    sites.add("a.org", reason="language_not_targeted", documents=1000)
    count(sites, "b.org", kept=0, words_below_min=MIN_DOCUMENTS - 1)
    loss = Loss(kind="site", name="a.org", cause="duplicates", documents=documents, read=100)
    assert sites.find_losses(max_share=0.5) == (
        [loss] if told else [],
        SiteLosses(sites=1, losing=int(told)),
    )


def test_the_sites_that_lost_most_are_named_and_all_are_counted() -> None:
    sites = SiteCounts()
    for number in range(15):
        count(sites, f"s{number:02}.org", kept=10, words_below_min=20 + number)
    losses, found = sites.find_losses(max_share=0.5)
    assert [loss.name for loss in losses] == [f"s{n:02}.org" for n in range(14, 14 - MAX_NAMED_SITES, -1)]
    assert found == SiteLosses(sites=15, losing=15)


def test_counts_of_more_sites_than_are_kept_are_bounded_and_large_sites_stay() -> None:
    sites = SiteCounts(max_sites=3)
    for number in range(50):
        count(sites, "large.org", kept=1, words_below_min=2)
        sites.add(f"s{number}.org", reason="", documents=1)
    losses, found = sites.find_losses(max_share=0.5)
    assert [(loss.name, loss.documents, loss.read) for loss in losses] == [("large.org", 100, 150)]
    assert (found.sites, found.losing) == (1, 1)
    assert 40 < found.uncounted < 50
