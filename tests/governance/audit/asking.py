"""Asks one question of the audit on a small release."""

import pytest

from governance.audit.ask import Answer, answer
from governance.audit.audited import Audited
from governance.audit.report import GROUPS
from governance.audit.thresholds import default_limits

BY = {question.id: question for _, group in GROUPS.values() for question in group}
SW = {"sw": {"wiki": {"CC-BY-SA-4.0": (10, 1000)}}}
TWO = {"sw": {"wiki": {"CC-BY-SA-4.0": (8, 800)}, "news": {"NOASSERTION": (2, 200)}}}


def ask(name: str, release: Audited) -> Answer:
    return answer(BY[name], release, limits=default_limits()[name])


def expect(name: str, release: Audited, value: float | str, verdict: str) -> Answer:
    given = ask(name, release)
    assert given.value == pytest.approx(value, abs=1e-6) and given.verdict == verdict, given
    assert given.evidence and given.text and "  " not in given.text
    return given


def lacks(name: str, release: Audited, missing: str) -> None:
    given = ask(name, release)
    assert given.verdict == "not answerable" and missing in given.shown, given
    assert given.figures == [] and given.value is None
