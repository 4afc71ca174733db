"""`rhizotron calibrate`: measured documents of one language → what its limits remove, and other limits.

Reads the measured layer and nothing else: signals of a sample of the language's documents, and the text of
those that are nearest to a limit.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from filters import languages
from filters.calibration import (
    MAX_DROPPED_SHARE,
    Values,
    bounds_of,
    count_removed,
    cuts_of,
    decimals_of,
    distribution_of,
    dropped_share,
    histogram_of,
    judge,
    nearest,
    numeric_signals,
    suggest,
    values_of,
)
from filters.language_id import LANGUAGE
from filters.languages.patch import make_patch, set_rules
from filters.personal_data.mask import hide_one
from filters.rules import Cut, Rule
from governance.pages.calibration import render_page
from layers import storage
from layers.entries import Entry
from pipeline.errors import InputError
from pipeline.inspect.asked import entries_asked
from pipeline.job import Job
from pipeline.plan.make import Plan
from pipeline.stages.decide.rules import rules_for

REPORT_VERSION = 2
MAX_DOCUMENTS = 200_000
"""Documents of the sample: a signal of so many is 1.6 MB, and a share of 1 % is known to ± 0.04 %."""
EXCERPTS = 3
"""Documents shown on either side of a limit."""
EXAMPLES = 24
"""Documents of a signal with a limit, at even ranks of its values: whatever limit is tried has some near."""
EXCERPT_CHARS = 240
_NO_SIGNALS = frozenset({"raw_row", *LANGUAGE.names}) - {"lang_score", "lang_share", "lang_agrees"}
METHODS = ("tail", "quantile", "deviation")
"""Suggestions in the order in which the patch prefers them."""


@dataclass(frozen=True)
class Sample:
    """Measured documents of a language: n rows of signals and where each stands."""

    signals: pa.RecordBatch
    entries: Sequence[Entry]
    entry: np.ndarray
    """int64 [n], index into entries"""
    row: np.ndarray
    """int64 [n], row of the measured part"""
    documents: int
    """Of the language in the layer; n of them, evenly spaced, are in the sample."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Signal → its rule."""

    def values(self, signal: str) -> Values:
        """float [n], as a rule compares them; NaN where there is none or the rule does not judge it."""
        return values_of(self.signals, signal=signal, rule=self.rules.get(signal))

    def of_sources(self, sources: Sequence[str]) -> np.ndarray:
        """bool [n]: the document comes from one of these sources."""
        from_them = np.array([entry.unit.source in sources for entry in self.entries], bool)
        return np.asarray(from_them[self.entry], bool)


def calibrate(
    plan: Plan, *, lang: str, reference: Sequence[str] = (), max_documents: int = MAX_DOCUMENTS
) -> dict[str, Any]:
    """The report on one language: per limit what it removes, and per signal what its values suggest.

    reference: uids of sources whose documents in the language are known to be clean. Raises InputError
    where the language, a source or measured documents are missing.
    """
    if lang not in languages.tags():
        raise InputError(f"{lang!r} is not one of the languages: {', '.join(languages.tags())}")
    if unknown := sorted(set(reference) - set(plan.job.specs)):
        uids = ", ".join(sorted(plan.job.specs))
        raise InputError(f"--reference {', '.join(unknown)}: no such source; there are {uids}")
    sample = read_sample(plan, lang=lang, max_documents=max_documents)
    rules = rules_for(lang, job=plan.job)
    sample = replace(sample, rules={rule.signal: rule for rule in rules})
    min_words = {rule.signal: rule.min_words for rule in rules}
    clean = sample.of_sources(reference) if reference else None
    if clean is not None and not clean.any():
        raise InputError(f"--reference {', '.join(reference)}: no measured documents in {lang}")
    removed = {removal.reason: removal for removal in count_removed(sample.signals, rules=rules)}
    cuts = cuts_of(rules)
    return {
        "report_version": REPORT_VERSION,
        "max_dropped_share": MAX_DROPPED_SHARE,
        "corpus": plan.job.title,
        "lang": lang,
        "name": languages.load(lang).name,
        "documents": sample.documents,
        "sampled": sample.signals.num_rows,
        "reference": {
            "sources": sorted(reference),
            "documents": int(clean.sum()) if clean is not None else 0,
        },
        "removed": sum(removal.in_sequence for removal in removed.values()),
        "signals": [
            _describe_signal(
                signal, sample=sample, cuts=[cut for cut in cuts if cut.signal == signal], clean=clean
            )
            | {
                "min_words": min_words.get(signal, 0),
                "examples": _examples(signal, sample=sample, cuts=cuts, job=plan.job),
            }
            for signal in _signals_of(sample, rules=rules)
        ],
        "limits": [
            {
                **asdict(cut),
                **asdict(removed[cut.reason]),
                **_excerpts(cut, sample=sample, job=plan.job),
            }
            for cut in cuts
        ],
        "joint": _joint(sample, cuts=cuts),
    }


