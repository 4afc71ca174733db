"""Conservation: what balances, what does not, and that nothing can go missing unnoticed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import balance as check
from governance.balance import LostDocuments
from governance.ledger import Ledger, sum_rows
from layers.entries import Count, Entry, Unit

Layers = dict[str, list[Entry]]


def entry(layer: str, *counts: Count, source: str = "wiki", uri: str = "a.jsonl") -> Entry:
    return Entry(layer, Unit(source, uri), "0" * 64, {}, counts)


def a_run() -> Layers:
    """Five documents of one source: one unreadable, one lost in a filter, one too short, two published."""
    return {
        "raw": [
            entry(
                "raw",
                Count("read", documents=5, bytes=600),
                Count("kept", lang_declared="sw", documents=3, bytes=300),
                Count("kept", lang_declared="", documents=1, bytes=90),
                Count("text", lang_declared="sw", documents=3, bytes=240),
                Count("text", lang_declared="", documents=1, bytes=80),
                Count("dropped", reason="invalid_json", documents=1, bytes=100),
                Count("dropped", reason="truncated", documents=None, bytes=60),
                Count("framing", bytes=50),
            )
        ],
        "measured": [
            entry(
                "measured",
                Count("read", documents=4, bytes=320),
                Count("kept", lang_declared="sw", lang="sw", documents=2, bytes=150),
                Count("kept", lang_declared="", lang="zh-Hans", documents=1, bytes=85),
                Count("dropped", lang_declared="sw", reason="error:roots", documents=1, bytes=90),
                Count("edited", bytes=-5),
            )
        ],
        "decisions": [
            entry(
                "decisions",
                Count("read", lang="sw", documents=2, bytes=150),
                Count("read", lang="zh-Hans", documents=1, bytes=85),
                Count("kept", lang="sw", documents=1, bytes=100),
                Count("dropped", lang="sw", reason="words_below_min", documents=1, bytes=50),
                Count("kept", lang="zh-Hans", documents=1, bytes=85),
            )
        ],
        "release": [
            entry("release", Count("kept", lang="sw", documents=1, bytes=100)),
            entry("release", Count("kept", lang="zh-Hans", documents=1, bytes=85), uri="zh-Hans"),
        ],
    }


def balance(run: Layers) -> Ledger:
    """The ledger of the counts of a run's entries."""
    return check.balance(
        {layer: [(e.unit.source, count) for e in run[layer] for count in e.counts] for layer in run}
    )


def test_a_run_balances_and_its_tables_are_sums() -> None:
    ledger = balance(a_run())
    assert [row for row in ledger.rows() if row["layer"] == "decisions"] == [
        row("decisions", "dropped", lang="sw", reason="words_below_min", documents=1, size=50),
        row("decisions", "kept", lang="sw", documents=1, size=100),
        row("decisions", "kept", lang="zh-Hans", documents=1, size=85),
        row("decisions", "read", lang="sw", documents=2, size=150),
        row("decisions", "read", lang="zh-Hans", documents=1, size=85),
    ]
    assert [row["layer"] for row in ledger.rows()] == sorted(
        (row["layer"] for row in ledger.rows()), key=["raw", "measured", "decisions", "release"].index
    )
    assert ledger.languages() == [
        {
            "lang": "sw",
            "documents_read": 2,
            "documents_kept": 1,
            "documents_dropped": 1,
            "duplicates": 0,
            "reasons": {"words_below_min": 1},
            "bytes_read": 150,
            "bytes_kept": 100,
        },
        {
            "lang": "zh-Hans",
            "documents_read": 1,
            "documents_kept": 1,
            "documents_dropped": 0,
            "duplicates": 0,
            "reasons": {},
            "bytes_read": 85,
            "bytes_kept": 85,
        },
    ]
    assert ledger.matrix() == [
        {"lang_declared": "", "lang": "zh-Hans", "documents": 1, "bytes": 85},
        {"lang_declared": "sw", "lang": "sw", "documents": 2, "bytes": 150},
    ]
    assert [(tail["reason"], tail["bytes"]) for tail in ledger.unknown_tails()] == [("truncated", 60)]


