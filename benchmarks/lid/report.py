"""From the results of a comparison to Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.lid.labels import name_class, to_classes
from benchmarks.report import MEGABYTE
from filters import languages


def render(results: Mapping[str, Any]) -> str:
    """The whole report, ready for benchmarks/results."""
    machine, lines = results["machine"], results["lines"]
    sources = ", ".join(f"{source} {count:,}" for source, count in sorted(lines["sources"].items()))
    parts = [
        f"### {machine['date']}, {machine['processor']}, {machine['cores']} cores, {machine['memory']}",
        f"{lines['count']:,} lines, {lines['text_bytes'] / MEGABYTE:.1f} MB, in {lines['languages']} "
        f"languages, at most {lines['max_lines']} per language and source ({sources}). "
        + " ".join(
            f"{model['model']} (SHA-256 {model['sha256'][:12]}…, {model['bytes'] / MEGABYTE:.2f} MB) answers "
            f"for {', '.join(model['held_out'])}."
            for model in results["models"]
        )
        + f" Python {machine['python']}.",
        _render_overview(results),
        _render_named(results),
        _render_classes(results),
        _render_confusions(results),
    ]
    if results["failed"]:
        parts.append("Did not run: " + "; ".join(f"{name}: {why}" for name, why in results["failed"].items()))
    return "\n\n".join(part for part in parts if part) + "\n"


def order(results: Mapping[str, Any]) -> list[str]:
    """Identifiers by falling mean F1 of the scheme merged."""
    found = results["identifiers"]
    return sorted(found, key=lambda name: (-found[name]["merged"]["mean_f1"], name))


def _render_overview(results: Mapping[str, Any]) -> str:
    strict, merged = (len(to_classes(languages.TAGS, scheme=scheme)) for scheme in ("strict", "merged"))
    head = (
        f"| | version | licence | languages | of the {merged} | mean F1 of {strict} | mean F1 of {merged} | "
        "≥ 0.90 | other languages accepted | no answer | MB/s per core | load, CPU-s | model, MB | "
        "memory, MB |\n" + "|---" * 14 + "|"
    )
    rows = []
    for name in order(results):
        each = results["identifiers"][name]
        rows.append(
            f"| {each['title']} | {each['version']} | {each['licence'] or 'not stated'} | "
            f"{each['languages']} | {len(each['named_classes'])} | {each['strict']['mean_f1']:.3f} | "
            f"{each['merged']['mean_f1']:.3f} | {each['merged']['good']} | "
            f"{_share(each['merged']['false_acceptance']['share'])} | {each['unanswered_share']:.1%} | "
            f"{each['mb_per_second']:.3g} | {each['load_seconds']:.3g} | "
            f"{each['model_bytes'] / MEGABYTE:.3g}{'*' if each['note'] else ''} | "
            f"{each['peak_bytes'] / MEGABYTE:.0f} |"
        )
    notes = sorted({each["note"] for each in results["identifiers"].values() if each["note"]})
    return "\n".join([head, *rows, *(["", *(f"\\* {note}." for note in notes)] if notes else [])])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _render_named(results: Mapping[str, Any]) -> str:
    head = (
        "Only lines in languages that the identifier can name, and ours on the same lines and classes:\n\n"
        "| | classes | lines | mean F1 | ours |\n|---|---|---|---|---|"
    )
    found = results["named"]
    rows = [
        f"| {results['identifiers'][name]['title']} | {len(found[name]['classes'])} | "
        f"{found[name]['lines']:,} | {found[name]['mean_f1']:.3f} | {found[name]['our_mean_f1']:.3f} |"
        for name in order(results)
        if name in found
    ]
    return "\n".join([head, *rows])


def _render_classes(results: Mapping[str, Any]) -> str:
    """F1 per class under strict, and of the merged classes; empty where the identifier cannot name it."""
    names = order(results)
    titles = [results["identifiers"][name]["title"] for name in names]
    head = (
        "F1 per language; no number where the identifier cannot name it. *Chinese* and *Arabic, dialects "
        "included* are the merged classes:\n\n"
        f"| | lines | {' | '.join(titles)} |\n|---|---" + "|---" * len(names) + "|"
    )
    first = results["identifiers"][names[0]]
    rows = [
        _row(results, names, each, scheme="strict", title=f"{name_class(each)} `{each}`")
        for each in sorted(first["strict"]["classes"], key=name_class)
    ]
    merged = [("zh", "*Chinese*"), ("ar", "*Arabic, dialects included*")]
    rows += [
        _row(results, names, each, scheme="merged", title=title)
        for each, title in merged
        if each in first["merged"]["classes"]
    ]
    return "\n".join([head, *rows])


def _row(results: Mapping[str, Any], names: Sequence[str], each: str, *, scheme: str, title: str) -> str:
    classes = [results["identifiers"][name][scheme]["classes"][each] for name in names]
    cells = [
        f"{score['f1']:.3f}" if can_name(results["identifiers"][name], each) else ""
        for name, score in zip(names, classes, strict=True)
    ]
    return f"| {title} | {classes[0]['support']:,} | {' | '.join(cells)} |"


def can_name(identifier: Mapping[str, Any], each: str) -> bool:
    """Whether an identifier can answer with a class of either scheme."""
    return each in identifier["tags"] or each in identifier["named_classes"]


def _render_confusions(results: Mapping[str, Any]) -> str:
    ours = results["identifiers"]["rhizotron"]["strict"]["confusions"]
    worst = ", ".join(f"{true} → {answer} {count:,}" for true, answer, count in ours)
    return f"Our largest confusions (lines in → answered, how many): {worst}."
