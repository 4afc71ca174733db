"""Sections of a model card: short texts, confusions, close languages, text in other languages."""

import textwrap
from collections.abc import Mapping
from typing import Any

from filters.language_id.labels import UNDETERMINED
from governance.pages.markdown import code, number, table
from pipeline.language_id.close import OTHER

_PAIRS = 25
"""Most frequent confusions that the card lists."""


def paragraph(*sentences: str) -> str:
    """Sentences in lines of a page."""
    return textwrap.fill(" ".join(sentences), 110, break_long_words=False, break_on_hyphens=False) + "\n"


def share(value: float | None) -> str:
    """A share of 1 as a card says it."""
    return "–" if value is None else f"{value:.3f}"


def render_short(report: Mapping[str, Any]) -> str:
    """Precision and recall of the beginnings of held-out lines."""
    rows = []
    by_lang: dict[str, dict[str, str]] = {}
    for size, part in report["short"].items():
        alone, macro = part["among_targets"], part["macro"]["targets"]
        figures = (part["right"], macro["precision"], alone["precision"], macro["recall"])
        rows.append([size, len(part["languages"]), *map(share, figures), _least(part["min_score"])])
        for row in part["languages"]:
            cell = f"{share(row['precision'])} {share(row['recall'])} from {_least(row['min_score'])}"
            by_lang.setdefault(row["lang"], {})[size] = cell
    explanation = paragraph(
        "The first words of lines of other sources, up to so many bytes of letters. *Right*: the share of",
        "what is named as one of the 46 that is in it, half of all text being in the 46, where lines in",
        "languages that the recipe sets aside (`limits.set_aside`) do not count; they do in *Precision*, by",
        "which all languages weigh the same.",
        "*Least score*: from which on a text of that size is named as a language outside the 46, unless",
        "its source declares it or one language alone is written in its script. Below, each of the 46:",
        "precision, recall, and the least score that it has of its own.",
    )
    columns = ["Bytes of letters", "Classes", "Right", "Precision", "Precision, the 46 only", "Recall"]
    means = table([*columns, "Least score"], rows)
    sizes = list(report["short"])
    cells = [[code(lang), *(of.get(size, "–") for size in sizes)] for lang, of in sorted(by_lang.items())]
    return f"{explanation}\n{means}\n\n{table(['Class', *(f'{size} B' for size in sizes)], cells)}\n"


def _least(score: float) -> str:
    return f"{score:.2f}" if score <= 1 else "never"


def render_confusions(report: Mapping[str, Any]) -> str:
    """The most frequent confusions with one of the 46."""
    pairs = []
    for row in report["languages"]:
        for other in row["confusions"]:
            if other["lang"] != "und" and (row["target"] or other["lang"] in _targets(report)):
                pairs.append((other["share"], row["lang"], other["lang"], other["texts"], row["support"]))
    rows = [
        [f"{code(lang)} → {code(other)}", f"{part:.1%}", texts, support]
        for part, lang, other, texts, support in sorted(pairs, key=lambda pair: (-pair[0], pair[1:3]))[
            :_PAIRS
        ]
    ]
    return table(["Pair", "Share of its lines", "Lines", "Of"], rows) + "\n"


def _targets(report: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(row["lang"] for row in report["languages"] if row["target"])


def render_families(report: Mapping[str, Any]) -> str:
    """One table for each family: lines of each member by what they are named."""
    tables = []
    for family in report["close"]["families"]:
        if not family["named"]:
            continue
        columns = [*family["members"], OTHER, UNDETERMINED]
        rows = []
        for gold, named in family["named"].items():
            total = sum(named.values())
            cells = (f"{named[name] / total:.1%}" if name in named else "" for name in columns)
            rows.append([code(gold), total, *cells])
        heads = [code(name) for name in family["members"]]
        tables.append(table(["Lines in", "Lines", *heads, "another", code(UNDETERMINED)], rows))
    explanation = paragraph(
        "Lines of other sources, with limits; of each row's language, the share that is named as each member",
        "of its family.",
    )
    return "\n".join([explanation, *(f"{each}\n" for each in tables)])


def render_others(report: Mapping[str, Any]) -> str:
    """How much text outside the 46 is taken in, by neighbour."""
    outside = report["false_acceptance"]
    rows = [row for row in report["languages"] if not row["target"] and row["lang"] != "und"]
    named = [row for row in rows if row["support"] >= 50]
    good = sum(1 for row in named if row["recall"] >= 0.9)
    explanation = paragraph(
        f"{number(outside['accepted'])} of {number(outside['texts'])} held-out lines in",
        f"{outside['languages']}",
        "other languages were taken for one of the 46; the mean over the languages is",
        f"{outside['mean_share']:.2%}. Of the {len(named)} other languages with at least 50 such",
        f"lines, {good} are",
        "recognised in at least 90 % of them.",
    )
    taken = [
        [code(row["lang"]), *_acceptance(row["other_sources"]), *_acceptance(row["same_sources"])]
        for row in report["close"]["neighbours"]
        if row["other_sources"]["lines"] or row["same_sources"]["lines"]
    ]
    columns = ["Neighbour", "Lines, other sources", "Taken in", "As", "Lines, same sources", "Taken in", "As"]
    return f"{explanation}\n{table(columns, taken)}\n"


def _acceptance(part: Mapping[str, Any]) -> tuple[object, str, str]:
    """(lines, share taken for one of the 46, the two that it is most often taken for)."""
    if not part["lines"]:
        return 0, "–", ""
    names = ", ".join(map(code, list(part["taken_for"])[:2]))
    return part["lines"], f"{part['accepted'] / part['lines']:.1%}", names
