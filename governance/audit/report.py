"""The audit of a release as one JSON document: answers, samples, and nothing of the clock or the machine."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from governance.audit import (
    content,
    documentation,
    harm,
    integrity,
    languages,
    law_forms,
    opt_outs,
    process,
    rights,
)
from governance.audit.answer import VERDICTS, Limits
from governance.audit.ask import Question, answer
from governance.audit.audited import Audited
from governance.audit.families import family_of
from governance.audit.thresholds import default_limits
from governance.visible import visible_json

SCHEMA = "rhizotron-audit/1"
GROUPS: Mapping[str, tuple[str, tuple[Question, ...]]] = {
    "A": ("Integrity", integrity.QUESTIONS),
    "B": ("Documentation", documentation.QUESTIONS),
    "C": ("Rights", rights.QUESTIONS),
    "D": ("Reservations and removals", opt_outs.QUESTIONS),
    "E": ("Languages", languages.QUESTIONS),
    "F": ("Content", content.QUESTIONS),
    "G": ("Personal data", harm.QUESTIONS),
    "H": ("Process", process.QUESTIONS),
    "I": ("Forms of law", law_forms.QUESTIONS),
}
"""Letter → (name, questions), as an auditor cites them."""
MAX_SAMPLE_CHARS = 600
"""Of the text of a document that is shown."""


def make_report(
    audited: Audited, *, manifest_sha256: str, limits: Mapping[str, Limits] | None = None
) -> dict[str, Any]:
    """Every question asked; limits are of `thresholds.override`, the default ones where None."""
    bounds = default_limits() if limits is None else limits
    answers = [
        answer(question, audited, limits=bounds[question.id])
        for _, group in GROUPS.values()
        for question in group
    ]
    counts = Counter(each.verdict for each in answers)
    manifest = audited.manifest
    return {
        "schema": SCHEMA,
        "release": {
            "name": manifest.name,
            "version": manifest.version,
            "released": getattr(manifest, "released", None),
            "trial_limit": manifest.trial_limit,
            "manifest_sha256": manifest_sha256,
            "merkle_root": manifest.merkle_root,
            "code": manifest.code.model_dump(mode="json"),
            "documents": manifest.total.documents,
            "bytes": manifest.total.bytes,
            "languages": _languages(audited),
            "sources": {uid: _source_name(audited, uid) for uid in manifest.sources},
        },
        "summary": {
            "questions": len(answers),
            "answered": len(answers) - counts["not answerable"],
            "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        },
        "groups": {letter: name for letter, (name, _) in GROUPS.items()},
        "answers": [each.to_json() for each in answers],
        "samples": _samples(audited),
    }


def to_json(report: Mapping[str, Any]) -> str:
    """The same report, the same bytes: sorted keys, floats of six decimals, control characters as escapes."""
    return visible_json(_rounded(report), indent=1) + "\n"


def _languages(audited: Audited) -> dict[str, dict[str, Any]]:
    import langcodes  # 30 ms

    return {
        lang: {
            "name": langcodes.Language.get(lang).display_name(),
            "family": family_of(lang),
            "documents": language.documents,
            "bytes": language.bytes,
        }
        for lang, language in audited.manifest.languages.items()
    }


def _source_name(audited: Audited, uid: str) -> str:
    card = audited.cards.get(uid)
    return card.name if card is not None else uid


def _samples(audited: Audited) -> dict[str, list[dict[str, Any]]]:
    if audited.rows is None:
        return {}
    return {
        lang: [
            {
                **{name: each[name] for name in ("path", "row", "seed", "fields")},
                "text": each["text"][:MAX_SAMPLE_CHARS],
                "text_chars": len(each["text"]),
            }
            for each in samples
        ]
        for lang, samples in audited.rows.samples.items()
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {str(name): _rounded(value[name]) for name in sorted(value)}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
