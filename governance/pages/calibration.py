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
_EXAMPLES = 3
"""Documents shown on either side of a limit."""
_EMBEDDED = ("signal", "limits", "histogram", "distribution", "examples")

_BARS = (
    '<fieldset class="switch"><legend>Height of the bars:</legend>'
    '<label><input type="radio" name="bars" value="linear" checked> number of documents</label>'
    '<label><input type="radio" name="bars" value="root"> its square root, which shows '
    "rare values</label>"
    "</fieldset>"
)

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
        "signals": [{name: signal[name] for name in _EMBEDDED} for signal in report["signals"]],
    }
    data = json.dumps(embedded, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    ruled = [signal for signal in report["signals"] if signal["ruled"]]
    others = [signal for signal in report["signals"] if not signal["ruled"]]
    title = f"Limits for {report['name']} ({report['lang']}), {report['corpus']}"
    body = [
        "<main>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(_lead(report))}</p>',
        '<p class="total">All limits together, as the sliders stand, remove '
        '<output id="together"></output> '
        f"of {report['joint']['documents']:,} evenly spaced documents.</p>",
        "<noscript><p>Sliders need JavaScript. The histograms show the limits in force.</p></noscript>",
        "<h2>What each limit removes</h2>",
        _limits_table(report),
        "<h2>Signals with a limit</h2>",
        _BARS,
        *(_signal(signal, lang=report["lang"]) for signal in ruled),
        "<h2>Signals without</h2>",
        *(_signal(signal, lang=report["lang"]) for signal in others),
        "<h2>For the corpus file</h2>",
        '<div class="scroll" role="region" tabindex="0" aria-label="Limits as the sliders stand">'
        '<pre id="yaml"></pre></div>',
        "</main>",
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_asset('page.css')}{_asset('calibration.css')}</style>\n</head>\n<body>\n"
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
        f'<tr><th scope="row"><code>{escape(limit["reason"])}</code></th>'
        f'<td class="number">{limit["limit"]:g}</td><td>{escape(limit["origin"])}</td>'
        + "".join(
            f'<td class="number">{_percent(limit[name], total=sampled)}</td>'
            for name in ("alone", "only", "in_sequence")
        )
        + "</tr>"
        for limit in report["limits"]
    ]
    caption = (
        "Shares of the sample: what fails the limit (alone), what fails no other (only it), and what fails "
        "it first (in sequence; these add up)."
    )
    return _table(caption, ("limit", "#value", "origin", "#alone", "#only it", "#in sequence"), rows=rows)