def row(
    layer: str,
    flow: str,
    *,
    documents: int,
    size: int,
    source: str = "wiki",
    declared: str = "",
    lang: str = "",
    reason: str = "",
) -> dict[str, object]:
    return {
        "layer": layer,
        "source": source,
        "flow": flow,
        "lang_declared": declared,
        "lang": lang,
        "reason": reason,
        "documents": documents,
        "bytes": size,
    }


def test_main_reasons_are_the_most_frequent_and_duplicates_are_counted_apart() -> None:
    reasons = {"near_duplicate": 3, "exact_duplicate": 2, "words_below_min": 9, "a_rule": 3}
    rows = [
        row("decisions", "dropped", lang="yo", reason=name, documents=n, size=n)
        for name, n in reasons.items()
    ]
    rows.append(row("decisions", "read", lang="yo", documents=17, size=17))
    (yo,) = sum_rows(rows).languages(max_reasons=2)  # type: ignore[arg-type]
    assert (yo["duplicates"], yo["documents_dropped"], yo["reasons"]) == (
        5,
        17,
        {"words_below_min": 9, "a_rule": 3},
    )


def test_a_lost_document_is_named_with_layer_source_language_and_both_sides() -> None:
    run = a_run()
    run["release"] = run["release"][1:]
    with pytest.raises(LostDocuments) as caught:
        balance(run)
    assert caught.value.failures == (
        "decisions → release of wiki, lang sw: kept 1 documents, kept 0 (difference +1)",
        "decisions → release of wiki, lang sw: kept 100 bytes, kept 0 (difference +100)",
    )


def test_sources_and_languages_do_not_pay_for_each_other() -> None:
    run = a_run()
    other = {
        layer: [replace(e, unit=Unit("news", e.unit.uri)) for e in entries]
        for layer, entries in a_run().items()
    }
    both = {layer: run[layer] + other[layer] for layer in run}
    balance(both)
    moved = [replace(e, unit=Unit("news", e.unit.uri + "2")) for e in run["release"][:1]]
    with pytest.raises(LostDocuments, match="of news, lang sw: kept 1 documents, kept 2"):
        balance(both | {"release": moved + run["release"][1:] + other["release"]})


@pytest.mark.parametrize(
    ("layer", "count", "message"),
    [
        ("release", Count("read", lang="sw"), "'read' is not a flow of 'release'"),
        (
            "decisions",
            Count("dropped", lang="sw", reason="x", documents=None),
            "only unreadable tails at raw",
        ),
        ("measured", Count("edited", documents=1), "1 documents in a flow of bytes"),
        ("decisions", Count("dropped", lang="sw"), "have a reason"),
        ("decisions", Count("kept", lang="sw", reason="x"), "have a reason"),
    ],
)
def test_lines_that_mean_nothing_are_refused(layer: str, count: Count, message: str) -> None:
    run = a_run()
    extra = entry(layer, count, uri="extra")
    with pytest.raises(LostDocuments, match=message):
        balance(run | {layer: [*run[layer], extra]})


def test_negative_counts_are_refused_even_when_they_cancel() -> None:
    run = a_run()
    extra = [Count("kept", lang="yo", documents=-1), Count("dropped", lang="yo", reason="x", documents=1)]
    with pytest.raises(LostDocuments, match="negative"):
        balance(run | {"decisions": [*run["decisions"], entry("decisions", *extra, uri="extra")]})


def test_all_four_layers_are_needed() -> None:
    run = a_run()
    del run["release"]
    with pytest.raises(ValueError, match="needs the layers"):
        balance(run)


def test_an_empty_run_balances() -> None:
    assert balance({"raw": [], "measured": [], "decisions": [], "release": []}) == Ledger(())


LANGS = ("", "sw", "yo", "zh-Hans")
sizes = st.integers(0, 10**12)
numbers = st.integers(0, 10**6)


@st.composite
def consistent_runs(draw: st.DrawFn) -> Layers:
    """Random flows of one to three sources that lose nothing, built backwards from the release."""
    run: Layers = {layer: [] for layer in ("raw", "measured", "decisions", "release")}
    for source in draw(st.lists(st.sampled_from(("a", "b", "c")), min_size=1, unique=True)):
        for layer, counts in _source_counts(draw).items():
            cut = draw(st.integers(0, len(counts)))  # one or two units
            for uri, part in (("1", counts[:cut]), ("2", counts[cut:])):
                run[layer].append(entry(layer, *part, source=source, uri=uri))
    return run


