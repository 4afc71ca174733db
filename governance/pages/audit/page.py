"""report.html of an audit: findings, then every question with its evidence, then documents to look at."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.pages.audit.draw import draw
from governance.pages.audit.samples import render_samples
from governance.pages.audit.tables import escape, render_numbers, render_table
from governance.visible import visible_line

_FOLDER = Path(__file__).parent
FIGURES = "figures"
"""Folder beside the page that has the CSV of each figure."""
_LANGUAGE_COLUMNS = ("language", "declared", "identified")
_MARKS = {"pass": "✓", "warn": "!", "fail": "✕", "not answerable": "–", "information": "i"}
_WORDS = {
    "pass": "passes",
    "warn": "warning",
    "fail": "fails",
    "not answerable": "not answerable",
    "information": "information",
}
_ORDER = ("fail", "warn", "not answerable", "information", "pass")


def render_page(report: Mapping[str, Any]) -> str:
    """The page of a report of `make_report`, which needs no other file and no network."""
    release = report["release"]
    title = f"Audit of {release['name']} {release['version']}"
    body = [
        '<a class="skip" href="#findings">Skip to the findings</a>',
        "<header>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(_lead(report))}</p>',
        _verdict_bar(report),
        _identity(release),
        _contents(report),
        "</header>",
        "<main>",
        '<h2 id="findings">Findings</h2>',
        _attention(report),
        _overview(report),
        *(_group(letter, name, report=report) for letter, name in report["groups"].items()),
        '<h2 id="documents">Three documents of each language</h2>',
        render_samples(report["samples"], languages=release["languages"]),
        "</main>",
        "<footer><p>Every number of this page is in <code>audit.json</code>, and is computed from the "
        "release alone. "
        "Cite an answer by its number, as <code>report.html#D2</code>.</p></footer>",
    ]
    style = "".join((_FOLDER / name).read_text("utf-8") for name in ("../page.css", "audit.css"))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def render_csvs(report: Mapping[str, Any]) -> dict[str, str]:
    """File name in FIGURES → the numbers of a figure or table."""
    return {
        f"{figure['name']}.csv": _csv(figure) for answer in report["answers"] for figure in answer["figures"]
    }


def _csv(figure: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_safe(name) for name in figure["columns"])
    writer.writerows([_safe(cell) for cell in row] for row in figure["rows"])
    return out.getvalue()


def _safe(cell: object) -> object:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(cell, str):
        shown = visible_line(cell)
        return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown
    return cell


def _lead(report: Mapping[str, Any]) -> str:
    release, summary = report["release"], report["summary"]
    with_documents = sum(1 for language in release["languages"].values() if language["documents"])
    trial = (
        ""
        if release["trial_limit"] is None
        else f" It is a trial of {release['trial_limit']:,} documents a source."
    )
    return (
        f"{summary['answered']} of {summary['questions']} questions are answered by computation from a "
        "release of "
        f"{release['documents']:,} documents, {release['bytes']:,} bytes of text, in {with_documents} "
        "languages from "
        f"{len(release['sources'])} sources.{trial}"
    )


def _verdict_bar(report: Mapping[str, Any]) -> str:
    counts = report["summary"]["verdicts"]
    parts = "".join(
        f'<li class="v-{_slug(verdict)}" style="--n:{counts[verdict]}"><strong>{counts[verdict]}</strong> '
        f"{_badge_mark(verdict)} {_WORDS[verdict]}</li>"
        for verdict in _ORDER
        if counts[verdict]
    )
    return f'<ul class="verdicts" aria-label="Answers by verdict">{parts}</ul>'


def _identity(release: Mapping[str, Any]) -> str:
    code = release["code"]
    made = f"{code['name']} {code['version']}"
    if code["content_version"] is not None:
        made += f", content {code['content_version']}"
    pairs = [
        ("Date", release["released"] or "not said"),
        ("Made by", made),
        ("SHA-256 of the manifest", release["manifest_sha256"]),
        ("Merkle root", release["merkle_root"]),
    ]
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="identity">{items}</dl>'


def _contents(report: Mapping[str, Any]) -> str:
    links = "".join(
        f'<li><a href="#group-{letter}"><span class="letter">{letter}</span> {escape(name)}</a></li>'
        for letter, name in report["groups"].items()
    )
    return (
        f'<nav aria-label="Contents"><ol class="contents"><li><a href="#findings">Findings</a></li>{links}'
        '<li><a href="#documents">Documents</a></li></ol></nav>'
    )


def _attention(report: Mapping[str, Any]) -> str:
    """Failures and what is missing in words; warnings stand in the table."""
    parts = []
    for verdict, lead in (
        ("fail", "These fail:"),
        ("not answerable", "These cannot be answered from the release:"),
    ):
        answers = [each for each in report["answers"] if each["verdict"] == verdict]
        if answers:
            items = "".join(
                f"<li>{_link(each)} {escape(each['question'])} "
                f'<span class="soft">{escape(each["shown"])}</span></li>'
                for each in answers
            )
            parts.append(f'<p>{lead}</p><ul class="attention">{items}</ul>')
    return "".join(parts)


def _link(answer: Mapping[str, Any]) -> str:
    return f'<a href="#{answer["id"]}">{answer["id"]}</a>'


def _overview(report: Mapping[str, Any]) -> str:
    rows = [
        f'<tr><td>{_link(each)}</td><th scope="row">{escape(each["question"])}</th>'
        f'<td class="number">{escape(_value(each))}</td><td>{_badge(each["verdict"])}</td></tr>'
        for each in report["answers"]
    ]
    return render_table("All questions", ("No.", "Question", "#Value", "Verdict"), rows, kind="overview")


def _value(answer: Mapping[str, Any]) -> str:
    return "–" if answer["value"] is None else str(answer["shown"])


def _group(letter: str, name: str, *, report: Mapping[str, Any]) -> str:
    answers = [each for each in report["answers"] if each["id"].startswith(letter)]
    inner = "".join(_answer(each, report=report) for each in answers)
    heading = f'<h2 id="group-{letter}"><span class="letter">{letter}</span> {escape(name)}</h2>'
    return f'<section aria-labelledby="group-{letter}">{heading}{inner}</section>'


def _answer(answer: Mapping[str, Any], *, report: Mapping[str, Any]) -> str:
    figures = "".join(_figure(figure, report=report) for figure in answer["figures"])
    threshold = answer["threshold_shown"] or "none: information"
    facts = [("Verdict", _badge(answer["verdict"]))]
    if answer["value"] is not None:
        facts += [("Value", escape(answer["shown"])), ("Threshold", escape(threshold))]
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    text = answer["text"] or f"{answer['shown'][0].upper()}{answer['shown'][1:]}."
    return (
        f'<article id="{answer["id"]}" class="answer" aria-labelledby="{answer["id"]}-q">'
        f'<h3 id="{answer["id"]}-q"><a class="number" href="#{answer["id"]}">{answer["id"]}</a> '
        f'{escape(answer["question"])}</h3><dl class="value">{items}</dl><p>{escape(text)}</p>{figures}'
        f"{_evidence(answer['evidence'])}</article>"
    )


def _evidence(evidence: Sequence[Mapping[str, str]]) -> str:
    if not evidence:
        return ""
    items = "".join(
        f"<li><code>{escape(each['path'])}</code> {escape(each['detail'])}</li>" for each in evidence
    )
    return f'<details class="evidence"><summary>Evidence</summary><ul>{items}</ul></details>'


def _figure(figure: Mapping[str, Any], *, report: Mapping[str, Any]) -> str:
    if not figure["rows"]:
        return ""
    labels = _labels(figure, report=report)
    data = f'<a class="csv" href="{FIGURES}/{escape(figure["name"])}.csv">CSV</a>'
    numbers = render_numbers(figure)
    # where nothing was counted, a drawing would be empty
    if figure["kind"] == "table" or not any(_amount(figure, row=row) for row in figure["rows"]):
        shown = numbers
        if len(figure["rows"]) > 12:
            shown = (
                f"<details><summary>{escape(figure['title'])}: {len(figure['rows']):,} "
                f"rows</summary>{numbers}</details>"
            )
        return f'<div class="numbers">{shown}{data}</div>'
    caption = (
        f"<figcaption><strong>{escape(figure['title'])}.</strong> "
        f"{escape(figure['description'])}</figcaption>"
    )
    scroll = f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(figure["title"])}">'
    return (
        f"<figure>{caption}{scroll}{draw(figure, labels=labels)}</div>"
        f'<div class="below"><details class="data"><summary>The numbers as a table</summary>{numbers}'
        f"</details>{data}</div>"
        "</figure>"
    )


def _amount(figure: Mapping[str, Any], *, row: Sequence[Any]) -> float:
    """What a row of a drawing shows."""
    return float((row[1] if figure["kind"] == "columns" else row[2]) or 0)


def _labels(figure: Mapping[str, Any], *, report: Mapping[str, Any]) -> dict[str, str]:
    """What languages are called beside an axis, and on the treemap."""
    if figure["kind"] != "treemap" and figure["columns"][0] not in _LANGUAGE_COLUMNS:
        return {}
    languages = report["release"]["languages"]
    long = figure["kind"] != "treemap"
    return {tag: f"{each['name']} ({tag})" if long else each["name"] for tag, each in languages.items()}


def _badge(verdict: str) -> str:
    word = f'<span class="word">{_WORDS[verdict]}</span>'
    return f'<span class="badge v-{_slug(verdict)}">{_badge_mark(verdict)} {word}</span>'


def _badge_mark(verdict: str) -> str:
    return f'<span aria-hidden="true">{_MARKS[verdict]}</span>'


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "-")
