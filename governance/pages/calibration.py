"""One self-contained page of a calibration: histograms, a slider for each limit, documents at the cuts."""

import json
import math
from collections.abc import Mapping, Sequence
from html import escape as escape_html
from pathlib import Path
from typing import Any

from governance.visible import visible

_FOLDER = Path(__file__).parent
_WIDTH, _HEIGHT = 900.0, 120.0

_METHODS = {
    "quantile": "1 % of the sample is beyond",
    "deviation": "3 standard deviations from the mean",
    "tail": "1 % of the reference is beyond",
}


def render_page(report: Mapping[str, Any]) -> str:
    """The report of `rhizotron calibrate` as HTML that needs no other file."""
    embedded = {
        "lang": report["lang"],
        "sampled": report["sampled"],
        "max_dropped_share": report["max_dropped_share"],
        "joint": report["joint"],
        "signals": [
            {name: signal[name] for name in ("signal", "limits", "histogram", "distribution")}
            for signal in report["signals"]
        ],
    }
    data = json.dumps(embedded, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    ruled = [signal for signal in report["signals"] if signal["ruled"]]
    others = [signal for signal in report["signals"] if not signal["ruled"]]
    title = f"Limits for {report['name']} ({report['lang']}), {report['corpus']}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(_lead(report))}</p>',
        '<p class="total">All limits together, as the sliders stand, remove <output id="together"></output> '
        f"of {report['joint']['documents']:,} evenly spaced documents.</p>",
        "<h2>What each limit removes</h2>",
        _limits_table(report),
        "<h2>Signals with a limit</h2>",
        *(_signal(signal, limits=report["limits"]) for signal in ruled),
        "<h2>Signals without</h2>",
        *(_signal(signal, limits=()) for signal in others),
        "<h2>For the corpus file</h2>",
        '<pre id="yaml"></pre>',
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_asset('calibration.css')}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f'\n<script type="application/json" id="report">{data}</script>\n'
        f"<script>\n{_asset('calibration.js')}</script>\n</body>\n</html>\n"
    )


def escape(text: str) -> str:
    """Text for an element or attribute, its control characters shown."""
    return escape_html(visible(text))


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _lead(report: Mapping[str, Any]) -> str:
    sample = f"{report['sampled']:,} of {report['documents']:,} documents of {report['corpus']}"
    removed = f"the limits in force remove {_percent(report['removed'], total=report['sampled'])}"
    reference = report["reference"]
    clean = (
        f" Reference: {reference['documents']:,} documents of {', '.join(reference['sources'])}."
        if reference["documents"]
        else " No reference was named."
    )
    return f"{sample}; {removed}.{clean}"


def _percent(part: int, *, total: int) -> str:
    return f"{100 * part / total:.2f} %" if total else "–"


def _limits_table(report: Mapping[str, Any]) -> str:
    sampled = report["sampled"]
    rows = [
        f"<tr><td><code>{escape(limit['reason'])}</code></td>"
        f'<td class="number">{limit["limit"]:g}</td><td>{escape(limit["origin"])}</td>'
        + "".join(
            f'<td class="number">{_percent(limit[name], total=sampled)}</td>'
            for name in ("alone", "only", "in_sequence")
        )
        + "</tr>"
        for limit in report["limits"]
    ]
    head = (
        '<tr><th>limit</th><th class="number">value</th><th>origin</th><th class="number">alone</th>'
        '<th class="number">only it</th><th class="number">in sequence</th></tr>'
    )
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _signal(signal: Mapping[str, Any], *, limits: Sequence[Mapping[str, Any]]) -> str:
    name = signal["signal"]
    missing = signal["distribution"]["missing"]
    parts = [f"<h3>{escape(name)}</h3>", _histogram(signal)]
    if signal["distribution"]["grid"]:
        parts += [_control(name, side=side) for side in ("min", "max")]
    parts += [_verdict(side, verdict=verdict) for side, verdict in signal["verdicts"].items()]
    if missing:
        parts.append(f"<p>{missing:,} documents have no value and are not judged.</p>")
    parts.append(_suggestions(signal))
    for limit in limits:
        if limit["signal"] == name:
            parts.append(_excerpts(limit))
    return f'<section class="signal">{"".join(parts)}</section>'


