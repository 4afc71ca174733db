"""Questions of an audit, and their answers: a value, its bounds, a verdict, and where it can be seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from governance.audit.answer import Evidence, Figure, Finding, Limits, NotAnswerable, Verdict, show
from governance.audit.audited import Audited


@dataclass(frozen=True)
class Question:
    """A question with its id; ask raises NotAnswerable."""

    id: str
    text: str
    ask: Callable[[Audited], Finding]


@dataclass(frozen=True)
class Answer:
    """A question, what came of it, and the verdict."""

    id: str
    question: str
    verdict: Verdict
    value: float | str | None
    unit: str
    shown: str
    """The value with its unit, or what is missing."""
    text: str
    threshold: Mapping[str, float] | None
    threshold_shown: str
    evidence: Sequence[Evidence] = field(default_factory=list)
    figures: Sequence[Figure] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def answer(question: Question, audited: Audited, *, limits: Limits) -> Answer:
    """Ask a question and judge the value; one that cannot be answered says what is missing."""
    threshold = {name: bound for name, bound in vars(limits).items() if bound is not None} or None
    try:
        finding = question.ask(audited)
    except NotAnswerable as error:
        missing = f"not answerable: missing {error}"
        bounds = limits.describe("")
        return Answer(question.id, question.text, "not answerable", None, "", missing, "", threshold, bounds)
    value = round(finding.value, 6) if isinstance(finding.value, float) else finding.value
    verdict = "information" if isinstance(finding.value, str) else limits.judge(finding.value)
    if finding.is_doubtful and verdict in ("pass", "information"):
        verdict = "warn"
    return Answer(
        id=question.id,
        question=question.text,
        verdict=verdict,
        value=value,
        unit=finding.unit,
        shown=show(value, finding.unit),
        text=finding.text,
        threshold=threshold,
        threshold_shown=limits.describe(finding.unit),
        evidence=list(finding.evidence),
        figures=list(finding.figures),
    )
