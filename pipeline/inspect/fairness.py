"""`rhizotron fairness`: what each limit removes per language, beside the median language.

From the decisions alone: every failed rule of every document, whichever was named first.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.calibration import MAX_DROPPED_SHARE, MAX_RATIO, MIN_DIFFERENCE, compare_languages, cuts_of
from governance.pages.markdown import code, page, table
from pipeline.errors import InputError
from pipeline.inspect.asked import entries_asked
from pipeline.plan.make import Plan
from pipeline.stages.decide.rules import rules_for

REPORT_VERSION = 1
MIN_DOCUMENTS = 20
"""Languages with fewer are listed, and compared with no other: one document would be 5 %."""


def compare(plan: Plan) -> dict[str, Any]:
    """Per limit and language the share of documents that fail it, or any; what is far off the median.

    Raises InputError where nothing is decided yet.
    """
    documents, failed, lost = _count(plan)
    if not documents:
        raise InputError(f"{plan.job.decisions} has no documents; run the decide stage first")
    shares: dict[str, dict[str, float]] = {}
    for lang, count in sorted(documents.items()):
        reasons = [cut.reason for cut in cuts_of(rules_for(lang, job=plan.job))]
        shares[lang] = {reason: failed[lang, reason] / count for reason in reasons}
    compared = {lang: by_reason for lang, by_reason in shares.items() if documents[lang] >= MIN_DOCUMENTS}
    flagged = compare_languages(compared)
    reasons = list(dict.fromkeys(reason for by_reason in compared.values() for reason in by_reason))
    return {
        "report_version": REPORT_VERSION,
        "corpus": plan.job.title,
        "min_documents": MIN_DOCUMENTS,
        "languages": [
            {
                "lang": lang,
                "documents": documents[lang],
                "compared": lang in compared,
                "any": lost[lang] / documents[lang],
                "failed": by_reason,
            }
            for lang, by_reason in shares.items()
        ],
        "limits": [_describe(reason, shares=compared) for reason in reasons],
        "flagged": [
            {"lang": lang, "reason": reason, "share": share, "median": median}
            for lang, reason, share, median in flagged
        ],
    }


def _count(plan: Plan) -> tuple[Counter[str], Counter[tuple[str, str]], Counter[str]]:
    """(language → documents, (language, reason) → documents that fail it, language → that fail any)."""
    documents: Counter[str] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    lost: Counter[str] = Counter()
    limits = {
        lang: pa.array([cut.reason for cut in cuts_of(rules_for(lang, job=plan.job))], pa.string())
        for lang in plan.job.config.decide.languages
    }
    targets = pa.array(plan.job.config.decide.languages)
    for entry in entries_asked(plan, stage="decide"):
        decided = plan.job.decisions.table(entry, "decisions", columns=["lang", "reasons"])
        decided = decided.filter(pc.is_in(decided["lang"], value_set=targets)).combine_chunks()
        documents.update(_counts(decided["lang"]))
        parents = pc.list_parent_indices(decided["reasons"])
        pairs = pa.table(
            {"lang": decided["lang"].take(parents), "reason": pc.list_flatten(decided["reasons"])}
        )
        for row in pairs.group_by(["lang", "reason"]).aggregate([([], "count_all")]).to_pylist():
            failed[row["lang"], row["reason"]] += row["count_all"]
        pairs = pairs.append_column("row", parents)
        for lang, reasons in limits.items():
            failing = pairs.filter(pc.and_(pc.equal(pairs["lang"], lang), pc.is_in(pairs["reason"], reasons)))
            lost[lang] += pc.count_distinct(failing["row"]).as_py()
    return documents, failed, lost


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}


def _describe(reason: str, *, shares: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    having = {lang: by_reason[reason] for lang, by_reason in shares.items() if reason in by_reason}
    highest = max(having, key=lambda lang: (having[lang], lang))
    return {
        "reason": reason,
        "languages": len(having),
        "median": float(np.median(list(having.values()))),
        "highest": highest,
        "highest_share": having[highest],
    }


def render(report: Mapping[str, Any]) -> str:
    """The report as a Markdown page."""
    flagged = {(each["lang"], each["reason"]) for each in report["flagged"]}
    columns = [limit["reason"] for limit in report["limits"]]
    matrix = [
        [
            row["lang"],
            row["documents"],
            _cell(row["any"], bold=row["any"] > MAX_DROPPED_SHARE),
            *(_cell(row["failed"].get(reason), bold=(row["lang"], reason) in flagged) for reason in columns),
        ]
        for row in report["languages"]
    ]
    limits = [
        [
            code(limit["reason"]),
            limit["languages"],
            f"{limit['median']:.2%}",
            f"{limit['highest']} {limit['highest_share']:.1%}",
            ", ".join(each["lang"] for each in report["flagged"] if each["reason"] == limit["reason"]) or "–",
        ]
        for limit in report["limits"]
    ]
    return page(
        "# What each limit removes, language by language",
        f"Share of the documents of a language that fail a limit, whatever else they fail, in "
        f"{report['corpus']}. Far off, in bold: more than {MAX_RATIO:g} times the median language and more "
        f"than {MIN_DIFFERENCE:.0%} above it. Languages with fewer than {MIN_DOCUMENTS} documents are not "
        f"compared. *Any*: documents that fail a limit; in bold more than {MAX_DROPPED_SHARE:.0%}.",
        table(["Limit", "Languages that have it", "Median language", "Highest", "Far off"], limits),
        table(["Language", "Documents", "Any", *columns], matrix),
    )


def _cell(share: float | None, *, bold: bool) -> str:
    if share is None:
        return ""
    text = f"{share:.1%}"
    return f"**{text}**" if bold else text