def _table(caption: str, heads: Sequence[str], *, rows: Sequence[str]) -> str:
    """A table that scrolls by itself where a screen is narrow; heads of numbers begin with #."""
    cells = "".join(
        f'<th scope="col"{" class=number" if head.startswith("#") else ""}>{escape(head.lstrip("#"))}</th>'
        for head in heads
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _signal(signal: Mapping[str, Any], *, lang: str) -> str:
    name, distribution = signal["signal"], signal["distribution"]
    parts = [f'<h3 id="{escape(name)}">{escape(name)}</h3>', f"<p>{escape(signal['meaning'])}</p>"]
    constant = _constant(signal)
    if constant is None:
        parts.append(_histogram(signal))
    elif constant:
        parts.append(f"<p><strong>{escape(constant)}</strong></p>")
    if distribution["grid"]:
        parts += [_control(signal, side=side, has_slider=constant is None) for side in ("min", "max")]
    parts += [_verdict(side, verdict=verdict) for side, verdict in signal["verdicts"].items()]
    if distribution["missing"]:
        short = f" or with fewer than {signal['min_words']} words" if signal["min_words"] else ""
        parts.append(
            f"<p>{distribution['missing']:,} documents have no value{short}: they are not judged.</p>"
        )
    parts += [_suggestions(signal), _examples(signal, lang=lang)]
    return f'<section class="signal" aria-labelledby="{escape(name)}">{"".join(parts)}</section>'


def _constant(signal: Mapping[str, Any]) -> str | None:
    """What is said of a signal that has one value or none; None where it has several."""
    counts, distribution = signal["histogram"]["counts"], signal["distribution"]
    if not counts:
        return "No document has a value."
    documents = sum(counts)
    values = [
        value
        for value, below, up_to in zip(
            distribution["grid"], distribution["below"], distribution["at_or_below"], strict=True
        )
        if up_to - below == documents
    ]
    return f"Each of {documents:,} documents has the value {values[0]:g}." if values else None


def _histogram(signal: Mapping[str, Any]) -> str:
    histogram, name = signal["histogram"], escape(signal["signal"])
    highest, bars = max(histogram["counts"]), len(histogram["counts"])
    step = _WIDTH / bars
    shapes = [
        f'<rect x="{place * step:.1f}" y="{_HEIGHT * (1 - count / highest):.2f}" '
        f'width="{step - 1:.1f}" height="{_HEIGHT * count / highest:.2f}" data-share="{count / highest:.6g}">'
        f"<title>{count:,} documents from {low:.4g} to {high:.4g}</title></rect>"
        for place, (count, low, high) in enumerate(
            zip(histogram["counts"], histogram["edges"], histogram["edges"][1:], strict=False)
        )
    ]
    shapes += [_cut(signal, side=side) for side in ("min", "max")]
    shapes.append(f'<line class="axis" x1="0" x2="{_WIDTH:g}" y1="{_HEIGHT:g}" y2="{_HEIGHT:g}"/>')
    low, high = histogram["edges"][0], histogram["edges"][-1]
    label = (
        f"Histogram of {name}: {sum(histogram['counts']):,} documents between {low:.4g} and {high:.4g}, "
        f"at most {highest:,} in one of {bars} bars"
    )
    scale = "logarithmic scale, " if histogram["scale"] == "log" else ""
    return (
        f'<div class="scale"><svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" '
        f'height="120" role="img" aria-label="{label}">{"".join(shapes)}</svg></div>'
        f'<div class="ends" aria-hidden="true"><span>≤ {low:.4g}</span>'
        f"<span>{scale}highest bar {highest:,} documents</span><span>≥ {high:.4g}</span></div>"
    )


def _cut(signal: Mapping[str, Any], *, side: str) -> str:
    """The line of a limit and the shade over what it removes, as the limit in force has them."""
    key = f"{escape(signal['signal'])}.{side}"
    limit = signal["limits"].get(side)
    position = 0.0 if limit is None else _WIDTH * _place(signal["histogram"], value=limit)
    start, width = (0.0, position) if side == "min" else (position, _WIDTH - position)
    hidden = ' style="display:none"' if limit is None else ""
    return (
        f'<rect class="out" id="{key}.out" x="{start:.1f}" y="0" width="{width:.1f}" '
        f'height="{_HEIGHT:g}"{hidden}/><line class="cut" id="{key}.line" x1="{position:.1f}" '
        f'x2="{position:.1f}" y1="0" y2="{_HEIGHT:g}"{hidden}/>'
    )


def _place(histogram: Mapping[str, Any], *, value: float) -> float:
    """Where a value stands on the scale of a histogram, from 0 to 1: what calibration.js calls place."""
    edges: Sequence[float] = histogram["edges"]
    if histogram["scale"] == "log":
        value, edges = math.log1p(max(value, 0.0)), [math.log1p(max(edge, 0.0)) for edge in edges]
    return min(1.0, max(0.0, (value - edges[0]) / ((edges[-1] - edges[0]) or 1.0)))


def _control(signal: Mapping[str, Any], *, side: str, has_slider: bool) -> str:
    name = escape(signal["signal"])
    key, words = f"{name}.{side}", "Minimum" if side == "min" else "Maximum"
    slider = (
        f'<input type="range" min="0" max="1000" step="any" aria-label="{words} of {name}">'
        if has_slider
        else ""
    )
    return (
        f'<fieldset class="control" id="{key}" data-signal="{name}" data-side="{side}">'
        f'<legend class="unseen">{words} of {name}</legend><div class="row">'
        f'<label class="use"><input type="checkbox"> {words}</label>'
        f'<input type="number" step="any" aria-label="{words} of {name}, as a number">'
        f'<output class="limit unseen"></output><span>removes <output class="share"></output> '
        f'<span class="over"></span></span></div>{slider}</fieldset>'
    )


def _verdict(side: str, *, verdict: Mapping[str, Any]) -> str:
    kind = "verdict" if verdict["ok"] else "verdict bad"
    return f'<p>The {side} in force <span class="{kind}">{escape(verdict["message"])}</span>.</p>'


def _suggestions(signal: Mapping[str, Any]) -> str:
    rows = [
        f'<tr><th scope="row">{each["side"]}</th><td class="number">{each["limit"]:.6g}</td>'
        f"<td>{_METHODS[each['method']]}</td>"
        f'<td class="verdict{"" if each["ok"] else " bad"}">{escape(each["message"])}</td>'
        f'<td><button type="button" data-signal="{escape(signal["signal"])}" data-side="{each["side"]}" '
        f'data-limit="{each["limit"]!r}">try</button></td></tr>'
        for each in signal["suggestions"]
    ]
    if not rows:
        return ""
    table = _table("Limits that the values suggest", ("side", "#limit", "why", "guard", "try it"), rows=rows)
    return f"<details><summary>Other limits</summary>{table}</details>"


def _examples(signal: Mapping[str, Any], *, lang: str) -> str:
    """Documents nearest to the first limit in force; the page puts others there as the limit moves."""
    if not signal["examples"] or not signal["limits"]:
        return ""
    side, limit = next(iter(signal["limits"].items()))
    nearest = sorted(signal["examples"], key=lambda each: abs(each["value"] - limit))
    boxes = []
    for kind, title in (("failing", "just fail it"), ("passing", "just pass it")):
        chosen = [
            each
            for each in nearest
            if (each["value"] < limit if side == "min" else each["value"] > limit) == (kind == "failing")
        ]
        items = "".join(
            f"<li><small>{each['value']:g} · {escape(each['source'])} · {each['doc_id']}</small>"
            f'<span dir="auto" lang="{escape(lang)}">{escape(each["text"])}</span></li>'
            for each in chosen[:_EXAMPLES]
        )
        boxes.append(f'<div class="{kind}"><h4>{title}</h4><ol>{items or "<li>none</li>"}</ol></div>')
    return (
        f'<details id="{escape(signal["signal"])}.examples"><summary>Documents at the {side} of {limit:g}; '
        f'personal data hidden</summary><div class="examples">{"".join(boxes)}</div></details>'
    )
