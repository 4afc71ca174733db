"""Wipe-outs: what took more than a share of a source or language, from the ledger."""

import pytest

from governance.ledger import Ledger, Row
from governance.losses import MIN_DOCUMENTS, Loss, find_losses


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
