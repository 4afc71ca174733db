"""The table that `rhizotron lid eval` prints: the numbers of its JSON, and what they depend on."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.terminal.tables import Table, print_table, print_text

_CONFUSIONS = 3
"""Most frequent wrong names that a row lists; the JSON has all."""


def print_evaluation(report: Mapping[str, Any]) -> None:
    """The languages, one a row, targets first; then means, false acceptance and notes."""
    print_table(_language_table(report))
    for line in describe(report):
        print_text(line)


def _language_table(report: Mapping[str, Any]) -> Table:
    table = Table("language", "texts", "precision", "recall", "95 %", "F1", "und", "as a target", "taken for")
    for column in table.columns[1:8]:
        column.justify = "right"
    table.columns[8].overflow = "fold"
    rows = report["languages"]
    for target in (True, False):
        part = [row for row in rows if row["target"] is target]
        for row in part:
            low, high = row["recall_interval"]
            taken = [
                f"{other['lang']} {_percent(other['share'])}" for other in row["confusions"][:_CONFUSIONS]
            ]
            table.add_row(
                row["lang"],
                f"{row['support']:,}",
                *(_share(row[name]) for name in ("precision", "recall")),
                f"{low:.3f}–{high:.3f}",
                _share(row["f1"]),
                _percent(row["und_share"]),
                "" if target else _percent(row["accepted_share"]),
                ", ".join(taken),
            )
        if part:
            table.add_section()
    for name, label in (("targets", "mean of targets"), ("all", "mean of all")):
        mean = report["macro"][name]
        if mean["languages"]:
            precision, recall, f1 = (_share(mean[each]) for each in ("precision", "recall", "f1"))
            table.add_row(f"{label} ({mean['languages']})", "", precision, recall, "", f1)
    return table


def describe(report: Mapping[str, Any]) -> Iterator[str]:
    """What stands below the table, line by line."""
    yield (
        f"{report['texts']:,} texts, {_percent(report['accuracy'])} rightly named "
        f"by {report['model']['name']} (sha256 {report['model']['sha256'][:12]})"
    )
    if report["blank_lines"]:
        yield f"blank lines, not counted as texts: {report['blank_lines']:,}"
    if report["max_texts_per_file"] is not None:
        yield f"only the first {report['max_texts_per_file']:,} texts of each file"
    outside = report["false_acceptance"]
    if outside["languages"]:
        yield (
            f"false acceptance: {outside['accepted']:,} of {outside['texts']:,} texts in "
            f"{outside['languages']} other languages were named as a target, {_percent(outside['share'])}; "
            f"mean over these languages {_percent(outside['mean_share'])}"
        )
    one = report["counted_as_one"]
    if one:
        listed = "; ".join(f"{tag}: {' '.join(members)}" for tag, members in one.items())
        yield f"counted as one language: {listed}"
    if report["targets_missing"]:
        yield f"target languages without a file: {' '.join(report['targets_missing'])}"
    if report["balanced"]:
        yield "precision and F1 weigh each language the same, whatever the number of its texts (--balanced)"
    else:
        yield (
            "precision and F1 are those of these texts pooled: a language with more texts weighs more; "
            "--balanced weighs each the same"
        )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