def _source_counts(draw: st.DrawFn) -> Mapping[str, Sequence[Count]]:
    kept = {lang: (draw(numbers), draw(sizes)) for lang in LANGS[1:] if draw(st.booleans())}
    release = [Count("kept", lang=lang, documents=n, bytes=size) for lang, (n, size) in kept.items()]
    decisions = list(release)
    cells: list[Count] = []
    for lang, (n, size) in kept.items():
        dropped = Count("dropped", lang=lang, reason="rule", documents=draw(numbers), bytes=draw(sizes))
        n, size = n + (dropped.documents or 0), size + dropped.bytes
        decisions += [dropped, Count("read", lang=lang, documents=n, bytes=size)]
        first, bytes_first = draw(st.integers(0, n)), draw(st.integers(0, size))
        for declared, m, part in (("", first, bytes_first), (lang, n - first, size - bytes_first)):
            cells.append(Count("kept", lang_declared=declared, lang=lang, documents=m, bytes=part))
    failed = Count(
        "dropped", lang_declared="sw", reason="error:f", documents=draw(numbers), bytes=draw(sizes)
    )
    out = [*cells, failed]
    total, after = sum(c.documents or 0 for c in out), sum(c.bytes for c in out)
    edited = draw(st.integers(-after, 10**9))
    measured = [*out, Count("edited", bytes=edited), Count("read", documents=total, bytes=after + edited)]
    raw: list[Count] = []
    for index, declared in enumerate(LANGS):
        n = sum(c.documents or 0 for c in out if c.lang_declared == declared)
        size = after + edited if index == 0 else 0
        raw.append(Count("text", lang_declared=declared, documents=n, bytes=size))
        raw.append(Count("kept", lang_declared=declared, documents=n, bytes=draw(sizes)))
    raw.append(Count("dropped", reason="bad", documents=draw(numbers), bytes=draw(sizes)))
    raw.append(Count("dropped", reason="tail", documents=None, bytes=draw(sizes)))
    raw.append(Count("framing", bytes=draw(sizes)))
    gone = [c for c in raw if c.flow != "text"]
    raw.append(Count("read", documents=sum(c.documents or 0 for c in gone), bytes=sum(c.bytes for c in gone)))
    return {"raw": raw, "measured": measured, "decisions": decisions, "release": release}


@given(consistent_runs())
@settings(max_examples=60, deadline=None)
def test_random_consistent_flows_balance(run: Layers) -> None:
    ledger = balance(run)
    assert sum_rows(ledger.rows()) == ledger
    reversed_run = {layer: list(reversed(entries)) for layer, entries in run.items()}
    assert balance(reversed_run) == ledger


@given(consistent_runs(), st.data())
@settings(max_examples=150, deadline=None)
def test_any_single_change_of_a_number_is_noticed(run: Layers, data: st.DataObject) -> None:
    places = [
        (layer, index, at)
        for layer, entries in run.items()
        for index, entry in enumerate(entries)
        for at in range(len(entry.counts))
    ]
    layer, index, at = data.draw(st.sampled_from(places))
    victim = run[layer][index].counts[at]
    what = "bytes" if victim.documents is None else data.draw(st.sampled_from(("documents", "bytes")))
    change = data.draw(st.integers(-5, 5).filter(bool))
    changed = replace(victim, **{what: getattr(victim, what) + change})
    counts = [*run[layer][index].counts]
    counts[at] = changed
    broken = {name: list(entries) for name, entries in run.items()}
    broken[layer][index] = replace(run[layer][index], counts=tuple(counts))
    with pytest.raises(LostDocuments):
        balance(broken)


@given(consistent_runs(), st.data())
@settings(max_examples=60, deadline=None)
def test_any_lost_line_with_something_in_it_is_noticed(run: Layers, data: st.DataObject) -> None:
    places = [
        (layer, index, at)
        for layer, entries in run.items()
        for index, entry in enumerate(entries)
        for at, count in enumerate(entry.counts)
        if count.documents or count.bytes
    ]
    if not places:
        return
    layer, index, at = data.draw(st.sampled_from(places))
    broken = {name: list(entries) for name, entries in run.items()}
    counts = [count for i, count in enumerate(run[layer][index].counts) if i != at]
    broken[layer][index] = replace(run[layer][index], counts=tuple(counts))
    with pytest.raises(LostDocuments):
        balance(broken)
