"""B: what do the source cards say, who has read it, and which questions of a datasheet are answered?"""

from collections import Counter

from governance.audit.answer import Evidence, Figure, Finding, listed
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.audit.forms import answered, load_form, make_table
from governance.cards import BLOCKS, answers, count_answers, review_states, unknown_fields, weighted_unknown


def b1_completeness(audited: Audited) -> Finding:
    cards = audited.all_cards()
    sizes = audited.source_bytes
    value = weighted_unknown((card, sizes.get(uid, 0)) for uid, card in cards.items())
    unknown = sum(len(unknown_fields(card)) for card in cards.values())
    asked = sum(count_answers(card) for card in cards.values())
    if value is None:
        value = unknown / asked
    states = Counter(state for card in cards.values() for state in review_states(card).values())
    total = sum(states.values())
    rows: list[tuple[str, str, float | None]] = []
    table: list[tuple[str, str, int, int, str]] = []
    for uid, card in cards.items():
        review = review_states(card)
        given, open_ = _per_block(answers(card)), Counter(_block(path) for path in unknown_fields(card))
        for block in BLOCKS:
            count = given[block]
            rows.append((uid, block, 1 - open_[block] / count if count else None))
            table.append((uid, block, count, open_[block], review[block]))
    text = (
        f"{unknown:,} of {asked:,} answers on {len(cards)} cards are unknown: {100 * value:.1f} % where "
        "each card weighs as "
        f"many bytes as its text. Of {total} blocks {states['reviewed']} are reviewed, {states['edited']} "
        "were edited "
        f"since, {states['unreviewed']} nobody has reviewed."
    )
    figures = [
        Figure(
            name="B1",
            kind="heat",
            title="Answers that are known, by source and block",
            description="Each row is a source card, each column a block of it; darker cells answer "
            "more of their questions.",
            columns=("source", "block", "share known"),
            rows=rows,
            unit="share known",
        ),
        Figure(
            name="B1-reviews",
            kind="table",
            title="Answers and reviews of each block",
            description="How many answers each block of each card gives, how many are unknown, and "
            "whether it was reviewed.",
            columns=("source", "block", "answers", "unknown", "review"),
            rows=table,
        ),
    ]
    evidence = [
        Evidence(f"cards/sources/{uid}.md", f"{len(unknown_fields(card))} unknown")
        for uid, card in cards.items()
    ]
    return Finding(float(value), text, unit="share of answers", evidence=listed(evidence), figures=figures)


def _per_block(pairs: object) -> Counter[str]:
    return Counter(_block(path) for path, _ in pairs)  # type: ignore[attr-defined]


_BLOCK_OF = {name: block for block, names in BLOCKS.items() for name in names}


def _block(path: str) -> str:
    """The block that a path of a card belongs to; empty for what no review covers."""
    return _BLOCK_OF.get(path.split(".")[0].split("[")[0], "")


def b2_edited(audited: Audited) -> Finding:
    edited = [
        (uid, block)
        for uid, card in audited.all_cards().items()
        for block, state in review_states(card).items()
        if state == "edited"
    ]
    text = f"{len(edited)} blocks were changed after somebody reviewed them, and count as unreviewed."
    evidence = [Evidence(f"cards/sources/{uid}.md", block) for uid, block in edited]
    evidence = evidence or [Evidence("cards/sources/", "review")]
    return Finding(len(edited), text, unit="blocks", evidence=listed(evidence))


def b3_datasheet(audited: Audited) -> Finding:
    form = load_form("datasheet")
    done = answered(form, audited)
    count = sum(state == "answered" for state in done.values())
    text = (
        f"{count} of the {len(form)} questions of Datasheets for Datasets have an answer in cards or "
        "manifest; what only "
        "a person could say, and no field asks, is not answered."
    )
    figure = make_table("B3", "Datasheets for Datasets: which questions have an answer", form, done)
    evidence = [Evidence("cards/sources/"), Evidence("manifest.json")]
    return Finding(count, text, unit=f"of {len(form)}", evidence=evidence, figures=[figure])


QUESTIONS = (
    Question("B1", "How much do the source cards leave unknown or unreviewed?", b1_completeness),
    Question("B2", "Which blocks were edited after their review?", b2_edited),
    Question("B3", "How many questions of a datasheet are answered?", b3_datasheet),
)