def read_sample(plan: Plan, *, lang: str, max_documents: int) -> Sample:
    """Evenly spaced measured documents of a language; raises InputError if there are none."""
    entries = entries_asked(plan, stage="measure")
    runs = [
        (place, run["start"], run["stop"])
        for place, entry in enumerate(entries)
        for run in entry.facts["langs"]
        if run["lang"] == lang
    ]
    total = sum(stop - start for _, start, stop in runs)
    if not total:
        raise InputError(
            f"{plan.job.measured.url} has no documents in {lang}; there are some in {_langs(entries)}"
        )
    step = -(-total // max_documents)
    batches, owner, rows, before = [], [], [], 0
    for place, start, stop in runs:
        entry = entries[place]
        chosen = np.arange(start + (-before) % step, stop, step)
        before += stop - start
        if not len(chosen):
            continue
        signals = plan.job.measured.table(entry, "signals", start=start, stop=stop)
        batches.append(signals.take(pa.array(chosen - start)))
        owner.append(np.full(len(chosen), place))
        rows.append(chosen)
    table = pa.concat_tables(batches).combine_chunks()
    return Sample(
        signals=table.to_batches(max_chunksize=None)[0],
        entries=entries,
        entry=np.concatenate(owner),
        row=np.concatenate(rows),
        documents=total,
    )


def _langs(entries: Sequence[Entry]) -> str:
    """The languages that there are documents of."""
    tags = {run["lang"] for entry in entries for run in entry.facts["langs"] if run["stop"] > run["start"]}
    return " ".join(sorted(tags)) or "no language"


def _signals_of(sample: Sample, *, rules: Sequence[Rule]) -> list[str]:
    """Signals with a rule first, in the order of the rules, then the others."""
    ruled = list(dict.fromkeys(rule.signal for rule in rules))
    others = [name for name in numeric_signals(sample.signals.schema) if name not in {*ruled, *_NO_SIGNALS}]
    return [*ruled, *others]


def _describe_signal(
    signal: str, *, sample: Sample, cuts: Sequence[Cut], clean: np.ndarray | None
) -> dict[str, Any]:
    values = sample.values(signal)
    reference = None if clean is None else values[clean]
    suggestions = []
    for side in ("min", "max"):
        limits = suggest(values, side=side, reference=reference)
        for method in (name for name in METHODS if name in limits):
            limit = limits[method]
            verdict = judge(values, side=side, limit=limit, reference=reference, bounds=bounds_of(signal))
            share = dropped_share(values, side=side, limit=limit)
            suggestions.append(
                {"side": side, "method": method, "limit": limit, "share": share, **asdict(verdict)}
            )
    column = sample.signals.schema.field(signal)
    return {
        "signal": signal,
        "meaning": (column.metadata or {}).get(b"meaning", b"").decode(),
        "ruled": bool(cuts),
        "limits": {cut.side: cut.limit for cut in cuts},
        "verdicts": {
            cut.side: asdict(
                judge(values, side=cut.side, limit=cut.limit, reference=reference, bounds=bounds_of(signal))
            )
            for cut in cuts
        },
        "suggestions": suggestions,
        "histogram": asdict(histogram_of(values)),
        "distribution": asdict(distribution_of(values, limits=[cut.limit for cut in cuts])),
    }


def _excerpts(cut: Cut, *, sample: Sample, job: Job) -> dict[str, Any]:
    values = sample.values(cut.signal)
    failing, passing = nearest(values, side=cut.side, limit=cut.limit, count=EXCERPTS)
    return {
        name: [
            _excerpt(row, value=value, sample=sample, job=job)
            for row, value in zip(rows, decimals_of(values[rows]), strict=True)
        ]
        for name, rows in (("failing", failing), ("passing", passing))
    }


def _examples(signal: str, *, sample: Sample, cuts: Sequence[Cut], job: Job) -> list[dict[str, Any]]:
    """Documents by value: those nearest to each limit of a signal, and some at even ranks."""
    own = [cut for cut in cuts if cut.signal == signal]
    if not own:
        return []
    values = sample.values(signal)
    ordered = np.argsort(values, kind="stable")[: int((~np.isnan(values)).sum())]
    ranks = np.unique(
        np.linspace(0, max(len(ordered) - 1, 0), min(EXAMPLES, len(ordered))).round().astype(int)
    )
    rows = {int(row) for row in ordered[ranks]}
    for cut in own:
        for side in nearest(values, side=cut.side, limit=cut.limit, count=EXCERPTS):
            rows.update(side)
    shown = sorted(rows, key=lambda row: (values[row], row))
    return [
        _excerpt(row, value=value, sample=sample, job=job)
        for row, value in zip(shown, decimals_of(values[shown]), strict=True)
    ]


def _excerpt(index: int, *, value: float, sample: Sample, job: Job) -> dict[str, Any]:
    lang = sample.signals["lang"][index].as_py()
    entry, row = sample.entries[sample.entry[index]], int(sample.row[index])
    batch = job.measured.row(entry, "text", row, columns=["doc_id", "text"])
    return {
        "doc_id": batch["doc_id"][0].as_py().hex(),
        "source": entry.unit.source,
        "value": value,
        "text": hide_one(batch["text"][0].as_py()[: 4 * EXCERPT_CHARS], lang=lang)[:EXCERPT_CHARS],
    }


def _joint(sample: Sample, *, cuts: Sequence[Cut], documents: int = 2000) -> dict[str, Any]:
    """Values of evenly spaced documents per ruled signal, so that a page can try several limits at once."""
    n = sample.signals.num_rows
    rows = np.unique(np.linspace(0, n - 1, min(documents, n)).round().astype(np.int64))
    signals = list(dict.fromkeys(cut.signal for cut in cuts))
    return {
        "documents": len(rows),
        "values": {
            signal: [None if np.isnan(value) else value for value in decimals_of(sample.values(signal)[rows])]
            for signal in signals
        },
    }


def suggested_rules(report: dict[str, Any]) -> list[Rule]:
    """For each limit that its guard refuses, the first suggestion on its side that the guard accepts."""
    rules = []
    for signal in report["signals"]:
        bounds: dict[str, float | None] = {"min": None, "max": None, **signal["limits"]}
        notes = []
        for side, verdict in signal["verdicts"].items():
            better = [each for each in signal["suggestions"] if each["side"] == side and each["ok"]]
            if not verdict["ok"] and better:
                bounds[side] = better[0]["limit"]
                notes.append(f"{side} by {better[0]['method']}, was {signal['limits'][side]:g}")
        if notes:
            sample = f"{report['sampled']:,} documents of {report['corpus']}"
            note = f"{'; '.join(notes)}; {sample}".replace('"', "'")
            rules.append(Rule(signal["signal"], bounds["min"], bounds["max"], "calibrated", note))
    return rules


def write_calibration(report: dict[str, Any], *, folder: str) -> list[str]:
    """`<lang>.html`, `<lang>.json` and, if a guard refuses a limit, `<lang>.patch` → their paths."""
    lang = report["lang"]
    before = languages.read_text(lang)
    rules = suggested_rules(report)
    after = set_rules(before, tag=lang, rules=rules) if rules else before
    patch = make_patch(
        before, after, path=f"filters/languages/{lang}.yaml" if lang in languages.TAGS else f"{lang}.yaml"
    )
    contents = {
        f"{lang}.html": render_page(report),
        f"{lang}.json": json.dumps(report, ensure_ascii=False, indent=1) + "\n",
        **({f"{lang}.patch": patch} if patch else {}),
    }
    paths = []
    for name, content in contents.items():
        path = storage.join(folder, name)
        storage.write_bytes(path, content.encode())
        paths.append(path)
    return paths