def _histogram(signal: Mapping[str, Any]) -> str:
    histogram, name = signal["histogram"], escape(signal["signal"])
    if not histogram["counts"]:
        return "<p>No document has a value.</p>"
    highest, bars = max(histogram["counts"]), len(histogram["counts"])
    step = _WIDTH / bars
    shapes = [
        f'<rect x="{place * step:.1f}" y="{_HEIGHT * (1 - _height(count, highest)):.1f}" '
        f'width="{step - 1:.1f}" height="{_HEIGHT * _height(count, highest):.1f}">'
        f"<title>{count:,}</title></rect>"
        for place, count in enumerate(histogram["counts"])
    ]
    for side in ("min", "max"):
        shapes.append(f'<rect class="out" id="{name}.{side}.out" y="0" height="{_HEIGHT:g}"/>')
        shapes.append(f'<line class="cut" id="{name}.{side}.line" y1="0" y2="{_HEIGHT:g}"/>')
    low, high = histogram["edges"][0], histogram["edges"][-1]
    scale = ", logarithmic" if histogram["scale"] == "log" else ""
    shapes += [
        f'<line class="axis" x1="0" x2="{_WIDTH:g}" y1="{_HEIGHT:g}" y2="{_HEIGHT:g}"/>',
        f'<text x="0" y="{_HEIGHT + 16:g}">≤ {low:.4g}</text>',
        f'<text x="{_WIDTH / 2:g}" y="{_HEIGHT + 16:g}" text-anchor="middle">'
        f"documents by value{scale}</text>",
        f'<text x="{_WIDTH:g}" y="{_HEIGHT + 16:g}" text-anchor="end">≥ {high:.4g}</text>',
    ]
    label = f"Histogram of {name}: {sum(histogram['counts']):,} documents between {low:.4g} and {high:.4g}"
    box = f'viewBox="0 0 {_WIDTH:g} {_HEIGHT + 22:g}" role="img" aria-label="{label}"'
    return f"<svg {box}>{''.join(shapes)}</svg>"


def _height(count: int, highest: int) -> float:
    """Square roots, so that a bin of one in a thousand is still seen."""
    return math.sqrt(count / highest)


def _control(name: str, *, side: str) -> str:
    key = f"{escape(name)}.{side}"
    return (
        f'<div class="control" id="{key}" data-signal="{escape(name)}" data-side="{side}">'
        f'<label for="{key}.input">{side}</label><input id="{key}.input" type="range" step="1">'
        '<output class="limit"></output><output class="share"></output></div>'
    )


def _verdict(side: str, *, verdict: Mapping[str, Any]) -> str:
    kind = "verdict" if verdict["ok"] else "verdict bad"
    return f'<p>The {side} in force <span class="{kind}">{escape(verdict["message"])}</span>.</p>'


def _suggestions(signal: Mapping[str, Any]) -> str:
    rows = [
        f'<tr><td>{each["side"]}</td><td class="number">{each["limit"]:.6g}</td>'
        f"<td>{_METHODS[each['method']]}</td>"
        f'<td class="verdict{"" if each["ok"] else " bad"}">{escape(each["message"])}</td>'
        f'<td><button type="button" data-signal="{escape(signal["signal"])}" data-side="{each["side"]}" '
        f'data-limit="{each["limit"]!r}">try</button></td></tr>'
        for each in signal["suggestions"]
    ]
    if not rows:
        return ""
    head = '<tr><th>side</th><th class="number">limit</th><th>why</th><th>guard</th><th></th></tr>'
    return (
        f"<details><summary>Other limits</summary><table><thead>{head}</thead><tbody>{''.join(rows)}"
        "</tbody></table></details>"
    )


def _excerpts(limit: Mapping[str, Any]) -> str:
    quotes = "".join(
        f'<blockquote class="{kind}"><small>{escape(limit["signal"])} {each["value"]:g} · '
        f'{escape(each["source"])} · {each["doc_id"]}</small><span dir="auto">{escape(each["text"])}</span>'
        "</blockquote>"
        for kind in ("failing", "passing")
        for each in limit[kind]
    )
    title = f"Documents at the {limit['side']} of {limit['limit']:g}"
    if not quotes:
        return ""
    return (
        f"<details><summary>{escape(title)}: {len(limit['failing'])} that fail, "
        f"{len(limit['passing'])} that pass; addresses and long numbers hidden</summary>{quotes}</details>"
    )
