"""The sheet that a speaker labels: as CSV, and as a page that needs no other file and no network."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from governance.reviews import LABELS
from governance.visible import visible

COLUMNS = ("id", "lang", "label", "text")
MAX_CHARS = 3000
"""Of a text that is shown: a label needs no more."""
CUT = " […]"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""
_FOLDER = Path(__file__).parent
_RIGHT_TO_LEFT = frozenset({"Arab", "Hebr", "Adlm", "Nkoo"})


def show_text(text: str) -> str:
    """A document's text as sheets show it: control characters named, cut at MAX_CHARS."""
    return visible(text[:MAX_CHARS]) + (CUT if len(text) > MAX_CHARS else "")


def text_digest(shown: str) -> str:
    """SHA-256 of a text that is shown, without what spreadsheets change: white space, a quote in front."""
    return hashlib.sha256("".join(shown.removeprefix("'").split()).encode()).hexdigest()


def render_csv(rows: Sequence[tuple[str, str]], *, lang: str) -> bytes:
    """(id, text) → a sheet with an empty column for the label; UTF-8 with the mark that Excel looks for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for name, text in rows:
        writer.writerow([name, lang, "", f"'{text}" if text.startswith(_FORMULA) else text])
    return out.getvalue().encode("utf-8-sig")


def render_html(
    rows: Sequence[tuple[str, str]], *, lang: str, release: str, sample: str, scripts: Sequence[str] = ()
) -> bytes:
    """(id, text) → a page to label them on, which saves the labels in the browser and gives the same CSV.

    scripts: those of the language, for the direction of its text.
    """
    import langcodes

    direction = "rtl" if _RIGHT_TO_LEFT.intersection(scripts) else "ltr" if scripts else "auto"
    name = langcodes.Language.get(lang).display_name()
    title = escape(f"{name} ({lang}): {len(rows)} documents of {release}")
    options = "".join(f"<dt>{label}</dt><dd>{escape(words)}</dd>" for label, words in LABELS.items())
    articles = "\n".join(
        _article(name, text=text, lang=lang, direction=direction, number=number)
        for number, (name, text) in enumerate(rows, start=1)
    )
    data = json.dumps({"lang": lang, "sample": sample, "columns": COLUMNS, "formula": _FORMULA})
    page = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_asset('review.css')}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        "<p>Read each text and say what it is. You are not told what became of it. Longer texts are cut. "
        "Labels stay in this browser until you save the sheet; what has no label is not counted.</p>\n"
        f"<dl>{options}</dl>\n{articles}\n"
        '<footer><output id="done"></output> <button id="save" type="button">Save the sheet as CSV</button>'
        "</footer>\n"
        f'<script type="application/json" id="sheet">{data.replace("<", chr(92) + "u003c")}</script>\n'
        f"<script>\n{_asset('review.js')}</script>\n</body>\n</html>\n"
    )
    return page.encode()


def _article(name: str, *, text: str, lang: str, direction: str, number: int) -> str:
    radios = "".join(
        f'<label><input type="radio" name="{name}" value="{label}"> {label.replace("_", " ")}</label>'
        for label in LABELS
    )
    return (
        f'<article id="{name}"><h2>{number}</h2>\n'
        f'<pre lang="{escape(lang)}" dir="{direction}">{escape(text)}</pre>\n<p>{radios}</p></article>'
    )


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
